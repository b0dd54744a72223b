"""Units of the trade."""

from datetime import date
from decimal import Decimal

import pytest

from provenance.coffee import units
from provenance.coffee.acts import Form
from provenance.coffee.errors import MalformedAct
from provenance.coffee.units import Measure, measure_of, to_mg

ON = date(2026, 1, 17)
KG = 1_000_000


@pytest.mark.parametrize(
    ("number", "unit", "country", "form", "mg"),
    [
        ("1", "kg", None, None, KG),
        ("0.000001", "kg", None, None, 1),
        ("812.5", "kg", "ET", Form.CHERRY, 812_500_000),
        ("1", "t", None, None, 1000 * KG),
        ("250", "g", None, Form.ROASTED, 250_000),
        ("100", "lb", "US", Form.GREEN, 45_359_237),
        ("1", "quintal", "ET", Form.CHERRY, 100 * KG),
        ("1", "quintal", "GT", Form.DRY_PARCHMENT, 46 * KG),
        ("2", "arroba", "CO", Form.DRY_PARCHMENT, 25 * KG),
        ("2", "arroba", "BR", Form.GREEN, 30 * KG),
        ("1", "carga", "CO", Form.DRY_PARCHMENT, 125 * KG),
        ("1", "feresula", "ET", Form.CHERRY, 17 * KG),
        ("1", "cajuela", "CR", Form.CHERRY, 12 * KG),
        ("1", "fanega", "CR", Form.CHERRY, 240 * KG),
        ("1", "bag", None, Form.GREEN, 60 * KG),
        ("1", "bag", "BR", Form.GREEN, 60 * KG),
        ("1", "bag", "HN", Form.GREEN, 69 * KG),
        ("1", "bag", "CO", Form.GREEN, 70 * KG),
    ],
)
def test_a_unit_weighs_what_its_table_says(number: str, unit: str, country: str, form: Form, mg: int) -> None:
    assert to_mg(Decimal(number), unit, country, form, ON) == mg


def test_between_two_milligrams_the_even_one_is_taken() -> None:
    assert to_mg(Decimal("1"), "lb", None, None, ON) == 453_592  # 453,592.37
    assert to_mg(Decimal("50"), "lb", None, None, ON) == 22_679_618  # 22,679,618.5 lies between 618 and 619
    assert to_mg(Decimal("150"), "lb", None, None, ON) == 68_038_856  # 68,038,855.5 lies between 855 and 856


@pytest.mark.parametrize("unit", ["lata", "debe", "tin"])
def test_a_measure_of_volume_needs_the_sites_own_calibration(unit: str) -> None:
    with pytest.raises(MalformedAct, match="measure of volume: weigh a few at this site") as caught:
        to_mg(Decimal(1), unit, "UG", Form.CHERRY, ON)
    assert caught.value.field == "unit"


@pytest.mark.parametrize(
    ("unit", "country", "form", "sentence"),
    [
        ("stone", "GB", None, "'stone' is not a unit known here: enter kilograms."),
        ("quintal", "VN", Form.GREEN, "What a quintal weighs differs from place to place"),
        ("carga", "CO", Form.CHERRY, "is not known for cherry in CO"),
        ("bag", "CO", Form.CHERRY, "is not known for cherry in CO"),
        ("arroba", None, None, "is not known for this coffee"),
    ],
)
def test_a_unit_without_a_row_is_refused(unit: str, country: str, form: Form, sentence: str) -> None:
    with pytest.raises(MalformedAct) as caught:
        to_mg(Decimal(1), unit, country, form, ON)
    assert caught.value.field == "unit"
    assert sentence in str(caught.value)


@pytest.mark.parametrize("number", ["0", "-1", "NaN", "Infinity", "1E+12", "0.1234567890123456"])
def test_a_number_that_weighs_nothing_or_everything_is_refused(number: str) -> None:
    with pytest.raises(MalformedAct) as caught:
        to_mg(Decimal(number), "kg", None, None, ON)
    assert caught.value.field == "number"


def test_less_than_half_a_milligram_is_refused() -> None:
    with pytest.raises(MalformedAct, match="at least a milligram"):
        to_mg(Decimal("0.0000005"), "kg", None, None, ON)


def test_more_than_a_statement_can_carry_is_refused() -> None:
    assert to_mg(Decimal("999999999.999999"), "kg", None, None, ON) == units.MAX_MG
    with pytest.raises(MalformedAct, match="below a thousand million"):
        to_mg(Decimal(1_000_000), "t", None, None, ON)


def test_a_row_holds_in_its_own_time_only(monkeypatch: pytest.MonkeyPatch) -> None:
    old = Measure(unit="sack", mg=Decimal(80), source="test", until=date(2020, 12, 31))
    new = Measure(unit="sack", mg=Decimal(90), source="test", since=date(2021, 1, 1))
    monkeypatch.setattr(units, "MEASURES", (old, new))
    monkeypatch.setattr(units, "UNITS", frozenset({"sack"}))
    assert measure_of("sack", None, None, date(2020, 12, 31)) is old
    assert measure_of("sack", None, None, date(2021, 1, 1)) is new


def test_every_row_names_its_source_and_no_two_hold_at_once() -> None:
    for row in units.MEASURES:
        assert row.source.startswith(("V", "R", "C", "definition"))
    for unit in units.UNITS:
        for form in Form:
            for country in ("BR", "CO", "CR", "ET", "GT", "HN", "NI", "SV", "VN", None):
                rows = [row for row in units.MEASURES if row.covers(unit, country, form, ON)]
                narrowest = max((row.exactness for row in rows), default=0)
                assert sum(row.exactness == narrowest for row in rows) <= 1
