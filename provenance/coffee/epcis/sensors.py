"""What graders and moisture meters find: closed names to EPCIS sensor reports, integers to exact decimals."""

from dataclasses import dataclass
from decimal import Decimal

COFFEE_NS = "https://beantrail.org/ns/coffee#"


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """How one result is reported. The integer of the act is the reported value times ten to the ``places``."""

    property: str
    type: str = "Dimensionless"
    uom: str | None = None  # UN/ECE Recommendation 20
    places: int = 0
    most: int


def _score(property: str) -> Measurement:
    return Measurement(property=property, places=2, most=10_000)


def _count(property: str) -> Measurement:
    return Measurement(property=property, type="Count", most=100_000)


def _share(property: str) -> Measurement:
    return Measurement(property=property, uom="P1", places=1, most=1_000)


MEASUREMENTS: dict[str, Measurement] = {
    "score_centi": _score("CuppingScore"),
    "aroma_centi": _score("Aroma"),
    "flavour_centi": _score("Flavour"),
    "aftertaste_centi": _score("Aftertaste"),
    "acidity_centi": _score("Acidity"),
    "body_centi": _score("Body"),
    "balance_centi": _score("Balance"),
    "uniformity_centi": _score("Uniformity"),
    "clean_cup_centi": _score("CleanCup"),
    "sweetness_centi": _score("Sweetness"),
    "overall_centi": _score("Overall"),
    "moisture_permille": _share("MoistureContentWetBasis"),
    "screen_15_up_permille": _share("ScreenFifteenAndAbove"),
    "peaberry_permille": _share("Peaberry"),
    "water_activity_milli": Measurement(property="WaterActivity", places=3, most=1_000),
    "density_g_per_l": Measurement(property="BulkDensity", type="Density", uom="GL", most=2_000),
    "defects": _count("Defects"),
    "primary_defects": _count("PrimaryDefects"),
    "secondary_defects": _count("SecondaryDefects"),
    "quakers": _count("Quakers"),
    "agtron": Measurement(property="RoastColourAgtron", most=150),
}

NAME_OF_PROPERTY = {COFFEE_NS + measured.property: name for name, measured in MEASUREMENTS.items()}


def report(name: str, number: int) -> dict[str, object]:
    """The EPCIS sensor report of one result."""
    measured = MEASUREMENTS[name]
    written: dict[str, object] = {"type": measured.type, "value": Decimal(number).scaleb(-measured.places)}
    if measured.uom:
        written["uom"] = measured.uom
    written["coffee:property"] = COFFEE_NS + measured.property
    return written


def number_of(name: str, value: Decimal | int) -> int | None:
    """The act's integer for a reported value; None where it has more places than the result is measured to."""
    number = Decimal(value).scaleb(MEASUREMENTS[name].places)
    return int(number) if number == int(number) else None
