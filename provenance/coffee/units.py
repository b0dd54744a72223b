"""
Units of the trade in milligrams, by country, form of the coffee and date.

``source`` marks follow the domain notes: V a source was found, R from memory of the trade, C computed, and "definition"
where the number is exact by law or standard. Measures of volume weigh differently at every site and every day: they
need the site's own calibration and are refused here.
"""

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal

from provenance.coffee.acts import Form
from provenance.coffee.errors import MalformedAct

MAX_MG = 10**15 - 1  # what a statement can carry


@dataclass(frozen=True, kw_only=True)
class Measure:
    """What one unit weighs, where, for which coffee and when. None or empty means any; ``until`` is the last day."""

    unit: str
    mg: Decimal
    source: str
    countries: frozenset[str] = frozenset()
    forms: frozenset[Form] = frozenset()
    since: date = date.min
    until: date = date.max

    @property
    def exactness(self) -> int:
        """How narrowly this row is meant: the row of a country and form goes before the general one."""
        return bool(self.countries) * 2 + bool(self.forms)

    def covers(self, unit: str, country: str | None, form: Form | None, on: date) -> bool:
        return (
            self.unit == unit
            and (not self.countries or country in self.countries)
            and (not self.forms or form in self.forms)
            and self.since <= on <= self.until
        )


_KG = Decimal(1_000_000)
_CENTRAL_AMERICA = frozenset({"CR", "GT", "HN", "NI", "SV"})
_CHERRY = frozenset({Form.CHERRY, Form.FLOATERS})
_PARCHMENT = frozenset({Form.DRY_PARCHMENT})
_GREEN = frozenset({Form.GREEN, Form.GREEN_UNGRADED, Form.GREEN_DECAF})

MEASURES = (
    Measure(unit="g", mg=Decimal(1000), source="definition (SI)"),
    Measure(unit="kg", mg=_KG, source="definition (SI)"),
    Measure(unit="t", mg=1000 * _KG, source="definition (SI)"),
    Measure(unit="lb", mg=Decimal("453592.37"), source="definition (international pound, 1959)"),
    Measure(unit="quintal", mg=100 * _KG, source="R", countries=frozenset({"ET"})),
    Measure(unit="quintal", mg=46 * _KG, source="V: about 46 kg", countries=_CENTRAL_AMERICA),
    Measure(unit="arroba", mg=Decimal("12.5") * _KG, source="R", countries=frozenset({"CO"})),
    Measure(unit="arroba", mg=15 * _KG, source="R", countries=frozenset({"BR"})),
    Measure(unit="carga", mg=125 * _KG, source="R", countries=frozenset({"CO"}), forms=_PARCHMENT),
    Measure(unit="feresula", mg=17 * _KG, source="R", countries=frozenset({"ET"})),
    Measure(unit="cajuela", mg=12 * _KG, source="V: about 12 kg", countries=frozenset({"CR"}), forms=_CHERRY),
    Measure(unit="fanega", mg=240 * _KG, source="V: 20 cajuelas", countries=frozenset({"CR"}), forms=_CHERRY),
    Measure(unit="bag", mg=60 * _KG, source="R", forms=_GREEN),
    Measure(unit="bag", mg=69 * _KG, source="R", countries=_CENTRAL_AMERICA, forms=_GREEN),
    Measure(unit="bag", mg=70 * _KG, source="R", countries=frozenset({"CO"}), forms=_GREEN),
)

VOLUMES = frozenset({"lata", "debe", "tin"})
UNITS = frozenset(measure.unit for measure in MEASURES)


def measure_of(unit: str, country: str | None, form: Form | None, on: date) -> Measure:
    """
    The row that holds there and then, the narrowest where several do.

    Raises ``MalformedAct`` (field ``unit``) where none holds, and for measures of volume.
    """
    if unit in VOLUMES:
        raise MalformedAct(
            f"A {unit} is a measure of volume: weigh a few at this site and enter kilograms.", field="unit"
        )
    if unit not in UNITS:
        raise MalformedAct(f"{unit!r} is not a unit known here: enter kilograms.", field="unit")
    rows = [row for row in MEASURES if row.covers(unit, country, form, on)]
    if not rows:
        raise MalformedAct(
            f"What a {unit} weighs differs from place to place, and is not known for {_where(country, form)}: "
            "enter kilograms.",
            field="unit",
        )
    return max(rows, key=lambda row: row.exactness)


def to_mg(number: Decimal, unit: str, country: str | None, form: Form | None, on: date) -> int:
    """
    So many units as milligrams.

    Exact where it can be; what lies between two milligrams (pounds alone can) goes to the even one.
    Raises ``MalformedAct`` (field ``unit`` or ``number``).
    """
    measure = measure_of(unit, country, form, on)
    if not number.is_finite() or not 0 < number < 10**12 or len(number.as_tuple().digits) > 15:
        raise MalformedAct("Enter a number above zero, of at most 15 digits.", field="number")
    mg = int((number * measure.mg).to_integral_value(ROUND_HALF_EVEN))
    if not 0 < mg <= MAX_MG:
        raise MalformedAct("A weight is at least a milligram and below a thousand million kilograms.", field="number")
    return mg


def _where(country: str | None, form: Form | None) -> str:
    coffee = form.replace("_", " ").lower() if form else "this coffee"
    return f"{coffee} in {country}" if country else coffee
