"""What land may be believed to bear."""

from decimal import Decimal

import pytest

from provenance.coffee.acts import Form
from provenance.coffee.plots import yields
from provenance.coffee.plots.yields import ceiling_of, share_of_ceiling

TONNE = 10**9


@pytest.mark.parametrize(
    ("country", "region", "green_kg"),
    [
        ("ET", "Africa", 3_200),
        ("HN", "Central America", 3_000),
        ("BR", "Brazil", 6_000),
        ("VN", "Viet Nam", 10_000),
        ("CO", "the most fertile countries", 10_000),
        ("", "the most fertile countries", 10_000),
    ],
)
def test_a_ceiling_is_four_times_what_its_region_bears(country: str, region: str, green_kg: int) -> None:
    assert (ceiling_of(country).region, ceiling_of(country).green_kg_a_hectare) == (region, green_kg)


def test_a_ceiling_is_told_in_the_fruit_that_was_picked() -> None:
    assert ceiling_of("ET").mass_mg(10_000, Form.CHERRY) == 22_400_000_000
    assert ceiling_of("ET").mass_mg(2_500, Form.DRIED_CHERRY) == 2 * TONNE


def test_forms_are_counted_together() -> None:
    picked = {Form.CHERRY: 11_200_000_000, Form.DRIED_CHERRY: 4 * TONNE}
    assert share_of_ceiling(picked, 10_000, "ET") == 1
    assert share_of_ceiling({Form.CHERRY: 22_400_000_001}, 10_000, "ET") > 1


def test_each_region_has_its_own_countries() -> None:
    named = [country for _, countries, _ in yields._KG_A_HECTARE for country in countries]
    assert len(named) == len(set(named))
    assert share_of_ceiling({}, 10_000, "ET") == Decimal()
