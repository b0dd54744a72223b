"""A log is retired and its series goes on: what stood under its last checkpoint carries over, and nothing else."""

from dataclasses import replace

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from provenance import outside
from provenance.coffee.acts import Form, LiftRecall, NewLot, RevokeKey
from provenance.coffee.errors import NotAuthorised
from provenance.coffee.evidence import is_disputed
from provenance.coffee.statement import parse
from provenance.outside import Answer
from provenance.tlog.checkpoint import Checkpoint as Note
from provenance.tlog.checkpoint import open_checkpoint
from provenance.tlog.note import claimed, parse_note
from provenance.trail import triggers
from provenance.trail.errors import LogFrozen
from provenance.trail.models import (
    Balance,
    Checkpoint,
    Event,
    Flag,
    Key,
    Leaf,
    Log,
    LogHead,
    LogKey,
    Lot,
    Party,
    Pending,
    Recall,
    ServerKey,
)
from provenance.trail.services import guarding, queries, recording, registry
from provenance.trail.services.acting import Draft, record_acts, sign_drafts
from provenance.trail.services.closure import closure
from provenance.trail.services.fence import Fence
from provenance.trail.services.logs import vkeys_of
from provenance.trail.services.projecting import rebuild_projections
from provenance.trail.services.publishing import publish
from provenance.trail.services.recovering import NotMended, outlook, succeed, succeeding
from provenance.trail.services.verifying import verify_trail
from provenance.trail.tests import story
from provenance.trail.tests.story import ALMAZ, DAY, PARTY, WOTE, act, dispatch, harvest, receive
from provenance.trail.tests.witnesses import Wire, connect

pytestmark = pytest.mark.django_db


def projections():
    """What the projections say, by what it is about."""
    return (
        sorted(Balance.objects.values_list("lot__uri", "site", "owner", "custodian", "mg")),
        sorted(Lot.objects.values_list("uri", "form", "closed", "made_by__uuid")),
        sorted(Key.objects.values_list("kid", "party", "event__uuid", "revoked_by__uuid", "disputed_from")),
        sorted(Party.objects.values_list("uri", "guardian")),
        sorted(Recall.objects.values_list("lot__uri", "issuer")),
        sorted(Flag.objects.values_list("kind", "event__uuid", "mg")),
    )


@pytest.fixture(autouse=True)
def fresh_guard():
    guarding.forget()
    yield
    guarding.forget()


@pytest.fixture
def told(log):
    """A log with a whole story in it, published."""
    story.tell()
    publish(log)
    connection.check_constraints()
    return log


def test_a_series_goes_on_with_all_that_stood_in_the_retired_log(told):
    waiting = act(ALMAZ, harvest("W-1"))
    before = projections()

    following = succeed(told)

    told.refresh_from_db()
    assert (told.state, following.state, following.number) == ("retired", "active", 2)
    assert following.origin == "localhost:8000/log/main/2" and following.aud == told.aud
    assert following.first_place == LogHead.objects.get(log=told).size
    assert projections() == before
    assert queries.active_log() == following
    # What waited was published by the retired log, since that was not frozen.
    assert Leaf.objects.get(event=waiting).log == told
    first = Event.objects.get(leaf__log=following, leaf__index=0)
    body = parse(bytes(first.statement)).body
    assert list(body.keys) == following.vkeys.splitlines()
    signed, _ = open_checkpoint(body.retired.encode(), vkeys_of(told), origin=told.origin, every_key=True)
    assert (signed.size, signed.root) == (LogHead.objects.get(log=told).size, guarding.root_at(told, signed.size))
    assert verify_trail(following) == verify_trail(told) == []


def test_statements_about_old_lots_go_into_the_new_log(told):
    sent = act(ALMAZ, harvest("T-1")), act(ALMAZ, dispatch("T-1"))
    following = succeed(told)

    into = NewLot(lot=story.lot(Form.CHERRY, "W-NEW"), mass_mg=83 * story.KG, form=Form.CHERRY)
    received = act(WOTE, replace(receive(sent[1], "T-1"), into=into))
    publish(following, index=True)

    received.refresh_from_db()
    assert (received.leaf.log, received.place) == (following, following.first_place + 1)
    assert Event.objects.get(pk=sent[0].pk).leaf.log == told
    assert Lot.objects.get(uri=into.lot).balances.get().mg == 83 * story.KG
    assert verify_trail(following) == []
    before = projections()
    assert rebuild_projections(following) > 20
    assert projections() == before and verify_trail(following) == []


def test_what_a_frozen_log_had_not_published_gets_its_place_in_the_new_one(told):
    record_acts(PARTY + ALMAZ, [Draft(harvest(f"P-{n}")) for n in range(3)])
    Fence.of(told).replace(Note(told.origin, LogHead.objects.get(log=told).size + 5, bytes(32)))
    guarding.forget()
    guarding.guard_due()
    told.refresh_from_db()
    assert told.state == "frozen" and Pending.objects.count() == 3

    following = succeed(told, lost=5)
    publish(following)

    assert list(Event.objects.filter(leaf__log=following).order_by("leaf__index").values_list("act", flat=True)) == [
        "succession",
        "harvest",
        "harvest",
        "harvest",
    ]
    assert parse(bytes(Event.objects.get(leaf__log=following, leaf__index=0).statement)).body.lost == 5
    assert not Pending.objects.exists() and verify_trail(following) == []


def test_what_the_backup_had_lost_is_recorded_again_as_it_was_signed(told):
    """The drill for a restored backup that nobody can refill."""
    backup = transaction.savepoint()
    sent = sign_drafts(told, PARTY + ALMAZ, [Draft(harvest("L-1")), Draft(dispatch("L-1"))])
    recording.record(sent)
    kept = sign_drafts(told, PARTY + ALMAZ, [Draft(harvest("K-1"))])
    publish(told)
    lost = LogHead.objects.get(log=told).size
    transaction.savepoint_rollback(backup)
    guarding.forget()
    told.refresh_from_db()
    guarding.guard_due()
    told.refresh_from_db()
    assert told.state == "frozen"

    following = succeed(told, lost=lost - LogHead.objects.get(log=told).size)
    events = recording.record([*sent, *kept])
    publish(following)

    assert [bytes(event.statement) for event in events] == [one.jws for one in (*sent, *kept)]
    assert [event.leaf.log for event in Event.objects.filter(pk__in=[event.pk for event in events])] == [following] * 3
    body = parse(bytes(Event.objects.get(leaf__log=following, leaf__index=0).statement)).body
    assert LogHead.objects.get(log=told).size + body.lost == lost
    again = recording.record(sent)
    assert [event.pk for event in again] == [event.pk for event in events[:2]]
    assert verify_trail(following) == []


def test_a_key_is_revoked_and_a_recall_lifted_across_the_succession(told):
    following = succeed(told)
    kid = Key.objects.get(party=PARTY + ALMAZ).kid
    place = Event.objects.filter(kid=kid).order_by("pk").first().place
    registry.revoke_key(RevokeKey(kid=kid, since=story.NOON, from_index=place, reason="stolen"), by=PARTY + ALMAZ)
    recalled = Event.objects.get(act="recall")
    act(WOTE, LiftRecall(at=story.NOON, site=story.SITE + WOTE, lots=(story.WET,), recall=recalled.event_id))
    publish(following)

    assert not Recall.objects.exists()
    assert verify_trail(following) == []
    found = closure([DAY])
    disputed = [event.act for event in found.books.events.values() if is_disputed(found.books, event)]
    assert "harvest" in disputed and "dispatch" in disputed


def test_a_series_has_as_many_logs_as_its_leaf_0_lists_keys_for(told):
    third = succeed(succeed(told))
    assert third.origin.endswith("/3") and third.first_place > 0
    assert verify_trail(third) == []

    with pytest.raises(NotMended, match="keys for 3 logs"):
        succeed(third)
    assert Log.objects.count() == 3 and Log.objects.get(number=3).state == "frozen"


def test_a_retired_log_takes_nothing_in_and_is_served_on(told, client):
    following = succeed(told)

    for log in (told, following):
        served = client.get(f"/log/main/{log.number}/checkpoint")
        assert served.status_code == 200 and served.content.decode().startswith(f"{log.origin}\n")
        size = LogHead.objects.get(log=log).size
        assert len(client.get(f"/log/main/{log.number}/tile/0/000.p/{size}").content) == 32 * size
    with pytest.raises(LogFrozen):
        publish(told)


def refused(log, match, lost=0):
    log.refresh_from_db()
    with pytest.raises(NotMended, match=match):
        succeed(log, lost=lost)
    assert Log.objects.count() == 1 and not Event.objects.filter(act="succession").exists()
    assert Log.objects.get().state == "frozen"


def test_a_database_that_signed_another_history_is_not_carried_over(told):
    head = LogHead.objects.get(log=told)
    Log.objects.update(state="frozen")
    Fence.of(told).replace(Note(told.origin, head.size, bytes(32)))

    refused(told, "another root was released")


def test_a_log_whose_bytes_were_changed_is_not_carried_over(told):
    Log.objects.update(state="frozen")
    triggers.lift(connection)
    event = Event.objects.get(act="close")
    Event.objects.filter(pk=event.pk).update(leaf_hash=bytes(32))
    connection.check_constraints()
    triggers.install(connection)

    refused(told, "does not give the root")


def test_without_the_operators_key_no_log_is_begun(told):
    Log.objects.update(state="frozen")
    ServerKey.objects.filter(party=told.operator).delete()

    refused(told, "revoked or lost")


def test_keys_that_genesis_does_not_list_begin_no_log(told):
    Log.objects.update(state="frozen")
    LogKey.objects.filter(origin=told.origin[:-1] + "2", kind="ed25519").update(vkey="another+00000000+AAAA")

    refused(told, "does not hold the keys that leaf 0 lists")


def test_a_succession_with_unlisted_keys_is_caught_by_the_law_and_by_verify_trail(told, monkeypatch):
    """The planted bugs: the command takes other keys, and the law is not asked."""
    other = succeeding._next_keys(told)[::-1]
    monkeypatch.setattr(succeeding, "_next_keys", lambda log: other)
    Log.objects.update(state="frozen")
    told.refresh_from_db()
    before = transaction.savepoint()
    with pytest.raises(NotAuthorised, match="keys that leaf 0"):
        succeed(told)
    transaction.savepoint_rollback(before)

    monkeypatch.setattr(succeeding.rules, "authorise", lambda *args: None)
    following = succeed(told)
    monkeypatch.undo()

    assert any("keys that leaf 0 of the series lists" in str(fault) for fault in verify_trail(following))


def test_a_succession_that_quotes_an_older_checkpoint_is_caught(told, monkeypatch):
    """The planted bug: the newest leaves of the retired log are not accounted for."""
    act(ALMAZ, harvest("N-1"))
    publish(told)
    older = Checkpoint.objects.order_by("size").first()
    view = outlook(told)
    monkeypatch.setattr(succeeding, "outlook", lambda log: type(view)(older, 0, "nobody", (), False))
    monkeypatch.setattr(succeeding.rules, "authorise", lambda *args: None)
    Log.objects.update(state="frozen")
    told.refresh_from_db()
    size = LogHead.objects.get(log=told).size
    begin = succeeding._begin
    monkeypatch.setattr(succeeding, "_begin", lambda log, statement, _: begin(log, statement, size))
    following = succeed(told)
    monkeypatch.undo()

    found = [str(fault) for fault in verify_trail(following)]
    assert any("quotes another root" in fault for fault in found)
    assert any("follows the last leaf" in fault for fault in found)


# --- what the witnesses say of the end ------------------------------------------------------------------------------


@pytest.fixture
def wire(told, settings, tmp_path, monkeypatch) -> Wire:
    """Two witnesses know the log; they show nobody what they cosigned."""
    monkeypatch.setattr(outside, "fetch", lambda url, **_: Answer(404, "text/plain", b""))
    return connect(told, settings, tmp_path, monkeypatch, "acme", "port")


def check_that_the_end_is_cosigned(told: Log, wire: Wire) -> None:
    following = succeed(told)

    quoted = parse(bytes(Event.objects.get(leaf__log=following, leaf__index=0).statement)).body.retired
    keys = [signer.verifier for witness in wire.witnesses for signer in witness.signers]
    assert len(claimed(parse_note(quoted.encode()), keys)) == 2
    assert [witness.size for witness in wire.witnesses] == [following.first_place] * 2


def check_that_nobody_may_have_seen_more(told: Log, wire: Wire) -> None:
    publish(told, index=True)
    size = LogHead.objects.get(log=told).size
    wire.witnesses[1].size = size + 7

    for lost in (0, 6):
        refused(told, f"The witness port has seen 7 leaves beyond the {size} .*manage.py succeed main --lost 7", lost)
    told.refresh_from_db()
    assert told.state == "frozen"

    following = succeed(told, lost=7)
    body = parse(bytes(Event.objects.get(leaf__log=following, leaf__index=0).statement)).body
    assert (following.first_place, body.lost) == (size, 7)


def away(url: str, **_: object) -> Answer:
    raise outside.Unreachable(f"{url} is away.")


def check_that_somebody_answers(told: Log, wire: Wire) -> None:
    guarding.stand_guard(told)
    wire.broken = {witness.name: outside.Unreachable("It is away.") for witness in wire.witnesses}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(outside, "fetch", away)
        refused(told, "None of the witnesses answers.*--without-witnesses")
        told.refresh_from_db()

        assert succeed(told, without_witnesses=True).number == 2


CHECKS = [check_that_the_end_is_cosigned, check_that_nobody_may_have_seen_more, check_that_somebody_answers]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__.removeprefix("check_that_"))
def test_the_witnesses_are_asked_before_the_last_note_is_quoted(told, wire, check):
    check(told, wire)


def test_what_nobody_has_seen_is_not_said_to_be_lost(told):
    refused(told, "none are lost", 3)


def asks_nobody_to_cosign(patch):
    patch.setattr(succeeding, "ask_now", lambda log: 0)


def agrees_with_everybody(patch):
    patch.setattr(succeeding, "_check_agreed", lambda *_: None)


@pytest.mark.parametrize(
    ("plant", "check"),
    [(asks_nobody_to_cosign, CHECKS[0]), (agrees_with_everybody, CHECKS[1]), (agrees_with_everybody, CHECKS[2])],
)
def test_a_planted_bug_is_caught(told, wire, monkeypatch, plant, check):
    plant(monkeypatch)
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        check(told, wire)


def test_the_drill_as_it_is_documented(told, monkeypatch, capsys):
    Fence.of(told).replace(Note(told.origin, LogHead.objects.get(log=told).size + 2, bytes(32)))
    guarding.forget()
    guarding.guard_due()
    size = LogHead.objects.get(log=told).size
    monkeypatch.setattr("builtins.input", lambda _: "yes")
    with pytest.raises(CommandError, match="Nothing was changed"):
        call_command("succeed", "main")
    assert Log.objects.count() == 1
    monkeypatch.setattr("builtins.input", lambda _: told.origin)

    with pytest.raises(CommandError, match=f"2 leaves beyond the {size} .* manage.py succeed main --lost 2"):
        call_command("succeed", "main")
    assert Log.objects.count() == 1

    call_command("succeed", "main", "--lost", "2")

    out = capsys.readouterr().out
    assert (
        f"It has {size} leaves" in out and f"type:  {told.origin}\n" in out and "2 leaves beyond that are lost" in out
    )
    assert "localhost:8000/log/main/2 has begun" in out
    following = queries.active_log()
    for vkey in following.vkeys.splitlines():
        assert vkey in out
    call_command("verify_trail", "main")
    assert "No fault." in capsys.readouterr().out
