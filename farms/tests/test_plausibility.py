"""More cherry than the land can bear is asked about before it is signed, and never refused."""

import pytest

from farms.services import plausibility
from farms.tests.conftest import AT
from provenance.trail.models import Event

pytestmark = pytest.mark.django_db


def read_back(grower, weight, **answers):
    said = {"farm": grower.user.site, "form": "CHERRY", "weight": weight, "unit": "kg", "at": AT}
    return grower.read_back("harvest", **(said | answers))


@pytest.fixture
def garden(grower):
    """A quarter of a hectare: at most 5,600 kg of cherry."""
    return grower.sign("plot", farm=grower.user.site, latitude="6.162345", longitude="38.205123", area="0.25")


def test_what_the_land_can_bear_is_not_asked_about(grower, garden):
    assert read_back(grower, "5600").context["doubts"] == ()


def test_more_than_the_land_can_bear_is_asked_about_and_can_be_signed(grower, garden):
    page = read_back(grower, "5601")
    [doubt] = page.context["doubts"]
    assert doubt == (
        "With this, 5601 kg were picked at Almaz site within a year, from 0.25 ha of registered plots. More than "
        "5600 kg is hard to believe: that is 4 times what farms in Africa bear on average. Is the weight right, and "
        "is every plot registered?"
    )
    grower.harvest(weight="5601")
    assert Event.objects.filter(act="harvest").count() == 1


def test_harvests_of_the_year_are_counted_together(grower, garden):
    grower.harvest(weight="3000")
    assert read_back(grower, "2600").context["doubts"] == ()
    [doubt] = read_back(grower, "2601").context["doubts"]
    assert doubt.startswith("With this, 5601 kg were picked")
    [dried] = read_back(grower, "1000", form="DRIED_CHERRY").context["doubts"]
    assert "4000 kg were picked" in dried and "More than 2000 kg" in dried


def test_a_harvest_that_was_taken_back_does_not_count(grower, garden):
    wrong = grower.harvest(weight="5600")
    grower.sign("correct", [wrong.uuid], reason="did_not_occur")
    assert read_back(grower, "5600").context["doubts"] == ()


def test_a_neighbours_harvest_does_not_count(grower, garden, neighbour, client):
    from farms.tests.conftest import Grower

    theirs = Grower(type(client)(), neighbour)
    theirs.harvest(weight="5600")
    assert read_back(grower, "5600").context["doubts"] == ()


def test_a_farm_without_plots_is_not_asked(grower):
    assert read_back(grower, "9000").context["doubts"] == ()


def test_planted_bug_a_year_that_forgets_is_seen(grower, garden, monkeypatch):
    monkeypatch.setattr(plausibility, "_picked_before", lambda *about: plausibility.Counter())
    with pytest.raises((AssertionError, ValueError)):
        test_harvests_of_the_year_are_counted_together(grower, garden)
