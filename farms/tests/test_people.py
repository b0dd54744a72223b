"""A cooperative enrols a grower, who can then record."""

import pytest
from django.contrib.auth import get_user_model
from django.urls import reverse

from farms.services import enrolling
from farms.tests.conftest import Grower
from provenance.members.models import Membership
from provenance.trail.models import Event, Party, ServerKey
from provenance.trail.services import registry
from provenance.trail.services.queries import name_of

pytestmark = pytest.mark.django_db

HANNA = {"name": "Hanna Tadesse", "readers": "partners", "country": "ET", "username": "hanna.t"}
PASSWORD = "three red cherries"


@pytest.fixture
def desk(client, officer):
    client.force_login(officer)
    return client


def review(desk, **answers):
    page = desk.post(reverse("farms:enrol"), HANNA | answers)
    return page, HANNA | answers | {"party": page.context.get("party", ""), "sign": "yes"}


def enrol(desk, **answers):
    _, typed = review(desk, **answers)
    return desk.post(reverse("farms:enrol"), typed | {"password": PASSWORD}), typed


def test_an_enrolled_grower_is_a_party_of_their_own_with_a_sealed_name(desk, officer):
    done, typed = enrol(desk)
    assert done.url == reverse("farms:growers")
    party = Party.objects.get(uri=typed["party"])
    assert (party.kind, party.roles, party.country, party.guardian) == ("person", ["farmer"], "ET", officer.party)
    assert b"Hanna" not in bytes(party.event.statement)
    assert name_of(party.uri) is None
    assert name_of(party.uri, audiences=["partners"]) == "Hanna Tadesse"
    assert ServerKey.objects.filter(party=party.uri).count() == 1
    hanna = get_user_model().objects.get(username="hanna.t")
    assert hanna.check_password(PASSWORD) and not hanna.is_staff
    assert list(hanna.memberships.values_list("party_uri", "role")) == [(party.uri, "farmer")]
    page = desk.get(reverse("farms:growers")).content.decode()
    assert "Hanna Tadesse" in page and "hanna.t" in page


def test_an_enrolled_grower_registers_a_farm_and_records_a_harvest(desk, client):
    _, typed = enrol(desk)
    hanna = get_user_model().objects.get(username="hanna.t")
    client.logout()
    assert client.login(username="hanna.t", password=PASSWORD)
    grower = Grower(client, hanna)
    farm = grower.sign("farm", name="Hanna's farm", country="ET", readers="public")
    from farms.tests.conftest import act_of

    hanna.site = act_of(farm).site
    harvest = grower.harvest()
    assert Party.objects.get(uri=typed["party"]).roles == ["farmer"]
    assert act_of(harvest).output.mass_mg == 84_500_000


def test_a_double_submit_enrols_once(desk):
    before = Event.objects.count()
    _, typed = enrol(desk)
    again = desk.post(reverse("farms:enrol"), typed | {"password": PASSWORD})
    assert again.url == reverse("farms:growers")
    assert Event.objects.count() == before + 2  # the party and its key
    assert get_user_model().objects.filter(username__startswith="hanna").count() == 1


def test_an_enrolment_that_was_cut_off_goes_on_where_it_stopped(desk):
    _, typed = enrol(desk)
    get_user_model().objects.get(username="hanna.t").delete()
    before = Event.objects.count()
    desk.post(reverse("farms:enrol"), typed | {"password": PASSWORD})
    assert Event.objects.count() == before
    assert Membership.objects.get(user__username="hanna.t").party_uri == typed["party"]


def test_the_password_is_checked_and_never_sent_back(desk, nothing_written):
    nothing_written()
    page, typed = review(desk)
    assert PASSWORD not in page.content.decode()
    page = desk.post(reverse("farms:enrol"), typed | {"password": "password"})
    assert "at least 10 characters" in page.content.decode()
    assert "too common" in page.content.decode()
    assert not get_user_model().objects.filter(username="hanna.t").exists()


def test_nobody_enrols_into_a_party_in_somebody_elses_care(desk, nothing_written):
    bekele = registry.register_party(kind="person", roles=["farmer"], name="Bekele", country="ET")
    nothing_written()
    _, typed = review(desk)
    page = desk.post(reverse("farms:enrol"), typed | {"party": bekele, "password": PASSWORD})
    assert page.context["form"].non_field_errors() == ["This party is in somebody else's care. Begin again."]
    assert not get_user_model().objects.filter(username="hanna.t").exists()
    assert not Membership.objects.filter(party_uri=bekele).exists()


@pytest.mark.parametrize(
    "party",
    [
        "https://localhost:8000/epcis/loc/wote-station",
        "https://localhost:8000/epcis/party/hanna-tadesse-0791234567",
        "https://elsewhere.example/epcis/party/abcdefghijklmnopqrstuvwxyz",
        "a\x00b",
    ],
)
def test_a_tampered_form_cannot_choose_whose_name_it_registers(desk, wote, party, nothing_written):
    nothing_written()
    known_as = name_of(wote.site)
    _, typed = review(desk)

    page = desk.post(reverse("farms:enrol"), typed | {"party": party, "password": PASSWORD})

    assert enrolling.is_drawn(page.context["party"])
    assert not get_user_model().objects.filter(username="hanna.t").exists()
    assert name_of(wote.site) == known_as


@pytest.mark.parametrize(
    ("answers", "field", "sentence"),
    [
        ({"name": " "}, "name", "This is not answered yet."),
        ({"readers": ""}, "readers", "This is not answered yet."),
        ({"country": "XX"}, "country", "Select a valid choice. XX is not one of the available choices."),
        ({"username": "ALMAZ"}, "username", "Somebody has this log-in name already. Choose another."),
    ],
)
def test_a_bad_enrolment_is_refused_beside_its_field(desk, almaz, nothing_written, answers, field, sentence):
    nothing_written()
    page, _ = review(desk, **answers)
    assert page.context["form"].errors == {field: [sentence]}
    assert set(get_user_model().objects.values_list("username", flat=True)) == {"almaz", "selam", "wote"}


@pytest.mark.parametrize("page", ["growers", "enrol"])
def test_only_officers_enrol(client, log, almaz, otto, page, nothing_written):
    nothing_written()
    assert client.get(reverse(f"farms:{page}")).url.startswith("/login/")
    for user in (almaz, otto):
        client.force_login(user)
        assert client.get(reverse(f"farms:{page}")).status_code == 403
        assert client.post(reverse(f"farms:{page}"), HANNA | {"sign": "yes"}).status_code == 403


def test_an_officer_without_a_farm_is_led_to_the_growers(desk):
    assert desk.get(reverse("farms:home")).url == reverse("farms:growers")
