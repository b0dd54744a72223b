"""Writes what statements changed into the projections; rebuilding does the same from the first leaf on."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.db import transaction
from django.db.models import AutoField, Model, QuerySet

from provenance.coffee import ledger, rules
from provenance.coffee.errors import CoffeeError
from provenance.coffee.ledger import Books
from provenance.coffee.statement import Statement, parse
from provenance.trail import models
from provenance.trail.models import Event, Log, LogHead, pk_of
from provenance.trail.services import indexing
from provenance.trail.services.bulk import insert
from provenance.trail.services.changes import Changes
from provenance.trail.services.rows import (
    KEYED,
    LISTED,
    Places,
    attributes_from_json,
    attributes_to_json,
    rows_of,
)

__all__ = ["attributes_from_json", "attributes_to_json", "in_leaf_order", "rebuild_projections", "write"]

READ_AT_ONCE = 1_000


def write(log: Log, changes: Changes, places: Places, known: set[str]) -> None:
    """
    Bring the rows up to what ``changes`` says.

    ``known`` holds the URIs and kids that have a row already. Those without one are plainly inserted: when somebody
    else inserts the same at the same moment, ``IntegrityError`` makes the caller read again and judge again. Rows of
    a lot are written over, since the lot is locked, or was inserted by this very transaction.
    """
    made = rows_of(log, changes, places)
    for model in (models.Party, models.Site, models.Plot, models.Lot):
        _put(model, [row for row in made[model] if row.uri not in known], ())
        _put(model, [row for row in made[model] if row.uri in known], KEYED[model])
    _put(models.Key, [row for row in made[models.Key] if row.kid not in known], ())
    # Of a key that is known only its end can be new; the event that registered it stays.
    ended = [row for row in made[models.Key] if row.kid in known]
    _put(models.Key, ended, KEYED[models.Key], ["revoked_by", "disputed_from"])
    for model in (models.Balance, models.Holder, models.Handover, models.Shortfall):
        _put(model, made[model], KEYED[model])
    if changes.recalls:
        models.Recall.objects.filter(lot__in=[pk_of(lot) for lot in changes.recalls]).delete()
    if changes.voided:
        gone = [places[event] for event in changes.voided]
        models.LotEdge.objects.filter(event__in=gone).delete()
        models.Flag.objects.filter(event__in=gone).delete()
    for model in (models.Recall, models.Correction, *LISTED):
        _put(model, made[model], ())


def in_leaf_order(log: Log) -> Iterator[Event]:
    """
    All events of the log's series with their places: published ones by leaf, then those that wait, as recorded.

    Projections say what the whole series says: those of retired logs went over to their successor.
    """
    for each in Log.objects.filter(name=log.name, number__lte=log.number).order_by("number"):
        published = Event.objects.filter(leaf__log=each).select_related("leaf__log").order_by("leaf__index")
        yield from published.iterator(READ_AT_ONCE)
    waiting = Event.objects.filter(log__name=log.name, leaf__isnull=True).select_related("leaf__log")
    yield from waiting.order_by("pk").iterator(READ_AT_ONCE)


def rebuild_projections(log: Log) -> int:
    """
    Make every projection of the log, and its index, anew from its stored statements; returns how many had an effect.

    Rows are written over, never emptied first, so that what other apps point at stays. One transaction; recording
    and publishing wait for it.
    """
    with transaction.atomic(durable=True):
        LogHead.objects.select_for_update().get(log=log)
        changes, places = Changes(), Places()
        books, carried_out = Books(), 0
        for event in in_leaf_order(log):
            places[event.event_id] = event.pk
            if effects := carry_out(books, parse(bytes(event.statement)), event.place):
                changes.add(effects)
                carried_out += 1
        made = rows_of(log, changes, places)
        for model in LISTED:
            of_log(model, log).delete()
        for model in reversed(KEYED):
            _delete_strays(model, log, made[model])
        for model, unique in KEYED.items():
            _put(model, made[model], unique)
        for model in LISTED:
            _put(model, made[model], ())
        indexing.rebuild(log)
    return carried_out


def carry_out(books: Books, statement: Statement, index: int | None) -> ledger.Effects | None:
    """Judge one statement of the log and apply it; None where the rules give it no effect."""
    try:
        rules.authorise(books, statement, index)
    except CoffeeError:
        return None
    return ledger.apply(books, statement, index)


def of_log(model: type[Model], log: Log) -> QuerySet[Any]:
    """The projection's rows that belong to one log."""
    names = {field.name for field in model._meta.concrete_fields}
    if "log" in names:
        return model._default_manager.filter(log=log)
    # An event keeps the log that took it in; what it did belongs to the series.
    through = "event__log__name" if "event" in names else "lot__log__name"
    return model._default_manager.filter(**{through: log.name})


def _delete_strays(model: type[Model], log: Log, made: Iterable[Any]) -> None:
    """Rows that no statement accounts for. One that another app points at makes this fail, and rightly so."""
    attributes = [model._meta.get_field(name).attname for name in KEYED[model]]
    wanted = {tuple(getattr(row, name) for name in attributes) for row in made}
    rows = of_log(model, log).values_list("pk", *attributes).iterator(READ_AT_ONCE)
    strays = [pk for pk, *key in rows if tuple(key) not in wanted]
    if strays:
        model._default_manager.filter(pk__in=strays).delete()


def _put(model: type[Model], made: list[Any], unique: tuple[str, ...], columns: Iterable[str] | None = None) -> None:
    """Insert; where ``unique`` names the columns of a key, write over the rows that have it (only ``columns``)."""
    if not made:
        return
    fields = [field for field in model._meta.concrete_fields if not isinstance(field, AutoField)]
    others = [field for field in fields if field.name not in unique and not field.primary_key]
    insert(
        model,
        [field.column for field in fields],
        [[getattr(row, field.attname) for field in fields] for row in made],
        unique=[model._meta.get_field(name).column for name in unique],
        update=[field.column for field in others if columns is None or field.name in columns],
    )
