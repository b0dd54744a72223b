"""What was paid for coffee: amounts as they are withheld, and the price of a kilogram that follows from them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from provenance.coffee import words
from provenance.coffee.acts import MG_PER_KG, Form, Pay
from provenance.coffee.errors import MalformedAct

_AMOUNT = re.compile(r"((?:0|[1-9][0-9]{0,11})(?:\.[0-9]{1,2})?) ([A-Z]{3})")


@dataclass(frozen=True)
class Amount:
    """Money; ``currency`` is the code of ISO 4217. Both are one withheld value, so neither is shown with another."""

    number: Decimal
    currency: str

    def __str__(self) -> str:
        return f"{self.number} {self.currency}"


def read_amount(text: str) -> Amount:
    """``412.50 USD``. Raises ``MalformedAct`` for anything else, and for nothing at all."""
    match = _AMOUNT.fullmatch(text)
    if match is None or not Decimal(match[1]):
        raise MalformedAct("Amount: it is a number and a currency, like 412.50 USD.", field="amount")
    return Amount(Decimal(match[1]), match[2])


@dataclass(frozen=True)
class Price:
    """
    What was paid for a kilogram in the form in which the coffee was sold: "2.10 USD a kg of parchment".

    ``so_far``: nobody said yet that nothing more will follow. ``kept_back``: of it, what went for deductions and loans.
    """

    per_kg: Decimal
    currency: str
    form: Form
    so_far: bool
    kept_back: Decimal


def prices(payments: Iterable[tuple[Pay, Amount]]) -> list[Price]:
    """
    One price for each form and currency. Payments for the same deliveries are added up, and their kilograms count once.

    ``per_kg`` is rounded to the hundredth, half to even. Payments whose amount is not disclosed have to stay away:
    part of a price is none.
    """
    sums: dict[tuple[Form, str], list[tuple[Pay, Decimal]]] = {}
    for pay, amount in payments:
        sums.setdefault((pay.form, amount.currency), []).append((pay, amount.number))
    return [_price(form, currency, said) for (form, currency), said in sums.items()]


def _groups(said: list[tuple[Pay, Decimal]]) -> list[list[Pay]]:
    """Payments that have a delivery in common stand together: an advance and what follows it."""
    groups: list[list[Pay]] = []
    for pay, _ in said:
        near = [group for group in groups if any(set(pay.deliveries) & set(one.deliveries) for one in group)]
        groups = [group for group in groups if group not in near] + [[pay, *(one for group in near for one in group)]]
    return groups


def _mass_mg(group: list[Pay]) -> int:
    """Of the payment that covers what all others cover; where none does, rather too much than too little."""
    most = max(group, key=lambda pay: (len(pay.deliveries), pay.mass_mg))
    if all(set(pay.deliveries) <= set(most.deliveries) for pay in group):
        return most.mass_mg
    return sum({pay.deliveries: pay.mass_mg for pay in group}.values())


def _price(form: Form, currency: str, said: list[tuple[Pay, Decimal]]) -> Price:
    groups = _groups(said)
    kg = Decimal(sum(_mass_mg(group) for group in groups)) / MG_PER_KG
    paid = sum((number for pay, number in said if pay.kind not in words.KEPT_BACK), Decimal(0))
    kept = sum((number for pay, number in said if pay.kind in words.KEPT_BACK), Decimal(0))
    final = all(any(pay.final for pay in group) for group in groups)
    cent = Decimal("0.01")
    # What is kept back was owed by the grower: it is part of the price.
    return Price(((paid + kept) / kg).quantize(cent), currency, form, not final, (kept / kg).quantize(cent))
