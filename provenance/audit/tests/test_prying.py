"""Members who ask for more than is theirs, and requests that no client of ours would send."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from conftest import PARTIES, member
from provenance.audit.tests.test_api import _checked, _values, events_in, get, is_problem
from provenance.trail.models import Log, Subject
from provenance.trail.services import registry

pytestmark = pytest.mark.django_db


@pytest.fixture
def rita(trail, django_user_model):
    """A roaster who has nothing to do with this coffee, and would like to know what the others paid."""
    registry.register_party(
        kind="organisation", roles=["roaster"], name="Rita roasts", country="ET", party=PARTIES + "rita"
    )
    return member(django_user_model, "rita", PARTIES + "rita", "roaster")


def test_a_rival_does_not_learn_prices_from_the_pack_of_bagged_coffee(client, rita):
    report, entries = _checked(client, get(client, rita, "/api/lots/B1/pack"))

    assert report.faults == []
    values = [text for entry in entries for text in _values(entry.disclosures)]
    assert any("Picked red." in text for text in values)
    assert not any("2.10 USD" in text for text in values)


def test_a_farmer_does_not_read_the_books_of_those_who_bought(client, trail, almaz):
    down = {event["eventID"] for event in events_in(get(client, almaz, "/api/lots/C1/trail", direction="down"))}

    own = Subject.objects.filter(kind="party", uri=almaz.party).select_related("event")
    assert down and down <= {subject.event.event_id for subject in own}


@pytest.mark.parametrize("accept", ["text/html", "application/zip", "application/ld+json", "image/png", "", "*/*;q=x"])
def test_an_address_answers_in_its_one_format_whatever_is_asked_for(client, nadia, trail, accept):
    for path in ("/api/lots/B1/pack", "/api/lots/B1/trail", "/api/events"):
        response = client.get(path, headers={"accept": accept})
        assert response.status_code in (200, 401)
    assert is_problem(get(client, nadia, "/api/events", format="xml"), 400)


def test_a_log_that_has_not_begun_gives_nothing_to_trust(client, trail):
    Log.objects.create(name="other", origin="localhost:8000/log/other/1")

    assert is_problem(client.get("/log/other/1/trust"), 404)


@pytest.mark.parametrize("code", ["%00", "C1%00"])
def test_a_name_that_postgresql_refuses_is_no_lot(client, nadia, trail, code):
    with CaptureQueriesContext(connection) as asked:
        assert is_problem(get(client, nadia, f"/api/lots/{code}/pack"), 404)
    assert not any("\x00" in query["sql"] for query in asked.captured_queries)
