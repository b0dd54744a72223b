"""
What a page rests on: the lots, certificates, keys and places whose records it tells, and how many records there are.

Rows that name a thing are only ever added, so that counting them tells whether anything was recorded since; a number
of the newest would not, where transactions commit in another order than they began.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cache

from django.db import connection

from provenance.coffee.acts import REGISTRY_ACTS
from provenance.trail.services.queries import Closure

LISTS = ("subjects", "keys", "places")
# Over a row ``p`` with the columns subjects, keys and places. CROSS JOIN: SQLite then begins with the few.
SAID = "(SELECT count(*) FROM {subjects} CROSS JOIN trail_subject s WHERE s.uri = j.value)"
ENDED = (
    "(SELECT count(*) FROM {keys} CROSS JOIN trail_log w CROSS JOIN trail_key k"
    " WHERE k.log_id = w.id AND k.kid = j.value AND k.revoked_by_id IS NOT NULL)"
)
CERTIFIED = "(SELECT count(*) FROM {places} CROSS JOIN trail_subject s WHERE s.kind = 'scope' AND s.uri = j.value)"
# A picture that was taken back is shown no more; one that was erased is gone.
PICTURES = (
    "(SELECT count(*) - count(c.original_id) FROM {places} CROSS JOIN trail_attachment a"
    " LEFT JOIN trail_correction c ON c.original_id = a.event_id WHERE a.site = j.value AND NOT (a.site = ''))"
)
COUNTS = (SAID, ENDED, CERTIFIED, PICTURES)
COLUMNS = ("said", "ended", "certified", "pictures")
EVENTS = (
    "(SELECT count(DISTINCT v.id) FROM ("
    "SELECT s.event_id FROM {subjects} CROSS JOIN trail_subject s WHERE s.uri = j.value"
    " UNION SELECT s.event_id FROM {places} CROSS JOIN trail_subject s WHERE s.kind = 'scope' AND s.uri = j.value"
    ") e JOIN trail_event v ON v.id = e.event_id WHERE v.act NOT IN ({registry}))"
)


@dataclass(frozen=True)
class Grounds:
    """
    ``subjects``: lots by URI, and by id what was said of none of them (certificates of places, and replies to these).

    ``places`` (parties and sites) by URI, ``keys`` by id; ``counts``, as it was read.
    """

    subjects: tuple[str, ...]
    keys: tuple[str, ...]
    places: tuple[str, ...]
    counts: tuple[int, ...] = ()

    def with_values(self, digests: Collection[str]) -> "Grounds":
        """Resting also on withheld values that are shown: their erasure names their digests."""
        return replace(self, subjects=(*self.subjects, *digests))

    def with_keys(self, keys: Collection[str], ended: int) -> "Grounds":
        """Resting on these keys, of which ``ended`` had been revoked when they were read."""
        said, _, certified, pictures = self.counts
        return replace(self, keys=tuple(keys), counts=(said, ended, certified, pictures))

    @property
    def size(self) -> int:
        """In letters."""
        return sum(len(one) for one in (*self.subjects, *self.keys, *self.places))

    @property
    def stand(self) -> bool:
        """Whether the trail says no more of this than it did. One query."""
        return _counted(self, COUNTS) == self.counts


def grounds_of(found: Closure) -> Grounds | None:
    """
    Of a page that is made of this closure, and of pictures and disclosures that are read after this. One query.

    None where something was recorded since the closure was read: the page may lack it.
    """
    of_no_lot = [fact.id for fact in found.books.events.values() if not fact.lots and fact.act not in REGISTRY_ACTS]
    subjects, places = (*found.lots, *of_no_lot), (*found.books.parties, *found.books.sites)
    grounds = Grounds(subjects, tuple(found.books.keys), places)
    events, *counts = _counted(grounds, (EVENTS, *COUNTS))
    read = sum(event.act not in REGISTRY_ACTS for event in found.events)
    ended_when_read = sum(key.revoked_by is not None for key in found.books.keys.values())
    grounds = replace(grounds, counts=tuple(counts))
    return grounds if (events, counts[1]) == (read, ended_when_read) else None


@cache
def stands() -> str:
    """SQL: whether the grounds of the kept page ``p`` stand."""
    counts = zip(COLUMNS, COUNTS, strict=True)
    return " AND ".join(f"p.{column} = {_each(count)}" for column, count in counts)


def _counted(grounds: Grounds, counts: Sequence[str]) -> tuple[int, ...]:
    cast = "::jsonb" if connection.vendor == "postgresql" else ""
    lists = ", ".join(f"%s{cast} AS {name}" for name in LISTS)
    columns = ", ".join(_each(count) for count in counts)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {columns} FROM (SELECT {lists}) p",  # noqa: S608  # of nobody's making
            [json.dumps(getattr(grounds, name)) for name in LISTS],
        )
        return tuple(cursor.fetchone())


@cache
def _each(sql: str) -> str:
    """The SQL with each list as a table ``j`` of one column ``value``."""
    as_table = "jsonb_array_elements_text({}) AS j(value)" if connection.vendor == "postgresql" else "json_each({}) j"
    tables = {name: as_table.format(f"p.{name}") for name in LISTS}
    return sql.format(**tables, registry=", ".join(f"'{act}'" for act in sorted(REGISTRY_ACTS)))
