"""
Values and bytes are flipped behind the trail's back, one at a time; each flip is judged by itself.

FLIPS of each kind (500; 10,000 in ``make nightly``). Planted bugs, each of which must be caught: a check that compares
no projections, or no rows under an event, or opens no seals; one that says that something is wrong but not where; one
that does not ask the database about its own pages.
"""

import json
import os
import random
from collections import Counter

import pytest
from django.db import connection

from provenance.tests.fire import tampering
from provenance.tests.fire.installation import TELL
from provenance.trail import triggers
from provenance.trail.services.acting import Draft, record_acts
from provenance.trail.services.publishing import publish
from provenance.trail.services.verifying import Fault, Findings, replay, verify_trail
from provenance.trail.services.witnessing import ask_due
from provenance.trail.tests import story
from provenance.trail.tests.witnesses import connect

FLIPS = int(os.environ.get("FLIPS", "500"))


@pytest.fixture
def told(log, settings, tmp_path, monkeypatch):
    """Every projection has rows; three checkpoints stand, one indexed and witnessed; one event waits. No triggers."""
    connect(log, settings, tmp_path, monkeypatch, "Port_Cooperative")
    story.tell()
    publish(log, index=True)
    assert ask_due() == 1
    record_acts(story.PARTY + story.ALMAZ, [Draft(story.harvest(f"T-{n}", 1)) for n in range(20)])
    publish(log)
    story.act(story.ALMAZ, story.harvest("LATE"))
    assert verify_trail(log) == []
    connection.check_constraints()
    triggers.lift(connection)
    yield log
    connection.check_constraints()
    triggers.install(connection)


def flip_values(log, flips, seed=307):
    """(silent, found but nowhere near, by table)"""
    chance = random.Random(seed)
    silent, astray, tables = [], [], Counter()
    flipped = 0
    for cell in tampering.cells(chance):
        if flipped == flips:
            break
        value = tampering.other_than(cell.value, cell.field, chance)
        faults = tampering.faults_after(cell, value, log)
        if faults is None:
            continue
        flipped += 1
        tables[cell.row._meta.db_table] += 1
        said = [str(fault) for fault in faults if "triggers are not" not in fault.what]
        if not said:
            silent.append(f"{cell}: {value!r}")
        elif not any(cell.is_named_by(sentence, value) for sentence in said):
            astray.append(f"{cell}: {value!r}: {said[:5]}")
    return silent, astray, tables


@pytest.mark.django_db
def test_every_changed_value_is_found_and_its_place_is_named(told, capsys):
    silent, astray, tables = flip_values(told, FLIPS)

    with capsys.disabled():
        print(f"\n{sum(tables.values())} values changed in {len(tables)} tables: {len(silent)} silent")
    assert not silent, "\n".join(silent)
    assert not astray, "\n".join(astray)


@pytest.mark.django_db
@pytest.mark.parametrize("planted", ["compare_projections", "compare_listed", "check_disclosures"])
def test_a_check_that_leaves_something_out_is_caught(told, monkeypatch, planted):
    monkeypatch.setattr(replay, planted, lambda *_: None)

    assert flip_values(told, 60)[0]


@pytest.mark.django_db
def test_a_check_that_names_no_place_is_caught(told, monkeypatch):
    monkeypatch.setattr(
        Findings, "fault", lambda self, *_: self.faults.append(Fault(None, None, "Something is wrong."))
    )

    silent, astray, _ = flip_values(told, 10)

    assert not silent and len(astray) == 10


@pytest.fixture
def flipped(installation):
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL's own checksums see to its files; initdb --data-checksums is in docs/operations.md")
    installation.python("-c", TELL)

    def flipped(mutant, flips):
        done = installation.python("-m", "provenance.tests.fire.flipping", str(flips), mutant)
        return json.loads(done.stdout.splitlines()[-1])

    return flipped


def test_no_flipped_byte_of_the_file_goes_unseen(flipped, capsys):
    after = flipped("none", FLIPS)

    with capsys.disabled():
        print(f"\n{FLIPS} bytes of the SQLite file flipped: {after}")
    assert after["places"] == []
    assert after["found"] > FLIPS // 3


def test_a_check_that_does_not_ask_the_database_about_its_pages_sees_less(flipped):
    assert flipped("pages unchecked", 150)["found"] < flipped("none", 150)["found"]
