"""The drill of docs/operations.md, "Backup and restore": the living site's backup, put back in an empty place."""

import subprocess
import sys

import pytest

from provenance.tests.fire.installation import TELL

RECORD = """
import django; django.setup()
from provenance.trail.services import publishing, queries
from provenance.trail.tests import story
story.act(story.ALMAZ, story.harvest({name!r}))
print(publishing.publish(queries.active_log()).size)
"""
COUNT = """
import django; django.setup()
from provenance.trail.models import Event, Leaf
print(Event.objects.count(), Leaf.objects.count())
"""


class Drill:
    """Backs up and restores one installation, on its engine."""

    def __init__(self, installation, cluster, folder):
        self.site, self.cluster = installation, cluster
        self.backup = folder / "backup"
        self.name = installation.url.rpartition("/")[2]

    def back_up(self):
        if self.cluster:
            self.cluster._run("pg_dump", "--format=custom", f"--file={self.cluster.folder}/backup.dump", self.site.url)
            return
        command = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).backup(sqlite3.connect(sys.argv[2]))"
        subprocess.run([sys.executable, "-c", command, self.site.database, self.backup], check=True)

    def lose_and_restore(self):
        """The database is gone; the fence and the master key are not."""
        if self.cluster:
            self.cluster.sql(f'DROP DATABASE "{self.name}" WITH (FORCE)')
            self.cluster.sql(f'CREATE DATABASE "{self.name}"')
            self.cluster._run(
                "pg_restore", f"--dbname={self.site.url}", "--exit-on-error", f"{self.cluster.folder}/backup.dump"
            )
        else:
            self.site.database.unlink()
            self.site.database.write_bytes(self.backup.read_bytes())
        self.site.manage("migrate", "--verbosity", "0")

    def ask(self, script):
        return self.site.python("-c", script).stdout.split()


@pytest.fixture
def drill(installation, cluster, tmp_path):
    installation.python("-c", TELL)
    return Drill(installation, cluster, tmp_path)


def test_the_newest_backup_goes_on_where_the_log_was(drill):
    drill.site.manage("keep", "--once")
    held = drill.ask(COUNT)
    drill.back_up()

    drill.lose_and_restore()

    assert drill.ask(COUNT) == held
    drill.site.manage("verify_trail", "main")
    assert drill.ask(RECORD.format(name="AFTER"))[-1] == str(int(held[0]) + 1)
    drill.site.manage("verify_trail", "main")


def test_an_older_backup_is_told_by_verify_trail_and_signs_nothing(drill):
    drill.back_up()
    # The log goes on after the backup was made.
    drill.ask(RECORD.format(name="LOST"))

    drill.lose_and_restore()

    told = drill.site.manage("verify_trail", "main", check=False)
    assert told.returncode == 1 and "an old copy" in told.stdout + told.stderr
    held = drill.ask(COUNT)
    drill.site.manage("keep", "--once", check=False)
    refused = drill.site.python("-c", RECORD.format(name="AFTER"), check=False)
    assert refused.returncode != 0 and "frozen" in refused.stderr
    assert drill.ask(COUNT) == held
