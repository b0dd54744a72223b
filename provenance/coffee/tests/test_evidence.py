"""How well events are evidenced, and which link of a chain is the weakest."""

from dataclasses import replace

import pytest

from provenance.coffee import acts
from provenance.coffee.epcis import event_of
from provenance.coffee.evidence import Finding, Grade, Reason, grade, is_disputed, weakest
from provenance.coffee.tests.ledger_world import AT, KG, kid_of, line, new, world


def handover(w, sender, site, receiver, to_site, lot="H"):
    """A load from one party to another; both events' ids."""
    sent = w.dispatch(sender, site, receiver, line(lot, KG))
    return sent, w.receive(receiver, to_site, line(lot, KG), dispatch=sent).event.id


def test_each_grade_has_a_mark_and_words_of_its_own():
    assert [(one.code, one.mark) for one in Grade] == [
        ("both_sides", "●"),
        ("instrument", "▣"),
        ("third_party", "◎"),
        ("one_side", "◐"),
        ("nobody", "○"),
    ]
    assert [one.strength for one in Grade] == [4, 3, 2, 1, 0]
    assert len({one.words for one in Grade}) == 5


def test_a_dispatch_and_its_receipt_with_two_device_keys_are_both_sides():
    w = world()
    w.harvest("H", KG)
    sent, received = handover(w, "farmer", "farm", "station", "washing")
    assert grade(w.books, sent) == Finding(sent, Grade.BOTH_SIDES, Reason.NONE, ("farmer", "station"))
    assert grade(w.books, received) == Finding(received, Grade.BOTH_SIDES, Reason.NONE, ("station", "farmer"))


def test_two_server_keys_of_one_installation_are_never_two_sides():
    w = world()
    w.receive("mill", "milling", line("G", KG), begins=(new("G", KG),))
    sent, received = handover(w, "mill", "milling", "roaster", "roastery", "G")
    for event in (sent, received):
        assert (grade(w.books, event).grade, grade(w.books, event).reason) == (Grade.ONE_SIDE, Reason.ONE_INSTALLATION)


def test_one_server_key_leaves_one_side_and_says_so():
    w = world()
    w.receive("station", "washing", line("P", KG), begins=(new("P", KG),))
    sent, received = handover(w, "station", "washing", "mill", "milling", "P")
    for event in (sent, received):
        assert (grade(w.books, event).grade, grade(w.books, event).reason) == (Grade.ONE_SIDE, Reason.SERVER_KEY)


def test_a_load_that_nobody_confirmed_is_one_side():
    w = world()
    harvest = w.harvest("H", KG).event.id
    sent = w.dispatch("farmer", "farm", "station", line("H", KG))
    assert grade(w.books, sent) == Finding(sent, Grade.ONE_SIDE, Reason.UNCONFIRMED, ("farmer",))
    assert grade(w.books, harvest) == Finding(harvest, Grade.ONE_SIDE, Reason.NONE, ("farmer",))


def test_a_confirmation_taken_back_confirms_nothing():
    w = world()
    w.harvest("H", KG)
    sent = w.dispatch("farmer", "farm", "station", line("H", KG))
    receipt = w.receive("station", "washing", line("H", KG), dispatch=sent)
    w.correct(receipt)
    assert grade(w.books, sent).reason is Reason.UNCONFIRMED
    assert grade(w.books, receipt.event.id) == Finding(receipt.event.id, Grade.NOBODY, Reason.CORRECTED, ("station",))


def test_a_first_receipt_says_that_nothing_came_before():
    w = world()
    first = w.receive("station", "washing", line("X", KG), begins=(new("X", KG),)).event.id
    assert grade(w.books, first) == Finding(first, Grade.ONE_SIDE, Reason.NOT_RECORDED, ("station",))


@pytest.mark.parametrize(
    ("iss", "results", "found"),
    [
        ("auditor", (("score_centi", 8_550),), Grade.THIRD_PARTY),
        ("station", (("score_centi", 8_550),), Grade.ONE_SIDE),
        ("station", (("moisture_permille", 115),), Grade.INSTRUMENT),
        ("auditor", (("moisture_permille", 115), ("score_centi", 8_550)), Grade.THIRD_PARTY),
    ],
)
def test_a_grade_is_as_good_as_who_looked_and_with_what(iss, results, found):
    w = world()
    lot, lab = "https://localhost:8000/epcis/class/cherry.X", "https://localhost:8000/epcis/loc/lab"
    w.say("operator", acts.RegisterSite(site=lab, party="station", kind="laboratory"))
    w.receive("station", "washing", line(lot, KG), begins=(new(lot, KG),))
    act = acts.Grade(at=AT, site=lab, lot=lot, protocol="SCA 2004", results=results)
    jti = "urn:uuid:00000000-0000-4000-8000-000000000001"
    w.judge(replace(w.statement(iss, act, jti=jti), event=event_of(act, event_id=jti)))
    assert grade(w.books, jti).grade is found


def test_what_a_lost_key_signed_after_it_was_lost_is_disputed():
    w = world()
    leaf = len(w.said)
    before, during = (w.judge(w.statement("farmer", act), index=leaf + n).event.id for n, act in enumerate(harvests()))
    revoke = acts.RevokeKey(kid=kid_of("farmer"), since=AT, from_index=leaf + 1, reason="lost")
    w.judge(w.statement("operator", revoke), index=leaf + 2)
    assert not is_disputed(w.books, w.books.events[before])
    assert grade(w.books, before).grade is Grade.ONE_SIDE
    assert grade(w.books, during) == Finding(during, Grade.NOBODY, Reason.DISPUTED, ("farmer",))


def harvests():
    return [acts.Harvest(at=AT, site="farm", output=new(lot, KG)) for lot in ("H1", "H2")]


def test_a_lot_is_as_strong_as_its_weakest_link():
    w = world()
    harvest = w.harvest("H", KG).event.id
    sent, received = handover(w, "farmer", "farm", "station", "washing")
    assert weakest(w.books, [sent, received]).grade is Grade.BOTH_SIDES
    assert weakest(w.books, [harvest, sent, received]) == grade(w.books, harvest)
    recall = w.say("station", acts.Recall(at=AT, site="washing", lots=("H",), reason="quality")).event.id
    assert weakest(w.books, [recall]) is None
