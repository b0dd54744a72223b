"""Every page of the growers' door: works, wrong method, not logged in, not yours, no such thing, bad input."""

import re
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from farms.tests.conftest import AT, act_of, answer
from provenance.coffee.acts import RevokeKey
from provenance.trail.models import Event, Key, Log
from provenance.trail.services import registry
from provenance.trail.services.acting import new_event_id

pytestmark = pytest.mark.django_db

PAGES = ["home", "deliveries", "farm", "plot", "harvest", "drying", "delivery", "others"]
FORMS = ["farm", "plot", "harvest", "drying", "delivery"]
ABOUT = ["event", "proof", "correct", "reply"]


@pytest.fixture
def harvest(grower):
    return grower.harvest()


@pytest.mark.parametrize("page", PAGES)
def test_each_page_works(grower, harvest, page):
    assert grower.client.get(reverse(f"farms:{page}")).status_code == 200


@pytest.mark.parametrize("page", ["event", "correct"])
def test_each_page_about_an_event_works(grower, harvest, page):
    assert grower.client.get(reverse(f"farms:{page}", args=[harvest.uuid])).status_code == 200


@pytest.mark.parametrize("page", ["home", "deliveries", "others"])
def test_pages_to_look_at_take_no_post(grower, page, nothing_written):
    nothing_written()
    assert grower.client.post(reverse(f"farms:{page}")).status_code == 405


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
@pytest.mark.parametrize("page", PAGES)
def test_a_wrong_method_is_refused(grower, page, method, nothing_written):
    nothing_written()
    assert getattr(grower.client, method)(reverse(f"farms:{page}")).status_code == 405


@pytest.mark.parametrize("page", PAGES)
def test_who_is_not_logged_in_is_asked_to(client, log, page, nothing_written):
    nothing_written()
    for asked in (client.get(reverse(f"farms:{page}")), client.post(reverse(f"farms:{page}"), {"sign": "yes"})):
        assert asked.status_code == 302
        assert asked.url == f"/login/?next={reverse(f'farms:{page}')}"


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("who", ["otto", "kofi", "nadia"])
def test_who_grows_nothing_has_no_business_here(client, log, request, who, page, nothing_written):
    nothing_written()
    client.force_login(request.getfixturevalue(who))
    assert client.get(reverse(f"farms:{page}")).status_code == 403
    assert client.post(reverse(f"farms:{page}"), {"sign": "yes"}).status_code == 403


@pytest.mark.parametrize("page", ABOUT)
def test_another_growers_event_does_not_exist(grower, harvest, neighbour, page, nothing_written):
    nothing_written()
    grower.client.force_login(neighbour)
    address = reverse(f"farms:{page}", args=[harvest.uuid])
    assert grower.client.get(address).status_code == 404
    assert grower.client.post(address, {"reason": "did_not_occur", "sign": "yes"}).status_code in (404, 405)


@pytest.mark.parametrize("page", ABOUT)
def test_an_event_that_nobody_recorded_does_not_exist(grower, page):
    assert grower.client.get(reverse(f"farms:{page}", args=[uuid4()])).status_code == 404
    address = reverse(f"farms:{page}", args=[uuid4()])
    assert grower.client.get(re.sub(r"[0-9a-f-]{36}", "not-an-id", address)).status_code == 404


def test_another_growers_farm_and_coffee_cannot_be_chosen(grower, harvest, neighbour, wote, nothing_written):
    nothing_written()
    lot = f"{act_of(harvest).output.lot} {grower.user.site}"
    farm = grower.user.site
    grower.client.force_login(neighbour)
    weighed = {"weight": "10", "unit": "kg", "at": AT, "sign": "yes", "event_id": new_event_id()}
    page = grower.client.post(reverse("farms:harvest"), {"farm": farm, "form": "CHERRY", **weighed})
    assert page.context["form"].errors == {"farm": ["Choose a farm of yours."]}
    page = grower.client.post(
        reverse("farms:delivery"), {"lot": lot, "station": wote.site, "title_passes": "yes", **weighed}
    )
    assert page.context["missing"][0] == "You have no coffee to deliver. Record the harvest first."
    grower.client.force_login(grower.user)
    assert "name withheld" not in grower.client.get(reverse("farms:home")).content.decode()


def test_an_event_id_of_somebody_else_signs_nothing(grower, harvest, neighbour, nothing_written):
    nothing_written()
    grower.client.force_login(neighbour)
    answers = {"farm": neighbour.site, "form": "CHERRY", "weight": "10", "unit": "kg", "at": AT, "sign": "yes"}
    page = grower.client.post(reverse("farms:harvest"), answers | {"event_id": harvest.event_id})
    assert page.status_code == 200
    assert page.context["form"].non_field_errors() == [f"Another statement has the id {harvest.event_id}."]


@pytest.mark.parametrize("event_id", ["", "urn:uuid:1", "x" * 300, "urn:uuid:00000000-0000-0000-0000-000000000000"])
def test_an_event_id_that_is_none_signs_nothing(grower, event_id, nothing_written):
    nothing_written()
    answers = {"farm": grower.user.site, "form": "CHERRY", "weight": "10", "unit": "kg", "at": AT, "sign": "yes"}
    assert grower.client.post(reverse("farms:harvest"), answers | {"event_id": event_id}).status_code == 200


@pytest.mark.parametrize("page", FORMS)
def test_an_empty_form_is_answered_with_what_to_mend(grower, harvest, page, nothing_written):
    nothing_written()
    shown = grower.client.post(reverse(f"farms:{page}"), {"sign": "yes", "event_id": new_event_id()})
    assert shown.status_code == 200
    text = shown.content.decode()
    assert "Nothing was recorded. Please mend this:" in text
    # Every line of the summary leads to a field that is there.
    for target in re.findall(r'<li><a href="#([^"]+)">', text):
        assert f'id="{target}"' in text


@pytest.mark.parametrize(
    ("answers", "field", "sentence"),
    [
        ({"weight": ""}, "weight", "This is not answered yet."),
        ({"weight": "0"}, "weight", "Write a number above zero."),
        ({"weight": "-3"}, "weight", "Write a number, like 84.5."),
        ({"weight": "eighty"}, "weight", "Write a number, like 84.5."),
        ({"weight": "NaN"}, "weight", "Write a number, like 84.5."),
        ({"weight": "1e9"}, "weight", "Write a number, like 84.5."),
        ({"weight": "84,500"}, "weight", "Is this 84.5 or 84500? Write it one of these two ways."),
        ({"unit": "carga"}, "unit", "Select a valid choice. carga is not one of the available choices."),
        ({"unit": "lata"}, "unit", "Select a valid choice. lata is not one of the available choices."),
        ({"form": "GREEN"}, "form", "Select a valid choice. GREEN is not one of the available choices."),
        ({"at": ""}, "at", "This is not answered yet."),
        ({"at": "yesterday"}, "at", "Write day and time, like 2026-11-22 14:20."),
        ({"at": "9999-12-31T23:59"}, "at", "This lies in the future. Record what has happened."),
        ({"at": "0001-01-01T00:00"}, "at", "Is the year right?"),
        ({"picked_to": "2025-11-19"}, "picked_from", "Write the first day too, or neither."),
        (
            {"picked_from": "2025-11-20", "picked_to": "2025-11-19"},
            "picked_to",
            "The last day lies before the first.",
        ),
        ({"picked_from": "9999-12-31"}, "picked_from", "This lies in the future."),
        ({"picked_from": "32/13/2025"}, "picked_from", "Write the day, like 2026-11-22."),
    ],
)
def test_a_bad_harvest_is_refused_beside_its_field(grower, nothing_written, answers, field, sentence):
    nothing_written()
    said = {"farm": grower.user.site, "form": "CHERRY", "weight": "84.5", "unit": "kg", "at": AT}
    page = grower.client.post(reverse("farms:harvest"), said | answers | {"sign": "yes", "event_id": new_event_id()})
    assert page.context["form"].errors == {field: [sentence]}
    # Back never loses what was typed.
    assert page.context["form"]["farm"].value() == grower.user.site


@pytest.mark.parametrize(
    ("answers", "field", "sentence"),
    [
        ({"station": ""}, "station", "This is not answered yet."),
        ({"station": "https://localhost:8000/epcis/loc/almaz"}, "station", "Choose one of the stations in the list."),
        ({"lot": "nothing"}, "lot", "This is not in your stock any more."),
        ({"bags": "0"}, "bags", "Write 1 or more, or leave it empty."),
        ({"bags": "two"}, "bags", "Write a whole number, like 3."),
    ],
)
def test_a_bad_delivery_is_refused_beside_its_field(grower, harvest, wote, answers, field, sentence, nothing_written):
    nothing_written()
    said = {
        "lot": f"{act_of(harvest).output.lot} {grower.user.site}",
        "weight": "10",
        "unit": "kg",
        "station": wote.site,
        "title_passes": "yes",
        "at": AT,
    }
    page = grower.client.post(reverse("farms:delivery"), said | answers | {"sign": "yes", "event_id": new_event_id()})
    assert page.context["form"].errors == {field: [sentence]}


@pytest.mark.parametrize(
    ("answers", "field", "sentence"),
    [
        ({}, "reason", "This is not answered yet."),
        ({"reason": "incorrect_data"}, "weight", "This is not answered yet."),
        (
            {"reason": "incorrect_data", "weight": "84.5", "unit": "kg"},
            "weight",
            "This is the weight that was recorded. Enter the right one.",
        ),
        ({"reason": "incorrect_data", "weight": "8"}, "unit", "This is not answered yet."),
        (
            {"reason": "did_not_occur", "weight": "8", "unit": "kg"},
            "reason",
            "You entered a weight too. Say that the weight is wrong, or leave it empty.",
        ),
    ],
)
def test_a_bad_correction_is_refused_beside_its_field(grower, harvest, answers, field, sentence, nothing_written):
    nothing_written()
    page = grower.client.post(
        reverse("farms:correct", args=[harvest.uuid]), answers | {"sign": "yes", "event_id": new_event_id()}
    )
    assert page.context["form"].errors == {field: [sentence]}


def test_a_registration_cannot_be_corrected(grower, almaz):
    from provenance.trail.models import Site

    event = Site.objects.get(uri=almaz.site).event
    assert grower.client.get(reverse("farms:event", args=[event.uuid])).status_code == 200
    assert grower.client.get(reverse("farms:correct", args=[event.uuid])).status_code == 404


def test_what_was_typed_comes_back_when_something_is_to_be_changed(grower, nothing_written):
    nothing_written()
    page = grower.client.post(
        reverse("farms:harvest"),
        {"farm": grower.user.site, "form": "CHERRY", "weight": "84.5", "unit": "lb", "at": AT, "change": "yes"},
    )
    form = page.context["form"]
    assert (form["weight"].value(), form["unit"].value()) == ("84.5", "lb")
    assert "Nothing was recorded" not in page.content.decode()


def test_a_frozen_log_says_so_and_keeps_what_was_typed(grower, log, nothing_written):
    page = grower.read_back("harvest", farm=grower.user.site, form="CHERRY", weight="10", unit="kg", at=AT)
    nothing_written()
    Log.objects.update(state=Log.State.FROZEN, why_frozen="The fence and the database differ.")
    done = grower.client.post(reverse("farms:harvest"), grower.signature(page))
    assert done.status_code == 503
    assert done.context["form"].non_field_errors()
    assert done.context["form"]["weight"].value() == "10"


def test_without_a_log_the_pages_say_what_is_missing(client, almaz):
    client.force_login(almaz)
    page = client.get(reverse("farms:home"))
    assert "has not registered you on the trail yet" in page.content.decode()
    answers = {"name": "Farm", "country": "ET", "readers": "public", "sign": "yes", "event_id": new_event_id()}
    done = client.post(reverse("farms:farm"), answers)
    assert done.status_code == 503 and done.context["form"].non_field_errors()
    assert not Event.objects.exists()


def test_no_answer_of_this_door_is_cached(grower, harvest):
    for page in PAGES:
        assert "no-store" in grower.client.get(reverse(f"farms:{page}"))["Cache-Control"]


def test_anothers_event_is_not_taken_for_what_the_grower_signed(grower, wote, nothing_written):
    sent = grower.deliver(wote, grower.harvest())
    about_us = answer(wote, sent, received_kg=80)
    page = grower.read_back("harvest", farm=grower.user.site, form="CHERRY", weight="10", unit="kg", at=AT)
    nothing_written()

    done = grower.client.post(reverse("farms:harvest"), grower.signature(page) | {"event_id": about_us.event_id})

    assert done.status_code == 200
    assert done.context["form"].non_field_errors() == [f"Another statement has the id {about_us.event_id}."]


def test_a_page_that_was_open_too_long_says_so_in_our_words_and_style(grower, nothing_written):
    nothing_written()
    careful = Client(enforce_csrf_checks=True)
    careful.force_login(grower.user)

    refused = careful.post(reverse("farms:farm"), {"name": "Worka", "sign": "yes"})

    assert refused.status_code == 403
    assert "the page was open for too long" in refused.content.decode()
    # The framework's own page brings its style along, which our policy refuses.
    assert "<style" not in refused.content.decode()


def test_what_the_trail_refuses_is_told_before_anybody_signs(grower, log, nothing_written):
    """Only the trail knows that the key behind this door was ended."""
    key = Key.objects.get(party=grower.user.party)
    registry.revoke_key(
        RevokeKey(kid=key.kid, since=timezone.now().replace(microsecond=0), from_index=0, reason="lost"),
        by=log.operator,
    )
    nothing_written()

    page = grower.read_back("harvest", farm=grower.user.site, form="CHERRY", weight="10", unit="kg", at=AT)

    assert "event_id" not in page.context
    [sentence] = page.context["form"].non_field_errors()
    assert sentence == "This site holds no key for you, so it cannot sign in your name."


def test_a_frozen_log_says_so_before_anybody_signs(grower, log, nothing_written):
    nothing_written()
    Log.objects.update(state=Log.State.FROZEN, why_frozen="The fence and the database differ.")

    page = grower.read_back("harvest", farm=grower.user.site, form="CHERRY", weight="10", unit="kg", at=AT)

    assert page.status_code == 503
    assert "The fence and the database differ." in page.context["form"].non_field_errors()[0]
