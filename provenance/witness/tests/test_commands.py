"""What an operator of a witness types."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from provenance.tlog.keys import KeyType, VerifierKey
from provenance.witness.models import WatchedLog, WitnessKey
from provenance.witness.services import keys
from provenance.witness.tests.logs import ORIGIN, GrowingLog


def run(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def test_a_witness_is_made_once_and_its_keys_are_printed(db):
    said = run("create_witness", "ngo.example/witness")

    ed25519, ml_dsa = keys.verifiers()
    assert said == (
        "Witness ngo.example/witness. Give these keys to whoever is to trust it:\n"
        f"{ed25519.vkey}\n{ml_dsa.vkey}\nLogs ask it at http://localhost:8000/witness\n"
    )
    assert (ed25519.type, ml_dsa.type) == (KeyType.COSIGNATURE_ED25519, KeyType.COSIGNATURE_MLDSA44)
    with pytest.raises(CommandError, match="is the witness ngo.example/witness already"):
        run("create_witness", "other.example")
    assert WitnessKey.objects.count() == 2


def test_a_witness_is_named_by_the_setting_where_nothing_else_is_said(db, settings):
    run("create_witness")

    assert {key.name for key in keys.verifiers()} == {settings.WITNESS_NAME} == {"localhost:8000/witness"}


@pytest.mark.parametrize("name", ["a name", "a+b", "", "x" * 256])
def test_a_name_that_no_key_can_have_is_refused(db, name):
    with pytest.raises(CommandError, match="A key name"):
        run("create_witness", name)
    assert not WitnessKey.objects.exists()


def test_a_log_is_watched_by_its_keys(db, grown):
    assert run("watch_log", *(key.vkey for key in grown.keys)) == (
        f"Watching {ORIGIN} with 2 keys: nothing cosigned yet.\n"
    )
    assert WatchedLog.objects.get().keys == grown.keys


def test_keys_are_added_and_what_was_cosigned_is_told(watched, ask, grown):
    ask(grown.request(0, 5))
    further = GrowingLog(seed=2).keys[0]

    said = run("watch_log", grown.keys[0].vkey, further.vkey)

    assert said == f"Watching {ORIGIN} with 3 keys: cosigned up to size 5.\n"
    assert WatchedLog.objects.get().keys == [*grown.keys, further]


def test_the_logs_of_a_policy_file_are_watched(db, grown, tmp_path):
    other = GrowingLog("other.example/log", seed=3)
    lines = [f"log {key.vkey}" for key in [*grown.keys, *other.keys]]
    (tmp_path / "policy").write_text("\n".join([*lines, "quorum none", ""]))

    run("watch_log", "--policy", str(tmp_path / "policy"))

    assert {log.origin: log.keys for log in WatchedLog.objects.all()} == {
        ORIGIN: grown.keys,
        "other.example/log": other.keys,
    }


def test_an_origin_may_differ_from_the_name_of_the_key(db, grown):
    run("watch_log", grown.keys[0].vkey, "--origin", "go.sum database tree")

    assert WatchedLog.objects.get().origin == "go.sum database tree"


def test_watching_is_stopped_and_the_log_is_kept(watched):
    assert run("watch_log", "--stop", ORIGIN) == f"{ORIGIN} is not watched any more.\n"
    assert WatchedLog.objects.get().stopped is True


WITNESS = VerifierKey("w", KeyType.COSIGNATURE_ED25519, bytes(range(32)))
LOW_ORDER = VerifierKey("low.example", KeyType.ED25519, b"\1" + bytes(31))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "Name the keys of a log"),
        (["nonsense"], "A vkey is written name\\+key id\\+key"),
        ([WITNESS.vkey], "w is the key of a witness"),
        ([LOW_ORDER.vkey], "not a canonical point of prime order"),
        (["--stop", "nobody.example"], "The log nobody.example is not watched here"),
        (["--policy", "/no/such/file"], "/no/such/file cannot be read: No such file"),
        ([GrowingLog().keys[0].vkey, "--origin", "x" * 256], "The origin of a checkpoint has 1 to 255 bytes"),
        ([GrowingLog().keys[0].vkey, "--origin", "a\nb"], "holds no control characters"),
        ([GrowingLog().keys[0].vkey, "--origin", "\udcff"], "The origin is not valid Unicode text"),
        (["--resume", "nobody.example"], "The log nobody.example is not watched here"),
    ],
)
def test_what_cannot_be_watched_is_refused_in_a_sentence(db, arguments, words):
    with pytest.raises(CommandError, match=words):
        run("watch_log", *arguments)
    assert not WatchedLog.objects.exists()


def test_a_bad_policy_file_is_refused_with_its_line(db, tmp_path):
    (tmp_path / "policy").write_text("logs and more\n")

    with pytest.raises(CommandError, match="Line 1 of the policy"):
        run("watch_log", "--policy", str(tmp_path / "policy"))
    assert not WatchedLog.objects.exists()


def test_a_whole_site_does_not_pose_as_a_witness_alone(db):
    with pytest.raises(CommandError, match="set WITNESS_ONLY=true"):
        run("witness")
