"""
What a hand in the database can change, and whether the trail's own check names the place.

A cell is one value of one row of the trail. ``BEYOND`` lists what rests on this server's word alone: nobody signed it
and nothing follows from it, so nothing can be held against it (docs/operations.md, Checking).
"""

import copy
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.apps import apps
from django.db import DatabaseError, connection, models, transaction
from django.utils import timezone

from provenance.trail.models import (
    Checkpoint,
    CheckpointRelease,
    Cosignature,
    Disclosure,
    Event,
    IndexBucket,
    IndexHead,
    IndexTile,
    Log,
    LogHead,
    LogKey,
    ServerKey,
    StoredTile,
    SubjectKey,
)
from provenance.trail.services.verifying import Fault, verify_trail

# Notes of this server about itself and others; no statement and no proof rests on them.
NOTES = {"WitnessContact", "WitnessDemand", "ForkAlarm", "Attachment"}
BEYOND = {
    "trail_log.created_at",
    "trail_log.state",
    "trail_log.why_frozen",
    "trail_log.unguarded_until",
    "trail_event.recorded_at",
    "trail_checkpointrelease.released_at",
    "trail_serverkey.created_at",
    "trail_disclosure.audience",
    "trail_pending.log_id",
    # Said to be older than it is, a row of the index is still what the leaves up to there name; said to be younger it
    # is missed where it belongs.
    "trail_indexbucket.upto",
    "trail_indextile.upto",
    # Where a new row may be written over an old one. Read is whichever row is the newest, wherever it stands.
    "trail_indexbucket.slot",
    "trail_indextile.slot",
}


@dataclass(frozen=True)
class Cell:
    """One value of one row."""

    row: models.Model
    field: models.Field

    def __str__(self) -> str:
        return f"{self.row._meta.db_table}.{self.field.column} of {self.row.pk}"

    @property
    def value(self) -> object:
        return getattr(self.row, self.field.attname)

    def is_named_by(self, fault: str, value: object) -> bool:
        """Whether the fault names the row's place, as it was or as it is with the new value."""
        changed = copy.copy(self.row)
        changed._state = copy.copy(self.row._state)
        changed._state.fields_cache = {}
        setattr(changed, self.field.attname, value)
        return any(word in fault for row in (self.row, changed) for word in places_of(row))


def places_of(row: models.Model) -> list[str]:
    """Words of which a fault must hold one to be said to name this row's place."""
    words = [row._meta.db_table]
    match row:
        case Event():
            words = [row.event_id]
        case Log():
            words = ["The log's", "is addressed to another log", "The series does not begin", row.origin]
        case LogHead():
            words += ["The head", "has lost its head"]
        case Checkpoint():
            words += [f"size {row.size} ", f"size {row.size}:"]
        case CheckpointRelease():
            size = Checkpoint.objects.filter(pk=row.pk).values_list("size", flat=True).first()
            words += [f"size {size} "]
        case StoredTile():
            words += [f"Tile {row.index} of level {row.level}"]
        case LogKey():
            words += [f"{row.kind} key of {row.origin}", f"log key {row.kind} {row.origin}"]
        case IndexHead():
            words += ["The stored index", "The root of the stored index"]
        case IndexBucket():
            words += [f"Bucket {row.number} of the stored index", f"the stored index at {row.upto} leaves"]
            words += [f"The stored index covers {row.upto} leaves"]
        case IndexTile():
            words += [f"Tile {row.level}/{row.number} of the stored index", f"the stored index at {row.upto} leaves"]
            words += [f"The stored index covers {row.upto} leaves"]
        case Cosignature():
            words += ["The cosignature of"]
        case ServerKey():
            words += [row.kid]
        case SubjectKey():
            sealed = Disclosure.objects.filter(subject=row.party).select_related("event")
            words += [disclosure.event.event_id for disclosure in sealed]
    pointed_at = [f.attname for f in row._meta.concrete_fields if f.remote_field and f.related_model is Event]
    events = Event.objects.filter(pk__in=[getattr(row, name) for name in pointed_at if getattr(row, name)])
    return words + [event.event_id for event in events]


def cells(chance: random.Random) -> Iterator[Cell]:
    """Cells at random, without end: first the table, then the row, then the column."""
    tables = {
        model: [field for field in model._meta.concrete_fields if is_evidence(field)]
        for model in apps.get_app_config("trail").get_models()
        if model.__name__ not in NOTES and model._default_manager.exists()
    }
    rows = {model: list(model._default_manager.order_by("pk")) for model in tables}
    while True:
        model = chance.choice(list(tables))
        yield Cell(chance.choice(rows[model]), chance.choice(tables[model]))


def is_evidence(field: models.Field) -> bool:
    """A number that the database gave says nothing."""
    given = field.attname == "id" and not isinstance(field, models.UUIDField)
    return not given and f"{field.model._meta.db_table}.{field.column}" not in BEYOND


def other_than(value: object, field: models.Field, chance: random.Random) -> object:
    """A value of the same kind that is not this one."""
    if field.remote_field:
        related = field.related_model._default_manager.exclude(pk=value).order_by("pk").values_list("pk", flat=True)
        return chance.choice(list(related) or [UUID(int=1) if isinstance(value, UUID) else 4_711])
    match value:
        case bool():
            return not value
        case int():
            return value ^ 1 << chance.randrange(14 if isinstance(field, models.PositiveSmallIntegerField) else 20)
        case UUID():
            return UUID(int=value.int ^ 1 << chance.randrange(128))
        case bytes() | memoryview():
            return flipped_bit(bytes(value), chance) or b"x"
        case dict() | list():
            return json.loads(json.dumps(value).replace("e", "f")) if "e" in json.dumps(value) else {"x": 1}
        case datetime():
            return value + timedelta(seconds=chance.randrange(1, 10**6))
        case date():
            return value + timedelta(days=chance.randrange(1, 1_000))
        case None:
            return timezone.now() if isinstance(field, models.DateTimeField) else chance.randrange(1, 100)
    at = chance.randrange(len(value)) if value else 0
    return value[:at] + chance.choice([c for c in "AZaz09-_ .:/" if c != value[at : at + 1]]) + value[at + 1 :]


def flipped_bit(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    if changed:
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def faults_after(cell: Cell, value: object, log: Log) -> Sequence[Fault] | None:
    """What the check says while the cell holds this value; None where the database itself refuses it."""
    model, pk = cell.row._meta, cell.row._meta.pk
    with transaction.atomic():
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                if connection.vendor == "sqlite":
                    cursor.execute("PRAGMA defer_foreign_keys = ON")
                cursor.execute(
                    f'UPDATE "{model.db_table}" SET "{cell.field.column}" = %s WHERE "{pk.column}" = %s',
                    [cell.field.get_db_prep_save(value, connection), pk.get_db_prep_value(cell.row.pk, connection)],
                )
                assert cursor.rowcount == 1, cell
            return verify_trail(Log.objects.get(pk=log.pk))
        except (DatabaseError, ValueError, OverflowError) as error:
            if isinstance(error, DatabaseError) and "UNIQUE" not in str(error).upper():
                raise
            return None
        finally:
            transaction.set_rollback(True)
