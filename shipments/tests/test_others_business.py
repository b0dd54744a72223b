"""What a member of another organisation, or a tampered form, must not get at this door."""

from uuid import uuid4

import pytest
from django.urls import reverse

from provenance.coffee.acts import Form
from provenance.trail.models import Event, Lot
from provenance.trail.services import registry
from shipments.admin import act_pages
from shipments.services import moving
from shipments.services.desk import Delivery, Desk
from shipments.services.plans import Refused, Weight
from shipments.tests.conftest import KG, MORNING, act_url, errors_on, send, sign_data, take_in
from shipments.tests.test_act_pages import given_dispatch, given_pack, given_receive


def test_partners_read_the_names_that_are_for_partners(log, kofi):
    mill = {"kind": "organisation", "roles": ["mill"], "country": "ET"}
    for_partners = registry.register_party(**mill, name="Sidama Mill", audience="partners")
    for_auditors = registry.register_party(**mill, name="Guji Mill", audience="auditors")

    assert Desk(kofi.party).name(for_partners) == "Sidama Mill"
    assert Desk(kofi.party).name(for_auditors) == "name withheld"


def test_who_buys_packed_bags_cannot_print_their_codes_again(roastery, wote):
    roastery.sign("pack", **given_pack(roastery, wote))
    lot = Lot.objects.get(count=40)
    labels = reverse("admin:shipments_ownlot_labels", args=[lot.pk])
    order = {"first": 1, "last": 40, "order": uuid4()}
    assert roastery.client.post(labels, order)["Content-Type"] == "application/pdf"

    delivery = send(roastery.user, wote, lot, 10)
    roastery.client.force_login(wote)

    assert roastery.client.get(labels).status_code == 404
    assert roastery.client.post(labels, order).status_code == 404
    moving.receive(
        party=wote.party,
        at=MORNING,
        site=wote.site,
        delivery=Desk(wote.party).delivery(delivery.urn),
        arrivals=[moving.Arrival(lot.uri, 10 * KG, Weight(10 * KG))],
    ).sign()
    about_lot = roastery.client.get(reverse("admin:shipments_ownlot_change", args=[lot.pk]))
    assert about_lot.status_code == 200
    assert labels not in about_lot.content.decode()
    assert roastery.client.get(labels).status_code == 404
    assert roastery.client.post(labels, order).status_code == 404


def test_a_lot_that_was_not_sent_cannot_be_slipped_into_a_receipt(roastery, wote):
    unsent = take_in(wote, "W-1", 60)
    answers = given_receive(roastery, wote)
    ref = answers.pop("ref")
    honest = sign_data(roastery.review("receive", ref, **answers))
    before = Event.objects.count()

    page = roastery.review("receive", ref, **(answers | {"arrivals__0__lot": unsent.uri}))
    assert "Not so much of W-1 is on its way." in errors_on(page)
    page = roastery.client.post(act_url("receive", ref), honest | {"arrivals-0-lot": unsent.uri})
    assert "Not so much of W-1 is on its way." in errors_on(page)

    assert Event.objects.count() == before


def test_nobody_receives_more_than_was_sent_by_saying_so(log, kofi, wote):
    lot = take_in(wote, "G-1", 60)
    delivery = Desk(kofi.party).delivery(send(wote, kofi, lot, 60).urn)
    assert isinstance(delivery, Delivery)
    before = Event.objects.count()

    with pytest.raises(Refused, match="Not so much of G-1 is on its way"):
        moving.receive(
            party=kofi.party,
            at=MORNING,
            site=kofi.site,
            delivery=delivery,
            arrivals=[moving.Arrival(lot.uri, 61 * KG, Weight(60 * KG))],
        )

    assert Event.objects.count() == before


@pytest.mark.parametrize("whose", ["one that names us", "one that does not"])
def test_anothers_event_is_not_taken_for_what_was_signed_here(roastery, wote, whose):
    lot = take_in(wote, "W-1", 60)
    event = Event.objects.order_by("-pk").first()
    if whose == "one that names us":
        event = Event.objects.get(uuid=send(wote, roastery.user, lot, 60))
    signature = sign_data(roastery.review("dispatch", **given_dispatch(roastery, wote)))
    before = Event.objects.count()

    answer = roastery.client.post(act_url("dispatch"), signature | {"event_id": event.event_id})

    assert answer.status_code == 200
    assert answer.context["form"].non_field_errors() == [f"Another statement has the id {event.event_id}."]
    assert Event.objects.count() == before


def test_of_two_clicks_at_once_the_later_sees_what_the_first_has_signed(roastery, wote, monkeypatch):
    signature = sign_data(roastery.review("dispatch", **given_dispatch(roastery, wote)))
    first = roastery.client.post(act_url("dispatch"), signature)
    before = Event.objects.count()
    look, looked = act_pages.signed_before, []
    monkeypatch.setattr(act_pages, "signed_before", lambda *who: looked.append(1) or (len(looked) > 1 and look(*who)))

    second = roastery.client.post(act_url("dispatch"), signature)

    assert (second.status_code, second.url) == (302, first.url)
    assert Event.objects.count() == before


@pytest.mark.parametrize("code", ["A/1", "A%1", 'A"1', "A?1", "..", "<b>"])
def test_every_lot_code_that_may_be_signed_has_a_page(roastery, code):
    roastery.sign("take-in", site=roastery.user.site, code=code, form=Form.ROASTED.value, weight_kg="84.5")
    lot = Lot.objects.get(code=code)

    for address in (
        lot.uri.partition("//")[2].partition("/")[2],
        reverse("audit:lot-pack", args=[code]).lstrip("/"),
        reverse("audit:lot-trail", args=[code]).lstrip("/"),
    ):
        assert roastery.client.get(f"/{address}").status_code < 500
    assert roastery.client.get(f"/{lot.uri.partition('//')[2].partition('/')[2]}").status_code == 200


@pytest.mark.parametrize(
    "address",
    [
        "bags/product/?name__regex=(a|a)*$",
        "shipments/stock/?owner__iregex=(",
        "shipments/ownlot/?code__contains=A",
        "shipments/trailevent/?act__regex=(",
    ],
)
def test_a_list_is_not_searched_by_expressions_of_ones_own(roastery, address):
    assert roastery.client.get(f"/admin/{address}").status_code == 400


@pytest.mark.parametrize("address", ["bags/product/?name=a%00", "shipments/ownlot/?code=a%00"])
def test_a_filter_that_no_database_understands_leads_back_to_the_whole_list(roastery, address):
    answer = roastery.client.get(f"/admin/{address}")

    assert (answer.status_code, answer.url) == (302, f"/admin/{address.partition('?')[0]}?e=1")


@pytest.mark.parametrize(
    "address", ["ownlot/?day_lot__exact=1", "ownlot/?form=GREEN", "stock/?form=GREEN", "trailevent/?act=receive"]
)
def test_the_filters_of_a_list_still_work(roastery, address):
    take_in(roastery.user, "G-1", 60)
    assert roastery.client.get(f"/admin/shipments/{address}").status_code == 200


def test_what_a_member_is_told_does_not_stand_on_a_page_that_is_kept_for_everybody(roastery, wote):
    signature = sign_data(roastery.review("dispatch", **given_dispatch(roastery, wote)))
    assert roastery.client.post(act_url("dispatch"), signature).status_code == 302

    page = roastery.client.get(Lot.objects.get(code="G-1").uri.partition("localhost:8000")[2])

    assert page["Cache-Control"].startswith("public")
    assert b"signed and recorded" not in page.content
    assert b"signed and recorded" in roastery.client.get("/jobs/").content
