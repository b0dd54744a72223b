"""What somebody outside the database knows keeps an old or foreign copy of it from signing."""

import os
import uuid
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from provenance.keyring import seal_secret, unseal_secret
from provenance.outside import Answer, Unreachable
from provenance.tlog.checkpoint import Checkpoint as Note
from provenance.tlog.checkpoint import sign_checkpoint
from provenance.tlog.keys import Ed25519Signer, KeyType, NamedSigner
from provenance.trail.errors import LogFrozen
from provenance.trail.models import Checkpoint, ForkAlarm, Log, LogKey
from provenance.trail.services import cosigning, guarding, instance, publishing
from provenance.trail.services.acting import Draft, record_acts
from provenance.trail.services.fence import Fence
from provenance.trail.services.logs import signers_of
from provenance.trail.services.publishing import publish
from provenance.trail.services.recovering import NotMended, accept_fence, thaw
from provenance.trail.tests import story
from provenance.trail.tests.story import ALMAZ, PARTY

pytestmark = pytest.mark.django_db

PORT, PUBLIC = "https://port.example/witness", "https://cdn.example"


@pytest.fixture
def waiting(log):
    """A published log with an event that waits, in a process that starts anew."""
    publish(log)
    record_acts(PARTY + ALMAZ, [Draft(story.harvest("H-1"))])
    guarding.forget()
    yield log
    guarding.forget()


@pytest.fixture
def outside(monkeypatch):
    """What stands at other servers' addresses; nothing else answers."""
    answers: dict[str, Answer] = {}

    def fetch(url, **_):
        if url not in answers:
            raise Unreachable("nobody answers")
        return answers[url]

    monkeypatch.setattr(guarding.outside, "fetch", fetch)
    monkeypatch.setattr(guarding.outside, "post", lambda url, body, **how: fetch(url))
    return answers


@pytest.fixture
def port(settings, tmp_path, waiting):
    """The operator's policy names one witness; returns where that shows what it last cosigned."""
    key = NamedSigner("port.example", KeyType.COSIGNATURE_ED25519, Ed25519Signer.generate()).verifier
    policy = tmp_path / "policy"
    policy.write_text(f"witness port {key.vkey} {PORT}\nquorum port\n")
    settings.WITNESS_POLICY = str(policy)
    return guarding.monitoring_url(PORT, waiting.origin)


def signed(log, size, root=bytes(32)):
    return Answer(200, "text/plain", sign_checkpoint(Note(log.origin, size, root), signers_of(log), 1_800_000_000))


def frozen(log, match, *, alarms):
    """Nothing was signed, the log is frozen and says why; how many alarms stand for ever."""
    before = Checkpoint.objects.count()
    with pytest.raises(LogFrozen, match=match):
        publish(log)
    assert Checkpoint.objects.count() == before
    assert Log.objects.get(pk=log.pk).state == "frozen"
    assert ForkAlarm.objects.count() == alarms


def head_of(log):
    log.head.refresh_from_db()
    return log.head


def test_a_fence_that_is_larger_raises_an_alarm(waiting):
    Fence.of(waiting).replace(Note(waiting.origin, head_of(waiting).size + 7, bytes(32)))

    frozen(waiting, "The fence: [0-9]+ leaves were released, the database holds .*: an old copy", alarms=1)


@pytest.mark.parametrize("smaller", [0, 1])
def test_another_root_at_the_same_or_a_smaller_size_raises_an_alarm(waiting, smaller):
    size = head_of(waiting).size - smaller
    Fence.of(waiting).replace(Note(waiting.origin, size, b"x" * 32))

    frozen(waiting, f"At size {size} another root was released", alarms=1)
    assert f"\n{size}\n" in ForkAlarm.objects.get().evidence


def test_a_witness_that_has_seen_more_raises_an_alarm(waiting, outside, port):
    outside[port] = signed(waiting, 500)

    frozen(waiting, "The witness port: 500 leaves were released", alarms=1)


def test_a_witness_that_shows_nothing_is_asked_whether_it_has_seen_more(waiting, outside, port):
    outside[port] = Answer(404, "text/plain", b"")
    outside[f"{PORT}/add-checkpoint"] = Answer(409, "text/x.tlog.size", b"500\n")

    frozen(waiting, "The witness port: 500 leaves were released", alarms=1)


@pytest.mark.parametrize(
    "answer",
    [
        Answer(409, "text/x.tlog.size", b"3\n"),
        Answer(409, "text/x.tlog.size", b"many\n"),
        Answer(404, "text/plain", b""),
        Answer(200, "text/plain", b""),
    ],
)
def test_a_witness_that_has_not_seen_more_lets_the_log_sign(waiting, outside, port, answer):
    outside[port] = Answer(404, "text/plain", b"")
    outside[f"{PORT}/add-checkpoint"] = answer

    assert publish(waiting) is not None


def test_a_static_export_that_is_larger_raises_an_alarm(waiting, settings, tmp_path):
    settings.EXPORT_DIR = tmp_path / "export"
    folder = settings.EXPORT_DIR / "log" / "main" / "1"
    folder.mkdir(parents=True)
    (folder / "checkpoint").write_bytes(signed(waiting, 500).body)

    frozen(waiting, "The static export: 500 leaves were released", alarms=1)


def test_a_witness_that_says_what_this_log_never_signed_freezes_nothing(waiting, outside, port, caplog):
    outside[port] = Answer(200, "text/plain", f"{waiting.origin}\n500\n{'A' * 43}=\n\n— x AAAAAAAA\n".encode())

    assert publish(waiting) is not None
    assert "shows a checkpoint that this log did not sign" in caplog.text


def test_a_public_checkpoint_that_is_larger_raises_an_alarm(waiting, outside, settings):
    settings.PUBLIC_CHECKPOINT_URL = PUBLIC + "/log/{name}/{number}/checkpoint"
    outside[f"{PUBLIC}/log/main/1/checkpoint"] = signed(waiting, 500)

    frozen(waiting, "The public checkpoint: 500 leaves were released", alarms=1)


@pytest.mark.parametrize("answer", [None, Answer(404, "text/plain", b"")])
def test_a_public_checkpoint_that_cannot_be_read_only_warns(waiting, outside, settings, caplog, answer):
    settings.PUBLIC_CHECKPOINT_URL = PUBLIC + "/checkpoint"
    if answer:
        outside[f"{PUBLIC}/checkpoint"] = answer

    assert publish(waiting) is not None
    assert "public checkpoint" in caplog.text


def test_what_agrees_or_lies_behind_lets_the_log_sign(waiting, outside, port, settings):
    head = head_of(waiting)
    settings.PUBLIC_CHECKPOINT_URL = PUBLIC + "/checkpoint"
    outside[port] = signed(waiting, head.size, bytes(head.root))
    outside[f"{PUBLIC}/checkpoint"] = signed(waiting, 3, guarding.root_at(waiting, 3))

    assert publish(waiting).size == head.size + 1


def test_without_any_witness_the_first_signature_waits_for_the_operator(waiting, outside, port):
    frozen(waiting, "None of the witnesses answered", alarms=0)

    with pytest.raises(NotMended, match="--without-witnesses"):
        thaw(waiting)
    thaw(waiting, without_witnesses=True)
    assert publish(waiting) is not None


def test_a_witness_that_is_away_at_the_hourly_round_only_warns(waiting, outside, port, caplog):
    outside[port] = signed(waiting, 3, guarding.root_at(waiting, 3))
    assert publish(waiting) is not None
    del outside[port]

    guarding.stand_guard(waiting, patience=0)

    assert "The witness port does not answer" in caplog.text
    assert Log.objects.get(pk=waiting.pk).state == "active"


def test_guard_is_stood_once_and_then_hourly(waiting, monkeypatch):
    stood = []
    monkeypatch.setattr(guarding, "check", lambda log, *, first: stood.append(first))

    for now in (0, 10, guarding.PATIENCE - 1, guarding.PATIENCE, guarding.PATIENCE + 10):
        guarding.stand_guard(waiting, now)

    assert stood == [True, False]


def test_a_child_of_a_process_that_stood_guard_stands_guard_itself(waiting, monkeypatch):
    guarding.stand_guard(waiting)
    stood = []
    monkeypatch.setattr(guarding, "check", lambda log, *, first: stood.append(first))
    monkeypatch.setattr(os, "getpid", lambda: -1)

    guarding.stand_guard(waiting)

    assert stood == [True]


def test_keep_stands_guard_even_when_nothing_waits(log):
    publish(log)
    guarding.forget()
    Fence.of(log).replace(Note(log.origin, 500, bytes(32)))

    guarding.guard_due()

    assert Log.objects.get(pk=log.pk).state == "frozen"


def test_a_log_that_begins_asks_nobody(db, settings, tmp_path, outside):
    from provenance.trail.services import registry

    settings.WITNESS_POLICY = str(tmp_path / "policy")
    guarding.forget()

    assert registry.found_log("main", "Test operator").state == "active"


# --- the fence is lost ---


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_text("nonsense")])
def test_a_lost_fence_is_written_anew_by_an_operator_who_types_what_it_says(waiting, monkeypatch, capsys, damage):
    fence = Fence.of(waiting)
    before = fence.read()
    damage(fence.path)
    frozen(waiting, "is gone|cannot be read", alarms=0)
    typed = f"{before.size} {before.text.splitlines()[2]}"

    monkeypatch.setattr("builtins.input", lambda _: "yes")
    with pytest.raises(CommandError, match="Nothing was changed"):
        call_command("fence", "main", accept=True)
    with pytest.raises(CommandError, match="stays frozen"):
        call_command("thaw", "main")
    monkeypatch.setattr("builtins.input", lambda _: typed)
    call_command("fence", "main", accept=True)
    call_command("thaw", "main")

    assert fence.read() == before
    waiting.refresh_from_db()
    assert publish(waiting).size == before.size + 1
    assert f"type:  {typed}" in capsys.readouterr().out


def test_a_fence_that_contradicts_the_database_is_not_a_lost_one(waiting):
    larger = Note(waiting.origin, 500, bytes(32))
    Fence.of(waiting).replace(larger)

    with pytest.raises(NotMended, match=r"manage.py recover"):
        accept_fence(waiting)
    assert Fence.of(waiting).read() == larger


def test_a_fence_that_is_there_is_not_written_anew(waiting):
    with pytest.raises(NotMended, match="agrees with the database"):
        accept_fence(waiting)


def test_a_lost_fence_is_not_written_below_what_a_witness_has_seen(waiting, outside, port):
    Fence.of(waiting).path.unlink()
    outside[port] = signed(waiting, 500)

    with pytest.raises(NotMended, match="500 leaves were released"):
        accept_fence(waiting)
    assert Fence.of(waiting).read() is None


def test_a_log_is_not_thawed_while_its_bytes_are_wrong(waiting):
    LogKey.objects.filter(origin=waiting.origin, kind="ed25519").delete()
    frozen(waiting, "lost a signing key", alarms=0)

    with pytest.raises(NotMended, match="is missing"):
        thaw(waiting)
    assert Log.objects.get(pk=waiting.pk).state == "frozen"


# --- a copy of the database on another machine ---


def test_a_staging_copy_of_the_database_cannot_sign(waiting, settings):
    settings.INSTANCE_ID = str(uuid.uuid4())

    frozen(waiting, "a copy of another installation's database", alarms=0)
    # What to do stands at the end of the sentence, and has to find room where it is kept.
    assert Log.objects.get(pk=waiting.pk).why_frozen.endswith("then manage.py thaw.")


def test_a_staging_copy_that_calls_the_keys_its_own_cannot_open_them(waiting, settings):
    settings.INSTANCE_ID = "staging"
    LogKey.objects.update(instance="staging")

    with pytest.raises(Exception, match="does not open"):
        publish(waiting)
    assert publishing.publish_due() == []


def test_a_log_that_has_moved_signs_under_the_instance_that_it_had(waiting, settings):
    (settings.FENCE_DIR / instance.FILE).unlink()
    frozen(waiting, "set INSTANCE_ID", alarms=0)

    settings.INSTANCE_ID = LogKey.objects.filter(origin=waiting.origin).first().instance
    call_command("thaw", "main")

    waiting.refresh_from_db()
    assert publish(waiting) is not None


def test_an_older_installation_is_bound_at_its_first_start(waiting):
    for key in LogKey.objects.all():
        seed = unseal_secret(bytes(key.sealed), instance.bound_to(key.origin, key.kind, key.instance))
        sealed = seal_secret(seed, instance.bound_to(key.origin, key.kind, ""))
        LogKey.objects.filter(pk=key.pk).update(sealed=sealed, instance="")

    assert publish(waiting) is not None

    assert set(LogKey.objects.values_list("instance", flat=True)) == {instance.instance_id()}
    assert LogKey.objects.count() == 6


def test_an_unreadable_policy_counts_as_no_witness(waiting, settings, tmp_path):
    settings.WITNESS_POLICY = str(tmp_path / "missing")

    with pytest.raises(cosigning.PolicyUnusable):
        cosigning.policy_of(waiting)
    frozen(waiting, "None of the witnesses answered", alarms=0)
