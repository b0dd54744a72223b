"""Bundles that leave something out, or whose index does."""

from collections.abc import Callable
from datetime import date

from provenance.coffee.acts import Certify, Confirm, Contest, Correct, LiftRecall, Recall, Withdraw
from provenance.coffee.epcis import event_of
from provenance.pack.bundle.completeness import others_in
from provenance.pack.tests.bundles.cases import checked, mismatch, unchecked
from provenance.pack.tests.bundles.world import (
    CELLAR,
    CHERRY,
    HOST,
    KOFI,
    NOON,
    OTHER,
    OTTO,
    ROASTED,
    STATION,
    WOTE,
    BundleLog,
    Case,
    Dishonest,
    b64,
    cherry,
    handed_over,
    honest,
    new_cherry,
    registry,
    without,
)
from provenance.tlog.index import RECORD_BYTES, Index, key_of, number_of

RECALLED = 5


def recalled() -> BundleLog:
    log = cherry()
    log.state(WOTE, Recall(at=NOON, site=STATION, lots=(CHERRY,), reason="contamination"))
    log.index()
    return log


@mismatch("left_out", "index", RECALLED)
def recall_left_out() -> Case:
    return {"bundle": without(recalled().bundle(), RECALLED)}


@mismatch("list_not_proved", "index", 6)
def recall_left_out_of_its_lists_as_well() -> Case:
    log = recalled()
    bundle = without(log.bundle(), RECALLED)
    for listing in bundle["index"]:
        listing["leaves"] = [leaf for leaf in listing["leaves"] if leaf != RECALLED]
    return {"bundle": bundle}


@mismatch("left_out", "index", 8)
def recall_of_another_lot_left_out() -> Case:
    """It may be of something that this lot was mixed with: whoever checks decides that, not who serves."""
    log = cherry()
    log.party(OTTO)
    log.site("https://b.example/epcis/loc/otto", OTTO)
    log.key(OTTO)
    log.state(OTTO, Recall(at=NOON, site=STATION, lots=(OTHER,), reason="contamination"))
    log.index()
    return {"bundle": without(log.bundle(), 5, 6, 7, 8)}


@mismatch("left_out", "index", 6)
def lifted_recall_left_out() -> Case:
    log = cherry()
    recall = log.state(WOTE, Recall(at=NOON, site=STATION, lots=(CHERRY,), reason="labelling"))
    log.state(WOTE, LiftRecall(at=NOON, site=STATION, lots=(CHERRY,), recall=recall))
    log.index()
    return {"bundle": without(log.bundle(), 6)}


@mismatch("left_out", "index", 5)
def end_of_a_key_left_out() -> Case:
    log = cherry()
    log.revoke("wote")
    log.index()
    return {"bundle": without(log.bundle(), 5)}


def contested() -> BundleLog:
    log = handed_over()
    taken_in = log.shown[4]
    assert taken_in["index"] == 4
    event = "urn:uuid:00000000-0000-4000-8000-000000000004"
    log.state(KOFI, Contest(at=NOON, event=event, lots=(CHERRY,), reason="weight"))
    log.index()
    return log


@mismatch("left_out", "index", 11)
def contest_left_out() -> Case:
    return {"bundle": without(contested().bundle(ROASTED, [CHERRY, ROASTED]), 11)}


@mismatch("left_out", "index", 11)
def confirmation_left_out() -> Case:
    log = handed_over()
    event = "urn:uuid:00000000-0000-4000-8000-000000000004"
    log.state(KOFI, Confirm(at=NOON, event=event, lots=(CHERRY,)))
    log.index()
    return {"bundle": without(log.bundle(ROASTED, [CHERRY, ROASTED]), 11)}


def certified() -> BundleLog:
    """Otto certifies Wote's station and Wote, then withdraws the first and takes back the second."""
    log = cherry()
    log.party(OTTO, "auditor")
    log.key(OTTO)
    term = {"scheme": "Organic", "chain": "segregated", "valid_from": date(2026, 1, 1), "valid_to": date(2027, 1, 1)}
    station = log.state(OTTO, Certify(at=NOON, site=STATION, **term))
    party = Certify(at=NOON, party=WOTE, **term)
    original = event_of(party, event_id=log.state(OTTO, party))
    ended = {"at": NOON, "certificate": station, "since": date(2026, 2, 1), "reason": "breach"}
    log.state(OTTO, Withdraw(site=STATION, **ended))
    log.state(OTTO, Correct(original=original, original_act="certify", declared_at=NOON, reason="did_not_occur"))
    log.index()
    return log


@checked()
def a_certificate_that_ended() -> Case:
    return {"bundle": certified().bundle()}


@mismatch("left_out", "index", 9)
def end_of_a_places_certificate_left_out() -> Case:
    """It names no lot, so no lot's list misses it: the certificate's own does."""
    return {"bundle": without(certified().bundle(), 9)}


@mismatch("left_out", "index", 10)
def correction_of_a_partys_certificate_left_out() -> Case:
    return {"bundle": without(certified().bundle(), 10)}


@mismatch("list_missing", "index", 11)
def list_of_a_places_certificate_missing() -> Case:
    bundle = without(certified().bundle(), 9)
    return {"bundle": {**bundle, "index": [one for one in bundle["index"] if one["kind"] != "event"]}}


@mismatch("left_out", "index", 8)
def dispatch_left_out() -> Case:
    """Kofi's receipt stands alone then, at a site of his own."""
    log = handed_over()
    log.index()
    return {"bundle": without(log.bundle(ROASTED, [CHERRY, ROASTED]), 8)}


@mismatch("lot_missing", "index")
def lot_that_it_came_from_not_traced() -> Case:
    log = handed_over()
    log.index()
    return {"bundle": log.bundle(ROASTED, [ROASTED])}


@mismatch("left_out", "index", 1)
def registration_left_out_that_was_the_first() -> Case:
    """An operator registers a party a second time as his own, and shows that one only."""
    log = registry(version=2)
    log.party(WOTE, "auditor")
    log.site(CELLAR, WOTE)
    log.key(WOTE, name="the operator's own")
    log.state(WOTE, new_cherry(site=CELLAR), key="the operator's own")
    log.index()
    return {"bundle": without(log.bundle(), 1, 2, 3)}


@mismatch("list_missing", "index", 5)
def list_of_the_lot_missing() -> Case:
    bundle = honest().bundle()
    return {"bundle": {**bundle, "index": bundle["index"][1:]}}


@mismatch("list_missing", "index", 5)
def list_of_recalls_missing() -> Case:
    bundle = honest().bundle()
    return {"bundle": {**bundle, "index": [one for one in bundle["index"] if one["id"] != "recall"]}}


@mismatch("list_missing", "index", 5)
def list_of_ended_keys_missing() -> Case:
    bundle = honest().bundle()
    return {"bundle": {**bundle, "index": [one for one in bundle["index"] if one["id"] != "revoke_key"]}}


@mismatch("list_missing", "index", 5)
def list_of_a_registration_missing() -> Case:
    bundle = honest(version=2).bundle()
    return {"bundle": {**bundle, "index": [one for one in bundle["index"] if one["id"] != WOTE]}}


@mismatch("list_not_proved", "index", 6)
def list_proved_from_an_older_index() -> Case:
    """When the recall was not in it yet."""
    old, log = honest(), recalled()
    bundle = log.bundle()
    bundle["index"] = [old.listing(one["kind"], one["id"]) for one in bundle["index"]]
    return {"bundle": bundle}


# Lots that share the cherry's bucket of the index: two stand before it, one after.
BEFORE, NEXT_BEFORE, AFTER = (f"{HOST}/class/cherry.{code}" for code in ("N-20717", "N-54015", "N-129263"))
OF_LOT = 0  # the list of the cherry, among those of its bundle


def in_one_bucket(*lots: str) -> BundleLog:
    """Leaves 5 and 6: Wote takes in two lots that share the cherry's bucket of the index."""
    log = cherry()
    for lot in lots:
        assert number_of(key_of("lot", lot)) == number_of(key_of("lot", CHERRY))
        log.state(WOTE, new_cherry(lot))
    log.index()
    return log


def with_others(change: Callable[[bytes], bytes]) -> Case:
    bundle = without(in_one_bucket(BEFORE, AFTER).bundle(), 5, 6)
    one = bundle["index"][OF_LOT]
    assert (one["kind"], one["id"]) == ("lot", CHERRY)
    one["others"] = b64(change(others_in(key_of("lot", CHERRY), one["bucket"])))
    return {"bundle": bundle}


@checked()
def lots_that_share_a_bucket() -> Case:
    return {"bundle": in_one_bucket(BEFORE, AFTER).bundle(lots=[CHERRY, BEFORE, AFTER])}


@checked()
def a_lot_that_shares_its_bucket_with_others() -> Case:
    return with_others(lambda others: others)


@mismatch("list_not_proved", "index", 7)
def others_of_the_bucket_left_out() -> Case:
    return with_others(lambda others: b"")


@mismatch("list_not_proved", "index", 7)
def others_of_the_bucket_with_another_count() -> Case:
    return with_others(lambda others: others[:39] + bytes([others[39] + 1]) + others[40:])


@mismatch("list_not_proved", "index", 7)
def others_of_the_bucket_in_another_order() -> Case:
    return with_others(lambda others: others[RECORD_BYTES:] + others[:RECORD_BYTES])


@mismatch("list_not_proved", "index", 7)
def others_with_an_incomplete_record() -> Case:
    return with_others(lambda others: others[:-1])


@mismatch("list_not_proved", "index", 7)
def others_twice() -> Case:
    return with_others(lambda others: others + others)


@mismatch("list_not_proved", "index", 6)
def recall_left_out_and_its_record_among_the_others() -> Case:
    log = recalled()
    bundle = without(log.bundle(), RECALLED)
    for one in bundle["index"]:
        one["leaves"] = [leaf for leaf in one["leaves"] if leaf != RECALLED]
        one["others"] = b64(one["bucket"])
    return {"bundle": bundle}


@mismatch("list_not_proved", "index", 8)
def index_with_a_bucket_in_another_order() -> Case:
    """Signed so by the operator."""
    log = in_one_bucket(BEFORE, NEXT_BEFORE)
    made, key = log.made, key_of("lot", CHERRY)
    bucket = made.prove(key).bucket
    turned = bucket[RECORD_BYTES : 2 * RECORD_BYTES] + bucket[:RECORD_BYTES]
    log.made = Dishonest(made, key, turned + bucket[2 * RECORD_BYTES :])
    log.index(anew=False)
    bundle = without(log.bundle(), 5, 6, 7)
    bundle["index"][OF_LOT]["others"] = b64(turned)
    return {"bundle": bundle}


@mismatch("list_not_proved", "index", 5)
def path_of_another_bucket() -> Case:
    bundle = honest().bundle()
    bundle["index"][0]["path"] = bundle["index"][1]["path"]
    return {"bundle": bundle}


@mismatch("list_not_proved", "index", 5)
def path_too_short() -> Case:
    bundle = honest().bundle()
    bundle["index"][0]["proof"] = b64(bytes(32 * 15))
    return {"bundle": bundle}


@mismatch("index_wrong", "index", RECALLED)
def index_that_denies_a_recall() -> Case:
    """The operator signed an index without it, and the bundle holds it all the same: portable proof of fraud."""
    log = cherry()
    log.state(WOTE, Recall(at=NOON, site=STATION, lots=(CHERRY,), reason="contamination"))
    log.index(forgets=(RECALLED,))
    bundle = log.bundle()
    for listing in bundle["index"]:
        listing["leaves"] = [leaf for leaf in listing["leaves"] if leaf != RECALLED]
    return {"bundle": bundle}


@mismatch("list_not_proved", "index", 6)
def index_that_says_two_things_of_a_lot() -> Case:
    """The operator signed an index whose bucket holds the lot twice: with the recall, and without."""
    log = cherry()
    before = Index()
    before.grow(log.growth())
    log.state(WOTE, Recall(at=NOON, site=STATION, lots=(CHERRY,), reason="contamination"))
    made = Index()
    made.grow(log.growth())
    key = key_of("lot", CHERRY)
    log.made = Dishonest(made, key, made.prove(key).bucket + before.prove(key).bucket)
    log.index(anew=False)
    bundle = without(log.bundle(), RECALLED)
    for one in bundle["index"]:
        one["leaves"] = [leaf for leaf in one["leaves"] if leaf != RECALLED]
    bundle["index"][OF_LOT]["others"] = b64(made.prove(key).bucket)
    return {"bundle": bundle}


@mismatch("list_not_proved", "index", 7)
def leaves_in_another_order() -> Case:
    log = cherry()
    log.index()
    log.state(WOTE, new_cherry())
    log.index()
    bundle = without(log.bundle(), 5)
    bundle["index"][0]["leaves"].reverse()
    return {"bundle": bundle}


@unchecked("not_indexed")
def no_index_yet() -> Case:
    return {"bundle": cherry().bundle()}


@unchecked("not_indexed")
def index_older_than_the_checkpoint() -> Case:
    log = honest()
    log.state(WOTE, Recall(at=NOON, site=STATION, lots=(CHERRY,), reason="contamination"))
    return {"bundle": without(log.bundle(), 6)}


@unchecked("not_indexed")
def index_leaf_left_out() -> Case:
    return {"bundle": without(recalled().bundle(), 6)}


@unchecked("index_version")
def index_of_a_later_version() -> Case:
    log = cherry()
    log.index(v=3)
    return {"bundle": log.bundle()}
