"""Settings are read in a process of their own, as a server reads them."""

import json
import os
import sqlite3
import stat
import subprocess
import sys
from base64 import b64encode
from contextlib import closing

import pytest
from django.conf import settings
from django.core import checks
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import connection

from provenance.settings import sqlite

OURS = (
    "SECRET_KEY KEY_ENCRYPTION_KEY ALLOWED_HOSTS PUBLIC_URL TRAIL_HOST TRAIL_LOG DEBUG DATABASE_URL REDIS_URL "
    "LOG_LEVEL DJANGO_ALLOW_ASYNC_UNSAFE"
)

PRODUCTION = {
    "ALLOWED_HOSTS": "beantrail.example",
    "PUBLIC_URL": "https://beantrail.example",
    "SECRET_KEY": "k" * 20 + "abcdefghijklmnopqrstuvwxyz0123456789",
    "KEY_ENCRYPTION_KEY": b64encode(bytes(32)).decode(),
}


def run(data_dir, *command: str, **variables: str) -> subprocess.CompletedProcess:
    clean = {name: value for name, value in os.environ.items() if name not in OURS.split()}
    return subprocess.run(
        [sys.executable, *command],
        cwd=settings.BASE_DIR,
        env={**clean, "DATA_DIR": str(data_dir), "PYTHONWARNINGS": "ignore", **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def ask(data_dir, expression: str, **variables: str) -> str:
    answer = run(data_dir, "-c", f"from provenance import settings as s; print(({expression}))", **variables)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout.strip()


def test_with_nothing_set_it_is_a_whole_site_for_this_machine_only(tmp_path):
    assert ask(tmp_path, "s.ALLOWED_HOSTS, s.DEBUG, s.TRAIL_HOST") == (
        "(['localhost', '127.0.0.1', '[::1]'], False, 'localhost:8000')"
    )


def test_keys_are_made_once_and_only_their_owner_reads_them(tmp_path):
    together = [
        subprocess.Popen(
            [
                sys.executable,
                "-c",
                "from provenance import settings as s; print(s.SECRET_KEY, s.KEY_ENCRYPTION_KEY.hex())",
            ],
            cwd=settings.BASE_DIR,
            env={**{n: v for n, v in os.environ.items() if n not in OURS.split()}, "DATA_DIR": str(tmp_path)},
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    keys = {process.communicate()[0] for process in together}

    assert len(keys) == 1
    assert len(keys.pop().split()[1]) == 64
    files = sorted(path for path in tmp_path.iterdir() if "key" in path.name)
    assert [path.name for path in files] == ["key-encryption-key", "secret-key"]
    assert [stat.S_IMODE(path.stat().st_mode) for path in files] == [0o600, 0o600]


@pytest.mark.parametrize("missing", ["SECRET_KEY", "KEY_ENCRYPTION_KEY"])
def test_production_makes_no_key_by_itself(tmp_path, missing):
    variables = {name: value for name, value in PRODUCTION.items() if name != missing}

    answer = run(tmp_path, "-c", "from provenance import settings", **variables)

    assert answer.returncode == 1
    assert f"{missing} is not set. A production site takes it from the environment." in answer.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("DEBUG", "yes please", "DEBUG is 'yes please'; it must be one of: true, false."),
        ("LOG_LEVEL", "LOUD", "LOG_LEVEL is 'LOUD'; it must be one of"),
        ("PUBLIC_URL", "beantrail.example", "write it like https://beantrail.example"),
        ("PUBLIC_URL", "https://beantrail.example/shop", "without a path"),
        ("DATABASE_URL", "mysql://localhost/x", "DATABASE_URL must start with postgres:// or sqlite:///."),
        ("REDIS_URL", "localhost:6379", "REDIS_URL must start with redis://"),
        ("KEY_ENCRYPTION_KEY", "c2hvcnQ=", "holds 5 bytes; it must be 32 bytes"),
        ("KEY_ENCRYPTION_KEY", "§", "KEY_ENCRYPTION_KEY is not base64."),
        ("TEXT_GATEWAY", "pigeon", "TEXT_GATEWAY is 'pigeon'; it must be one of: console, file, http."),
        ("TEXT_GATEWAY", "http", "TEXT_GATEWAY_URL must say where number and words go"),
    ],
)
def test_a_value_it_does_not_know_is_refused_in_a_sentence(tmp_path, name, value, sentence):
    answer = run(tmp_path, "-c", "from provenance import settings", **{name: value})

    assert answer.returncode == 1
    assert sentence in answer.stderr


def test_production_passes_djangos_own_deployment_check(tmp_path):
    answer = run(tmp_path, "manage.py", "check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)

    assert answer.returncode == 0, answer.stderr


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"DEBUG": "true"}, "provenance.E001"),
        ({"ALLOWED_HOSTS": "*"}, "provenance.E002"),
        ({"PUBLIC_URL": "http://beantrail.example"}, "provenance.E003"),
        ({"TRAIL_LOG": "../main"}, "provenance.E004"),
        ({"TRAIL_HOST": "https://beantrail.example"}, "provenance.E005"),
    ],
)
def test_the_web_server_does_not_start_with_a_dangerous_setting(tmp_path, change, fault):
    answer = run(tmp_path, "-c", "import provenance.wsgi", **{**PRODUCTION, **change})

    assert answer.returncode == 1
    assert "The site does not start:" in answer.stderr
    assert fault in answer.stderr


def test_a_trail_named_after_this_machine_is_told_in_production(settings):
    from provenance.checks import trail_names_are_usable

    settings.PRODUCTION, settings.TRAIL_HOST = True, "localhost:8000"

    assert [message.id for message in trail_names_are_usable()] == ["provenance.W006"]


def test_a_country_that_anybody_could_name_is_told(settings):
    from provenance.checks import country_comes_from_a_proxy

    settings.COUNTRY_HEADER, settings.BEHIND_PROXY = "CF-IPCountry", False
    assert [message.id for message in country_comes_from_a_proxy()] == ["provenance.W011"]

    settings.BEHIND_PROXY = True
    assert country_comes_from_a_proxy() == []


def test_the_checks_of_this_very_site_are_clean(db):
    assert checks.run_checks(databases=["default"]) == []


@pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite's own settings")
def test_sqlite_waits_for_the_disk_and_keeps_no_deleted_bytes(db):
    with connection.cursor() as cursor:
        found = {
            name: cursor.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("synchronous", "foreign_keys", "secure_delete", "recursive_triggers", "journal_mode")
        }

    assert found == {
        "synchronous": 2,
        "foreign_keys": 1,
        "secure_delete": 1,
        "recursive_triggers": 1,
        "journal_mode": "wal" if settings.WAL_IS_SAFE else "truncate",
    }


def test_a_new_sqlite_database_has_larger_pages_and_an_older_one_keeps_its_own_until_vacuum(tmp_path):
    command = sqlite(tmp_path / "beantrail.sqlite3")["OPTIONS"]["init_command"]

    def pages(name, before=""):
        with closing(sqlite3.connect(tmp_path / name)) as database:
            database.executescript(f"{before}; {command} CREATE TABLE made (x)")
        with closing(sqlite3.connect(tmp_path / name)) as database:
            return database.execute("PRAGMA page_size").fetchone()[0]

    assert pages("new") == 8192
    assert pages("older", "PRAGMA page_size=4096; CREATE TABLE kept (x)") == 4096
    with closing(sqlite3.connect(tmp_path / "older")) as database:
        database.executescript("PRAGMA journal_mode=DELETE; PRAGMA page_size=8192; VACUUM")
        assert database.execute("PRAGMA page_size").fetchone()[0] == 8192


@pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite's own settings")
@pytest.mark.parametrize(
    ("pragma", "fault"), [("synchronous=NORMAL", "provenance.E007"), ("journal_mode=MEMORY", "provenance.E008")]
)
@pytest.mark.django_db(transaction=True)
def test_a_careless_sqlite_is_noticed(pragma, fault):
    from provenance.checks import sqlite_is_durable

    assert sqlite_is_durable(databases=["default"]) == []
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA {pragma}")
    try:
        assert [message.id for message in sqlite_is_durable(databases=["default"])] == [fault]
    finally:
        connection.close()


def test_of_several_database_servers_the_one_that_takes_writes_is_used(tmp_path):
    several = "postgres://app:p%40ss@db1:5432,db2:5433/beantrail?sslmode=require"
    shown = ask(
        tmp_path, "[s.DATABASES['default'][name] for name in ('HOST', 'PORT', 'OPTIONS')]", DATABASE_URL=several
    )
    assert shown == (
        "['db1,db2', '5432,5433', {'connect_timeout': 5, 'sslmode': 'require', 'target_session_attrs': 'read-write'}]"
    )
    alone = ask(tmp_path, "s.DATABASES['default']['OPTIONS']", DATABASE_URL="postgres://app@db1/beantrail")
    assert alone == "{'connect_timeout': 5}"


@pytest.mark.parametrize(("name", "mode"), [("staticfiles", 0o644), ("default", 0o600)])
def test_static_files_are_for_every_user_of_the_machine_and_uploads_are_not(tmp_path, name, mode):
    configured = settings.STORAGES[name]
    options = {**configured.get("OPTIONS", {}), "location": str(tmp_path), "base_url": "/elsewhere/"}
    storage = storages.create_storage({**configured, "OPTIONS": options})

    storage.save("file", ContentFile(b"bytes"))

    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == mode


def test_the_journal_has_two_forms(tmp_path):
    refused = run(tmp_path, "-c", "import provenance.settings", LOG_FORMAT="xml")
    assert "LOG_FORMAT is 'xml'; it must be one of: line, json." in refused.stderr
    code = "import django; django.setup(); import logging; logging.getLogger('trail').error('log %s stopped', 'main')"
    said = run(tmp_path, "-c", code, DJANGO_SETTINGS_MODULE="provenance.settings", LOG_FORMAT="json").stderr
    assert json.loads(said)["message"] == "log main stopped"
