"""
Recorders and publishers are killed at random: what was acknowledged is there, once, and the trail is whole.

A third of KILLS falls here, the rest on a whole installation (``provenance/tests/fire/test_kills.py``). Planted bugs,
each of which must be caught: acknowledged before the commit; leaf and head in two transactions; no head lock; event and
Pending in two transactions; a high-water mark instead of Pending.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

KILLS = max(int(os.environ.get("KILLS", "15")) // 3, 5)
# Enough for every planted bug to be caught with near certainty, however many kills the real thing has to bear.
MUTANT_KILLS = 15
ROOT = Path(__file__).resolve().parents[3]
PREPARE = """
import django; django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from provenance.trail.services import registry
from provenance.trail.tests.story import ALMAZ, PARTY, SITE
registry.found_log("main", "Test operator")
registry.register_party(kind="person", roles=["farmer"], name="Almaz", party=PARTY + ALMAZ)
registry.register_site(party=PARTY + ALMAZ, kind="farm", name="Farm", site=SITE + ALMAZ)
"""


def run(home, *command, url=""):
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "provenance.settings",
        "DATA_DIR": str(home),
        "FENCE_DIR": str(home / "fence"),
        "DATABASE_URL": url,
    }
    done = subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=3_000,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done


@pytest.fixture(scope="module")
def prepared(tmp_path_factory, django_db_blocker):
    """A folder with a founded log in SQLite; on PostgreSQL, a database to be used as template."""
    home = tmp_path_factory.mktemp("prepared")
    with database(django_db_blocker, "beantrail_kills") as url:
        run(home, "-c", PREPARE, url=url)
        yield home


class database:
    """A PostgreSQL database of its own, or nothing on SQLite; its address is the value of the context."""

    def __init__(self, blocker, name, template="template1"):
        self.blocker, self.name, self.template = blocker, name, template

    def __enter__(self):
        if connection.vendor != "postgresql":
            return ""
        self._execute(f"DROP DATABASE IF EXISTS {self.name}")
        self._execute(f"CREATE DATABASE {self.name} TEMPLATE {self.template}")
        return os.environ["DATABASE_URL"].rpartition("/")[0] + f"/{self.name}"

    def __exit__(self, *_):
        if connection.vendor == "postgresql":
            self._execute(f"DROP DATABASE {self.name} WITH (FORCE)")

    def _execute(self, sql):
        with self.blocker.unblock(), connection._nodb_cursor() as cursor:
            cursor.execute(sql)


@pytest.fixture
def killed(prepared, tmp_path, django_db_blocker):
    def killed(mutant, kills=MUTANT_KILLS):
        home = tmp_path / "home"
        shutil.copytree(prepared, home)
        with database(django_db_blocker, "beantrail_killed", "beantrail_kills") as url:
            done = run(home, "-m", "provenance.trail.tests.nursery", mutant, str(kills), url=url)
        print(done.stderr[-2000:], done.stdout[-2000:])
        return json.loads(done.stdout.splitlines()[-1])

    return killed


def test_nothing_that_was_acknowledged_is_lost_or_doubled(killed):
    after = killed("none", KILLS)

    assert after["acknowledged"] > KILLS // 2
    assert (after["lost"], after["doubled"], after["faults"], after["died"]) == ([], [], [], 0)


def test_an_acknowledgement_before_the_commit_is_caught(killed):
    assert killed("early ack")["lost"]


@pytest.mark.parametrize("mutant", ["two transactions", "no head lock"])
def test_a_publisher_that_is_not_one_locked_transaction_is_caught(killed, mutant):
    after = killed(mutant)

    assert after["faults"] or after["died"]


def test_an_event_that_is_committed_before_it_waits_is_caught(killed):
    after = killed("event and pending apart")

    assert any("It has no leaf and waits for none." in fault for fault in after["faults"])


@pytest.mark.postgres
def test_a_high_water_mark_loses_what_was_overtaken(killed):
    """On SQLite there is one writer at a time, so no commit overtakes another."""
    assert killed("high-water mark")["lost"]
