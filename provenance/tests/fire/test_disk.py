"""
No answer before a flush, and no wrong answer when the disk fails.

Each of the first CALLS (12; 200 in ``make nightly``) fdatasync, pwrite64 and fsync calls of a recorder and publisher
fails with EIO, pwrite64 also with ENOSPC; strace makes them fail, and counts. Planted bugs, each of which must be
caught: commits that do not flush; a failed commit that is acknowledged all the same.
"""

import json
import shutil

import pytest
from django.db import connection

from provenance.tests.fire import disk


@pytest.fixture
def traced(installation, cluster):
    if not shutil.which("strace"):
        pytest.skip("needs strace (apt-get install strace)")

    def traced(what, mutant, *numbers):
        done = installation.python("-m", "provenance.tests.fire.disk", what, mutant, *map(str, numbers), check=False)
        if done.returncode == disk.NOT_PERMITTED:
            pytest.skip(f"strace may not trace processes here: {done.stderr.strip()[-200:]}")
        assert done.returncode == 0, done.stderr[-3000:]
        return json.loads(done.stdout.splitlines()[-1])

    return traced


@pytest.fixture
def postmaster(cluster):
    return [cluster.process.pid] if cluster else []


def test_a_flush_comes_before_every_answer(traced, postmaster, capsys):
    after = traced("flushes", "none", *postmaster)

    with capsys.disabled():
        print(f"\n{after}")
    assert after["acknowledged"] == disk.EVENTS and after["flushes"] >= disk.EVENTS
    assert after["without"] == 0


def test_commits_that_do_not_flush_are_caught(traced, postmaster):
    assert traced("flushes", "no flush", *postmaster)["without"] > 0


def only_sqlite():
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL stops itself at a failed flush; its own processes are not made to fail here")


def test_a_disk_that_fails_gives_no_wrong_answer(traced, capsys):
    only_sqlite()

    after = traced("failures", "none", disk.CALLS)

    with capsys.disabled():
        print(f"\n{after}")
    assert after["wrong"] == []
    assert after["cases"] >= 2 * disk.CALLS and after["refused"] > disk.CALLS


def test_a_failed_commit_that_is_acknowledged_is_caught(traced):
    only_sqlite()

    assert any("lost" in wrong for wrong in traced("failures", "error swallowed", 3)["wrong"])
