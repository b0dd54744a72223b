"""Bundles with nothing wrong in them."""

from provenance.coffee.acts import Grade, LiftRecall, Recall
from provenance.pack.tests.bundles.cases import checked
from provenance.pack.tests.bundles.world import (
    CHERRY,
    NOON,
    OTHER,
    OTTO,
    ROASTED,
    STATION,
    WOTE,
    Case,
    cherry,
    handed_over,
    honest,
    new_cherry,
)


@checked()
def whole() -> Case:
    return {"bundle": honest().bundle()}


@checked()
def whole_and_registrations_proved_to_be_the_first() -> Case:
    return {"bundle": honest(version=2).bundle()}


@checked()
def two_parties_and_two_lots() -> Case:
    log = handed_over()
    log.index()
    return {"bundle": log.bundle(ROASTED, [CHERRY, ROASTED])}


@checked()
def statements_in_any_order() -> Case:
    bundle = honest().bundle()
    first, *rest = bundle["statements"]
    return {"bundle": {**bundle, "statements": [first, *reversed(rest)]}}


@checked()
def nothing_disclosed() -> Case:
    bundle = honest().bundle()
    for one in bundle["statements"]:
        one["disclosures"] = []
    return {"bundle": bundle}


@checked()
def recalled_and_lifted() -> Case:
    log = cherry()
    recall = log.state(WOTE, Recall(at=NOON, site=STATION, lots=(CHERRY,), reason="labelling"))
    log.state(WOTE, LiftRecall(at=NOON, site=STATION, lots=(CHERRY,), recall=recall))
    log.index()
    return {"bundle": log.bundle()}


@checked()
def another_lots_recall_stands_beside_it_unjudged() -> Case:
    log = cherry()
    log.party(OTTO)
    log.site("https://b.example/epcis/loc/otto", OTTO)
    log.key(OTTO)
    log.state(OTTO, Recall(at=NOON, site=STATION, lots=(OTHER,), reason="labelling"))
    log.index()
    bundle = log.bundle()
    # What the recaller was registered by is no business of this lot.
    bundle["statements"] = [one for one in bundle["statements"] if one["index"] not in (5, 6, 7)]
    return {"bundle": bundle}


@checked()
def a_key_ended_after_it_signed() -> Case:
    log = cherry()
    log.revoke("wote")
    log.index()
    return {"bundle": log.bundle()}


@checked()
def the_end_of_a_key_that_nothing_here_rests_on() -> Case:
    log = cherry()
    log.party(OTTO)
    log.key(OTTO)
    log.revoke("otto")
    log.index()
    bundle = log.bundle()
    bundle["statements"] = [one for one in bundle["statements"] if one["index"] not in (5, 6)]
    return {"bundle": bundle}


@checked()
def graded_by_an_auditor_who_never_held_it() -> Case:
    log = cherry()
    log.party(OTTO, "auditor")
    log.key(OTTO)
    log.state(OTTO, Grade(at=NOON, site=STATION, lot=CHERRY, protocol="SCA 2004", results=(("score_centi", 8625),)))
    log.index()
    return {"bundle": log.bundle()}


@checked()
def an_index_after_an_index() -> Case:
    log = honest()
    log.state(WOTE, new_cherry(OTHER))
    log.index()
    bundle = log.bundle()
    bundle["statements"] = [one for one in bundle["statements"] if one["index"] not in (5, 6)]
    return {"bundle": bundle}


@checked()
def a_saved_bundle_of_long_ago() -> Case:
    return {"bundle": honest().bundle(), "now": 4_000_000_000}
