"""When nothing can be taken in, a grower is told so, keeps what was typed, and nothing is half done."""

from django.contrib.auth import get_user_model
from django.urls import reverse

from farms.tests.conftest import AT
from farms.tests.test_people import HANNA, PASSWORD, review
from provenance.trail.models import Event, Log, Party

FULL = 10**9


def test_a_full_disk_stops_a_harvest_and_the_form_keeps_what_was_typed(grower, disk_floor, nothing_written):
    said = {"farm": grower.user.site, "form": "CHERRY", "weight": "84.5", "unit": "kg", "at": AT}
    answers = grower.signature(grower.read_back("harvest", **said))
    nothing_written()
    disk_floor(FULL)

    page = grower.client.post(reverse("farms:harvest"), answers)

    assert (page.status_code, page.headers["Retry-After"]) == (503, "30")
    assert "The disk is nearly full" in page.content.decode()
    assert page.context["form"]["weight"].value() == "84.5"


def test_the_same_click_is_taken_when_there_is_room_again(grower, disk_floor):
    said = {"farm": grower.user.site, "form": "CHERRY", "weight": "84.5", "unit": "kg", "at": AT}
    answers = grower.signature(grower.read_back("harvest", **said))
    before = Event.objects.count()
    disk_floor(FULL)
    assert grower.client.post(reverse("farms:harvest"), answers).status_code == 503
    disk_floor(0)

    for _ in range(2):
        assert grower.client.post(reverse("farms:harvest"), answers).status_code == 302

    assert Event.objects.count() == before + 1
    assert Event.objects.latest("pk").uuid == Event.uuid_of(answers["event_id"])


def test_a_frozen_log_says_so_with_503(grower, nothing_written):
    said = {"farm": grower.user.site, "form": "CHERRY", "weight": "84.5", "unit": "kg", "at": AT}
    answers = grower.signature(grower.read_back("harvest", **said))
    nothing_written()
    Log.objects.update(state="frozen", why_frozen="A test.")

    page = grower.client.post(reverse("farms:harvest"), answers)

    assert page.status_code == 503
    assert "is frozen and takes nothing in: A test." in page.content.decode()


def test_a_refusal_of_what_was_said_is_no_503(grower, nothing_written):
    nothing_written()

    page = grower.read_back("harvest", farm=grower.user.site, form="CHERRY", weight="no", unit="kg", at=AT)

    assert page.status_code == 200 and page.context["form"].errors


def test_nobody_is_enrolled_while_there_is_no_room(client, officer, disk_floor, nothing_written):
    client.force_login(officer)
    _, typed = review(client)
    nothing_written()
    disk_floor(FULL)

    page = client.post(reverse("farms:enrol"), typed | {"password": PASSWORD})

    assert (page.status_code, page.headers["Retry-After"]) == (503, "30")
    assert page.context["form"]["name"].value() == HANNA["name"]
    assert PASSWORD not in page.content.decode()
    assert not Party.objects.filter(uri=typed["party"]).exists()
    assert not get_user_model().objects.filter(username=HANNA["username"]).exists()
