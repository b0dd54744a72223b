"""What is asked of a log that has grown: proofs, traces, recalls, its size on the disk. Serves ``growth.py``."""

import random
from functools import partial
from itertools import islice
from math import ceil, log
from typing import Any
from uuid import UUID

import fresh_site  # noqa: F401  # must come first
from apart import serve
from appending import bytes_an_event
from django.db import connection

from provenance.coffee.acts import Form
from provenance.tlog.tiles import TileReader, proven_edge, proven_nodes
from provenance.trail.models import Event, LogHead, Lot, pk_of
from provenance.trail.services import closure as tracing
from provenance.trail.services.closure import closure
from provenance.trail.services.logs import active_log
from provenance.trail.services.proofs import inclusion
from provenance.trail.services.queries import latest_checkpoint
from provenance.trail.services.tiles import hash_reader

AT_ONCE = 500
SEED = 7


class Grown:
    def __init__(self) -> None:
        self.log = active_log()
        self.size = LogHead.objects.get(log=self.log).size
        checkpoint = latest_checkpoint(self.log)
        assert checkpoint is not None
        self.checkpoint = checkpoint
        self.random = random.Random(SEED)
        self.packed = list(Lot.objects.filter(form=Form.PACKED).order_by("pk").values_list("uri", flat=True)[:200])
        cherries = Lot.objects.filter(form=Form.CHERRY, day_lot=False).order_by("pk").values_list("uri", flat=True)
        self.cherries = list(cherries[:200])
        self.events: list[Event] = []

    def draw(self, count: int) -> None:
        """Events to prove, drawn at random."""
        places = [self.random.randrange(self.checkpoint.size) for _ in range(count)]
        found = Event.objects.filter(log=self.log, leaf__index__in=places).select_related("leaf", "log")
        self.events = list(found)
        self.random.shuffle(self.events)

    def prove(self) -> None:
        for event in self.events:
            inclusion(event, self.checkpoint)

    def worst(self, count: int) -> dict[str, Any]:
        """The most hashes and tile reads of any of these proofs, and the most there may be."""
        self.draw(count)
        read, root = hash_reader(self.log), bytes(self.checkpoint.root)
        hashes = reads = 0
        for event in self.events:
            asked: list[tuple[int, int]] = []

            def noted(level: int, index: int, width: int, asked: list[tuple[int, int]] = asked) -> bytes:
                asked.append((level, index))
                return read(level, index, width)

            # As a process that knows nothing yet would read.
            edge = proven_edge(self.checkpoint.size, root, noted)
            reader = TileReader(self.checkpoint.size, noted, edge, partial(proven_nodes, read_hashes=noted))
            path = inclusion(event, self.checkpoint, reader.hash)
            hashes, reads = max(hashes, len(path)), max(reads, len(asked))
        size = self.checkpoint.size
        return {
            "size": size,
            "hashes": hashes,
            "most_hashes": ceil(log(size, 2)),
            "reads": reads,
            "most_reads": 2 * ceil(log(size, 256)),
        }

    # --- traces: a packed lot's past, six levels and about 1,025 lots ---

    def _packed(self, turn: int) -> UUID:
        return pk_of(self.packed[turn % len(self.packed)])

    def walk(self, turn: int) -> int:
        """The lots behind a packed lot, in one query: the walk that every trace begins with."""
        walk = tracing._WALK["up"]
        with connection.cursor() as cursor:
            cursor.execute(
                f"WITH RECURSIVE near(id) AS (SELECT id FROM trail_lot WHERE id = %s UNION {walk}) "
                "SELECT l.* FROM near JOIN trail_lot l ON l.id = near.id",
                [_as_stored(self._packed(turn))],
            )
            found = cursor.fetchall()
        self.lots = [row[0] for row in found]
        return len(found)

    def by_key(self) -> int:
        """The same lots, whose keys are known already."""
        return len(self._fetch("trail_lot", self.lots))

    def a_query_a_node(self, turn: int) -> int:
        """As one would without recursion: a lot and what it is made of, then each of these."""
        waiting, seen = [_as_stored(self._packed(turn))], set()
        with connection.cursor() as cursor:
            while waiting:
                lot = waiting.pop()
                if lot not in seen:
                    seen.add(lot)
                    cursor.execute("SELECT * FROM trail_lot WHERE id = %s", [lot])
                    cursor.fetchall()
                    cursor.execute("SELECT parent_id FROM trail_lotedge WHERE child_id = %s", [lot])
                    waiting += [parent for (parent,) in cursor.fetchall() if parent is not None]
        return len(seen)

    def rows(self, turn: int) -> dict[str, int]:
        """Everything about that past, in one query: how many rows of which kind."""
        self.keys: dict[str, list[Any]] = {"event": [], "lot": [], "edge": []}
        for kind, number, _, _, data in tracing._rows([self._packed(turn)], "up"):
            if kind in ("event", "edge"):
                self.keys[kind].append(number)
            elif kind == "lot":
                self.keys[kind].append(_as_stored(pk_of(data["uri"])))
        return {kind: len(keys) for kind, keys in self.keys.items()}

    def rows_by_key(self) -> None:
        """Its events, lots and edges, whose keys are known already."""
        for kind, table in (("event", "trail_event"), ("lot", "trail_lot"), ("edge", "trail_lotedge")):
            self._fetch(table, self.keys[kind])

    def _fetch(self, table: str, wanted: list[Any]) -> list[Any]:
        found = []
        keys = iter(wanted)
        with connection.cursor() as cursor:
            while some := list(islice(keys, AT_ONCE)):
                cursor.execute(f"SELECT * FROM {table} WHERE id IN ({', '.join(['%s'] * len(some))})", some)
                found += cursor.fetchall()
        return found

    def up(self, turn: int) -> list[int]:
        """The whole trace, with its statements parsed: lots, events."""
        found = closure([self.packed[turn % len(self.packed)]])
        return [len(found.lots), len(found.events)]

    def recall(self, turn: int) -> list[int]:
        """What a recall of a farmer's cherries reaches: lots, events."""
        found = closure([self.cherries[turn % len(self.cherries)]], down=True)
        return [len(found.lots), len(found.events)]

    def count(self) -> dict[str, int]:
        with connection.cursor() as cursor:
            counted = {}
            for name in ("event", "lot", "lotedge", "subject"):
                cursor.execute(f"SELECT count(*) FROM trail_{name}")
                counted[name] = cursor.fetchone()[0]
        return counted


def _as_stored(key: Any) -> Any:
    return key if connection.vendor == "postgresql" else key.hex


def main() -> None:
    grown = Grown()
    serve(
        {
            "draw": grown.draw,
            "prove": grown.prove,
            "worst": grown.worst,
            "walk": grown.walk,
            "by key": grown.by_key,
            "a query a node": grown.a_query_a_node,
            "rows": grown.rows,
            "rows by key": grown.rows_by_key,
            "up": grown.up,
            "recall": grown.recall,
            "count": grown.count,
            "bytes": bytes_an_event,
        }
    )


if __name__ == "__main__":
    main()
