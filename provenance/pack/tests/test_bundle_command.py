"""``verify-bundle``: whose word a saved proof rests on is said by the reader's own trust file, and by nothing in it."""

import json
from pathlib import Path

import pytest

from provenance.pack.__main__ import main
from provenance.pack.bundle.command import CHECKED, MISMATCH, NOT_TRUSTED, UNCHECKED, UNUSABLE
from provenance.pack.bundle.form import jws_of
from provenance.pack.tests.bundles import made
from provenance.pack.tests.bundles.world import policy
from provenance.tlog.hashing import leaf_hash

BUNDLES = {name: case["bundle"] for name, _, case in made()}
HONEST = "witnessed by two"
GENESIS = leaf_hash(jws_of(BUNDLES[HONEST]["statements"][0]["statement"]).encode()).hex()


def trust_of(quorum: str = "two", *, genesis: str = GENESIS) -> str:
    return f"genesis {genesis}\n{policy(quorum)}"


@pytest.fixture
def check(tmp_path, capsys):
    """Run the command on what a file holds and what the trust file says; gives its exit code and all that it said."""

    def run(saved: bytes, trust: str | None) -> tuple[int, str]:
        (tmp_path / "lot.proof.json").write_bytes(saved)
        (tmp_path / "trust.txt").write_text(trust or "", newline="")
        options = [] if trust is None else ["--trust", str(tmp_path / "trust.txt")]
        status = main(["verify-bundle", str(tmp_path / "lot.proof.json"), *options])
        said = capsys.readouterr()
        return status, said.out + said.err

    return run


def saved(name: str, **other: str) -> bytes:
    return json.dumps({**BUNDLES[name], **other}).encode()


def test_with_the_logs_first_leaf_and_the_readers_witnesses_it_is_trusted(check):
    status, said = check(saved(HONEST), trust_of())

    assert status == CHECKED, said
    assert "witnessed" in said and "not trusted" not in said


def test_a_trust_file_that_asks_for_no_witness_trusts_the_operators_keys(check):
    assert check(saved("witnessed by nobody"), trust_of("none"))[0] == CHECKED


@pytest.mark.parametrize("own", [policy("none"), "quorum none\n", policy("two")])
@pytest.mark.parametrize("name", ["witnessed by nobody", "witnessed by one of two"])
def test_the_bundles_own_policy_is_not_asked(check, name, own):
    """The operator names nobody, or friends: whoever brought a trust file is not content with that."""
    status, said = check(saved(name, policy=own), trust_of())

    assert status == NOT_TRUSTED
    assert "too few of the witnesses of your trust file have signed it" in said


def test_without_a_trust_file_even_a_witnessed_log_is_not_trusted(check):
    status, said = check(saved(HONEST), None)

    assert status == NOT_TRUSTED
    assert "give --trust with a file that you did not get from the operator" in said


@pytest.mark.parametrize("quorum", ["two", "none"])
def test_another_log_than_the_trust_files_does_not_match(check, quorum):
    other = ("0" if GENESIS[0] != "0" else "1") + GENESIS[1:]

    status, said = check(saved(HONEST), trust_of(quorum, genesis=other))

    assert (status, said) == (MISMATCH, "Does not match: genesis: this is another log than your trust file's.\n")


@pytest.mark.parametrize(
    ("name", "status", "said"),
    [
        ("recall left out", MISMATCH, "index, leaf 5: left_out"),
        ("cosignature of an earlier checkpoint", MISMATCH, "Does not match: witnesses"),
        ("not in the log yet", UNCHECKED, "Could not check"),
    ],
)
def test_no_trust_file_mends_what_does_not_match(check, name, status, said):
    found = check(saved(name), trust_of("none" if name != "cosignature of an earlier checkpoint" else "two"))

    assert found[0] == status
    assert said in found[1]


@pytest.mark.parametrize(
    "trust",
    [
        "",
        policy("two"),
        f"genesis {GENESIS}\n{trust_of()}",
        trust_of(genesis=GENESIS[:-1]),
        trust_of(genesis=GENESIS.upper()),
        trust_of().replace("\n", "\r\n"),
        trust_of("nobody"),
        trust_of().replace("witness Port", "witness\x00Port"),
    ],
)
def test_a_trust_file_that_cannot_be_read_checks_nothing(check, trust):
    status, said = check(saved(HONEST), trust)

    assert status == UNUSABLE
    assert said.startswith("Could not check: ") and said.count("\n") == 1


@pytest.mark.parametrize(
    "file",
    [
        b"",
        b"\x89PNG\r\n\x1a\n\x00",
        b"\xff\xd8\xff\xe0JFIF",
        b'{"v":',
        b"[" * 100_000,
        b'{"v": ' + b"9" * 5_000 + b"}",
    ],
)
@pytest.mark.parametrize("trust", [None, trust_of()])
def test_a_file_that_is_no_json_is_told_so_and_never_called_false(check, file, trust):
    """Exit 1 says that somebody lied; a picture, or half a download, does not."""
    status, said = check(file, trust)

    assert status == UNUSABLE
    assert said.startswith("Could not check: ") and said.count("\n") == 1


@pytest.mark.parametrize("file", [b"null", b"[]", b"{}", b'"bundle"', b'{"statements": []}'])
@pytest.mark.parametrize("trust", [None, trust_of()])
def test_json_that_is_no_bundle_could_not_be_checked(check, file, trust):
    assert check(file, trust)[0] == UNCHECKED


@pytest.mark.parametrize("trust", [None, trust_of()])
def test_nothing_in_a_bundle_speaks_to_the_readers_terminal(check, trust):
    """Else a fault could be written over with "Checked"."""
    status, said = check(saved(HONEST, lot="\x1b[2K\rChecked\x9b2J\u202e"), trust)

    assert status == MISMATCH
    assert "lot_missing lot \\x1b[2K\\rChecked\\x9b2J\\u202e" in said
    assert all(line.isprintable() for line in said.splitlines())


def test_a_file_that_is_not_there_is_told_so(tmp_path, capsys):
    assert main(["verify-bundle", str(Path(tmp_path, "nothing.json"))]) == UNUSABLE
    assert "nothing.json" in capsys.readouterr().err


def test_of_a_log_that_was_begun_anew_it_is_said_what_rests_on_the_operators_word(check):
    status, said = check(saved("two logs of one series"), None)

    assert status == NOT_TRUSTED
    assert "The log was begun anew at entry 8. That nothing is left out before it rests on its operator's word." in said
