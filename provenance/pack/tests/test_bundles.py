"""The shared bundles: what each was damaged by is found, and what passes is lawful."""

import gzip
import json
import subprocess
import sys

import pytest

from provenance.coffee import acts
from provenance.pack.bundle import judge
from provenance.pack.bundle.form import jws_of
from provenance.pack.bundle.law import LAW, OVERSIGHT
from provenance.pack.bundle.said import Said, read
from provenance.pack.bundle.standing import Standing
from provenance.pack.tests.bundles import FOLDER, MANIFEST, files, made

CASES = {name: (expected, case) for name, expected, case in made()}


def verdict_on(case):
    tiles = {path: bytes.fromhex(tile) for path, tile in case["tiles"].items()}
    return judge(case["bundle"], memory=case["memory"], read_tile=tiles.get, now=case["now"], live=case["live"])


@pytest.mark.parametrize("name", CASES)
def test_the_verifier_in_python_judges_every_bundle_as_expected(name):
    expected, case = CASES[name]

    verdict = verdict_on(case)

    found = (verdict.outcome, verdict.code, verdict.step, verdict.at, verdict.memory is not None)
    assert found == (expected.outcome, expected.code, expected.step, expected.at, expected.kept), verdict.params
    assert (verdict.contradiction is not None) == (expected.code == "another_history")


def test_there_are_enough_bundles_and_most_are_damaged():
    outcomes = [expected.outcome for expected, _ in CASES.values()]

    assert len(outcomes) >= 100
    assert outcomes.count("mismatch") >= 0.65 * len(outcomes)
    assert outcomes.count("checked") <= 0.3 * len(outcomes)


def test_the_folder_is_what_is_made_of_it():
    for name, text in files().items():
        file = FOLDER / name
        kept = file.read_bytes() if name == MANIFEST else gzip.decompress(file.read_bytes())
        assert kept.decode() == text, "run python -m provenance.pack.tests.bundles"
    assert {file.name for file in FOLDER.glob("*.gz")} == files().keys() - {MANIFEST}


def test_the_folder_stays_small():
    assert sum(file.stat().st_size for file in FOLDER.iterdir()) < 1_500_000


def test_every_damage_has_a_name_of_its_own():
    manifest = json.loads((FOLDER / MANIFEST).read_text())

    assert len({row["name"] for row in manifest["cases"]}) == len(manifest["cases"]) == len(CASES)


def test_every_act_stands_in_the_table_of_the_law():
    assert LAW.keys() == acts.ACTS.keys()


def test_roles_of_oversight_are_those_of_the_law():
    from provenance.coffee.rules import registry

    assert set(OVERSIGHT) == registry.OVERSIGHT


def _size(bundle) -> int:
    return int(bundle["checkpoint"].split("\n")[1])


def is_one_whole_log(bundle) -> bool:
    """The law wants all statements; what a bundle leaves bare, or has of a log before, it cannot judge."""
    return not bundle["retired"] and len(bundle["statements"]) == _size(bundle)


def histories():
    """Logs that the law accepts from end to end."""
    checked = {name: case["bundle"] for name, (expected, case) in CASES.items() if expected.outcome == "checked"}
    return [name for name, bundle in checked.items() if is_one_whole_log(bundle)]


@pytest.mark.parametrize("name", histories())
def test_what_is_checked_is_accepted_by_the_whole_law(name):
    """The bundles that pass are lawful ones: nothing passes here only because a phone asks for less."""
    from provenance.coffee import rules
    from provenance.coffee.errors import NotAuthorised
    from provenance.coffee.ledger import Books, apply
    from provenance.coffee.statement import parse

    bundle = CASES[name][1]["bundle"]
    books = Books(traced=frozenset(bundle["lots"]))
    for one in sorted(bundle["statements"], key=lambda one: one["index"]):
        statement = parse(jws_of(one["statement"]).encode())
        try:
            rules.authorise(books, statement, one["index"])
        except NotAuthorised as error:
            pytest.fail(f"leaf {one['index']}: {error}")
        apply(books, statement, one["index"])


def test_a_bundle_is_judged_from_the_command_line(tmp_path):
    file = tmp_path / "lot.proof.json"
    file.write_text(json.dumps(CASES["recall left out"][1]["bundle"]))

    run = subprocess.run(
        [sys.executable, "-m", "provenance.pack", "verify-bundle", str(file)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 1
    assert "Does not match: index, leaf 5: left_out" in run.stdout


def test_the_command_line_says_when_nobody_vouches_for_the_origin(tmp_path):
    from provenance.pack.__main__ import main

    file = tmp_path / "lot.proof.json"
    file.write_text(json.dumps(CASES["whole"][1]["bundle"]))

    assert main(["verify-bundle", str(file)]) == 3


def test_standing_reads_nothing_but_the_table():
    """An act without a row is not judged by guessing."""
    said = read(jws_of(CASES["whole"][1]["bundle"]["statements"][4]["statement"]))

    assert isinstance(said, Said) and said.makes == set() and said.begins
    assert Standing().keys == {}
