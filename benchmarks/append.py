"""
Appending to the log: the trail core and the whole service, against bare Ed25519 verification of the same statements.

    python benchmarks/append.py [ROUNDS]

*Core* is what makes an append a log's append: verify, leaf hash, row, tiles, root, signed checkpoint, one durable
commit. *Service* adds what makes it a trail: strict parsing, rules, ledger and projections.
"""

import gc
import sys
from collections import deque
from datetime import UTC, datetime
from statistics import median

import fresh_site  # noqa: F401  # must come first
from django.db import transaction
from django.utils import timezone
from measuring import Row, interleaved, ratio, report

from provenance.coffee.acts import Form, Harvest, NewLot
from provenance.coffee.identifiers import lot_uri
from provenance.coffee.statement import Statement, decode_b64url, parse, verify
from provenance.trail.models import Key
from provenance.trail.services import registry
from provenance.trail.services.acting import Draft, sign_drafts
from provenance.trail.services.publishing import publish
from provenance.trail.services.recording import Incoming, append, record

BATCH = 100
BATCHES = 20  # that one checkpoint covers: what a busy second brings
NOON = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)


class Appending:
    """A log with one farmer, and fresh batches of harvests, signed before the clock starts."""

    def __init__(self, batches: int) -> None:
        self.log = registry.found_log("main", "Benchmark", country="ET")
        self.party = registry.register_party(kind="person", roles=["farmer"], name="Almaz", country="ET")
        self.site = registry.register_site(party=self.party, kind="farm", name="Farm", country="ET")
        publish(self.log)
        self.key = decode_b64url(Key.objects.get(party=self.party).x.encode(), "x")
        self.made = 0
        # Both are taken in the order in which they were made, as statements come in: their ids grow with time.
        self.incoming: deque[list[Incoming]] = deque()
        self.parsed: deque[list[Statement]] = deque()
        for _ in range(batches):
            self.incoming.append(self._batch())
            self.parsed.append([parse(each.jws) for each in self._batch()])
        self.verified = [parse(each.jws) for each in self._batch()]
        # Else the collector would walk through all that waits here, which no server has in its memory.
        gc.freeze()

    def _batch(self) -> list[Incoming]:
        drafts = []
        for _ in range(BATCH):
            self.made += 1
            lot = NewLot(lot=lot_uri("localhost:8000", Form.CHERRY, f"C{self.made}"), mass_mg=10**8, form=Form.CHERRY)
            drafts.append(Draft(Harvest(at=NOON, site=self.site, output=lot)))
        return sign_drafts(self.log, self.party, drafts)

    def only_verify(self, batches: int) -> None:
        for _ in range(batches):
            for statement in self.verified:
                verify(statement, self.key)

    def core(self, batches: int) -> None:
        """
        What makes an append a log's: verify, leaf hash, row, tiles, root, checkpoint, commit. Read before the clock
        starts, as for bare verification: reading is the trail's.

        As ``keep`` publishes once a second, one checkpoint covers all batches; each is a durable transaction.
        """
        for _ in range(batches):
            statements = self.parsed.popleft()
            for statement in statements:
                verify(statement, self.key)
            with transaction.atomic(durable=True):
                append(self.log, statements, timezone.now())
        publish(self.log)

    def service(self, batches: int) -> None:
        for _ in range(batches):
            record(self.incoming.popleft())
        publish(self.log)


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 8
    batches = (rounds + 1) * (BATCHES + 1)  # one round more, to warm up
    bench = Appending(batches)
    spent = interleaved(
        {
            "verify": lambda: bench.only_verify(BATCHES),
            "verify again": lambda: bench.only_verify(BATCHES),
            "core": lambda: bench.core(BATCHES),
            "service": lambda: bench.service(BATCHES),
            "verify one": lambda: bench.only_verify(1),
            "core one": lambda: bench.core(1),
            "service one": lambda: bench.service(1),
        },
        rounds,
    )
    each = {name: 1e6 * median(spent[name]) / BATCHES / BATCH for name in ("verify", "core", "service")}
    print(", ".join(f"{name} {microseconds:.0f} us" for name, microseconds in each.items()), "of CPU a statement")
    report(
        f"Append, {BATCHES} batches of {BATCH} and one checkpoint, SQLite, CPU ({rounds} rounds)",
        [
            Row("A1", "core append against Ed25519 verification", ratio(spent["verify"], spent["core"]), 0.70, 0.85),
            Row("A1b", "a checkpoint for every batch (reported)", ratio(spent["verify one"], spent["core one"])),
            Row("A3", "service append (reported)", ratio(spent["verify"], spent["service"]), aim=0.50),
            Row("A3b", "a checkpoint for every batch (reported)", ratio(spent["verify one"], spent["service one"])),
        ],
        ratio(spent["verify"], spent["verify again"]),
    )


if __name__ == "__main__":
    main()
