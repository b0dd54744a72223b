"""What buyers said that they paid for deliveries, as far as these readers may know it."""

from collections.abc import Collection
from dataclasses import dataclass

from provenance.coffee import words
from provenance.coffee.acts import Pay
from provenance.coffee.errors import MalformedAct
from provenance.coffee.money import Amount, read_amount
from provenance.coffee.statement import parse
from provenance.trail.models import Event, Subject
from provenance.trail.services.queries import disclosures_of


@dataclass(frozen=True)
class Payment:
    """One statement of a buyer. ``amount`` and ``payee`` (a party's URI): None where withheld from the reader."""

    event: Event
    act: Pay
    by: str
    amount: Amount | None
    payee: str | None

    @property
    def kept_back(self) -> bool:
        """Not paid out: a deduction, or a loan's repayment."""
        return self.act.kind in words.KEPT_BACK


def payments_for(deliveries: Collection[str], audiences: Collection[str]) -> list[Payment]:
    """
    What stands of the payments that cover any of these events, in the order in which they were recorded.

    ``deliveries``: event ids of receipts and dispatches. Two queries.
    """
    about = Subject.objects.filter(kind="event", uri__in=deliveries).values("event")
    events = list(Event.objects.filter(pk__in=about, act=Pay.name, correction=None).order_by("pk"))
    shown = disclosures_of(events, audiences)
    return [_payment(event, {one.name: one.value for one in shown[event.pk]}) for event in events]


def _payment(event: Event, said: dict[str, str]) -> Payment:
    statement = parse(bytes(event.statement))
    try:
        amount = read_amount(said["amount"]) if "amount" in said else None
    except MalformedAct:
        # Another program may have sealed other words there: no sum is made of them.
        amount = None
    return Payment(event, statement.body, statement.iss, amount, said.get("payee"))
