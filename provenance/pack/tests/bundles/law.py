"""Statements that are signed well by somebody who had no right to make them."""

from provenance.coffee.acts import Form, Grade, Harvest, LiftRecall, LotMass, NewLot, Process, Recall, Refuse, Sell
from provenance.pack.tests.bundles.cases import mismatch, unchecked
from provenance.pack.tests.bundles.world import (
    CELLAR,
    CHERRY,
    KG,
    KOFI,
    NOON,
    OPERATOR,
    OTTO,
    ROASTED,
    ROASTERY,
    STATION,
    WOTE,
    BundleLog,
    Case,
    arrived,
    cherry,
    handed_over,
    new_cherry,
    registry,
    roasted,
    sent,
)


def closed(log: BundleLog) -> Case:
    log.index()
    return {"bundle": log.bundle()}


def with_otto() -> BundleLog:
    """Otto is known, with a cellar and a key of his own, and has nothing: leaves 5 to 7."""
    log = cherry()
    log.enrol(OTTO, CELLAR, "roaster")
    return log


@mismatch("not_allowed", "statement", 4)
def party_registered_by_neither_operator_nor_guardian() -> Case:
    log = registry()
    log.party(KOFI, by=WOTE, guardian=OTTO)
    return closed(log)


@mismatch("not_allowed", "statement", 4)
def auditor_registered_by_a_guardian() -> Case:
    log = registry()
    log.party(KOFI, "auditor", by=WOTE, guardian=WOTE)
    return closed(log)


@mismatch("registered_twice", "statement", 4)
def party_registered_twice() -> Case:
    log = registry()
    log.party(WOTE, "auditor")
    return closed(log)


@mismatch("registered_twice", "statement", 5)
def site_registered_twice_for_another_party() -> Case:
    log = registry()
    log.party(KOFI)
    log.site(STATION, KOFI)
    return closed(log)


@mismatch("not_registered", "statement", 4)
def site_of_a_party_that_nobody_registered() -> Case:
    log = registry()
    log.site(CELLAR, OTTO)
    return closed(log)


@mismatch("not_allowed", "statement", 5)
def key_registered_by_a_stranger() -> Case:
    log = registry()
    log.party(KOFI)
    log.key(KOFI, by=WOTE)
    return closed(log)


@mismatch("not_allowed", "statement", 7)
def key_ended_by_a_stranger() -> Case:
    log = registry()
    log.enrol(OTTO, CELLAR)
    log.revoke("wote", by=OTTO)
    return closed(log)


@mismatch("not_registered", "statement", 4)
def taken_in_at_a_site_that_nobody_registered() -> Case:
    log = registry()
    act = new_cherry()
    log.state(WOTE, act, change=lambda payload: payload["event"].update(readPoint={"id": CELLAR}))
    return closed(log)


@mismatch("not_allowed", "statement", 8)
def taken_in_at_somebody_elses_site() -> Case:
    log = with_otto()
    log.state(OTTO, new_cherry())
    return closed(log)


@mismatch("not_allowed", "statement", 11)
def received_by_somebody_it_was_not_sent_to() -> Case:
    log = with_otto()
    log.party(KOFI)
    log.site(ROASTERY, KOFI)
    dispatch = log.state(WOTE, sent())
    log.state(OTTO, arrived(dispatch, site=CELLAR))
    return closed(log)


@mismatch("not_allowed", "statement", 9)
def refused_by_somebody_it_was_not_sent_to() -> Case:
    log = with_otto()
    dispatch = log.state(WOTE, sent(to=OPERATOR))
    line = LotMass(lot=CHERRY, mass_mg=84_500_000)
    log.state(OTTO, Refuse(at=NOON, site=CELLAR, dispatch=dispatch, lines=(line,), reason="quality"))
    return closed(log)


@mismatch("not_allowed", "statement", 8)
def harvest_on_somebody_elses_farm() -> Case:
    log = with_otto()
    output = NewLot(lot=CHERRY, mass_mg=5 * KG, form=Form.CHERRY)
    log.state(OTTO, Harvest(at=NOON, site=STATION, output=output))
    return closed(log)


@mismatch("lot_of_another", "statement", 8)
def harvest_into_somebody_elses_lot() -> Case:
    log = with_otto()
    output = NewLot(lot=CHERRY, mass_mg=5 * KG, form=Form.CHERRY)
    log.state(OTTO, Harvest(at=NOON, site=CELLAR, output=output))
    return closed(log)


@mismatch("not_allowed", "statement", 8)
def sent_on_by_a_stranger_from_where_it_lies() -> Case:
    log = with_otto()
    log.state(OTTO, sent())
    return closed(log)


@mismatch("not_allowed", "statement", 8)
def roasted_by_a_stranger_where_it_lies() -> Case:
    log = with_otto()
    log.state(OTTO, roasted(site=STATION))
    log.index()
    return {"bundle": log.bundle(ROASTED, [CHERRY, ROASTED])}


@mismatch("lot_of_another", "statement", 14)
def roasted_into_somebody_elses_lot() -> Case:
    log = handed_over()
    log.enrol(OTTO, CELLAR)
    output = NewLot(lot=ROASTED, mass_mg=KG, form=Form.ROASTED)
    used = LotMass(lot=CHERRY, mass_mg=KG)
    log.state(OTTO, Process(at=NOON, site=CELLAR, step="roast", inputs=(used,), outputs=(output,)))
    log.index()
    return {"bundle": log.bundle(ROASTED, [CHERRY, ROASTED])}


@mismatch("not_allowed", "statement", 8)
def sold_by_a_stranger_where_it_lies() -> Case:
    log = with_otto()
    log.state(OTTO, Sell(at=NOON, site=STATION, lines=(LotMass(lot=CHERRY, mass_mg=KG),)))
    return closed(log)


@mismatch("not_allowed", "statement", 8)
def graded_by_somebody_who_never_held_it() -> Case:
    log = with_otto()
    log.state(OTTO, Grade(at=NOON, site=CELLAR, lot=CHERRY, protocol="SCA 2004", results=(("score_centi", 9900),)))
    return closed(log)


@mismatch("not_allowed", "statement", 8)
def recalled_by_somebody_who_never_held_it() -> Case:
    log = with_otto()
    log.state(OTTO, Recall(at=NOON, site=CELLAR, lots=(CHERRY,), reason="quality"))
    return closed(log)


@mismatch("not_allowed", "statement", 11)
def recall_lifted_by_somebody_else() -> Case:
    log = cherry()
    log.enrol(KOFI, ROASTERY, "roaster")
    dispatch = log.state(WOTE, sent())
    log.state(KOFI, arrived(dispatch))
    recall = log.state(WOTE, Recall(at=NOON, site=STATION, lots=(CHERRY,), reason="quality"))
    log.state(KOFI, LiftRecall(at=NOON, site=ROASTERY, lots=(CHERRY,), recall=recall))
    return closed(log)


@mismatch("not_allowed", "statement", 5)
def index_signed_by_somebody_else() -> Case:
    log = cherry()
    log.index(by=WOTE)
    return {"bundle": log.bundle()}


@mismatch("not_allowed", "statement", 6)
def index_signed_with_another_key_of_the_operators() -> Case:
    log = cherry()
    log.key(OPERATOR, name="second")
    log.index(key="second")
    return {"bundle": log.bundle()}


@mismatch("not_allowed", "statement", 5)
def index_that_says_it_covers_less() -> Case:
    log = cherry()
    log.index(upto=4)
    return {"bundle": log.bundle()}


@unchecked("act_unknown")
def an_act_that_no_verifier_knows() -> Case:
    log = cherry()
    log.state(WOTE, new_cherry(), change=lambda payload: payload.update(act="prayed"))
    return closed(log)
