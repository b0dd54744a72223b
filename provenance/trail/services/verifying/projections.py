"""Holds the projections against what the statements say."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Field, JSONField, Model

from provenance.trail.models import Event, Log
from provenance.trail.services.changes import Changes
from provenance.trail.services.projecting import READ_AT_ONCE, of_log
from provenance.trail.services.rows import KEYED, LISTED, Places, listed_rows, rows_of
from provenance.trail.services.verifying.findings import Findings


def compare_listed(
    log: Log, events: Sequence[Event], changes: Changes, places: Places, corrected: set[int], findings: Findings
) -> None:
    """The rows under these events are exactly what each of them did; of corrected ones, edges and flags are gone."""
    pks = {event.pk: event for event in events}
    gone = {event_id for event_id in changes.edges if places.get(event_id) in corrected}
    for event_id in gone:
        changes.edges[event_id] = changes.flags[event_id] = ()
    made = listed_rows(changes, places)
    for model in LISTED:
        columns = _columns(model)
        wanted = Counter(_values(row, columns) for row in made[model] if row.event_id in pks)
        stored = Counter(
            _values(row, columns) for row in model._default_manager.filter(event__in=pks).order_by().iterator()
        )
        findings.counts["rows"] += sum(stored.values())
        place = [column.name for column in columns].index("event")
        for pk in sorted({values[place] for values in (wanted - stored) + (stored - wanted)}):
            what = f"Its rows in {model._meta.db_table} are not what it says."
            findings.fault(what, pks[pk].event_id, pks[pk].index)


def compare_projections(log: Log, changes: Changes, places: Places, findings: Findings) -> None:
    """Every other projection row says what comes out of the replay, and there are no others."""
    made = rows_of(log, changes, places)
    events = {pk: event_id for event_id, pk in places.items()}
    for model, unique in KEYED.items():
        columns = _columns(model)
        keys = [model._meta.get_field(name).attname for name in unique]
        wanted = {tuple(getattr(row, key) for key in keys): _values(row, columns) for row in made[model]}
        for row in of_log(model, log).iterator(READ_AT_ONCE):
            findings.counts["rows"] += 1
            said = wanted.pop(tuple(getattr(row, key) for key in keys), None)
            if said is None:
                _report(findings, model, row, events, "is not accounted for by any statement")
            elif said != _values(row, columns):
                names = [c.name for c, a, b in zip(columns, said, _values(row, columns), strict=True) if a != b]
                _report(findings, model, row, events, f"does not say what the statements say: {', '.join(names)}")
        for row in made[model]:
            if tuple(getattr(row, key) for key in keys) in wanted:
                _report(findings, model, row, events, "is missing")


def _columns(model: type[Model]) -> list[Field]:
    # A number that the database gave says nothing.
    return [
        field for field in model._meta.concrete_fields if field.attname != "id" or field.name in KEYED.get(model, ())
    ]


def _values(row: Any, columns: Iterable[Field]) -> tuple[Any, ...]:
    return tuple(
        json.dumps(getattr(row, column.attname), sort_keys=True)
        if isinstance(column, JSONField)
        else getattr(row, column.attname)
        for column in columns
    )


def _report(findings: Findings, model: type[Model], row: Any, events: dict[int, str], what: str) -> None:
    """Name the event that the row points at, where it points at one."""
    for name in ("event_id", "dispatch_id", "original_id", "opened_by_id", "made_by_id"):
        event = Event.objects.filter(pk=getattr(row, name, None)).select_related("leaf").first()
        if event:
            break
    label = getattr(row, "uri", None) or row
    sentence = f"{model._meta.db_table} {label} {what}."
    findings.fault(sentence, event.event_id if event else None, event.index if event else None)
