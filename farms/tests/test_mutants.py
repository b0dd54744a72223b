"""The promises of this door, broken on purpose: each planted bug has to be seen by the test that guards it."""

from dataclasses import replace

import pytest
from django.urls import reverse

from farms.services import business, land, mending, plans
from farms.tests import test_coffee, test_ladder, test_land, test_people
from provenance.trail.services import queries
from provenance.trail.services.acting import record_acts

pytestmark = pytest.mark.django_db


def caught(test, *args, **kwargs):
    with pytest.raises(AssertionError):
        test(*args, **kwargs)


def test_a_signature_that_draws_a_new_id_each_time_is_seen(grower, monkeypatch):
    monkeypatch.setattr(plans.Plan, "sign", lambda plan, event_id: record_acts(plan.party, plan.drafts))
    answers = {"farm": grower.user.site, "form": "CHERRY", "weight": "10", "unit": "kg", "at": test_coffee.AT}
    signed = grower.signature(grower.read_back("harvest", **answers))
    pages = [grower.client.post(reverse("farms:harvest"), signed).url for _ in range(2)]
    assert pages[0] != pages[1]
    caught(test_coffee.test_a_double_submit_records_once, grower)


@pytest.mark.parametrize("page", ["event"])
def test_a_door_that_shows_everybodys_events_is_seen(grower, neighbour, monkeypatch, page):
    harvest = grower.harvest()
    monkeypatch.setattr(business.Business, "event", lambda own, event_id: queries.event_of(event_id))
    caught(test_ladder.test_another_growers_event_does_not_exist, grower, harvest, neighbour, page, lambda: None)


def test_an_outline_that_anybody_may_read_is_seen(grower, monkeypatch):
    monkeypatch.setattr(land, "AUDITORS", queries.PUBLIC)
    caught(test_land.test_a_plot_by_point_and_area, grower)


def test_an_exact_position_in_the_signed_words_is_seen(grower, monkeypatch):
    monkeypatch.setattr(land.plots, "blur", lambda position: "geo:6.2,38.3")
    caught(test_land.test_a_plot_by_point_and_area, grower)


def test_a_correction_that_only_takes_back_is_seen(grower, monkeypatch):
    right = mending.correct

    def forgetful(**said):
        plan = right(**said)
        declaration = replace(plan.drafts[0], act=replace(plan.drafts[0].act, corrected_by=()))
        return replace(plan, drafts=(declaration,))

    monkeypatch.setattr("farms.services.mending.correct", forgetful)
    with pytest.raises((AssertionError, IndexError)):
        test_coffee.test_a_wrong_weight_is_taken_back_and_said_right(grower)


def test_a_name_for_everybody_is_seen(client, officer, monkeypatch):
    from provenance.trail.services import registry

    register = registry.register_party
    monkeypatch.setattr(registry, "register_party", lambda **said: register(**said | {"audience": "public"}))
    client.force_login(officer)
    caught(test_people.test_an_enrolled_grower_is_a_party_of_their_own_with_a_sealed_name, client, officer)
