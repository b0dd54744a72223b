"""What a party with a valid key and bad intent must not get from the law: rights over coffee that is not its own."""

import pytest

from provenance.coffee import acts
from provenance.coffee.errors import NotAuthorised
from provenance.coffee.ledger import claims, edges_of, shares
from provenance.coffee.tests.ledger_world import AT, KG, World, line, new, world


@pytest.fixture
def w() -> World:
    """The station holds 100 kg of the organic lot P; mallory has a key and an empty shed."""
    w = world()
    w.say("operator", acts.RegisterParty(party="mallory", kind="organisation", roles=("exporter",)))
    w.register_key("mallory")
    w.say("mallory", acts.RegisterSite(site="shed", party="mallory", kind="warehouse"))
    w.receive("station", "washing", line("P", 100 * KG), begins=(new("P", 100 * KG, acts.Form.CHERRY, "organic"),))
    return w


def refused(w: World, iss: str, act: acts.Act, words: str) -> None:
    with pytest.raises(NotAuthorised, match=words):
        w.say(iss, act)


def recall(lot="P"):
    return acts.Recall(at=AT, site="shed", lots=(lot,), reason="contamination")


def test_sending_oneself_what_one_never_had_is_no_right_to_recall_it(w):
    sent = w.dispatch("mallory", "shed", "mallory", line("P", 1))
    w.receive("mallory", "shed", line("P", 1), dispatch=sent)

    refused(w, "mallory", recall(), "present or past owner")


def test_a_receipt_that_nobody_sent_is_no_right_to_recall(w):
    w.receive("mallory", "shed", line("P", 1), from_party="station", title=False)

    refused(w, "mallory", recall(), "present or past owner")


def test_a_receipt_of_a_dispatch_that_was_never_heard_of_is_no_right_to_recall(w):
    w.receive("mallory", "shed", line("P", 1), from_party="station", dispatch="urn:uuid:invented")

    refused(w, "mallory", recall(), "present or past owner")


def test_nobody_takes_title_to_what_its_owner_never_sent(w):
    lines = (line("P", 100 * KG),)
    refused(w, "mallory", acts.Receive(at=AT, site="shed", lines=lines, from_party="station"), "without its title")
    refused(w, "mallory", acts.Receive(at=AT, site="shed", lines=lines), "without its title")
    w.receive("mallory", "shed", *lines, title=False)

    assert w.mass("P", owner="station") == 100 * KG


def test_a_heavy_receipt_puts_nothing_into_a_lot_of_somebody_else(w):
    sent = w.dispatch("mallory", "shed", "mallory", line("P", 1))
    heavy = acts.Receive(
        at=AT,
        site="shed",
        lines=(line("P", 9_000 * KG),),
        taken=(line("P", 1),),
        dispatch=sent,
        gains=(acts.Difference(kind=acts.LossKind.UNEXPLAINED, mass_mg=9_000 * KG - 1),),
    )
    with pytest.raises(NotAuthorised, match="somebody else's lot"):
        w.say("mallory", heavy)

    assert [share.origin for share in shares(edges_of(w.books), "P")] == ["P"]
    assert claims(edges_of(w.books), w.books.lots, "P") == {"organic"}


@pytest.mark.parametrize("role", ["auditor", "officer", "operator"])
def test_nobody_makes_himself_an_auditor(w, role):
    puppet = acts.RegisterParty(party="puppet", kind="organisation", roles=(role,), guardian="mallory")

    refused(w, "mallory", puppet, "operator")


def test_a_recall_that_was_taken_back_does_not_stand_again(w):
    recalled = w.say("station", acts.Recall(at=AT, site="washing", lots=("P",), reason="quality"))
    lifted = w.say("station", acts.LiftRecall(at=AT, site="washing", lots=("P",), recall=recalled.event.id))
    with pytest.raises(NotAuthorised, match="lifted"):
        w.correct(recalled)
    w.correct(lifted)

    assert w.books.recalls == {"P": {recalled.event.id: "station"}}
    w.correct(recalled)
    assert w.books.recalls == {}


def test_who_sold_a_lot_pours_nothing_more_into_what_the_buyer_holds(w):
    step = {"site": "washing", "step": "store", "at": AT}
    w.say("station", acts.Process(inputs=(line("P", 50 * KG),), outputs=(new("C", 50 * KG),), **step))
    sent = w.dispatch("station", "washing", "roaster", line("C", 50 * KG))
    w.receive("roaster", "roastery", line("C", 50 * KG), dispatch=sent)
    w.receive("station", "washing", line("JUNK", 50 * KG), begins=(new("JUNK", 50 * KG),))

    more = acts.Process(inputs=(line("JUNK", 50 * KG),), outputs=(new("C", 50 * KG),), **step)
    refused(w, "station", more, "Others hold some")

    assert claims(edges_of(w.books), w.books.lots, "C") == {"organic"}
