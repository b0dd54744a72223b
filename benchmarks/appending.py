"""
A log and what is appended to it: harvests that were signed, and where the trail core alone is measured also parsed,
before the clock starts. Run as a script it serves its cases to ``append.py``, on whatever engine and disk it is given.
"""

import gc
from collections import deque
from contextlib import suppress
from datetime import UTC, datetime
from uuid import uuid4

import fresh_site  # noqa: F401  # must come first
from apart import serve
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from provenance.coffee.acts import Form, Harvest, NewLot
from provenance.coffee.identifiers import lot_uri
from provenance.coffee.statement import Statement, decode_b64url, parse, verify
from provenance.tlog.hashing import leaf_hash, root_of
from provenance.trail.errors import NoLog
from provenance.trail.models import Event, Key, LogHead, Pending
from provenance.trail.services import registry
from provenance.trail.services.acting import Draft, held_key, sign_drafts
from provenance.trail.services.logs import active_log
from provenance.trail.services.publishing import publish
from provenance.trail.services.recording import Incoming, append, record

NOON = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)
LOG_TABLES = ("event", "pending", "leaf", "storedtile", "loghead", "checkpoint", "checkpointrelease")


class Appending:
    """One farmer's harvests, for the log of this site. Several processes may append to one."""

    def __init__(self) -> None:
        with suppress(NoLog):
            self.log = active_log()
        if not hasattr(self, "log"):
            self.log = registry.found_log("main", "Benchmark", country="ET")
        self.party = registry.register_party(kind="person", roles=["farmer"], name="Almaz", country="ET")
        self.site = registry.register_site(party=self.party, kind="farm", name="Farm", country="ET")
        publish(self.log)
        self.signer = held_key(self.log, self.party)
        self.key = decode_b64url(Key.objects.get(party=self.party).x.encode(), "x")
        self.name = uuid4().hex[:8]
        self.made = 0
        # Taken in the order in which they were made, as statements come in: their ids grow with time.
        self.incoming: deque[Incoming] = deque()
        self.parsed: deque[Statement] = deque()
        self.verified = [parse(each.jws) for each in self.drafted(100)]

    def drafted(self, count: int) -> list[Incoming]:
        drafts = []
        for _ in range(count):
            self.made += 1
            lot = lot_uri(settings.TRAIL_HOST, Form.CHERRY, f"{self.name}-{self.made}")
            output = NewLot(lot=lot, mass_mg=10**8, form=Form.CHERRY)
            drafts.append(Draft(Harvest(at=NOON, site=self.site, output=output)))
        return sign_drafts(self.log, self.party, drafts, self.signer)

    def prepare(self, *, core: int = 0, service: int = 0) -> None:
        """Sign so many statements for either."""
        self.parsed.extend(parse(each.jws) for each in self.drafted(core))
        self.incoming.extend(self.drafted(service))
        # Else the collector would walk through all that waits here, which no server has in its memory.
        gc.freeze()

    def only_verify(self, statements: int) -> None:
        for turn in range(statements):
            verify(self.verified[turn % len(self.verified)], self.key)

    def core(self, commits: int, size: int, publishing: bool = True) -> None:
        """
        What makes an append a log's: verify, leaf hash, row, tiles, root, checkpoint, commit. Read before the clock
        starts, as for bare verification: reading is the trail's.

        As ``keep`` publishes once a second, one checkpoint covers all commits; each is a durable transaction.
        """
        for _ in range(commits):
            statements = [self.parsed.popleft() for _ in range(size)]
            for statement in statements:
                verify(statement, self.key)
            with transaction.atomic(durable=True):
                append(self.log, statements, timezone.now())
        if publishing:
            publish(self.log)

    def service(self, commits: int, size: int, publishing: bool = True) -> None:
        for _ in range(commits):
            record([self.incoming.popleft() for _ in range(size)])
        if publishing:
            publish(self.log)

    def use_write_ahead_log(self) -> None:
        """What this site does by itself where SQLite is 3.51.3 or newer."""
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA journal_mode=WAL")

    def root_holds(self) -> bool:
        """Whether the signed root is that of all stored statements, and none waits."""
        head = LogHead.objects.get(log=self.log)
        leaves = Event.objects.filter(leaf__log=self.log).order_by("leaf__index")
        hashes = [leaf_hash(bytes(statement)) for statement in leaves.values_list("statement", flat=True)]
        waiting = Pending.objects.filter(log=self.log).count()
        return len(hashes) == head.size and root_of(hashes) == bytes(head.root) and not waiting

    def size(self) -> int:
        return LogHead.objects.get(log=self.log).size


def bytes_an_event() -> tuple[float, float, float]:
    """Of the log's own tables with their indexes, of the whole database, and of a statement, on the average."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT relname, pg_total_relation_size(oid) FROM pg_class WHERE relkind = 'r'")
        else:
            # The name of an index says nothing of its table; the schema does.
            cursor.execute(
                "SELECT m.tbl_name, sum(s.pgsize) FROM dbstat s JOIN sqlite_master m ON m.name = s.name "
                "WHERE s.aggregate = 1 GROUP BY m.tbl_name"
            )
        tables = {name: int(size) for name, size in cursor.fetchall()}
        cursor.execute("SELECT count(*), sum(length(statement)) FROM trail_event")
        events, said = cursor.fetchone()
    log = sum(tables[f"trail_{name}"] for name in LOG_TABLES)
    return log / events, sum(tables.values()) / events, float(said) / events


def main() -> None:
    bench = Appending()
    serve(
        {
            "prepare": lambda core, service: bench.prepare(core=core, service=service),
            "signed": lambda count: [each.jws.decode() for each in bench.drafted(count)],
            "verify": bench.only_verify,
            "core": bench.core,
            "service": bench.service,
            "write-ahead": bench.use_write_ahead_log,
            "root holds": bench.root_holds,
            "size": bench.size,
            "bytes": bytes_an_event,
        }
    )


if __name__ == "__main__":
    main()
