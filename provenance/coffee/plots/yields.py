"""
How much cherry a piece of land may be believed to bear in a year. More is asked about, and never refused.

What regions reach on average, in tonnes of green coffee a hectare, is what Perfect Daily Grind reported on 6 July 2020
("Why Do Coffee Productivity Levels Vary Between Countries?"); of a range, its upper end. A good farm bears several
times the average of its region: in Brazil, at 1.5 tonnes on average, the best municipality with at least 100 hectares
had 5.85 (IBGE, Produção Agrícola Municipal 2016, by way of Trase). So the ceiling is four times the average.
"""

from dataclasses import dataclass
from decimal import Decimal

from provenance.coffee.acts import MG_PER_KG, Form
from provenance.coffee.plots.measuring import M2_PER_HECTARE

TIMES_THE_AVERAGE = 4

_IN_AFRICA = "AO BI CD CF CG CI CM ET GA GH GN KE LR MG MW MZ NG RW SL SS TG TZ UG ZM ZW"
_IN_CENTRAL_AMERICA = "CR GT HN MX NI PA SV"
_KG_A_HECTARE = (
    ("Africa", frozenset(_IN_AFRICA.split()), 800),
    ("Central America", frozenset(_IN_CENTRAL_AMERICA.split()), 750),
    ("Brazil", frozenset({"BR"}), 1_500),
    ("Viet Nam", frozenset({"VN"}), 2_500),
    ("Indonesia", frozenset({"ID"}), 760),
    ("India", frozenset({"IN"}), 800),
)
# Of a country without a figure, the highest.
_ELSEWHERE = ("the most fertile countries", 2_500)
# Kilograms that give one of green where the fruit is poor: ITC, one in seven; ICO, dried cherry one in two.
_FOR_ONE_OF_GREEN = {Form.CHERRY: Decimal(7), Form.FLOATERS: Decimal(7), Form.DRIED_CHERRY: Decimal("2.5")}


@dataclass(frozen=True)
class Ceiling:
    """``region``: whose average it was made from."""

    region: str
    green_kg_a_hectare: int

    def mass_mg(self, area_m2: int, form: Form) -> int:
        """Of fruit in that form, from so much land in a year. KeyError for what is not picked."""
        kg = self.green_kg_a_hectare * Decimal(area_m2) / M2_PER_HECTARE * _FOR_ONE_OF_GREEN[form]
        return int(kg * MG_PER_KG)


def ceiling_of(country: str) -> Ceiling:
    """``country``: ISO 3166-1 alpha-2; "" and unknown ones get the highest."""
    for region, countries, average in _KG_A_HECTARE:
        if country in countries:
            return Ceiling(region, TIMES_THE_AVERAGE * average)
    region, average = _ELSEWHERE
    return Ceiling(region, TIMES_THE_AVERAGE * average)


def share_of_ceiling(picked_mg: dict[Form, int], area_m2: int, country: str) -> Decimal:
    """All that was picked, as a part of what that land may be believed to bear: above 1 it is asked about."""
    ceiling = ceiling_of(country)
    return sum((Decimal(mass) / ceiling.mass_mg(area_m2, form) for form, mass in picked_mg.items()), Decimal())
