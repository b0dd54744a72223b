"""
Two installations on one machine, two ports, two databases: each keeps a log and witnesses the other's.

Then one of them shows a second history, first from a restored copy with honest software, then with software that was
told not to look around. Both are caught: the log freezes with an alarm, and the witness keeps the proof.
"""

import json
import time

import pytest

from provenance.tests.fire.engines import free_port, wait_until
from provenance.tests.fire.installation import FOUND, Installation
from provenance.tlog.note import parse_note

HARVEST = """
import django; django.setup()
from provenance.trail.services.acting import Draft, record_acts
from provenance.trail.tests import story
record_acts(story.PARTY + story.ALMAZ, [Draft(story.harvest("{code}", 1))])
"""
POLICY = """
import django; django.setup()
from django.test import Client
print(Client(HTTP_HOST="localhost").get("/witness/policy").content.decode())
"""
STATE = """
import django; django.setup()
import json
from provenance.trail.models import Checkpoint, ForkAlarm, Log
log = Log.objects.get()
alarms = list(ForkAlarm.objects.values_list("source", "what"))
print(json.dumps([log.state, log.why_frozen, alarms, Checkpoint.objects.count()]))
"""
# What an operator's own version of the software could do: it signs whatever the fence and the witnesses say.
CHEAT = """
import django; django.setup()
from provenance.trail.services import publishing, queries
publishing.stand_guard = lambda log: None
publishing.publish(queries.active_log(), index=True)
"""
ASK = """
import django; django.setup()
from provenance.trail.services import witnessing
witnessing.ask_due()
"""


@pytest.fixture
def pair(cluster, tmp_path):
    """Two installations that know each other as witnesses, and are served."""
    ports = [free_port(), free_port()]
    made = {}
    for name, port in zip(("first", "second"), ports, strict=True):
        settings = {
            "PUBLIC_URL": f"http://localhost:{port}",
            "OUTSIDE_PRIVATE_HOSTS": ",".join(f"localhost:{each}" for each in ports),
            "WITNESS_POLICY": str(tmp_path / f"{name}.policy"),
            "WITNESS_EVERY": "2",
            "INDEX_EVERY": "1",
        }
        url = cluster.create_database(f"{name}_{port}") if cluster else ""
        made[name] = Installation(tmp_path / name, url, settings, port)
        (tmp_path / f"{name}.policy").write_text("quorum none\n")
        made[name].python("-c", FOUND)
        made[name].manage("create_witness", f"{name}.example/witness")
    first, second = made.values()
    for log, witness, name in ((first, second, "second"), (second, first, "first")):
        vkeys = [line.removeprefix("log ") for line in own_policy(log) if line.startswith("log ")]
        witness.manage("watch_log", *vkeys)
        lines = witness.python("-c", POLICY).stdout
        (tmp_path / f"{'first' if log is first else 'second'}.policy").write_text(
            f"{lines}quorum {name}.example/witness\n"
        )
    yield first, second
    first.stop()
    second.stop()


def own_policy(installation):
    script = POLICY.replace("/witness/policy", "/log/main/1/policy")
    return installation.python("-c", script).stdout.splitlines()


def checkpoint_of(installation):
    """Size, and who signed it."""
    status, note = installation.get("/log/main/1/checkpoint")
    if status != 200:
        return 0, set()
    parsed = parse_note(note)
    return int(parsed.text.split("\n")[1]), {line.name for line in parsed.signatures}


def witnessed(installation, size, witness):
    """Seconds until a checkpoint of at least that size bore the witness's name."""

    def is_there():
        found, names = checkpoint_of(installation)
        return found >= size and f"{witness}.example/witness" in names

    return wait_until(is_there, 90, "the witness")


def state_of(installation):
    return json.loads(installation.python("-c", STATE).stdout.splitlines()[-1])


def test_they_witness_each_other_and_catch_the_one_that_equivocates(pair, cluster, tmp_path, capsys):
    first, second = pair
    for each in pair:
        each.start_site()
    for each, other in ((first, "second"), (second, "first")):
        each.wait_until_ready(90)
        witnessed(each, 1, other)
    size, _ = checkpoint_of(first)
    began = time.monotonic()
    first.python("-c", HARVEST.format(code="HONEST-1"))
    witnessed(first, size + 2, "second")
    waited = time.monotonic() - began
    first.stop()
    assert "0 leaves are not witnessed yet" in first.manage("verify_trail").stdout

    restored = copied(first, tmp_path / "restored", cluster, "restored")
    liar = copied(first, tmp_path / "liar", cluster, "liar")
    checkpoints_then = state_of(first)[3]
    first.start_site()
    first.wait_until_ready(90)
    known, _ = checkpoint_of(first)
    first.python("-c", HARVEST.format(code="HONEST-2"))
    witnessed(first, known + 2, "second")
    first.stop()

    # An old copy is put in place, fence and all: the guard asks the witness before anything is signed.
    restored.python("-c", HARVEST.format(code="AFTER-RESTORE"))
    restored.manage("keep", "--once", check=False)
    state, why, alarms, checkpoints = state_of(restored)
    assert (state, checkpoints) == ("frozen", checkpoints_then)
    assert len(alarms) == 1 and "second.example/witness" in alarms[0][0]

    # Software that does not look around signs a second history of the same size; the witness does not.
    liar.python("-c", HARVEST.format(code="OTHER-VIEW"))
    liar.python("-c", CHEAT)
    assert state_of(liar)[0] == "active"
    liar.python("-c", ASK)
    state, _, alarms, _ = state_of(liar)
    assert state == "frozen" and len(alarms) == 1 and "another history" in alarms[0][1]
    # Within itself the second history is whole; only somebody outside could know.
    assert "No fault." in liar.manage("verify_trail").stdout
    origin = f"localhost:{first.port}/log/main/1"
    _, proof = second.get(f"/witness/logs/{origin}/contradictions")
    notes = proof.decode().split(f"{origin}\n")[1:]
    assert len(notes) == 2 and len({note.split("\n")[0] for note in notes}) == 1

    with capsys.disabled():
        print(f"\nrecorded to witnessed: {waited:.1f} s; restored copy: {why[:90]}; liar: {alarms[0][1]}")


def copied(original, home, cluster, name):
    made = original.copy(home, cluster, f"{name}_{original.port}")
    made.port = original.port
    return made
