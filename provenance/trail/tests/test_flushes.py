"""One event a request, 32 clients, a disk that takes 2 ms to flush: they share the flushes, and lose nothing."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

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


@pytest.fixture
def crowd(tmp_path):
    compiler = shutil.which("cc") or pytest.skip("needs a C compiler, to count the flushes (apt-get install gcc)")
    library = tmp_path / "slowsync.so"
    source = ROOT / "benchmarks" / "slowsync.c"
    subprocess.run([compiler, "-O2", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    own = {"DATA_DIR": str(tmp_path), "FENCE_DIR": str(tmp_path / "fence"), "DATABASE_URL": ""}
    environment = os.environ | own | {"DJANGO_SETTINGS_MODULE": "provenance.settings"}

    def run(*command, **more):
        done = subprocess.run(
            [sys.executable, *command], cwd=ROOT, env=environment | more, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    run("-c", PREPARE)
    counted = {"LD_PRELOAD": str(library), "SLOWSYNC_US": "2000"}
    return lambda mutant: json.loads(run("-m", "provenance.trail.tests.crowd", mutant, **counted))


def test_a_crowd_shares_its_flushes_and_loses_nothing(crowd):
    counted = crowd("none")
    print(counted)

    assert (counted["acknowledged"], counted["lost"]) == (192, 0)
    # Alone an event pays for its own commit; among 32 it pays a fraction of one.
    assert counted["alone"] >= 1
    assert counted["crowd"] <= counted["alone"] / 4


def test_a_commit_for_each_is_caught(crowd):
    counted = crowd("no queue")
    print(counted)

    assert counted["crowd"] > counted["alone"] / 4
