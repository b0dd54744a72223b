"""How well events are evidenced, and which link of a chain is the weakest."""

from dataclasses import replace

import pytest

from provenance.coffee import acts, evidence
from provenance.coffee.epcis import event_of
from provenance.coffee.evidence import Finding, Grade, Reason, grade, is_disputed, weakest
from provenance.coffee.statement import sign_pop
from provenance.coffee.tests.ledger_world import AT, AUD, KG, key_of, kid_of, line, new, world, x_of


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


def with_second_key(w, party, *, by, key=None):
    """The party gets a further key, registered by this party; returns its name."""
    name = f"{party}'s second"
    w.judge(replace(w.key_statement(party, by=by, name=name), kid=kid_of(key or by)))
    return name


def sent_and_received(w, key, reply_key="station"):
    """The farmer's dispatch with this key, and the station's receipt."""
    w.harvest("H", KG)
    sent = acts.Dispatch(at=AT, site="farm", lines=(line("H", KG),), to_party="station")
    sent = w.judge(w.statement("farmer", sent, kid=kid_of(key))).event.id
    received = acts.Receive(at=AT, site="washing", lines=(line("H", KG),), from_party="farmer", dispatch=sent)
    return sent, w.judge(w.statement("station", received, kid=kid_of(reply_key))).event.id


def guarded_by_the_station(w):
    """The station may register keys of the farmer now."""
    w.books.parties["farmer"] = w.books.parties["farmer"]._replace(guardian="station")


def test_a_device_key_that_the_other_side_registered_leaves_one_side_and_says_so():
    w = world()
    guarded_by_the_station(w)
    for event in sent_and_received(w, with_second_key(w, "farmer", by="station")):
        assert (grade(w.books, event).grade, grade(w.books, event).reason) == (Grade.ONE_SIDE, Reason.KEY_BY_OTHER)


def test_a_key_that_somebody_else_registered_is_a_side_of_its_own():
    w = world()
    for event in sent_and_received(w, with_second_key(w, "farmer", by="collector")):
        assert grade(w.books, event).grade is Grade.BOTH_SIDES


def test_a_key_registered_with_one_that_the_other_side_registered_is_no_better():
    w = world()
    guarded_by_the_station(w)
    first = with_second_key(w, "farmer", by="station")
    jti = "urn:uuid:third"
    pop = sign_pop(key_of("third").sign, aud=AUD, party="farmer", kid=kid_of("third"), registrar=kid_of(first), jti=jti)
    third = acts.RegisterKey(party="farmer", kid=kid_of("third"), x=x_of("third"), custody="device", pop=pop)
    w.judge(w.statement("farmer", third, kid=kid_of(first), jti=jti))

    for event in sent_and_received(w, "third"):
        assert grade(w.books, event).reason is Reason.KEY_BY_OTHER


def test_a_key_registered_by_its_own_party_is_a_side_of_its_own():
    w = world()
    for event in sent_and_received(w, with_second_key(w, "farmer", by="farmer")):
        assert grade(w.books, event).grade is Grade.BOTH_SIDES


def test_a_confirmation_with_a_key_of_its_own_counts_before_one_with_a_key_by_the_other_side():
    w = world()
    guarded_by_the_station(w)
    sent, received = sent_and_received(w, with_second_key(w, "farmer", by="station"))
    assert grade(w.books, received).reason is Reason.KEY_BY_OTHER

    w.say("farmer", acts.Confirm(at=AT, event=received, lots=("H",)))

    assert grade(w.books, received) == Finding(received, Grade.BOTH_SIDES, Reason.NONE, ("station", "farmer"))
    assert grade(w.books, sent).reason is Reason.KEY_BY_OTHER


def ask_nobody_who_registered(monkeypatch):
    monkeypatch.setattr(evidence, "_registrars", lambda books, kid: set())


def look_at_the_signers_key_only(monkeypatch):
    real = evidence._doubt

    def one_way(books, event, other):
        found = real(books, event, other)
        by_other = other.iss == books.keys[event.kid].registrar
        return Reason.NONE if found is Reason.KEY_BY_OTHER and not by_other else found

    monkeypatch.setattr(evidence, "_doubt", one_way)


def look_no_further_back(monkeypatch):
    monkeypatch.setattr(evidence, "_registrars", lambda books, kid: {books.keys[kid].registrar})


@pytest.mark.parametrize(
    ("plant", "found_by"),
    [
        (
            ask_nobody_who_registered,
            test_a_device_key_that_the_other_side_registered_leaves_one_side_and_says_so,
        ),
        (
            look_at_the_signers_key_only,
            test_a_device_key_that_the_other_side_registered_leaves_one_side_and_says_so,
        ),
        (
            look_no_further_back,
            test_a_key_registered_with_one_that_the_other_side_registered_is_no_better,
        ),
    ],
)
def test_a_planted_bug_about_keys_is_found(plant, found_by, monkeypatch):
    plant(monkeypatch)
    with pytest.raises(AssertionError):
        found_by()


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


@pytest.mark.parametrize("about", [{"lots": ("X",)}, {"site": "washing"}])
def test_a_certificate_is_a_third_partys_word_until_its_issuer_holds_the_coffee(about):
    w = world()
    w.receive("station", "washing", line("X", KG), begins=(new("X", KG),))
    about = {"lots": (), **about}
    day = AT.date()
    act = acts.Certify(at=AT, scheme="organic", chain="segregated", valid_from=day, valid_to=day, **about)
    issued = w.say("auditor", act).event.id
    assert grade(w.books, issued) == Finding(issued, Grade.THIRD_PARTY, Reason.NONE, ("auditor",))

    w.books.holders["X"].add("auditor")
    assert grade(w.books, issued).grade is (Grade.ONE_SIDE if about["lots"] else Grade.THIRD_PARTY)


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
