"""
Appending to the log: the trail core and the whole service, against bare Ed25519 verification of the same statements.

    python benchmarks/append.py [ROUNDS]

*Core* is what makes an append a log's append: verify, leaf hash, row, tiles, root, signed checkpoint, one durable
commit. *Service* adds what makes it a trail: strict parsing, rules, ledger and projections.
"""

import os
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "provenance.settings")
os.environ["DATA_DIR"] = tempfile.mkdtemp(prefix="beantrail-append-")

import django  # noqa: E402

django.setup()

from datetime import UTC, datetime  # noqa: E402

from django.core.management import call_command  # noqa: E402
from django.db import transaction  # noqa: E402
from django.utils import timezone  # noqa: E402
from measuring import Row, interleaved, ratio, report  # noqa: E402

from provenance.coffee.acts import Form, Harvest, NewLot  # noqa: E402
from provenance.coffee.identifiers import lot_uri  # noqa: E402
from provenance.coffee.statement import Statement, decode_b64url, parse, verify  # noqa: E402
from provenance.coffee.statement.envelope import open_statement  # noqa: E402
from provenance.tlog.hashing import leaf_hash  # noqa: E402
from provenance.trail.models import Event, Key, Log, Pending  # noqa: E402
from provenance.trail.services import registry  # noqa: E402
from provenance.trail.services.acting import Draft, sign_drafts  # noqa: E402
from provenance.trail.services.publishing import publish  # noqa: E402
from provenance.trail.services.recording import Incoming, record  # noqa: E402

BATCH = 100
NOON = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)


class Appending:
    """Two logs with one farmer each, and fresh batches of harvests, signed before the clock starts."""

    def __init__(self, rounds: int) -> None:
        call_command("migrate", verbosity=0)
        self.log = registry.found_log("main", "Benchmark", country="ET")
        self.party = registry.register_party(kind="person", roles=["farmer"], name="Almaz", country="ET")
        self.site = registry.register_site(party=self.party, kind="farm", name="Farm", country="ET")
        publish(self.log)
        self.key = decode_b64url(Key.objects.get(party=self.party).x.encode(), "x")
        self.made = 0
        self.batches = {name: [self._batch() for _ in range(rounds + 1)] for name in ("core", "service")}
        self.verified = [parse(each.jws) for each in self._batch()]

    def _batch(self) -> list[Incoming]:
        drafts = []
        for _ in range(BATCH):
            self.made += 1
            lot = NewLot(lot=lot_uri("localhost:8000", Form.CHERRY, f"C{self.made}"), mass_mg=10**8, form=Form.CHERRY)
            drafts.append(Draft(Harvest(at=NOON, site=self.site, output=lot)))
        return sign_drafts(self.log, self.party, drafts)

    def only_verify(self) -> None:
        for statement in self.verified:
            verify(statement, self.key)

    def core(self) -> None:
        """What the service does without reading the statement: the append of a log, not of a trail."""
        statements = [parse_nothing(each.jws) for each in self.batches["core"].pop()]
        for statement in statements:
            verify(statement, self.key)
        with transaction.atomic(durable=True):
            insert(self.log, statements)
        publish(self.log)

    def service(self, name: str) -> None:
        record(self.batches[name].pop())
        publish(self.log)


def parse_nothing(jws: bytes) -> Statement:
    """The statement's envelope only; the core never looks into the payload."""
    kid, _, signature = open_statement(jws)
    return Statement(jws, kid, signature, *[None] * 12)  # type: ignore[arg-type]


def insert(log: Log, statements: list[Statement]) -> None:
    now = timezone.now()
    events = Event.objects.bulk_create(
        Event(
            uuid=os.urandom(16).hex(),
            log=log,
            kid=statement.kid,
            act="harvest",
            payload_sha256=statement.payload_sha256,
            leaf_hash=leaf_hash(statement.jws),
            statement=statement.jws,
            recorded_at=now,
        )
        for statement in statements
    )
    Pending.objects.bulk_create([Pending(event=event, log=log) for event in events])


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    bench = Appending(rounds)
    spent = interleaved(
        {
            "verify": bench.only_verify,
            "verify again": bench.only_verify,
            "core": bench.core,
            "service": lambda: bench.service("service"),
        },
        rounds,
    )
    report(
        f"Append, batches of {BATCH}, SQLite, CPU, against Ed25519 verification alone ({rounds} rounds)",
        [
            Row("A1", "core append", ratio(spent["verify"], spent["core"]), gate=0.70, aim=0.85),
            Row("A3", "service append (reported)", ratio(spent["verify"], spent["service"]), aim=0.50),
        ],
        ratio(spent["verify"], spent["verify again"]),
    )


if __name__ == "__main__":
    main()
