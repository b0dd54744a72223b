"""Somebody pays for coffee."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from provenance.coffee.acts.base import Act, Form


@dataclass(frozen=True, kw_only=True)
class Pay(Act):
    """
    The buyer says that he paid for deliveries. Who got it (``payee``) and how much (``amount``) are withheld fields.

    ``lots`` are all those that the deliveries name, so that the index finds this under each of them. The amount is
    for ``mass_mg`` of coffee in the form in which it was sold.
    """

    name: ClassVar[str] = "pay"
    at: datetime
    kind: str  # advance, first, second, bonus, premium, dividend, deduction, loan_repayment
    deliveries: tuple[str, ...]  # event ids of receipts, titles passed or dispatches
    lots: tuple[str, ...]
    form: Form
    mass_mg: int
    final: bool = False  # nothing more will be paid for these deliveries
