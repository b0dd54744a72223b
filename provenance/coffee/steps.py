"""
The steps of making coffee: what goes in, what comes out, how much of it, and where the rest goes.

A yield outside the usual range is flagged, never refused: seasons and machines differ. Above the ceiling the weight
cannot have come from the input, so the ledger counts the surplus as of unknown origin.

``source`` marks follow the domain notes: V a source was found (named), R from memory of the trade, C computed.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from provenance.coffee.acts import Form, LossKind, NewLot

Outcome = Literal["below", "usual", "above", "impossible"]

ALL_FORMS = frozenset(Form)
CHERRIES = frozenset({Form.CHERRY, Form.FLOATERS})
GREENS = frozenset({Form.GREEN_UNGRADED, Form.GREEN})


@dataclass(frozen=True, kw_only=True)
class Step:
    """
    One row of the table. Yields are per mille of the input's weight, by-products not counted in.

    ``same_form``: every output has the form of the inputs (blending, storing).
    """

    name: str
    inputs: frozenset[Form]
    outputs: frozenset[Form]
    byproducts: frozenset[Form] = frozenset()
    usual: tuple[int, int]
    ceiling: int
    losses: frozenset[LossKind]
    source: str
    same_form: bool = False

    def makes(self, form: Form) -> bool:
        """Whether this step can leave a lot of that form, as product or by-product."""
        return form in self.outputs or form in self.byproducts

    def allows(self, given: Form, made: Form) -> bool:
        """Whether this step can turn ``given`` into ``made``."""
        if given not in self.inputs:
            return False
        if made in self.byproducts:
            return True
        return made == given if self.same_form else made in self.outputs

    def product_mg(self, outputs: Iterable[NewLot]) -> int:
        """What counts for the yield: all outputs but the by-products."""
        return sum(made.mass_mg for made in outputs if made.form not in self.byproducts)


_WATER = frozenset({LossKind.WATER})
_DUST = frozenset({LossKind.SPILLAGE, LossKind.REJECT})
_WET = frozenset({LossKind.WATER, LossKind.MUCILAGE})

_ROWS = (
    Step(
        name="sort_cherry",
        inputs=CHERRIES,
        outputs=frozenset({Form.CHERRY}),
        byproducts=frozenset({Form.FLOATERS}),
        usual=(850, 990),
        ceiling=1050,
        losses=_DUST,
        source="R; ceiling C: floating wets the skin, some per cent at most",
    ),
    Step(
        name="pulp",
        inputs=CHERRIES,
        outputs=frozenset({Form.WET_PARCHMENT}),
        byproducts=frozenset({Form.PULP}),
        usual=(500, 620),
        ceiling=700,
        losses=_WATER,
        source="R; ceiling R: pulp is at least 30 % of a cherry",
    ),
    Step(
        name="wash",
        inputs=frozenset({Form.WET_PARCHMENT}),
        outputs=frozenset({Form.WET_PARCHMENT}),
        usual=(750, 900),
        ceiling=1050,
        losses=_WET,
        source="R; ceiling C: mucilage leaves, soaking water clings",
    ),
    Step(
        name="dry_parchment",
        inputs=frozenset({Form.WET_PARCHMENT}),
        outputs=frozenset({Form.DRY_PARCHMENT}),
        usual=(450, 570),
        ceiling=750,
        losses=_WATER,
        source="C from 50-60 % moisture (V harvestmoney.co.ug) to 11.5 %; ceiling C: skin-dry at 34 %",
    ),
    Step(
        name="wash_and_dry",
        inputs=CHERRIES,
        outputs=frozenset({Form.DRY_PARCHMENT}),
        byproducts=frozenset({Form.PULP, Form.FLOATERS}),
        usual=(170, 250),
        ceiling=300,
        losses=_WET,
        source="V Wikiversity 0.197, V Greenwell 0.235, R 0.17-0.25; ceiling R",
    ),
    Step(
        name="honey",
        inputs=CHERRIES,
        outputs=frozenset({Form.DRY_PARCHMENT}),
        byproducts=frozenset({Form.PULP, Form.FLOATERS}),
        usual=(200, 270),
        ceiling=330,
        losses=_WATER,
        source="R; ceiling R",
    ),
    Step(
        name="natural",
        inputs=CHERRIES,
        outputs=frozenset({Form.DRIED_CHERRY}),
        byproducts=frozenset({Form.FLOATERS}),
        usual=(300, 420),
        ceiling=500,
        losses=_WATER,
        source="V Wikiversity 0.34, R 0.30-0.42; ceiling C: from 56 % moisture to 12 %",
    ),
    Step(
        name="hull_natural",
        inputs=frozenset({Form.DRIED_CHERRY}),
        outputs=GREENS,
        byproducts=frozenset({Form.CHERRY_HUSK, Form.TRIAGE}),
        usual=(450, 550),
        ceiling=650,
        losses=_DUST,
        source="V ICO via ITC 0.50, V Wikiversity 0.478, R 0.45-0.55; ceiling R",
    ),
    Step(
        name="hull_washed",
        inputs=frozenset({Form.DRY_PARCHMENT}),
        outputs=GREENS,
        byproducts=frozenset({Form.PARCHMENT_HUSK, Form.TRIAGE}),
        usual=(750, 830),
        ceiling=900,
        losses=_DUST,
        source="V ICO 0.80, V The Standard (Kenya) 0.76-0.83, V cafetal.info 0.759 + 0.043 triage; ceiling R",
    ),
    Step(
        name="wet_hull",
        inputs=frozenset({Form.WET_PARCHMENT}),
        outputs=frozenset({Form.WET_GREEN}),
        byproducts=frozenset({Form.PARCHMENT_HUSK}),
        usual=(750, 850),
        ceiling=900,
        losses=_WATER | _DUST,
        source="R on parchment of 35-50 % moisture (V Cafe Imports); ceiling R",
    ),
    Step(
        name="dry_green",
        inputs=frozenset({Form.WET_GREEN}),
        outputs=GREENS,
        usual=(570, 740),
        ceiling=800,
        losses=_WATER,
        source="C from 35-50 % moisture to 12 %; ceiling C: from 30 %",
    ),
    Step(
        name="sort_green",
        inputs=GREENS | {Form.TRIAGE},
        outputs=frozenset({Form.GREEN}),
        byproducts=frozenset({Form.TRIAGE, Form.SWEEPINGS}),
        usual=(750, 980),
        ceiling=1005,
        losses=_DUST,
        source="R export grades 0.75-0.98; ceiling C: sorting adds nothing but a scale's error",
    ),
    Step(
        name="cherry_to_green",
        inputs=CHERRIES,
        outputs=GREENS,
        byproducts=frozenset({Form.PULP, Form.PARCHMENT_HUSK, Form.CHERRY_HUSK, Form.FLOATERS, Form.TRIAGE}),
        usual=(140, 200),
        ceiling=250,
        losses=_WET | _DUST,
        source="V ITC: arabica about 1/6, poor 1/7, robusta about 1/5; ceiling R",
    ),
    Step(
        name="store",
        inputs=ALL_FORMS,
        outputs=ALL_FORMS,
        byproducts=frozenset({Form.SWEEPINGS}),
        usual=(995, 1005),
        ceiling=1030,
        losses=_WATER | _DUST,
        source="V ITC 0.5 % loss franchise, gain R; ceiling C: green from 10 to 12.5 % moisture",
        same_form=True,
    ),
    Step(
        name="blend",
        inputs=ALL_FORMS,
        outputs=ALL_FORMS,
        byproducts=frozenset({Form.SWEEPINGS}),
        usual=(995, 1000),
        ceiling=1005,
        losses=_DUST,
        source="R; ceiling C: mixing adds nothing but a scale's error",
        same_form=True,
    ),
    Step(
        name="decaf",
        inputs=GREENS,
        outputs=frozenset({Form.GREEN_DECAF}),
        usual=(930, 1000),
        ceiling=1030,
        losses=_WATER | _DUST,
        source="V ICO 0.952, R 0.93-1.00; ceiling as store",
    ),
    Step(
        name="roast",
        inputs=GREENS | {Form.GREEN_DECAF},
        outputs=frozenset({Form.ROASTED}),
        byproducts=frozenset({Form.CHAFF}),
        usual=(780, 890),
        ceiling=930,
        losses=frozenset({LossKind.WATER, LossKind.ROAST_GAS, LossKind.SPILLAGE}),
        source="V ICO 0.84, V MTPak 0.82-0.85, V Hoos 0.875, R 0.78-0.89; ceiling C: dry green holds 8 % water",
    ),
    Step(
        name="grind",
        inputs=frozenset({Form.ROASTED}),
        outputs=frozenset({Form.GROUND}),
        byproducts=frozenset({Form.CHAFF, Form.SWEEPINGS}),
        usual=(970, 1000),
        ceiling=1005,
        losses=_DUST,
        source="R; ceiling C: grinding adds nothing but a scale's error",
    ),
    Step(
        name="pack",
        inputs=GREENS | {Form.GREEN_DECAF, Form.ROASTED, Form.GROUND, Form.CHERRY_HUSK},
        outputs=frozenset({Form.PACKED}),
        usual=(970, 1000),
        ceiling=1005,
        losses=_DUST,
        source="R: overfill, purge, rejects; ceiling C: packing adds nothing but a scale's error",
    ),
)

STEPS: dict[str, Step] = {step.name: step for step in _ROWS}

# Packing has an act of its own, with counts and serials.
PROCESS_STEPS = frozenset(STEPS) - {"pack"}


def outcome(step: str, in_mg: int, out_mg: int) -> Outcome:
    """
    How ``out_mg`` of product (by-products not counted) compares with what ``in_mg`` usually gives.

    Exact, in integers. Raises KeyError for a step that is not in the table.
    """
    row = STEPS[step]
    out_permille = out_mg * 1000
    if out_permille > row.ceiling * in_mg:
        return "impossible"
    if out_permille > row.usual[1] * in_mg:
        return "above"
    if out_permille < row.usual[0] * in_mg:
        return "below"
    return "usual"
