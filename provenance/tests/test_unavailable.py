"""A database that is away is told from a fault of ours: 503, and when to come again."""

import pytest
from django.db import InterfaceError, OperationalError
from django.views.generic import TemplateView

from provenance.trail.errors import NoRoom


@pytest.fixture
def fails(client, monkeypatch):
    """Asks for a page whose view raises the error."""
    client.raise_request_exception = False

    def ask(error, address="/"):
        def view(*args, **kwargs):
            raise error

        monkeypatch.setattr(TemplateView, "get", view)
        monkeypatch.setattr("provenance.audit.views.events.EventList.get", view)
        return client.get(address)

    return ask


@pytest.mark.parametrize("error", [OperationalError("server closed the connection"), InterfaceError("closed")])
def test_a_database_that_is_away_is_503(fails, error):
    answer = fails(error)

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    assert "The database does not answer at this moment." in answer.content.decode()
    assert "server closed" not in answer.content.decode()
    assert answer.headers["Cache-Control"] == "no-store"


def test_no_room_is_503_wherever_it_is_met(fails):
    answer = fails(NoRoom("The disk is nearly full."))

    assert answer.status_code == 503 and "The disk is nearly full." in answer.content.decode()


@pytest.mark.django_db
def test_the_api_says_it_as_a_problem(fails, client, nadia):
    client.force_login(nadia)

    answer = fails(OperationalError("away"), "/api/events")

    assert (answer.status_code, answer.headers["Content-Type"]) == (503, "application/problem+json")
    assert answer.headers["Retry-After"] == "30"
    assert answer.json()["detail"] == "The database does not answer at this moment."


def test_a_fault_of_ours_is_still_500(fails):
    answer = fails(ZeroDivisionError("ours"))

    assert answer.status_code == 500 and "Retry-After" not in answer.headers
    assert "Something went wrong on our side" in answer.content.decode()
