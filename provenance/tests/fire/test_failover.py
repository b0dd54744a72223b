"""
The primary dies under load and its synchronous standby takes over: nothing acknowledged is lost, nothing is doubled.

Planted bug: replication that nobody waits for, which loses what the dead primary had acknowledged alone.
"""

import json
import subprocess
import sys
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from provenance.tests.fire.engines import PostgreSQL, wait_until
from provenance.tests.fire.installation import FOUND, ROOT, Installation

pytestmark = pytest.mark.postgres

RECORDERS = 2
# Publishes what is left and says what became of what was acknowledged.
AFTERMATH = """
import json, sys
import django; django.setup()
from provenance.trail.models import Event, Leaf
from provenance.trail.services import publishing, queries, verifying
log = queries.active_log()
publishing.publish(log)
events = [event.event_id for event in Event.objects.all()]
print(json.dumps({
    "events": events,
    "leaves": list(Leaf.objects.order_by("index").values_list("index", flat=True)),
    "faults": [str(fault) for fault in verifying.verify_trail(log)],
}))
"""
# Which of several servers a connection leads to.
WHERE = """
import django; django.setup()
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("SHOW port")
    print(cursor.fetchone()[0])
"""
ENOUGH = 50


@dataclass
class Pair:
    """A primary with a founded log, its standby, and the installation that knows both by one DATABASE_URL."""

    primary: PostgreSQL
    standby: PostgreSQL
    site: Installation

    def wait_for_standby(self) -> None:
        """From now on a commit is answered when the standby has it on its disk too."""
        self.primary.sql("ALTER SYSTEM SET synchronous_standby_names = '*'")
        self.primary.sql("SELECT pg_reload_conf()")
        state = "SELECT sync_state FROM pg_stat_replication"
        wait_until(lambda: self.primary.sql(state) == "sync", what="the standby to be synchronous")

    def cut_off(self) -> None:
        """The network between the two breaks."""
        self.standby.sql("ALTER SYSTEM SET primary_conninfo = ''")
        self.standby.sql("SELECT pg_reload_conf()")
        following = "SELECT count(*) FROM pg_stat_replication"
        wait_until(lambda: self.primary.sql(following) == "0", what="the standby to hear nothing more")

    def promote(self) -> None:
        self.standby.sql("SELECT pg_promote()")
        wait_until(lambda: self.standby.sql("SELECT pg_is_in_recovery()") == "f", what="the promotion")


@pytest.fixture
def pair(tmp_path):
    primary, standby = PostgreSQL(), PostgreSQL()
    try:
        primary.make().start()
        url = primary.create_database("beantrail")
        home = tmp_path / "home"
        home.mkdir()
        Installation(home, url).python("-c", FOUND)
        standby.copy_of(primary)
        standby.start()
        both = f"postgres://postgres@127.0.0.1:{primary.port},127.0.0.1:{standby.port}/beantrail"
        yield Pair(primary, standby, Installation(home, both))
    finally:
        primary.remove()
        standby.remove()


@contextmanager
def recording(pair):
    """Recorders and ``keep`` at work; the value tells what was acknowledged so far."""
    file = pair.site.home / "acknowledged"
    recorders = [
        subprocess.Popen(
            [sys.executable, "-m", "provenance.tests.fire.failover", str(file)],
            cwd=ROOT,
            env=pair.site.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for _ in range(RECORDERS)
    ]
    pair.site.start("keep", "manage.py", "keep")
    try:
        wait_until(lambda: file.exists() and len(file.read_text().splitlines()) > ENOUGH, what="the recorders")
        yield lambda: file.read_text().splitlines()
    finally:
        for recorder in recorders:
            recorder.stdin.close()
        for recorder in recorders:
            recorder.wait(60)
        pair.site.kill()


def lose_the_primary(pair):
    """The network between the two breaks; a second later the primary's machine dies, and the standby takes over."""
    pair.cut_off()
    time.sleep(1)
    pair.primary.kill()
    pair.promote()


def taking_writes(pair):
    """The port of the server to which DATABASE_URL leads, with the standby named first."""
    url = f"postgres://postgres@127.0.0.1:{pair.standby.port},127.0.0.1:{pair.primary.port}/beantrail"
    return int(Installation(pair.site.home, url).python("-c", WHERE).stdout.splitlines()[-1])


def test_the_primary_moves_under_load_and_nothing_acknowledged_is_lost(pair):
    pair.wait_for_standby()
    assert taking_writes(pair) == pair.primary.port

    with recording(pair) as acknowledged:
        lose_the_primary(pair)
        before = len(acknowledged())
        gap = wait_until(lambda: len(acknowledged()) > before, what="the recorders to go on")
        wait_until(lambda: len(acknowledged()) > before + ENOUGH, what="the recorders to go on")

    told = acknowledged()
    after = json.loads(pair.site.python("-c", AFTERMATH).stdout.splitlines()[-1])
    print(f"{before} acknowledged, then {len(told) - before} more, the first {gap:.1f} s after the promotion")
    assert set(told) - set(after["events"]) == set()
    assert [event for event, times in Counter(after["events"]).items() if times > 1] == []
    assert after["leaves"] == list(range(len(after["events"])))
    assert after["faults"] == []
    assert taking_writes(pair) == pair.standby.port


def test_replication_that_nobody_waits_for_is_caught(pair):
    with recording(pair) as acknowledged:
        lose_the_primary(pair)
        told = acknowledged()

    held = pair.standby.sql("SELECT 'urn:uuid:' || uuid FROM trail_event", "beantrail").split()
    assert set(told) - set(held)
