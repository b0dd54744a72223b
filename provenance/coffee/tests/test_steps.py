"""The table of process steps."""

import pytest

from provenance.coffee.acts import Form, NewLot
from provenance.coffee.steps import PROCESS_STEPS, STEPS, outcome

KG = 1_000_000


@pytest.mark.parametrize(
    ("step", "in_kg", "out_kg", "expected"),
    [
        ("roast", 100, 84, "usual"),
        ("roast", 100, 78, "usual"),
        ("roast", 100, 89, "usual"),
        ("roast", 100, 77, "below"),
        ("roast", 100, 90, "above"),
        ("roast", 100, 93, "above"),
        ("roast", 100, 94, "impossible"),
        ("wash_and_dry", 1000, 197, "usual"),
        ("wash_and_dry", 1000, 235, "usual"),
        ("wash_and_dry", 1000, 970, "impossible"),
        ("hull_washed", 922, 740, "usual"),
        ("hull_natural", 1000, 478, "usual"),
        ("natural", 1000, 340, "usual"),
        ("decaf", 1000, 952, "usual"),
        ("cherry_to_green", 6000, 1000, "usual"),
        ("cherry_to_green", 7000, 1000, "usual"),
        ("cherry_to_green", 5000, 1000, "usual"),
        ("store", 1000, 1010, "above"),
        ("blend", 1000, 1006, "impossible"),
    ],
)
def test_a_yield_is_told_from_the_usual_one(step: str, in_kg: int, out_kg: int, expected: str) -> None:
    assert outcome(step, in_kg * KG, out_kg * KG) == expected


def test_the_limits_are_exact_to_the_milligram() -> None:
    assert outcome("roast", 1_000, 780) == "usual"
    assert outcome("roast", 1_000_000_000, 779_999_999) == "below"
    assert outcome("roast", 1_000_000_000, 890_000_000) == "usual"
    assert outcome("roast", 1_000_000_000, 890_000_001) == "above"
    assert outcome("roast", 1_000_000_000, 930_000_001) == "impossible"


def test_something_out_of_nothing_is_impossible() -> None:
    assert outcome("roast", 0, 1) == "impossible"


def test_every_row_is_sound() -> None:
    for name, step in STEPS.items():
        assert step.name == name
        assert 0 < step.usual[0] < step.usual[1] <= step.ceiling, name
        assert step.inputs, name
        assert step.outputs, name
        assert step.losses, name
        assert step.source[0] in "VRC", name


def test_packing_is_no_step_of_process_since_it_has_its_own_act() -> None:
    assert set(STEPS) - PROCESS_STEPS == {"pack"}


def test_a_step_allows_only_its_own_forms() -> None:
    assert STEPS["roast"].allows(Form.GREEN, Form.ROASTED)
    assert STEPS["roast"].allows(Form.GREEN, Form.CHAFF)
    assert not STEPS["roast"].allows(Form.CHERRY, Form.ROASTED)
    assert not STEPS["roast"].allows(Form.GREEN, Form.PACKED)


def test_blending_keeps_the_form() -> None:
    assert STEPS["blend"].allows(Form.ROASTED, Form.ROASTED)
    assert not STEPS["blend"].allows(Form.GREEN, Form.ROASTED)


def test_by_products_do_not_count_as_yield() -> None:
    outputs = (
        NewLot(lot="https://x.org/a", mass_mg=74, form=Form.GREEN_UNGRADED),
        NewLot(lot="https://x.org/b", mass_mg=18, form=Form.PARCHMENT_HUSK),
        NewLot(lot="https://x.org/c", mass_mg=4, form=Form.TRIAGE),
    )
    assert STEPS["hull_washed"].product_mg(outputs) == 74
