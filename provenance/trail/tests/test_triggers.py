"""Nothing on the trail is changed or deleted, by whatever road; without the triggers all these roads are open."""

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import Error, connection, transaction
from django.db.models import ProtectedError, RestrictedError

from provenance.trail import triggers
from provenance.trail.errors import RecordingStopped
from provenance.trail.models import Checkpoint, Event, Leaf, Pending, StoredTile
from provenance.trail.services import registry
from provenance.trail.services.publishing import publish

pytestmark = pytest.mark.django_db


def raw(sql, *params):
    with connection.cursor() as cursor:
        cursor.execute(sql, list(params) or None)


def settle():
    """PostgreSQL alters no table while foreign keys wait to be checked."""
    connection.check_constraints()


def event():
    return Event.objects.order_by("pk").first()


def save_an_existing_row():
    row = event()
    row.kid = "x"
    super(type(row).__mro__[1], row).save(force_update=True)


def delete_an_existing_row():
    row = Leaf.objects.order_by("index").last()
    super(type(row).__mro__[1], row).delete()


def copy_of(row):
    return [
        (field.column, field.get_db_prep_save(getattr(row, field.attname), connection))
        for field in row._meta.concrete_fields
    ]


def insert(row, verb="INSERT", tail="", **changed):
    columns = dict(copy_of(row)) | changed
    names = ", ".join(f'"{name}"' for name in columns)
    marks = ", ".join(["%s"] * len(columns))
    raw(f'{verb} INTO "{row._meta.db_table}" ({names}) VALUES ({marks}) {tail}', *columns.values())


def insert_a_leaf_beyond_a_gap():
    waiting = Pending.objects.get()
    Leaf.objects.create(event=waiting.event, log=waiting.log, index=Leaf.objects.count() + 1)


ANYWHERE = {
    "save of an existing row": save_an_existing_row,
    "delete of an existing row": delete_an_existing_row,
    "QuerySet.update": lambda: Event.objects.update(act="sell"),
    "QuerySet.delete": lambda: Leaf.objects.all().delete(),
    "QuerySet._raw_delete": lambda: Leaf.objects.all()._raw_delete("default"),
    "bulk_update": lambda: Event.objects.bulk_update(Event.objects.all(), ["act"]),
    "bulk_create with update_conflicts": lambda: Event.objects.bulk_create(
        [event()], update_conflicts=True, unique_fields=["id"], update_fields=["act"]
    ),
    "update_or_create": lambda: Checkpoint.objects.order_by("pk").update(note="x"),
    "raw UPDATE": lambda: raw('UPDATE trail_leaf SET "index" = "index" + 1000'),
    "raw DELETE": lambda: raw("DELETE FROM trail_checkpointrelease"),
    "ON CONFLICT DO UPDATE": lambda: insert(event(), tail="ON CONFLICT (id) DO UPDATE SET act = 'sell'"),
    "a leaf beyond a gap": insert_a_leaf_beyond_a_gap,
}
SQLITE = {
    "REPLACE": lambda: insert(event(), verb="REPLACE", act="sell"),
    "INSERT OR REPLACE by another key": lambda: insert(event(), verb="INSERT OR REPLACE", act="sell", id=10_000),
    "UPDATE OR IGNORE": lambda: raw("UPDATE OR IGNORE trail_event SET act = 'sell'"),
    "UPDATE OR REPLACE": lambda: raw("UPDATE OR REPLACE trail_event SET act = 'sell'"),
}
POSTGRESQL = {
    "TRUNCATE": lambda: raw("TRUNCATE trail_checkpointrelease"),
    "TRUNCATE CASCADE of a parent": lambda: raw("TRUNCATE trail_log CASCADE"),
    "MERGE": lambda: raw(
        "MERGE INTO trail_event e USING (SELECT 1 AS one) s ON true WHEN MATCHED THEN UPDATE SET act = 'sell'"
    ),
    "DELETE as a replica": lambda: raw(
        "SET LOCAL session_replication_role = replica; DELETE FROM trail_checkpointrelease"
    ),
}
ATTEMPTS = ANYWHERE | (POSTGRESQL if connection.vendor == "postgresql" else SQLITE)


@pytest.fixture
def trail(log):
    """A published log with one more event that waits."""
    publish(log)
    registry.register_party(kind="person", roles=["farmer"], name="Late", custody="device")
    assert Pending.objects.count() == 1
    settle()
    return log


def snapshot():
    return [list(model.objects.order_by("pk").values_list()) for model in (Event, Leaf, StoredTile, Checkpoint)]


@pytest.mark.parametrize("attempt", ATTEMPTS.values(), ids=ATTEMPTS)
def test_the_trail_cannot_be_changed(trail, attempt):
    before = snapshot()

    with pytest.raises((Error, ProtectedError, RestrictedError)), transaction.atomic():
        attempt()

    assert snapshot() == before


@pytest.mark.parametrize("attempt", ATTEMPTS.values(), ids=ATTEMPTS)
def test_without_the_triggers_every_attempt_goes_through(trail, attempt):
    triggers.lift(connection)
    with transaction.atomic():
        attempt()
        transaction.set_rollback(True)


def test_models_speak_before_the_triggers_do(trail):
    with pytest.raises(TypeError, match="never changed"):
        event().save()
    with pytest.raises(TypeError, match="never deleted"):
        event().delete()


def test_recording_refuses_while_a_trigger_is_missing(log):
    before = Event.objects.count()
    settle()
    triggers.lift(connection)

    with pytest.raises(RecordingStopped, match="manage.py migrate"):
        registry.register_party(kind="person", roles=["farmer"], name="Late")

    assert Event.objects.count() == before
    triggers.install(connection)
    registry.register_party(kind="person", roles=["farmer"], name="Late")
    assert Event.objects.count() == before + 2


def test_a_further_trigger_is_noticed(log):
    if connection.vendor == "sqlite":
        raw("CREATE TRIGGER swallow BEFORE INSERT ON trail_leaf BEGIN SELECT RAISE(IGNORE); END")
    else:
        raw("CREATE RULE swallow AS ON INSERT TO trail_leaf DO INSTEAD NOTHING")

    assert "swallow" in triggers.triggers_differ(connection)


@pytest.mark.postgres
def test_a_disabled_trigger_is_noticed(log):
    settle()
    raw("ALTER TABLE trail_event DISABLE TRIGGER trail_event_no_change")

    assert "trail_event_no_change" in triggers.triggers_differ(connection)


def test_check_and_readyz_say_that_a_trigger_is_missing(client, db):
    assert "trail triggers" not in client.get("/readyz").json()["faults"]
    triggers.lift(connection)

    assert "run manage.py migrate" in client.get("/readyz").json()["faults"]["trail triggers"]
    with pytest.raises(SystemCheckError, match=r"trail\.E001"):
        call_command("check", databases=["default"])


@pytest.mark.django_db(transaction=True)
def test_flush_empties_a_test_database():
    registry.found_log("main", "Test operator")
    assert Event.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_after_a_flush_the_triggers_stand_again():
    assert not Event.objects.exists()
    assert triggers.triggers_differ(connection) is None
    registry.found_log("main", "Test operator")
    with pytest.raises(Error):
        raw("DELETE FROM trail_checkpointrelease")


def test_migrating_puts_the_triggers_back(log):
    settle()
    triggers.lift(connection)
    assert triggers.triggers_differ(connection)

    call_command("migrate", "trail", verbosity=0)

    assert triggers.triggers_differ(connection) is None
