"""Thanks and reports: to whom they go, how many are taken, and what is forgotten of them."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from provenance.bags.models import Addressee, Bag, Grower, Message
from provenance.bags.services import messages
from provenance.bags.services.growing import growers_of
from provenance.bags.services.messages import (
    NotSent,
    addressed_to,
    decide,
    forget_old_words,
    plain,
    report,
    thank,
    thanks_for,
    waiting_for,
)
from provenance.bags.services.scanning import Scanned, behind, code_of
from provenance.bags.tests.test_counting import at_once
from provenance.coffee import acts
from provenance.coffee.acts import Form, LossKind
from provenance.coffee.identifiers import lot_uri
from provenance.shelf.tests import world
from provenance.shelf.tests.world import ALMAZ, KOFI, PACKED, ROASTERY, WOTE
from provenance.trail.services.acting import Draft, record_acts

Kind, State, Reason = Message.Kind, Addressee.State, Message.Reason


@pytest.fixture
def bag(log) -> Bag:
    return world.build(log, others=3, publish=False).bags[0]


def scanned(bag: Bag) -> Scanned:
    return Scanned(bag.lot_uri, bag)


def states() -> list[tuple[str, str]]:
    return list(Addressee.objects.order_by("pk").values_list("party_uri", "state"))


# --- who grew it -----------------------------------------------------------------------------------------------------


def test_the_growers_of_a_lot_are_those_whose_harvest_is_in_it_by_way_of_who_took_it_in(bag):
    found = {(grower.party_uri, grower.organisation) for grower in growers_of(PACKED)}

    assert (ALMAZ, WOTE) in found
    assert len(found) == 4 and {taker for _, taker in found} == {WOTE}
    assert Grower.objects.count() == 4


def test_growers_are_read_from_the_trail_once(bag, django_assert_num_queries):
    growers_of(PACKED)
    with django_assert_num_queries(1):
        assert len(growers_of(PACKED)) == 4


def test_who_sells_processed_coffee_is_thanked_by_way_of_the_first_who_took_it(log):
    """Almaz dries the cherries herself and sends the coffee to the roaster."""
    picked = lot_uri(world.HOST, Form.CHERRY, "E-1")
    dried = lot_uri(world.HOST, Form.DRIED_CHERRY, "E-2")
    line = acts.LotMass(lot=dried, mass_mg=3_000_000)
    record_acts(
        ALMAZ,
        [
            Draft(
                acts.Harvest(
                    at=world.at(3, 2),
                    site=world.FARM,
                    output=acts.NewLot(lot=picked, mass_mg=9_000_000, form=Form.CHERRY),
                )
            ),
            Draft(
                acts.Process(
                    at=world.at(3, 20),
                    site=world.FARM,
                    step="natural",
                    inputs=(acts.LotMass(lot=picked, mass_mg=9_000_000),),
                    outputs=(acts.NewLot(lot=dried, mass_mg=3_000_000, form=Form.DRIED_CHERRY),),
                    losses=(acts.Difference(kind=LossKind.WATER, mass_mg=6_000_000),),
                )
            ),
        ],
    )
    [sent] = record_acts(
        ALMAZ,
        [Draft(acts.Dispatch(at=world.at(4, 1), site=world.FARM, lines=(line,), to_party=KOFI, to_site=ROASTERY))],
    )
    record_acts(
        KOFI,
        [
            Draft(
                acts.Receive(at=world.at(4, 9), site=ROASTERY, lines=(line,), from_party=ALMAZ, dispatch=sent.event_id)
            )
        ],
    )

    assert [(grower.party_uri, grower.organisation) for grower in growers_of(dried)] == [(ALMAZ, KOFI)]


def test_where_nobody_says_who_grew_it_nobody_is_thanked(log):
    with pytest.raises(NotSent, match="Nobody has recorded who grew this coffee"):
        thank(Scanned("https://id.gs1.org/01/09521234000105/10/NOBODY"), uuid4(), "Thank you")

    assert not Message.objects.exists() and not Grower.objects.exists()


# --- thanks ----------------------------------------------------------------------------------------------------------


def test_thanks_reach_the_growers_when_their_organisation_has_passed_them_on(bag):
    thank(scanned(bag), uuid4(), "The best this year.")

    assert states() == [(WOTE, "waiting")]
    assert waiting_for(WOTE) == {"thanks": 1}
    assert thanks_for(ALMAZ).count == 0

    assert decide(addressed_to([WOTE]), Kind.THANKS, State.APPROVED) == 1

    got = thanks_for(ALMAZ)
    assert (got.count, [words for _, words in got.words], got.others) == (1, ["The best this year."], 3)
    other = Grower.objects.exclude(party_uri=ALMAZ).first().party_uri
    assert thanks_for(other).count == 1
    assert waiting_for(WOTE) == {}


def test_thanks_that_are_not_passed_on_reach_nobody_and_the_decision_can_be_taken_back(bag):
    thank(scanned(bag), uuid4(), "Something rude.")
    decide(addressed_to([WOTE]), Kind.THANKS, State.DECLINED)
    assert thanks_for(ALMAZ) == messages.Thanks(0, [], 0)

    decide(addressed_to([WOTE]), Kind.THANKS, State.APPROVED)
    assert thanks_for(ALMAZ).count == 1

    decide(addressed_to([WOTE]), Kind.THANKS, State.DECLINED)
    assert thanks_for(ALMAZ).count == 0


def test_thanks_without_words_count_at_once(bag):
    thank(scanned(bag), uuid4(), "  \u202e\x00 ")

    assert states() == [(WOTE, "approved")]
    got = thanks_for(ALMAZ)
    assert (got.count, list(got.words)) == (1, [])


def test_a_blend_of_two_organisations_is_decided_by_each_for_its_own_growers(bag):
    beata, coop = world.PARTIES + "beata", world.PARTIES + "another-coop"
    growers_of(PACKED)
    Grower.objects.create(lot_uri=PACKED, party_uri=beata, organisation=coop)
    thank(scanned(bag), uuid4(), "Thank you all.")

    decide(addressed_to([WOTE]), Kind.THANKS, State.APPROVED)
    assert (thanks_for(ALMAZ).count, thanks_for(beata).count) == (1, 0)

    decide(addressed_to([coop]), Kind.THANKS, State.APPROVED)
    assert (thanks_for(ALMAZ).count, thanks_for(beata).count) == (1, 1)


def test_thanks_for_three_hundred_farmers_reach_each_of_them_in_three_queries(log, django_assert_max_num_queries):
    [bag] = world.build(log, bags=1, publish=False).bags
    crowd = [Grower(lot_uri=PACKED, party_uri=f"{world.PARTIES}g{n}", organisation=WOTE) for n in range(300)]
    Grower.objects.bulk_create(crowd)
    thank(scanned(bag), uuid4(), "To all of you")
    decide(addressed_to([WOTE]), Kind.THANKS, State.APPROVED)

    with django_assert_max_num_queries(3):
        told = thanks_for(crowd[299].party_uri)

    assert (told.count, told.others) == (1, 299)
    assert all(thanks_for(one.party_uri).count == 1 for one in crowd)
    assert Addressee.objects.count() == 1


# --- reports ---------------------------------------------------------------------------------------------------------


def test_a_report_goes_to_whose_product_it_is(bag):
    sent = report(scanned(bag), uuid4(), Reason.COPIED, "Two bags, one number.")

    assert states() == [(KOFI, "waiting")]
    assert (sent.bag, sent.lot_uri, sent.reason, sent.words) == (bag, PACKED, "copied", "Two bags, one number.")
    assert waiting_for(KOFI) == {"report": 1}
    assert decide(addressed_to([KOFI]), Kind.THANKS, State.APPROVED) == 0
    assert decide(addressed_to([KOFI]), Kind.REPORT, State.HANDLED) == 1
    assert states() == [(KOFI, "handled")]


def test_a_report_about_bags_of_no_product_goes_to_who_packed_them(bag):
    Bag.objects.update(product=None)

    report(Scanned(PACKED), uuid4(), Reason.OTHER)

    assert states() == [(KOFI, "waiting")]


# --- limits ----------------------------------------------------------------------------------------------------------


def test_three_messages_of_a_kind_a_day_are_taken_from_a_bag_and_no_more(bag):
    for _ in range(3):
        report(scanned(bag), uuid4(), Reason.OTHER)
        thank(scanned(bag), uuid4())

    for send in (lambda: report(scanned(bag), uuid4(), Reason.OTHER), lambda: thank(scanned(bag), uuid4())):
        with pytest.raises(NotSent, match="try again tomorrow"):
            send()
    assert Message.objects.count() == 6

    report(scanned(bag.product.bags.last()), uuid4(), Reason.OTHER)
    Message.objects.update(sent_at=timezone.now() - timedelta(days=1))
    report(scanned(bag), uuid4(), Reason.OTHER)
    assert Message.objects.count() == 8


def test_a_lot_without_bag_numbers_takes_twenty(bag):
    for _ in range(20):
        report(Scanned(PACKED), uuid4(), Reason.OTHER)

    with pytest.raises(NotSent):
        report(Scanned(PACKED), uuid4(), Reason.OTHER)
    report(scanned(bag), uuid4(), Reason.OTHER)
    assert Message.objects.count() == 21


def test_so_many_an_hour_are_taken_from_all(bag, monkeypatch):
    monkeypatch.setattr(messages, "AN_HOUR_FROM_ALL", 2)
    report(scanned(bag), uuid4(), Reason.OTHER)
    messages.report_often(bag)
    thank(scanned(bag), uuid4())

    with pytest.raises(NotSent, match="try again in an hour"):
        thank(scanned(Bag.objects.get(lot_uri=PACKED, position=1)), uuid4())
    assert Message.objects.count() == 3


def test_who_only_knows_the_numbers_of_lots_shuts_out_nobody_with_a_bag(bag, monkeypatch):
    monkeypatch.setattr(messages, "AN_HOUR_FROM_ALL", 2)
    thank(Scanned(PACKED), uuid4())
    report(Scanned(PACKED), uuid4(), Reason.OTHER)
    with pytest.raises(NotSent, match="try again in an hour"):
        report(Scanned(PACKED), uuid4(), Reason.OTHER)

    report(scanned(bag), uuid4(), Reason.COPIED)

    assert Message.objects.filter(bag=bag).count() == 1


def test_a_form_that_is_sent_twice_is_one_message(bag):
    form = uuid4()
    first = report(scanned(bag), form, Reason.OTHER, "Once")
    second = report(scanned(bag), form, Reason.COPIED, "Twice")

    assert first == second
    assert Message.objects.get().words == "Once"
    assert Addressee.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_who_sends_at_once_gets_no_further_than_the_limit(log):
    bag = world.build(log, publish=False).bags[0]

    def send() -> bool:
        try:
            report(scanned(bag), uuid4(), Reason.OTHER)
        except NotSent:
            return False
        return True

    assert sorted(at_once(6, send)) == [False] * 3 + [True] * 3
    assert Message.objects.count() == 3


# --- words -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("  Good coffee \r\n\r\n Thank you ", "Good coffee \n\n Thank you"),
        ("a\x00b\x1b[31mc\x85", "ab[31mc"),
        ("\u202egnp.exe\u202c", "gnp.exe"),
        ("Grüße ☕ 谢谢 شكرا", "Grüße ☕ 谢谢 شكرا"),
        ("\ud800", ""),
    ],
)
def test_words_keep_what_can_be_seen(said, kept):
    assert plain(said) == kept


def test_words_are_forgotten_after_a_year_and_the_thanks_stay(bag):
    old, new = (thank(scanned(bag), uuid4(), words) for words in ("A year ago", "Today"))
    decide(addressed_to([WOTE]), Kind.THANKS, State.APPROVED)
    Message.objects.filter(pk=old.pk).update(sent_at=timezone.now() - timedelta(days=366))

    assert forget_old_words() == 1
    assert forget_old_words() == 0

    old.refresh_from_db(), new.refresh_from_db()
    assert (old.words, new.words) == ("", "Today")
    got = thanks_for(ALMAZ)
    assert (got.count, [words for _, words in got.words]) == (2, ["Today"])


# --- codes -----------------------------------------------------------------------------------------------------------


def test_a_code_leads_back_to_what_it_was_made_of(bag):
    assert behind(code_of(bag.lot_uri, bag)) == Scanned(bag.lot_uri, bag)
    assert behind(code_of(bag.lot_uri, None)) == Scanned(bag.lot_uri)
    assert code_of(lot_uri(world.HOST, Form.PACKED, "P-7"), None) == "epcis/class/packed.P-7"


@pytest.mark.parametrize(
    "code",
    [
        "",
        "t/",
        "t/" + "a" * 26,
        "t/a\x00",
        "t/' OR 1=1",
        "../t/x",
        "01/09521234000105/10/NONE",
        "x" * 10_000,
        "t/\ud800",
    ],
)
def test_what_was_never_issued_leads_nowhere(db, code):
    assert behind(code) is None
