"""Whatever is changed behind the trail's back, ``verify_trail`` finds it and names it."""

import json
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.db import models as django_models
from django.utils import timezone

from provenance.coffee.acts import Correct
from provenance.coffee.statement import parse
from provenance.trail import models, triggers
from provenance.trail.models import Event, Lot, Party
from provenance.trail.services.acting import Draft, record_acts
from provenance.trail.services.projecting import rebuild_projections
from provenance.trail.services.publishing import publish
from provenance.trail.services.rows import KEYED, LISTED
from provenance.trail.services.verifying import verify_trail
from provenance.trail.tests import story
from provenance.trail.tests.story import ALMAZ, PARTY, WOTE

pytestmark = pytest.mark.django_db


@pytest.fixture
def told(log):
    """The story, published; one event still waits. The triggers are lifted, as an attacker would."""
    told = story.tell()
    publish(log)
    story.act(ALMAZ, story.harvest("LATE"))
    models.Log.objects.create(name="other", origin="localhost:8000/log/other/1")
    connection.check_constraints()
    triggers.lift(connection)
    yield told
    connection.check_constraints()
    triggers.install(connection)


@pytest.fixture
def tiled(log, told):
    """With so many harvests more that a tile is full."""
    triggers.install(connection)
    record_acts(PARTY + ALMAZ, [Draft(story.harvest(f"T-{n}", 1)) for n in range(260)])
    publish(log)
    connection.check_constraints()
    triggers.lift(connection)


def faults(log):
    log.refresh_from_db()
    found = verify_trail(log)
    return [fault for fault in found if "triggers are not" not in fault.what]


def test_an_honest_trail_has_no_fault(told, log):
    triggers.install(connection)

    assert verify_trail(log) == []


def test_the_command_counts_and_exits_with_one_on_a_fault(told, log, capsys):
    triggers.install(connection)
    call_command("verify_trail")
    assert "No fault." in capsys.readouterr().out
    triggers.lift(connection)

    with pytest.raises(CommandError) as caught:
        call_command("verify_trail")

    assert caught.value.returncode == 1 and "triggers are not as they must be" in capsys.readouterr().out


# What a row says beyond the signed bytes: nothing can hold these against anything.
UNPROVABLE = {
    "trail_log.created_at",
    "trail_log.state",
    "trail_log.why_frozen",
    "trail_log.unguarded_until",
    "trail_log.id",
    "trail_serverkey.created_at",
    "trail_disclosure.audience",
    "trail_pending.log_id",
}
MODELS = (
    models.Log,
    models.LogHead,
    models.Event,
    models.Leaf,
    models.StoredTile,
    models.Checkpoint,
    models.CheckpointRelease,
    models.Disclosure,
    models.LogKey,
    models.ServerKey,
    models.SubjectKey,
    *KEYED,
    *LISTED,
)


def columns_of(model):
    """The columns that mean something: not the numbers that the database gave."""
    return [
        field
        for field in model._meta.concrete_fields
        if (field.attname != "id" or isinstance(field, django_models.UUIDField))
        and f"{model._meta.db_table}.{field.column}" not in UNPROVABLE
    ]


def another(field, value):
    """A value of the same kind that is not this one."""
    if field.remote_field:
        others = field.remote_field.model._default_manager.exclude(pk=value).order_by("-pk")
        return others.values_list("pk", flat=True).first()
    match value:
        case bool():
            return not value
        case int():
            return value + 1
        case UUID():
            return uuid4()
        case dict() | list():
            return json.loads(json.dumps(value).replace("e", "f")) if value else {"x": 1}
        case bytes() | memoryview():
            flipped = bytearray(value)
            flipped[len(flipped) // 2] ^= 1
            return bytes(flipped)
        case None:
            return 1
    if isinstance(field, django_models.DateTimeField):
        return timezone.now() + timedelta(days=3)
    return (value[:-1] + ("x" if value[-1:] != "x" else "y")) if value else "x"


def defer(cursor):
    """Whoever tampers does not care about foreign keys."""
    if connection.vendor == "sqlite":
        cursor.execute("PRAGMA defer_foreign_keys = ON")


def change(model, row, field, value):
    assert value is not None
    with transaction.atomic(), connection.cursor() as cursor:
        defer(cursor)
        pk = model._meta.pk
        cursor.execute(
            f'UPDATE "{model._meta.db_table}" SET "{field.column}" = %s WHERE "{pk.column}" = %s',
            [field.get_db_prep_save(value, connection), pk.get_db_prep_value(row.pk, connection)],
        )
        assert cursor.rowcount == 1


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_a_change_in_any_column_is_found(request, told, log, model):
    if model is models.StoredTile:
        request.getfixturevalue("tiled")
    rows = {models.Event: told.pulped, models.Log: log}
    row = rows.get(model) or model._default_manager.order_by("pk").last()

    for field in columns_of(model):
        with transaction.atomic():
            try:
                change(model, row, field, another(field, getattr(row, field.attname)))
                found = faults(log)
            except IntegrityError:
                found = ["the database itself refuses a second such row"]
            transaction.set_rollback(True)
        assert found, f"{field.column} was changed and nobody noticed"
        if model is models.Event and field.name != "log":
            assert told.pulped.event_id in {fault.event for fault in found}, field.column


@pytest.mark.parametrize("model", [models.Leaf, models.StoredTile, models.Pending, *KEYED, *LISTED])
def test_a_removed_row_is_found(request, told, log, model):
    if model is models.StoredTile:
        request.getfixturevalue("tiled")
    row = model._default_manager.order_by("pk").last()
    with transaction.atomic():
        with connection.cursor() as cursor:
            pk = model._meta.pk
            defer(cursor)
            cursor.execute(
                f'DELETE FROM "{model._meta.db_table}" WHERE "{pk.column}" = %s',
                [pk.get_db_prep_value(row.pk, connection)],
            )
        assert faults(log)
        transaction.set_rollback(True)


def test_an_edited_statement_is_named_by_event_and_leaf(told, log):
    event = Event.objects.get(pk=told.received.pk)
    edited = bytes(event.statement).replace(b"A", b"B", 1)
    Event.objects.filter(pk=event.pk).update(statement=edited)

    named = {(fault.event, fault.index) for fault in faults(log)}

    assert (event.event_id, event.index) in named


def test_a_seal_over_other_receipts_is_named_until_it_is_taken_back(log):
    story.act(ALMAZ, story.harvest())
    received = story.act(WOTE, story.receive(story.act(ALMAZ, story.dispatch())))
    closed = story.act(WOTE, story.close(received, root="ab" * 32))
    publish(log)

    faults = [(fault.event, fault.what) for fault in verify_trail(log)]
    assert faults == [(closed.event_id, "Its root is not that of the receipts poured into the day-lot.")]

    original = parse(bytes(closed.statement)).event
    taken_back = Correct(original=original, original_act="close", declared_at=story.NOON, reason="incorrect_data")
    story.act(WOTE, taken_back)
    publish(log)
    assert verify_trail(log) == []


def test_a_dropped_tail_is_found(told, log):
    models.Leaf.objects.filter(index__gte=20).delete()

    assert any("but holds 20 leaves" in fault.what for fault in faults(log))


def test_rebuilt_projections_are_the_ones_that_recording_made(told, log):
    triggers.install(connection)
    before = contents()

    assert rebuild_projections(log) == Event.objects.count()

    assert contents() == before
    assert verify_trail(log) == []


def test_rebuilding_mends_what_was_changed_added_or_removed(told, log):
    before = contents()
    models.Balance.objects.update(mg=1)
    models.Lot.objects.filter(uri=story.WET).update(form="GREEN", poured_mg=7)
    models.Posting.objects.all().delete()
    models.Shortfall.objects.all().delete()
    models.Recall.objects.create(lot=Lot.objects.first(), event=told.harvested, issuer=PARTY + ALMAZ)
    stray = models.Site.objects.get(uri=story.SITE + ALMAZ)
    stray.pk, stray.uri = uuid4(), "https://localhost:8000/epcis/loc/nowhere"
    stray.save(force_insert=True)
    assert faults(log)

    call_command("rebuild_projections")

    assert contents() == before
    assert faults(log) == []


def test_rebuilding_keeps_the_rows_that_others_point_at(told, log):
    pk = Party.objects.get(uri=PARTY + ALMAZ).pk

    rebuild_projections(log)

    assert Party.objects.get(uri=PARTY + ALMAZ).pk == pk


def contents():
    """Every projection's rows without the numbers that the database gave them."""
    found = {}
    for model in (*KEYED, *LISTED):
        names = [
            field.attname
            for field in model._meta.concrete_fields
            if field.attname != "id" or field.name in KEYED.get(model, ())
        ]
        found[model.__name__] = sorted(map(repr, model._default_manager.values_list(*names)))
    return found
