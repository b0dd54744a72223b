"""
Old copies of the database are restored again and again: each is noticed before the first signature.

RESTORES of them (100); planted bugs, each of which must be caught: nobody stands guard; guard is stood after signing;
only sizes are compared; the fence is brought up to the database before it is asked.
"""

import json
import os
import shutil

import pytest
from django.db import connection

from provenance.trail.tests.test_kills import PREPARE, database, run

RESTORES = int(os.environ.get("RESTORES", "100"))
MUTANT_RESTORES = 12


@pytest.fixture(scope="module")
def prepared(tmp_path_factory, django_db_blocker):
    """A folder with a founded log in SQLite; on PostgreSQL, a database to be used as template."""
    home = tmp_path_factory.mktemp("prepared")
    with database(django_db_blocker, "beantrail_restores") as url:
        run(home, "-c", PREPARE, url=url)
        yield home


@pytest.fixture
def restored(prepared, tmp_path, django_db_blocker):
    def restored(mutant, restores):
        home = tmp_path / "home"
        shutil.copytree(prepared, home)
        with database(django_db_blocker, "beantrail_restored", "beantrail_restores") as url:
            try:
                done = run(home, "-m", "provenance.trail.tests.restorer", mutant, str(restores), url=url)
            finally:
                drop_copies(django_db_blocker)
        print(done.stderr[-4000:])
        return json.loads(done.stdout.splitlines()[-1])

    return restored


def drop_copies(blocker):
    if connection.vendor == "postgresql":
        with blocker.unblock(), connection._nodb_cursor() as cursor:
            cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE 'beantrail\\_restored\\_%'")
            for (name,) in cursor.fetchall():
                cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_every_old_copy_is_noticed_before_anything_is_signed(restored):
    assert restored("none", RESTORES) == {"restored": RESTORES, "noticed": RESTORES, "signed": 0}


@pytest.mark.parametrize("mutant", ["nobody guards", "guard after signing", "only sizes", "fence first"])
def test_a_guard_that_is_not_stood_well_is_caught(restored, mutant):
    after = restored(mutant, MUTANT_RESTORES)

    assert after["noticed"] < MUTANT_RESTORES
    assert after["signed"] > 0
