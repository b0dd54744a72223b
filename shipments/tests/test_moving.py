import re
from datetime import datetime, timedelta
from html import unescape
from zoneinfo import ZoneInfo

import pytest

from provenance.coffee.acts import Form, LossKind
from provenance.trail.models import Balance, Event, Handover
from provenance.trail.services.disclosing import disclosures_of
from shipments.services.correcting import act_of
from shipments.tests.conftest import KG, act_url, errors_on, send, take_in


def arrivals(lot, sent, weighed):
    return {
        "arrivals__0__lot": lot.uri,
        "arrivals__0__sent_kg": sent,
        "arrivals__0__weighed_kg": weighed,
        "difference": "weighing_difference",
    }


@pytest.fixture
def load(roastery, wote):
    """600 kg on their way from Wote to Kofi: the lot, and the dispatch."""
    lot = take_in(wote, "G-1", 600)
    return lot, send(wote, roastery.user, lot, 600)


def test_a_lighter_load_names_the_difference(roastery, load):
    lot, ref = load

    event = roastery.sign("receive", ref, site=roastery.user.site, **arrivals(lot, "600", "597.5"))

    act = act_of(event)
    [loss] = act.losses
    assert (loss.kind, loss.mass_mg) == (LossKind.WEIGHING_DIFFERENCE, 2_500_000)
    assert act.gains == ()
    assert Balance.objects.get(lot=lot, site=roastery.user.site).mg == 597_500_000
    assert Handover.objects.get().state == "received"


def test_a_heavier_load_names_the_gain(roastery, load):
    lot, ref = load

    act = act_of(roastery.sign("receive", ref, site=roastery.user.site, **arrivals(lot, "600", "601")))

    assert act.losses == ()
    assert [gain.mass_mg for gain in act.gains] == [1_000_000]


def test_a_part_load_leaves_the_rest_on_its_way(roastery, load):
    lot, ref = load

    roastery.sign("receive", ref, site=roastery.user.site, **arrivals(lot, "300", "298"))

    handover = Handover.objects.get()
    assert (handover.state, handover.rest) == ("part", {lot.uri: 300_000_000})
    roastery.sign("receive", ref, site=roastery.user.site, **arrivals(lot, "300", "300"))
    assert Handover.objects.get().state == "received"
    assert Balance.objects.get(lot=lot, site=roastery.user.site).mg == 598_000_000


def test_the_page_shows_the_difference_before_it_is_signed(roastery, load):
    lot, ref = load

    page = roastery.review("receive", ref, site=roastery.user.site, **arrivals(lot, "600", "597.5"))

    text = page.content.decode()
    assert "597.5 kg" in text
    assert "weighing difference" in text
    assert "2.5 kg" in text


def test_a_refused_load_goes_back(roastery, wote, load):
    lot, ref = load

    roastery.sign(
        "refuse", ref, site=roastery.user.site, reason="moisture", lines__0__lot=lot.uri, lines__0__weight_kg="600"
    )

    assert Handover.objects.get().state == "refused"
    assert Balance.objects.get(lot=lot, site=wote.site).mg == 600 * KG


def test_more_than_is_on_its_way_cannot_be_refused(roastery, load):
    lot, ref = load
    before = Event.objects.count()

    page = roastery.review(
        "refuse", ref, site=roastery.user.site, reason="moisture", lines__0__lot=lot.uri, lines__0__weight_kg="601"
    )

    assert "Not so much of G-1 is on its way." in errors_on(page)
    assert Event.objects.count() == before


def test_a_settled_delivery_is_no_longer_there(roastery, load):
    lot, ref = load
    roastery.sign("receive", ref, site=roastery.user.site, **arrivals(lot, "600", "600"))

    assert roastery.client.get(act_url("receive", ref)).status_code == 404


def test_deliveries_of_one_day_pour_into_a_day_lot(station):
    first = {"site": station.user.site, "form": "CHERRY", "title_passes": "on"}
    station.sign("take-in", code="C-1", weight_kg="84.5", into="new", day_lot_code="DAY-1", **first)
    [day_lot] = station.desk.day_lots
    station.sign("take-in", code="C-2", weight_kg="15.5", into=day_lot.uri, **first)

    event = station.sign("close", lot=day_lot.uri)

    act = act_of(event)
    assert (act.receipts, act.mass_mg) == (2, 100 * KG)
    assert Balance.objects.get(lot=day_lot, site=station.user.site).mg == 100 * KG
    assert station.desk.day_lots == []


def test_a_closed_day_lot_takes_nothing_more(station):
    first = {"site": station.user.site, "form": "CHERRY", "title_passes": "on"}
    station.sign("take-in", code="C-1", weight_kg="84.5", into="new", day_lot_code="DAY-1", **first)
    [day_lot] = station.desk.day_lots
    station.sign("close", lot=day_lot.uri)
    before = Event.objects.count()

    page = station.review("take-in", code="C-2", weight_kg="15.5", into=day_lot.uri, **first)

    assert "not one of the available choices" in errors_on(page)
    assert Event.objects.count() == before


def test_what_was_typed_is_kept_beside_the_signed_words(station):
    event = station.sign(
        "take-in",
        site=station.user.site,
        code="C-1",
        form="CHERRY",
        weight="5",
        weight_unit="feresula",
        price="40 ETB/kg",
        note="wet",
    )

    assert act_of(event).lines[0].mass_mg == 85 * KG
    shown = {one.name: one.value for one in disclosures_of([event], ["partners"])[event.pk]}
    assert shown == {"entered": "C-1: 5 feresula of 17 kg", "price": "40 ETB/kg", "note": "wet"}
    assert disclosures_of([event], ["public"])[event.pk] == []
    assert b"40 ETB" not in bytes(event.statement)


def test_a_lot_code_that_is_taken_is_refused(station):
    take_in(station.user, "C-1", 80, Form.CHERRY)
    before = Event.objects.count()

    page = station.review("take-in", site=station.user.site, code="C-1", form="CHERRY", weight_kg="10")

    assert "There is a lot C-1 already." in errors_on(page)
    assert Event.objects.count() == before


def test_the_time_is_that_of_the_place(station):
    event = station.sign(
        "take-in", at="2026-11-20T07:30", site=station.user.site, code="C-1", form="CHERRY", weight_kg="9"
    )

    # Ethiopia is three hours ahead, and that offset is signed.
    assert act_of(event).at.isoformat() == "2026-11-20T07:30:00+03:00"


def test_what_lies_in_the_future_is_not_signed(station):
    page = station.review(
        "take-in", at="2099-01-01T00:00", site=station.user.site, code="C-1", form="CHERRY", weight_kg="9"
    )

    assert "This lies in the future." in errors_on(page)


def test_the_form_is_opened_by_the_clock_of_the_place(station):
    page = station.client.get(act_url("take-in")).content.decode()

    addis = ZoneInfo("Africa/Addis_Ababa")
    offered = datetime.fromisoformat(re.search(r'name="at" value="([^"]+)"', page)[1]).replace(tzinfo=addis)
    # Signed as it stands, a default by another clock would date the delivery three hours early.
    assert timedelta(0) <= datetime.now(addis) - offered < timedelta(minutes=2)
    assert "By the clock of Africa/Addis_Ababa." in page


@pytest.mark.parametrize("slug", ["receive", "refuse"])
def test_the_page_says_whose_delivery_it_is(roastery, wote, load, slug):
    _, ref = load

    page = roastery.client.get(act_url(slug, ref)).content.decode()

    assert f"{roastery.desk.name(wote.party)} sent 600 kg of G-1 to" in unescape(page)


def test_a_mistake_in_a_line_is_announced_above_the_form(roastery, load):
    lot, ref = load
    before = Event.objects.count()

    page = roastery.review("receive", ref, site=roastery.user.site, **arrivals(lot, "600", "ninety"))

    assert "Nothing was signed. Please look at what is marked." in page.content.decode()
    assert Event.objects.count() == before
