"""Kilograms as they are written, milligrams as they are counted."""

from decimal import Decimal

from provenance.coffee.acts import MG_PER_KG
from provenance.coffee.errors import MalformedAct

# The trail format writes at most nine digits before the point: less than a million tonnes.
MAX_MG = 10**9 * MG_PER_KG - 1


def to_kg(mass_mg: int) -> Decimal:
    """Milligrams as kilograms: exact, no exponent, no zeros at the end."""
    whole, rest = divmod(mass_mg, MG_PER_KG)
    return Decimal(mass_mg).scaleb(-6).normalize() if rest else Decimal(whole)


def to_mg(kg: Decimal | int) -> int:
    """Kilograms as milligrams. Raises ``MalformedAct`` for more than six places or for what is no number."""
    if type(kg) is int:
        return kg * MG_PER_KG
    if type(kg) is not Decimal or not kg.is_finite() or abs(kg) >= 10**9:
        raise MalformedAct("A weight is a number of kilograms below a thousand million.", field="quantity")
    mg = kg.scaleb(6)
    if mg != (whole := int(mg)):
        raise MalformedAct("A weight in kilograms has at most six places after the point.", field="quantity")
    return whole
