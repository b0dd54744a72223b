"""What a business sees is its own; what is others' does not exist."""

import re

import pytest
from django.urls import reverse

from provenance.coffee.acts import Form
from provenance.members.services import enrol
from provenance.trail.models import Event, Lot
from provenance.trail.services.publishing import publish
from provenance.trail.services.witnessing import ask_due
from provenance.trail.tests.witnesses import connect
from shipments.services import ending, moving
from shipments.services.moving import Line
from shipments.services.plans import Weight
from shipments.tests.conftest import KG, MORNING, Door, act_url, send, take_in

LISTS = ["stock", "delivery", "ownlot", "openshortfall", "trailevent"]


def list_url(name):
    return reverse(f"admin:shipments_{name}_changelist")


def lot_url(lot):
    return reverse("admin:shipments_ownlot_change", args=[lot.pk])


def event_url(event):
    return reverse("admin:shipments_trailevent_change", args=[event.pk])


@pytest.fixture
def two_businesses(roastery, wote):
    """Wote holds W-1 and lacks some W-2; Kofi holds K-1."""
    take_in(wote, "W-1", 60)
    short = take_in(wote, "W-2", 60)
    ending.sell(
        party=wote.party, at=MORNING, site=wote.site, lines=[Line(short.uri, Weight(70 * KG))], price="3 USD/kg"
    ).sign()
    take_in(roastery.user, "K-1", 60)


@pytest.mark.parametrize("name", LISTS)
def test_lists_show_ones_own_only(roastery, two_businesses, name):
    page = roastery.client.get(list_url(name))

    text = page.content.decode()
    assert page.status_code == 200
    assert "W-1" not in text
    assert "W-2" not in text
    assert "Wote Station" not in text


def test_stock_is_shown_per_place_with_owner_and_holder(roastery, two_businesses):
    text = roastery.client.get(list_url("stock")).content.decode()

    assert "K-1" in text
    assert "60 kg" in text
    assert "Kofi Roastery site" in text


@pytest.mark.parametrize("name", LISTS)
def test_lists_ask_for_the_log_in(client, log, otto, name):
    assert client.get(list_url(name)).url.startswith(reverse("admin:login"))
    client.force_login(otto)
    assert client.get(list_url(name)).url.startswith(reverse("admin:login"))
    otto.is_staff = True
    otto.save()
    assert client.get(list_url(name)).status_code == 403


@pytest.mark.parametrize("name", LISTS)
def test_nothing_is_added_or_deleted_by_hand(roastery, two_businesses, name):
    pk = Lot.objects.get(code="K-1").pk if name == "ownlot" else Event.objects.latest("pk").pk
    before = Event.objects.count()

    assert roastery.client.post(reverse(f"admin:shipments_{name}_add"), {}).status_code == 403
    assert roastery.client.post(reverse(f"admin:shipments_{name}_delete", args=[pk]), {"post": "yes"}).status_code in (
        403,
        404,
    )
    assert Event.objects.count() == before


def test_a_lot_of_others_is_not_found(roastery, two_businesses):
    assert roastery.client.get(lot_url(Lot.objects.get(code="K-1"))).status_code == 200
    assert roastery.client.get(lot_url(Lot.objects.get(code="W-1"))).status_code == 404
    assert roastery.client.get(reverse("admin:shipments_ownlot_change", args=["nonsense"])).status_code == 404
    assert roastery.client.post(lot_url(Lot.objects.get(code="K-1")), {"form": "GREEN"}).status_code == 405


def test_an_event_of_others_is_not_found(roastery, two_businesses):
    assert roastery.client.get(event_url(Lot.objects.get(code="K-1").made_by)).status_code == 200
    assert roastery.client.get(event_url(Lot.objects.get(code="W-1").made_by)).status_code == 404
    assert roastery.client.post(event_url(Lot.objects.get(code="K-1").made_by), {}).status_code == 405


def test_what_is_sent_to_us_is_ours_to_see(roastery, wote):
    lot = take_in(wote, "W-1", 60)
    assert roastery.client.get(lot_url(lot)).status_code == 404

    send(wote, roastery.user, lot, 40)

    assert roastery.client.get(lot_url(lot)).status_code == 200
    assert "W-1" not in roastery.client.get(list_url("stock")).content.decode()
    # How much Wote kept is Wote's business.
    assert "20 kg" not in roastery.client.get(lot_url(lot)).content.decode()


def test_what_we_sent_on_we_may_still_look_up(roastery, wote):
    lot = take_in(roastery.user, "K-1", 60)
    ref = send(roastery.user, wote, lot, 60)
    station = Door(roastery.client, wote).log_in()
    station.sign(
        "receive", ref, site=wote.site, difference="water", arrivals__0__lot=lot.uri, arrivals__0__weighed_kg="60"
    )
    ending.sell(party=wote.party, at=MORNING, site=wote.site, lines=[Line(lot.uri, Weight(5 * KG))]).sign()
    sale = Event.objects.latest("pk")

    station.client.force_login(roastery.user)

    assert roastery.client.get(lot_url(lot)).status_code == 200
    assert roastery.client.get(event_url(sale)).status_code == 404


def test_prices_are_for_the_two_sides(roastery, wote, django_user_model):
    lot = take_in(wote, "W-1", 60)
    plan = moving.dispatch(
        party=wote.party,
        at=MORNING,
        site=wote.site,
        lines=[Line(lot.uri, Weight(60 * KG))],
        to_party=roastery.user.party,
        price="4.10 USD/kg",
    )
    [event] = plan.sign()

    assert "4.10 USD/kg" in roastery.client.get(event_url(event)).content.decode()


def test_a_delivery_can_be_received_from_the_list(roastery, wote):
    ref = send(wote, roastery.user, take_in(wote, "W-1", 60), 60)

    text = roastery.client.get(list_url("delivery")).content.decode()
    assert act_url("receive", ref) in text
    assert act_url("refuse", ref) in text

    roastery.client.force_login(wote)
    assert act_url("receive", ref) not in roastery.client.get(list_url("delivery")).content.decode()


def test_the_front_page_says_what_waits(roastery, wote, two_businesses):
    send(wote, roastery.user, take_in(wote, "W-3", 60), 60)
    text = roastery.client.get(reverse("admin:index")).content.decode()
    assert "1 delivery waits for your receipt" in text
    assert "shortfall is not explained" not in text

    roastery.client.force_login(wote)
    text = roastery.client.get(reverse("admin:index")).content.decode()
    assert "1 shortfall is not explained" in text
    assert "waits for your receipt" not in text


def test_an_open_day_lot_is_remembered_on_the_front_page(station):
    station.sign(
        "take-in",
        site=station.user.site,
        code="C-1",
        form="CHERRY",
        weight_kg="80",
        into="new",
        day_lot_code="DAY-1",
    )

    assert "1 day-lot is open" in station.client.get(reverse("admin:index")).content.decode()


def test_a_standing_recall_is_found_from_the_front_page(roastery):
    bad = take_in(roastery.user, "R-9", 5, Form.ROASTED)
    take_in(roastery.user, "R-8", 5, Form.ROASTED)
    roastery.sign("recall", site=roastery.user.site, lots=[bad.uri], reason="foreign_body")

    front = roastery.client.get(reverse("admin:index")).content.decode()
    called_back = list_url("ownlot") + "?recalled=yes"
    assert f'<a href="{called_back}">1 recall of yours stands</a>' in front
    listed = roastery.client.get(called_back).content.decode()
    assert "R-9" in listed
    assert "called back</td>" in listed
    assert "R-8" not in listed


def test_what_was_made_of_a_recalled_lot_is_called_back_too(roastery):
    green = take_in(roastery.user, "G-9", 60)
    roastery.sign(
        "roast",
        inputs__0__line=roastery.stock("G-9"),
        inputs__0__weight_kg="60",
        outputs__0__code="R-9",
        outputs__0__form="ROASTED",
        outputs__0__weight_kg="50",
        rest="water",
    )
    roastery.sign("recall", site=roastery.user.site, lots=[green.uri], reason="foreign_body")

    made = Lot.objects.get(code="R-9")
    assert "R-9" in roastery.client.get(list_url("ownlot") + "?recalled=yes").content.decode()
    shown = roastery.client.get(reverse("admin:shipments_ownlot_change", args=[made.pk])).content.decode()
    assert "something that is in it was called back. Do not send it on." in shown


def test_a_lot_leads_to_the_page_that_shoppers_see(roastery):
    lot = take_in(roastery.user, "R-7", 5, Form.ROASTED)
    shown = roastery.client.get(reverse("admin:shipments_ownlot_change", args=[lot.pk])).content.decode()

    assert '<a href="/epcis/class/roasted.R-7">What a shopper sees of it</a>' in shown
    roastery.client.logout()
    assert "R-7" in roastery.client.get("/epcis/class/roasted.R-7").content.decode()


def test_the_trail_says_how_far_an_event_has_come(roastery, log, settings, tmp_path, monkeypatch):
    connect(log, settings, tmp_path, monkeypatch, "Port_Cooperative")
    lot = take_in(roastery.user, "R-7", 5, Form.ROASTED)
    event = Event.objects.get(pk=lot.made_by_id)
    pages = [list_url("trailevent"), event_url(event), lot_url(lot)]

    def state():
        shown = [roastery.client.get(page).content.decode() for page in pages]
        return {re.search(r"<(?:td|span)[^>]*[sS]tate[^>]*>(\w+)<", page)[1] for page in shown}, shown[1]

    assert state()[0] == {"recorded"}
    publish(log, index=True)
    assert state()[0] == {"published"} and "in the log, not witnessed yet" in state()[1]

    assert ask_due() == 1

    assert state()[0] == {"witnessed"} and "in the log, witnessed by Port Cooperative on " in state()[1]


def test_filters_tell_of_ones_own_rows_only(roastery, two_businesses, wote):
    take_in(wote, "W-9", 60, Form.PULP)

    assert "pulp" not in roastery.client.get(list_url("ownlot")).content.decode()
    assert "K-1" in roastery.client.get(list_url("ownlot"), {"form": "GREEN"}).content.decode()
    assert "K-1" not in roastery.client.get(list_url("ownlot"), {"form": "ROASTED"}).content.decode()
    assert "60 kg" in roastery.client.get(list_url("stock"), {"form": "GREEN"}).content.decode()


NONSENSE = [{"q": "a\x00b"}, {"form": "\x00"}, {"act": "\x00"}, {"state": "\x00"}, {"o": "99"}, {"p": "x"}, {"x": "1"}]


@pytest.mark.parametrize("name", LISTS)
def test_a_nonsensical_question_is_answered(roastery, name):
    for question in NONSENSE:
        # The stock admin sends what it does not understand back to the whole list.
        assert roastery.client.get(list_url(name), question).status_code in (200, 302), question
    for pk in ("a\x00b", "9" * 40, "-1", "nonsense"):
        page = reverse(f"admin:shipments_{name}_change", args=[pk])
        assert roastery.client.get(page).status_code == 404, pk


def test_who_works_for_two_businesses_chooses(roastery, wote):
    enrol(user=roastery.user, party_uri=wote.party, role="station")

    event = Event.objects.count()
    page = roastery.client.get(f"{act_url('take-in')}?as={wote.party}")

    assert page.context["acting_for"] == "Wote Station"
    assert Event.objects.count() == event
    assert "What happened at Wote Station?" in roastery.client.get(list_url("stock")).content.decode()


def test_a_farmer_has_no_desk_here(client, log, almaz):
    almaz.is_staff = True
    almaz.save()
    client.force_login(almaz)

    assert client.get(list_url("stock")).status_code == 403
    assert client.get(act_url("roast")).status_code == 403


def test_the_short_address_leads_to_the_stock(roastery):
    assert roastery.client.get("/shipments/").url == list_url("stock")
