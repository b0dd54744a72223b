from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from provenance import outside
from provenance.outside import Answer, Refused, Unreachable
from provenance.tlog import checkpoint as tlog_checkpoint
from provenance.tlog.errors import UntrustedCheckpoint
from provenance.tlog.keys import KeyType
from provenance.tlog.note import parse_note
from provenance.tlog.policy import parse_policy
from provenance.trail.errors import LogFrozen
from provenance.trail.models import Cosignature, Event, ForkAlarm, Log, WitnessContact, WitnessDemand
from provenance.trail.services import alarms, queries, witnessing
from provenance.trail.services.publishing import publish
from provenance.trail.services.standing import Standings, vouchers_of
from provenance.trail.services.witnessing import asking
from provenance.trail.tests import story
from provenance.trail.tests.story import ALMAZ, act
from provenance.trail.tests.witnesses import SIZE, TEXT, Wire, Witness, ed25519, mldsa44, policy_lines, write_policy

pytestmark = pytest.mark.django_db

MINUTE = timedelta(seconds=60)


class Clock:
    """Seconds pass when the test says so."""

    def __init__(self) -> None:
        self.now = timezone.now().replace(microsecond=0)

    def __call__(self) -> float:
        return self.now.timestamp()

    def after(self, **passed) -> datetime:
        self.now += timedelta(**passed)
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(timezone, "now", lambda: clock.now)
    return clock


@pytest.fixture
def port(log, clock):
    return Witness("Port_Cooperative", clock).knows(log)


@pytest.fixture
def acme(log, clock):
    return Witness("ACME_Importers", clock).knows(log)


@pytest.fixture
def wire(settings, tmp_path, monkeypatch, port, acme):
    """Both witnesses stand in the policy and both must cosign."""
    write_policy(settings, tmp_path, [port, acme])
    wire = Wire([port, acme])
    monkeypatch.setattr(outside, "post", wire.post)
    return wire


def grow(log, code: str):
    """One more harvest, published in a checkpoint that ends in an index leaf."""
    act(ALMAZ, story.harvest(code))
    return publish(log, index=True)


def ask(clock, **passed) -> int:
    return witnessing.ask_due(clock.after(**passed))


def test_both_witnesses_cosign_and_the_note_that_leaves_satisfies_any_verifier_of_the_policy(log, wire, clock):
    checkpoint = grow(log, "W-1")
    policy = parse_policy(witnessing.policy_text(log))
    with pytest.raises(UntrustedCheckpoint):
        policy.check(witnessing.cosigned(checkpoint).encode())

    assert ask(clock, seconds=1) == 2

    trusted = policy.check(witnessing.cosigned(checkpoint).encode())
    assert trusted.witnesses == {"Port_Cooperative": int(clock()), "ACME_Importers": int(clock())}
    assert queries.witnessed_checkpoint(log) == checkpoint
    assert witnessing.witnesses_of(checkpoint).keys() == {"Port_Cooperative", "ACME_Importers"}
    assert {c.size for c in WitnessContact.objects.all()} == {checkpoint.size}


def test_one_of_two_is_not_the_quorum(log, wire, clock):
    wire.broken["ACME_Importers"] = Unreachable("no route")
    event = act(ALMAZ, story.harvest("W-1"))
    checkpoint = publish(log, index=True)

    assert ask(clock, seconds=1) == 1

    event = Event.objects.get(pk=event.pk)
    assert queries.witnessed_checkpoint(log) is None and vouchers_of(event.leaf) is None
    assert Standings().of(event).state == "published"
    assert Standings().of(event).words == "in the log, not witnessed yet"
    with pytest.raises(UntrustedCheckpoint, match="not witnessed by the quorum needed"):
        parse_policy(witnessing.policy_text(log)).check(witnessing.cosigned(checkpoint).encode())


def test_an_event_says_who_first_vouched_for_it_and_when(log, wire, clock):
    publish(log)
    clock.now = datetime(2027, 1, 5, 14, 3, tzinfo=UTC)
    event = act(ALMAZ, story.harvest("W-1"))
    assert Standings().of(event).state == "recorded"
    publish(log, index=True)
    ask(clock, seconds=0)
    grow(log, "W-2")
    ask(clock, hours=1)

    event = Event.objects.get(pk=event.pk)
    assert Standings().of(event).state == "witnessed"
    vouched = vouchers_of(event.leaf)
    assert vouched.words == "witnessed by Port Cooperative and ACME Importers on 5 January 2027, 14:03"


def test_growth_is_proved_from_the_size_that_the_witness_cosigned_last(log, wire, clock, port):
    first = grow(log, "W-1")
    ask(clock, seconds=1)
    second = grow(log, "W-2")

    assert ask(clock, seconds=61) == 2

    assert port.asked[0].startswith(b"old 0\n\n") and port.asked[1].startswith(f"old {first.size}\n".encode())
    assert port.size == second.size and len(port.asked) == 2


def test_only_the_logs_own_lines_are_sent_within_16_kib(log, wire, clock, port):
    checkpoint = grow(log, "W-1")
    ask(clock, seconds=1)
    ask(clock, days=1)

    for body in port.asked:
        note = parse_note(body.partition(b"\n\n")[2])
        assert [line.name for line in note.signatures] == [log.origin] * 2 and len(body) < 16 * 1024
    assert Cosignature.objects.filter(checkpoint=checkpoint).count() == 4


def test_nobody_is_asked_more_often_than_once_a_minute(log, wire, clock, port):
    for number in range(4):
        grow(log, f"W-{number}")
        ask(clock, seconds=20)

    assert len(port.asked) == 2


def test_a_checkpoint_is_cosigned_once_and_then_daily_while_nothing_is_new(log, wire, clock, port):
    publish(log)
    clock.now = datetime(2027, 1, 5, 12, 0, tzinfo=UTC)
    checkpoint = grow(log, "W-1")

    gained = [ask(clock, **passed) for passed in ({"seconds": 1}, {"minutes": 2}, {"hours": 5}, {"hours": 8})]

    assert gained == [2, 0, 0, 2] and len(port.asked) == 2
    newest = witnessing.witnesses_of(checkpoint)["Port_Cooperative"]
    assert newest == clock.now and witnessing.cosigned(checkpoint).count("\n— Port_Cooperative.example/w ") == 1


def test_only_a_checkpoint_that_ends_in_an_index_leaf_goes_to_witnesses(log, wire, clock, port):
    indexed = grow(log, "W-1")
    act(ALMAZ, story.harvest("W-2"))
    assert publish(log).size > indexed.size

    ask(clock, seconds=1)

    assert port.size == indexed.size


def test_both_keys_of_one_witness_answer_one_question_and_are_one_name(log, clock, settings, tmp_path, monkeypatch):
    both = Witness("Port_Cooperative", clock, [ed25519("port.example/w"), mldsa44("port.example/w")]).knows(log)
    write_policy(settings, tmp_path, [both])
    monkeypatch.setattr(outside, "post", Wire([both]).post)
    checkpoint = grow(log, "W-1")

    assert ask(clock, seconds=1) == 2

    assert len(both.asked) == 1 and witnessing.vouched(checkpoint).names == "Port Cooperative"
    types = [line.key.type for line in _verified(log, checkpoint)]
    assert types == [KeyType.COSIGNATURE_ED25519, KeyType.COSIGNATURE_MLDSA44]


def _verified(log, checkpoint):
    policy = witnessing.policy_of(log)
    note = parse_note(witnessing.cosigned(checkpoint).encode())
    signed = tlog_checkpoint.Checkpoint.parse(note.text)
    return tlog_checkpoint.verify_lines(note, signed, [witness.key for witness in policy.witnesses.values()])


def test_without_a_policy_nobody_is_asked_and_nothing_is_called_witnessed(log, wire, clock, port, settings):
    settings.WITNESS_POLICY = None
    grow(log, "W-1")

    assert ask(clock, seconds=1) == 0 and not port.asked
    assert queries.witnessed_checkpoint(log) is None and witnessing.policy_text(log).endswith(b"quorum none\n")


# What the answers mean


def refilled(log, clock, witness, size):
    """The witness has another size in mind than we thought: as after a restart with an old copy of its database."""
    WitnessContact.objects.filter(witness=witness.name).update(size=size)


def test_a_witness_that_knows_a_smaller_size_is_refilled_in_the_same_round(log, wire, clock, port):
    first = grow(log, "W-1")
    ask(clock, seconds=1)
    refilled(log, clock, port, size=0)
    second = grow(log, "W-2")

    assert ask(clock, minutes=1) == 2

    assert port.size == second.size
    assert [body.split(b"\n")[0] for body in port.asked] == [b"old 0", b"old 0", f"old {first.size}".encode()]
    assert not ForkAlarm.objects.exists()


def frozen_by(log, wire, clock, answer: Answer) -> ForkAlarm:
    grow(log, "W-1")
    wire.witnesses[0].twist = lambda honest: answer
    assert ask(clock, seconds=1) <= 1
    log.refresh_from_db()
    assert log.state == Log.State.FROZEN
    return ForkAlarm.objects.get()


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        (Answer(409, SIZE, b"9999\n"), "It has cosigned size 9999 of our log, and we hold only {size} entries."),
        (Answer(409, TEXT, b""), "It has cosigned another history at size 0, our checkpoint contradicts it."),
        (Answer(422, TEXT, b"bad proof"), "Our log at size {size} does not continue what it cosigned at 0."),
    ],
)
def test_a_contradicting_answer_is_a_fork_alarm_that_stops_the_log(log, wire, clock, answer, what, caplog):
    alarm = frozen_by(log, wire, clock, answer)

    size = queries.latest_checkpoint(log).size
    assert (alarm.source, alarm.what) == ("witness Port_Cooperative", what.format(size=size))
    assert f"Answer {answer.status}" in alarm.evidence and log.origin in alarm.evidence
    assert [r.levelname for r in caplog.records if "FORK ALARM" in r.message] == ["CRITICAL"]
    with pytest.raises(LogFrozen):
        publish(log)
    with pytest.raises(LogFrozen):
        act(ALMAZ, story.harvest("W-3"))
    [sentence] = alarms.standing()
    assert sentence.startswith(f"FORK ALARM (1): the log {log.origin} takes nothing in and signs nothing.")


def test_a_frozen_log_asks_nobody_and_keeps_one_alarm_of_one_contradiction(log, wire, clock, port):
    frozen_by(log, wire, clock, Answer(422, TEXT, b""))
    asked = len(port.asked)

    assert ask(clock, minutes=5) == 0 and len(port.asked) == asked
    known = ForkAlarm.objects.get()
    alarms.raise_alarm(log, source=known.source, what=known.what)
    assert ForkAlarm.objects.count() == 1
    alarms.raise_alarm(log, source="the fence", what="another")
    assert ForkAlarm.objects.count() == 2


def test_a_witness_that_saw_a_forked_history_stops_the_other_one(log, wire, clock, port):
    """The witness's own reading of the protocol, not a canned answer: it holds another root at our size."""
    checkpoint = grow(log, "W-1")
    port.size, port.root = checkpoint.size, b"\1" * 32

    ask(clock, seconds=1)

    log.refresh_from_db()
    assert log.state == Log.State.FROZEN and "another history" in ForkAlarm.objects.get().what


def cosigned_otherwise(change):
    def twist(honest):
        return Answer(200, TEXT, change(honest.body.decode()).encode())

    return twist


TROUBLES = {
    "server error": (Answer(503, TEXT, b"<html>"), "It answered with the status 503."),
    "not our keys": (Answer(403, TEXT, b""), "It does not accept our log's signature"),
    "not our log": (Answer(404, TEXT, b""), "It does not know our log"),
    "not understood": (Answer(400, TEXT, b""), "It did not understand our request"),
    "garbage": (Answer(200, TEXT, b"\xff\xfe"), "Its answer is no cosignature of our checkpoint"),
    "a page": (Answer(200, "text/html", b"<html>welcome</html>\n"), "Its answer is no cosignature of our checkpoint"),
    "nothing": (Answer(200, TEXT, b""), "It answered without a cosignature by the policy's key Port_Cooperative."),
    "no size": (Answer(409, SIZE, b"many\n"), "It refused our old size and did not say its own."),
    "the size that we named": (Answer(409, SIZE, b"0\n"), "It keeps refusing the old size that it named itself (0)."),
    "too long": (Refused("too long"), "too long"),
    "away": (Unreachable("no route to host"), "no route to host"),
}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_trouble_is_noted_and_never_an_alarm(log, wire, clock, port, trouble):
    answer, sentence = TROUBLES[trouble]
    if isinstance(answer, Exception):
        wire.broken[port.name] = answer
    port.twist = lambda honest: answer
    checkpoint = grow(log, "W-1")

    assert ask(clock, seconds=1) == 1

    contact = WitnessContact.objects.get(witness=port.name)
    assert contact.trouble.startswith(sentence) and (contact.failures, contact.answered_at) == (1, None)
    assert {row.kid.partition(".")[0] for row in Cosignature.objects.all()} == {"ACME_Importers"}
    log.refresh_from_db()
    assert log.state == Log.State.ACTIVE and not ForkAlarm.objects.exists()
    assert publish(log) is None and queries.latest_checkpoint(log) == checkpoint

    port.twist = None
    wire.broken.clear()
    assert ask(clock, minutes=2) == 1
    contact.refresh_from_db()
    assert (contact.trouble, contact.failures, contact.size) == ("", 0, checkpoint.size)


def test_a_witness_that_stays_away_is_asked_less_and_less(log, wire, clock, port):
    grow(log, "W-1")
    wire.broken[port.name] = Unreachable("no route")
    asked = []
    for minute in range(60):
        before = WitnessContact.objects.filter(witness=port.name).values_list("failures", flat=True).first() or 0
        ask(clock, minutes=1)
        after = WitnessContact.objects.get(witness=port.name).failures
        asked += [minute] if after > before else []

    assert asked == [0, 2, 6, 14, 29, 44, 59]


def test_a_cosignature_of_another_checkpoint_is_not_kept(log, wire, clock, port):
    earlier = grow(log, "W-1")
    ask(clock, seconds=1)
    replay = Cosignature.objects.get(checkpoint=earlier, kid__startswith="Port").line
    port.twist = cosigned_otherwise(lambda said: replay)
    later = grow(log, "W-2")

    assert ask(clock, minutes=2) == 1

    assert set(witnessing.witnesses_of(later)) == {"ACME_Importers"}
    trouble = WitnessContact.objects.get(witness=port.name).trouble
    assert trouble == "Its answer is no cosignature of our checkpoint: The Ed25519 signature does not verify."


def test_a_line_of_a_key_that_the_policy_does_not_name_is_ignored(log, wire, clock, port):
    stranger = Witness("Stranger", clock).knows(log)
    checkpoint = grow(log, "W-1")
    signed = tlog_checkpoint.Checkpoint(log.origin, checkpoint.size, bytes(checkpoint.root))
    port.twist = cosigned_otherwise(lambda said: stranger.cosign(signed)[0].line + said)

    assert ask(clock, seconds=1) == 2
    assert "Stranger" not in witnessing.cosigned(checkpoint)


@pytest.mark.parametrize("hours", [-3, 3])
def test_a_cosignature_from_another_time_is_not_kept(log, wire, clock, port, hours):
    port.clock = lambda: clock() + hours * 3600
    grow(log, "W-1")

    assert ask(clock, seconds=1) == 1
    trouble = WitnessContact.objects.get(witness=port.name).trouble
    assert trouble == f"Its cosignature bears a time {hours * 3600} s from our clock."


def test_a_missing_second_key_is_a_trouble_and_the_first_is_kept(log, clock, settings, tmp_path, monkeypatch):
    both = Witness("Port", clock, [ed25519("port.example/w"), mldsa44("port.example/w")]).knows(log)
    write_policy(settings, tmp_path, [both], quorum="any")
    both.twist = cosigned_otherwise(lambda said: said.splitlines(keepends=True)[0])
    monkeypatch.setattr(outside, "post", Wire([both]).post)
    checkpoint = grow(log, "W-1")

    ask(clock, seconds=1)

    contact = WitnessContact.objects.get()
    assert contact.trouble == "It answered without a cosignature by the policy's key Port/pq."
    assert queries.witnessed_checkpoint(log) == checkpoint


# Somebody waits


def test_a_demand_is_served_at_once_and_taken_away(log, wire, clock, port):
    grow(log, "W-1")
    ask(clock, seconds=1)
    act(ALMAZ, story.harvest("W-2"))
    assert witnessing.demand(log)
    clock.after(seconds=1)
    later = publish(log, index=True)

    assert ask(clock, seconds=5) == 2

    assert queries.witnessed_checkpoint(log) == later and not WitnessDemand.objects.exists()


def test_a_demand_waits_for_the_checkpoint_that_covers_it(log, wire, clock, port):
    grow(log, "W-1")
    ask(clock, seconds=1)
    act(ALMAZ, story.harvest("W-2"))
    witnessing.demand(log)

    assert ask(clock, seconds=6) == 0

    assert len(port.asked) == 1 and WitnessDemand.objects.exists()


def test_a_demand_is_dropped_after_a_minute_when_witnesses_do_not_answer(log, wire, clock, port):
    wire.broken = {port.name: Unreachable("away"), "ACME_Importers": Unreachable("away")}
    grow(log, "W-1")
    witnessing.demand(log)
    ask(clock, seconds=5)
    assert WitnessDemand.objects.exists()

    ask(clock, seconds=56)

    assert not WitnessDemand.objects.exists()


def test_nobody_demands_what_is_witnessed_already_or_what_nobody_is_asked_for(log, wire, clock, settings):
    grow(log, "W-1")
    ask(clock, seconds=1)
    assert not witnessing.demand(log)

    settings.WITNESS_POLICY = None
    act(ALMAZ, story.harvest("W-2"))
    assert not witnessing.demand(log) and not WitnessDemand.objects.exists()


# The policy file


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (None, r"The policy file .*witnesses.policy \(WITNESS_POLICY\) cannot be read: No such file or directory."),
        ("quorum two\n", r"is not a policy. Line 1 of the policy: The quorum 'two' is not defined on a line before."),
        ("", r"is not a policy. The policy has no quorum line."),
        ("witness {long} {vkey}\nquorum {long}\n", r"has a name of over 110 letters"),
    ],
)
def test_an_unusable_policy_file_is_told_and_never_read_as_no_witnesses(log, settings, tmp_path, text, sentence):
    settings.WITNESS_POLICY = tmp_path / "witnesses.policy"
    if text is not None:
        vkey = ed25519("w.example").verifier.vkey
        settings.WITNESS_POLICY.write_text(text.format(long="w" * 111, vkey=vkey))

    with pytest.raises(witnessing.PolicyUnusable, match=sentence):
        witnessing.policy_of(log)
    assert witnessing.ask_due() == 0


def test_the_logs_own_keys_take_the_place_of_those_in_the_file_and_comments_stay_at_home(log, settings, tmp_path, port):
    other = ed25519("other.example/log").verifier.vkey
    settings.WITNESS_POLICY = tmp_path / "witnesses.policy"
    settings.WITNESS_POLICY.write_text(f"# call Ines, she runs it\nlog {other}\n{policy_lines([port])}")

    text = witnessing.policy_text(log).decode()

    assert "Ines" not in text and other not in text
    assert [each.key.vkey for each in parse_policy(text.encode()).logs] == log.vkeys.splitlines()


def test_a_changed_policy_file_counts_without_a_restart(log, wire, clock, settings, tmp_path, port, acme):
    checkpoint = grow(log, "W-1")
    wire.broken["ACME_Importers"] = Unreachable("away")
    ask(clock, seconds=1)
    assert queries.witnessed_checkpoint(log) is None

    settings.WITNESS_POLICY.write_text(policy_lines([port, acme], quorum="any"))

    assert queries.witnessed_checkpoint(log) == checkpoint


# Planted bugs: each makes at least one of the tests above fail.


def _accepts_anything(self, desk, body):
    for signature in asking.parse_signature_lines(body):
        for key in desk.keys.values():
            yield asking.kid_of(key), (timezone.now().date(), signature.line)


PLANTED_BUGS = {
    "signature not verified": (
        lambda patch: patch.setattr(asking.Round, "_verified", _accepts_anything),
        test_a_cosignature_of_another_checkpoint_is_not_kept,
    ),
    "cosignature of another checkpoint stored": (
        lambda patch: patch.setattr(
            asking, "verify_cosignature", lambda signed, key, payload: int(timezone.now().timestamp())
        ),
        test_a_cosignature_of_another_checkpoint_is_not_kept,
    ),
    "old size wrong": (
        lambda patch: patch.setattr(WitnessContact, "size", property(lambda self: 1, lambda self, value: None)),
        test_growth_is_proved_from_the_size_that_the_witness_cosigned_last,
    ),
    "alarm swallowed": (
        lambda patch: patch.setattr(asking.Round, "_alarm", lambda self, *about: asking.Trouble("odd answer")),
        test_a_witness_that_saw_a_forked_history_stops_the_other_one,
    ),
    "quorum not enforced": (
        lambda patch: patch.setattr("provenance.tlog.policy.Policy.has_quorum", lambda self, witnesses: True),
        test_one_of_two_is_not_the_quorum,
    ),
}


@pytest.mark.parametrize("bug", PLANTED_BUGS)
def test_the_tests_find_a_planted_bug(bug, request, monkeypatch):
    plant, finder = PLANTED_BUGS[bug]
    names = finder.__code__.co_varnames[: finder.__code__.co_argcount]
    values = {name: request.getfixturevalue(name) for name in names}
    finder_passes = True
    with monkeypatch.context() as patch:
        plant(patch)
        try:
            finder(**values)
        except (AssertionError, pytest.fail.Exception):
            finder_passes = False
    assert not finder_passes, "the planted bug was not found"
