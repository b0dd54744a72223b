"""
PostgreSQL's roles: what the site needs is allowed, and nothing that would change what was recorded.

Everything happens in the test's own transaction, roles included: they are gone with it.
"""

import os
import subprocess
import sys
from contextlib import contextmanager
from io import StringIO

import pytest
from django.conf import settings
from django.core.checks import run_checks
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse

from provenance.health import faults
from provenance.trail.models import Checkpoint, Event, Leaf, Lot
from provenance.trail.services import publishing
from provenance.trail.services.verifying import verify_trail
from provenance.trail.tests import story

OWNER, APP, AUDITOR = "bt_test_owner", "bt_test_app", "bt_test_auditor"

postgres = pytest.mark.postgres


def set_up(**more):
    out = StringIO()
    call_command("setup_roles", **{"owner": OWNER, "app": APP, "auditor": AUDITOR, **more}, stdout=out)
    return out.getvalue()


def sql(statement, *parameters):
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters or None)
        return cursor.fetchall() if cursor.description else []


@contextmanager
def logged_in_as(role):
    sql(f"SET SESSION AUTHORIZATION {role}")
    try:
        yield
    finally:
        sql("RESET SESSION AUTHORIZATION")


@pytest.fixture
def roles(db):
    return set_up()


@pytest.fixture
def trail_as_app(roles, request):
    """Everything that the fixtures do, from the founding of the log on, is done as the app."""
    with logged_in_as(APP):
        yield request.getfixturevalue("log")


def test_sqlite_has_no_roles_and_says_so(db):
    if connection.vendor == "postgresql":
        pytest.skip("this is PostgreSQL")
    with pytest.raises(CommandError, match="SQLite knows no roles: whoever may write the file may change it"):
        set_up()


@postgres
def test_it_says_what_it_did_and_may_be_run_again(roles):
    assert f"{OWNER}: made" in roles and f"{APP}: made" in roles and f"{AUDITOR}: made" in roles
    assert f"{OWNER}: owns" in roles
    rights = (
        "SELECT grantee, table_name, privilege_type FROM information_schema.role_table_grants WHERE grantee = ANY(%s)"
    )
    before = sorted(sql(rights, [OWNER, APP, AUDITOR]))

    again = set_up()

    assert again == roles.replace(": made", ": was there")
    assert sorted(sql(rights, [OWNER, APP, AUDITOR])) == before


@postgres
def test_a_table_that_a_migration_made_gets_its_rights_from_the_next_run(roles):
    sql("REVOKE ALL ON trail_lot FROM bt_test_app")
    with logged_in_as(APP), pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        Lot.objects.count()

    set_up()

    with logged_in_as(APP):
        assert Lot.objects.count() == 0


@postgres
@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"app": OWNER}, "are three roles"),
        ({"app": 'x"; DROP TABLE trail_event; --'}, "are three roles"),
        ({"app": "bt_test_strong"}, "bt_test_strong may do more than it should"),
    ],
)
def test_a_role_that_would_be_no_bar_is_refused(db, more, sentence):
    sql("CREATE ROLE bt_test_strong LOGIN CREATEROLE")
    with pytest.raises(CommandError, match=sentence), transaction.atomic():
        set_up(**more)
    assert sql("SELECT count(*) FROM pg_roles WHERE rolname LIKE 'bt_test_%%' AND rolname <> 'bt_test_strong'") == [
        (0,)
    ]


@postgres
def test_the_owner_without_superuser_runs_it_for_what_came_later(roles):
    with logged_in_as(OWNER):
        with pytest.raises(CommandError, match=f"it must be the owner: --owner {OWNER}"), transaction.atomic():
            set_up(owner="bt_test_other")
        set_up()


@postgres
def test_a_password_reaches_the_server_only_as_a_hash(db, monkeypatch):
    monkeypatch.setenv("APP_DATABASE_PASSWORD", "three red cherries")
    said = set_up()

    assert f"{APP}: made, password set" in said and "cherries" not in said
    [(kept,)] = sql("SELECT rolpassword FROM pg_authid WHERE rolname = %s", APP)
    assert kept.startswith("SCRAM-SHA-256$")


# reliability.md 3: 13 ways to change what was recorded, then some more. ``{event}`` is a recorded event's key.
ATTACKS = {
    "change a row": "UPDATE trail_event SET act = 'harvest' WHERE id = {event}",
    "delete a row": "DELETE FROM trail_event WHERE id = {event}",
    "empty a table": "TRUNCATE trail_cosignature",
    "empty a parent": "TRUNCATE trail_log CASCADE",
    "insert over it": "INSERT INTO trail_leaf (event_id, log_id, index) SELECT event_id, log_id, index FROM trail_leaf "
    "ON CONFLICT (event_id) DO UPDATE SET index = EXCLUDED.index + 1",
    "merge into it": "MERGE INTO trail_event e USING (SELECT {event} AS id) s ON e.id = s.id "
    "WHEN MATCHED THEN UPDATE SET act = 'harvest'",
    "leave a gap": "INSERT INTO trail_leaf (event_id, log_id, index) SELECT event_id, log_id, 10000 FROM trail_pending "
    "ORDER BY event_id DESC LIMIT 1",
    "disable a trigger": "ALTER TABLE trail_event DISABLE TRIGGER ALL",
    "drop a trigger": "DROP TRIGGER trail_event_no_change ON trail_event",
    "drop a table": "DROP TABLE trail_cosignature CASCADE",
    "replace the function": "CREATE OR REPLACE FUNCTION trail_refuse() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RETURN NEW; END $$",
    "swallow inserts": "CREATE RULE swallow AS ON INSERT TO trail_event DO INSTEAD NOTHING",
    "rename a table": "ALTER TABLE trail_event RENAME TO trail_event_of_yesterday",
    "act as a replica": "SET session_replication_role = replica",
    "become the owner": f"SET ROLE {OWNER}",
    "join the owner": f"GRANT {OWNER} TO {APP}",
    "own the table": f"ALTER TABLE trail_event OWNER TO {APP}",
    "change a tile": "UPDATE trail_storedtile SET hashes = ''",
    "change a checkpoint": "UPDATE trail_checkpoint SET note = ''",
    "forget an alarm": "DELETE FROM trail_forkalarm",
    "forget a migration": "DELETE FROM django_migrations",
    "make a function": "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "a table that hides ours": "CREATE TEMPORARY TABLE trail_event (id int)",
    "run a program": "COPY trail_event TO PROGRAM 'cat'",
}


def contents():
    tables = ("trail_event", "trail_leaf", "trail_storedtile", "trail_checkpoint", "django_migrations")
    return {table: sql(f"SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {table} t") for table in tables}


@postgres
@pytest.mark.parametrize("attack", ATTACKS)
def test_the_app_is_refused(trail_as_app, attack):
    publishing.publish(trail_as_app)
    event = story.act(story.ALMAZ, story.harvest())
    before = contents()

    with pytest.raises(DatabaseError) as refused, transaction.atomic():
        sql(ATTACKS[attack].format(event=event.pk))

    # Not allowed, or refused by a trigger; a statement that PostgreSQL could not read would prove nothing.
    assert refused.value.__cause__.sqlstate in {"42501", "23000"}
    assert contents() == before
    publishing.publish(trail_as_app)
    assert verify_trail(trail_as_app) == []


@postgres
@pytest.mark.parametrize("attack", ["change a row", "delete a row", "leave a gap"])
def test_the_owner_who_only_sends_statements_meets_the_triggers(trail_as_app, attack):
    event = story.act(story.ALMAZ, story.harvest())
    with logged_in_as(OWNER), pytest.raises(DatabaseError), transaction.atomic():
        sql(ATTACKS[attack].format(event=event.pk))
    sql(f"SET SESSION AUTHORIZATION {APP}")


@postgres
def test_the_app_does_all_that_the_doors_and_keep_do(trail_as_app, wote, kofi, almaz, client):
    """From the field to the shelf, with log-ins, a job, a freeze, an erasure and a rebuilding."""
    from provenance.jobs import services as jobs
    from provenance.trail.models import SubjectKey
    from provenance.trail.services.logs import freeze
    from provenance.trail.services.projecting import rebuild_projections

    almaz.set_password("three red cherries")
    almaz.save()
    assert client.login(username="almaz", password="three red cherries")
    assert client.get(reverse("farms:home")).status_code == 200
    story.tell()
    publishing.publish(trail_as_app)
    story.act(story.ALMAZ, story.harvest("A-9"))
    publishing.publish(trail_as_app, index=True)
    assert verify_trail(trail_as_app) == []
    rebuild_projections(trail_as_app)
    assert verify_trail(trail_as_app) == []
    jobs.run_due()
    staff = Client()
    staff.force_login(kofi)
    assert staff.get(reverse("admin:index")).status_code == 200
    assert client.get("/log/main/1/checkpoint").status_code == 200
    SubjectKey.objects.filter(party=almaz.party).delete()
    client.logout()
    freeze(trail_as_app, "A test.")
    assert Event.objects.count() == Leaf.objects.count() and Checkpoint.objects.count() >= 2


@postgres
def test_the_auditor_reads_the_trail_and_neither_keys_nor_log_ins(trail_as_app):
    sql(f"SET SESSION AUTHORIZATION {AUDITOR}")
    assert Event.objects.count() > 0
    for statement in (
        "SELECT * FROM trail_logkey",
        "SELECT * FROM trail_serverkey",
        "SELECT * FROM trail_subjectkey",
        "SELECT * FROM members_user",
        "SELECT * FROM django_session",
        "SELECT * FROM authtoken_token",
        "INSERT INTO trail_pending SELECT * FROM trail_pending",
        "UPDATE trail_log SET state = 'frozen'",
    ):
        with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
            sql(statement)


def told_at_start(settings):
    settings.PRODUCTION = True
    found = run_checks(tags=["serving"], include_deployment_checks=True, databases=["default"])
    return [message for message in found if message.id == "provenance.E010"]


@postgres
def test_a_production_site_does_not_start_as_owner_or_superuser(roles, settings):
    for role in (None, OWNER):
        if role:
            sql(f"SET SESSION AUTHORIZATION {role}")
        [told] = told_at_start(settings)
        assert "which owns the tables" in told.msg and "manage.py setup_roles" in told.hint
        assert "Run manage.py setup_roles." in faults()["database role"]

    sql(f"SET SESSION AUTHORIZATION {APP}")
    assert told_at_start(settings) == []
    assert "database role" not in faults()


@postgres
def test_a_table_without_rights_is_named(roles, settings):
    sql("REVOKE ALL ON trail_lot FROM bt_test_app")
    sql(f"SET SESSION AUTHORIZATION {APP}")

    [told] = told_at_start(settings)
    assert told.msg == f"The database role {APP} has no rights on trail_lot."


@postgres
def test_a_witness_alone_may_own_its_tables(db, settings):
    settings.PRODUCTION = settings.WITNESS_ONLY = True

    assert "database role" not in faults()
    assert [
        message.id for message in run_checks(tags=["serving"], include_deployment_checks=True, databases=["default"])
    ] == []


def test_outside_production_and_on_sqlite_nobody_is_asked(db, settings):
    if connection.vendor == "sqlite":
        assert told_at_start(settings) == []
    settings.PRODUCTION = False
    assert run_checks(tags=["serving"], include_deployment_checks=True, databases=["default"]) == []
    assert "database role" not in faults()


@postgres
@pytest.mark.parametrize("command", [["-c", "import provenance.wsgi"], ["manage.py", "keep", "--once"]])
def test_server_and_keep_refuse_to_start_as_the_owner(db, tmp_path, command):
    known = connection.settings_dict
    server = f"{known['HOST']}:{known['PORT'] or 5432}"
    environment = os.environ | {
        "ALLOWED_HOSTS": "beantrail.example",
        "PUBLIC_URL": "https://beantrail.example",
        "SECRET_KEY": "x" * 60,
        "KEY_ENCRYPTION_KEY": "A" * 43 + "=",
        "DATA_DIR": str(tmp_path),
        "DATABASE_URL": f"postgres://{known['USER']}:{known['PASSWORD']}@{server}/{known['NAME']}",
        "DJANGO_SETTINGS_MODULE": "provenance.settings",
    }

    done = subprocess.run(
        [sys.executable, *command], cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, check=False
    )

    assert done.returncode != 0
    assert "provenance.E010" in done.stderr and "which owns the tables" in done.stderr
