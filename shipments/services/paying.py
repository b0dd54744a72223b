"""A buyer says what he paid for deliveries."""

from collections.abc import Sequence
from datetime import datetime

from provenance.coffee.acts import Form, Pay
from provenance.coffee.money import Amount
from provenance.trail.models import Event, Lot
from provenance.trail.services.acting import Draft, Withheld
from provenance.trail.services.naming import lots_named, mass_moved
from shipments.services.plans import PARTNERS, Plan, Refused


def pay(
    *,
    party: str,
    at: datetime,
    deliveries: Sequence[Event],
    kind: str,
    amount: Amount,
    payee: str,
    final: bool = False,
    audience: str = PARTNERS,
    note: str = "",
) -> Plan:
    """
    One payment for deliveries of one form; kilograms and form are those of the deliveries.

    ``audience``: who may read the amount; the payee and the note are for partners. Raises ``Refused``.
    """
    lines = [line for event in deliveries for line in mass_moved(event)]
    forms = set(Lot.objects.filter(uri__in=[line.lot for line in lines]).values_list("form", flat=True))
    if len(forms) != 1 or "" in forms:
        raise Refused(
            "These deliveries are not of one form of coffee. Pay for each form by itself.", field="deliveries"
        )
    act = Pay(
        at=at,
        kind=kind,
        deliveries=tuple(event.event_id for event in deliveries),
        lots=lots_named(deliveries),
        form=Form(forms.pop()),
        mass_mg=sum(line.mass_mg for line in lines),
        final=final,
    )
    withheld = {
        "amount": Withheld(str(amount), audience),
        "payee": Withheld(payee, PARTNERS),
        "note": Withheld(note, PARTNERS),
    }
    return Plan(party, (Draft(act, {name: value for name, value in withheld.items() if value.value}),)).check()
