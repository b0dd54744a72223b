"""Replies and certificates: what they do to the evidence, and how long they stand. With bugs planted to be found."""

from dataclasses import replace
from datetime import date

import pytest

from provenance.coffee import acts, certificates, evidence
from provenance.coffee.epcis import event_of
from provenance.coffee.errors import NotAuthorised
from provenance.coffee.evidence import Finding, Grade, Reason, confirmations, contests, grade, weakest
from provenance.coffee.rules import voice
from provenance.coffee.tests.ledger_world import AT, KG, World, kid_of, line, world
from provenance.coffee.tests.samples import CERTIFY, CERTIFY_PARTY, WITHDRAW, WITHDRAW_PARTY, WOTE


def sent(w: World) -> str:
    w.harvest("H", KG)
    return w.dispatch("farmer", "farm", "station", line("H", KG))


def reply(w: World, iss: str, event: str, reason: str = "", **more: str):
    lots = w.books.events[event].lots
    if reason:
        return w.say(iss, acts.Contest(at=AT, event=event, lots=lots, reason=reason), **more)
    return w.say(iss, acts.Confirm(at=AT, event=event, lots=lots), **more)


def test_a_confirmation_by_a_party_that_the_event_names_makes_both_sides():
    w = world()
    event = sent(w)
    said = reply(w, "station", event).event
    assert grade(w.books, event) == Finding(event, Grade.BOTH_SIDES, Reason.NONE, ("farmer", "station"))
    assert confirmations(w.books, event) == [said]


def test_a_confirmation_with_a_key_that_the_operator_holds_is_named_as_such():
    w = world()
    event = w.dispatch("farmer", "farm", "roaster", line("H", KG))
    reply(w, "roaster", event)
    assert grade(w.books, event).reason is Reason.SERVER_KEY


def test_who_had_the_coffee_later_did_not_see_it_and_confirms_nothing():
    w = world()
    event = w.harvest("H", KG).event.id
    arrived = w.dispatch("farmer", "farm", "station", line("H", KG))
    w.receive("station", "washing", line("H", KG), dispatch=arrived)
    reply(w, "station", event)
    assert grade(w.books, event) == Finding(event, Grade.ONE_SIDE, Reason.NONE, ("farmer",))


def test_what_is_contested_is_one_sides_word_and_the_weakest_link():
    w = world()
    harvest = w.harvest("H", KG).event.id
    event = w.dispatch("farmer", "farm", "station", line("H", KG))
    received = w.receive("station", "washing", line("H", KG), dispatch=event).event.id
    assert grade(w.books, received).grade is Grade.BOTH_SIDES
    said = reply(w, "farmer", received, "weight").event
    assert contests(w.books, received) == [said]
    assert grade(w.books, received) == Finding(received, Grade.ONE_SIDE, Reason.CONTESTED, ("station",))
    assert weakest(w.books, [harvest, event, received]) == grade(w.books, received)


@pytest.mark.parametrize("end", ["taken back", "confirmed later", "key in doubt"])
def test_a_contest_stands_until_its_signer_changes_his_mind(end):
    w = world()
    event = sent(w)
    leaf = len(w.said)
    said = w.judge(w.statement("station", acts.Contest(at=AT, event=event, lots=("H",), reason="date")), index=leaf)
    assert contests(w.books, event) == [said.event]
    if end == "taken back":
        w.correct(said)
    elif end == "confirmed later":
        reply(w, "station", event)
    else:
        revoke = acts.RevokeKey(kid=kid_of("station"), since=AT, from_index=leaf, reason="stolen")
        w.judge(w.statement("operator", revoke), index=leaf + 1)
    assert contests(w.books, event) == []
    assert grade(w.books, event).reason is not Reason.CONTESTED


def test_who_confirmed_first_may_contest_later():
    w = world()
    event = sent(w)
    reply(w, "station", event)
    reply(w, "station", event, "weight")
    assert (confirmations(w.books, event), len(contests(w.books, event))) == ([], 1)


def test_who_sold_confirms_that_he_was_paid():
    w = world()
    event = sent(w)
    pay = acts.Pay(at=AT, kind="first", deliveries=(event,), lots=("H",), form=acts.Form.CHERRY, mass_mg=KG)
    paid = w.say("station", pay).event.id
    assert grade(w.books, paid).reason is Reason.UNCONFIRMED
    reply(w, "farmer", paid)
    assert grade(w.books, paid) == Finding(paid, Grade.BOTH_SIDES, Reason.NONE, ("station", "farmer"))
    reply(w, "farmer", paid, "not_paid")
    assert grade(w.books, paid).reason is Reason.CONTESTED


def test_nothing_that_is_only_said_moves_coffee():
    w = world()
    event = sent(w)
    before = (dict(w.books.balances), dict(w.books.edges), dict(w.books.lots), dict(w.books.shortfalls))
    pay = acts.Pay(at=AT, kind="first", deliveries=(event,), lots=("H",), form=acts.Form.CHERRY, mass_mg=KG)
    said = [
        w.say("station", pay),
        reply(w, "station", event),
        reply(w, "station", event, "weight"),
        w.say("auditor", replace(CERTIFY, lots=("H",)), jti="urn:uuid:c"),
        w.say("auditor", replace(WITHDRAW, certificate="urn:uuid:c", lots=("H",))),
        w.say("operator", acts.Erased(digests=("d",))),
    ]
    assert (dict(w.books.balances), dict(w.books.edges), dict(w.books.lots), dict(w.books.shortfalls)) == before
    assert all(not (each.postings or each.edges or each.flags or each.holders) for each in said)
    assert w.books.erased == {"d": said[-1].event.id}


# --- certificates ----------------------------------------------------------------------------------------------------


def certified(*ends: acts.Withdraw) -> list[certificates.Certificate]:
    """One certificate of a party for the year 2026, and what ended it."""
    w = world()
    w.say("operator", acts.RegisterParty(party=WOTE, kind="organisation", roles=("station",)))
    jti = "urn:uuid:00000000-0000-4000-8000-000000000001"
    tell(w, CERTIFY_PARTY, jti)
    for number, end in enumerate(ends, 2):
        tell(w, replace(end, certificate=jti), f"urn:uuid:00000000-0000-4000-8000-00000000000{number}")
    return certificates.certificates(w.books)


def tell(w: World, act: acts.Act, jti: str) -> None:
    w.judge(replace(w.statement("auditor", act, jti=jti), event=event_of(act, event_id=jti)))


@pytest.mark.parametrize(
    ("day", "holds"),
    [
        (date(2025, 12, 31), False),
        (date(2026, 1, 1), True),
        (date(2026, 12, 31), True),
        (date(2027, 1, 1), False),
    ],
)
def test_a_certificate_holds_in_its_term_and_not_after_its_end(day, holds):
    (certificate,) = certified()
    assert (certificate.scheme, certificate.chain, certificate.party) == ("Organic EU", "segregated", WOTE)
    assert certificate.holds_on(day) is holds


def test_a_certificate_ends_on_the_first_day_from_which_it_is_withdrawn():
    (certificate,) = certified(replace(WITHDRAW_PARTY, since=date(2026, 6, 1)), WITHDRAW_PARTY)
    assert certificate.withdrawn_from == date(2026, 3, 1)
    assert certificate.holds_on(date(2026, 2, 28))
    assert not certificate.holds_on(date(2026, 3, 1))


# --- planted bugs ----------------------------------------------------------------------------------------------------


def anybody_may_reply(monkeypatch):
    monkeypatch.setattr(voice, "is_concerned", lambda *_: True)
    w = world()
    with pytest.raises(NotAuthorised):
        reply(w, "collector", sent(w), "weight")


def replies_count_for_nothing(monkeypatch):
    monkeypatch.setattr(evidence, "REPLIES", frozenset())
    test_what_is_contested_is_one_sides_word_and_the_weakest_link()


def a_contest_stands_for_ever(monkeypatch):
    monkeypatch.setattr(evidence, "_standing_replies", lambda books, said: list(said))
    test_a_contest_stands_until_its_signer_changes_his_mind("taken back")


def certificates_do_not_end(monkeypatch):
    monkeypatch.setattr(certificates.Certificate, "holds_on", lambda self, day: self.valid_from <= day)
    test_a_certificate_holds_in_its_term_and_not_after_its_end(date(2027, 1, 1), False)


def withdrawals_are_overlooked(monkeypatch):
    monkeypatch.setattr(certificates, "_said", lambda books, name: [] if name == "withdraw" else said(books, name))
    test_a_certificate_ends_on_the_first_day_from_which_it_is_withdrawn()


said = certificates._said

BUGS = [
    anybody_may_reply,
    replies_count_for_nothing,
    a_contest_stands_for_ever,
    certificates_do_not_end,
    withdrawals_are_overlooked,
]


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.__name__)
def test_a_planted_bug_is_found(bug, monkeypatch):
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        bug(monkeypatch)
