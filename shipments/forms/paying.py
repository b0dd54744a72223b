"""Say what was paid for deliveries."""

from django import forms

from provenance.coffee import words as closed
from provenance.coffee.acts import Dispatch, Receive, TransferTitle
from provenance.coffee.errors import CoffeeError
from provenance.coffee.identifiers import lot_code_of
from provenance.coffee.money import read_amount
from provenance.coffee.statement import parse
from provenance.trail.models import Event
from shipments import words
from shipments.forms.base import ActForm
from shipments.forms.fields import reason_choices
from shipments.services import paying
from shipments.services.desk import Desk, own_events
from shipments.services.plans import PARTNERS, Plan

# The newest are paid for; who pays older ones says so in several statements.
MOST_DELIVERIES = 200
READERS = [(PARTNERS, "only those who trade here, and auditors"), ("public", "everybody, also who buys a bag of it")]


class PayForm(ActForm):
    slug = "pay"
    title = "Say what was paid"
    sign = "Sign the payment"
    intro = (
        "No money moves here: you say what you paid. Its receiver can say yes or no to it. Amount and receiver are "
        "sealed; kilograms and form are those of the deliveries."
    )
    group = "Pay"

    deliveries = forms.MultipleChoiceField(
        widget=forms.SelectMultiple({"size": 8}),
        error_messages={
            "required": "Choose at least one delivery.",
            "invalid_choice": "One of these is no delivery that you bought.",
        },
    )
    payee = forms.ChoiceField(label="Paid to")
    kind = forms.ChoiceField(choices=reason_choices(closed.PAYMENT_KINDS, words.payment))
    amount = forms.CharField(max_length=16, widget=forms.TextInput({"inputmode": "decimal", "size": 10}))
    currency = forms.CharField(
        max_length=3, help_text="Three letters: USD, EUR, COP …", widget=forms.TextInput({"size": 4})
    )
    final = forms.BooleanField(label="Nothing more will be paid for these", required=False)
    audience = forms.ChoiceField(label="Who may read the amount", choices=READERS, initial=PARTNERS)

    def prepare(self) -> None:
        self.bought = {event.event_id: (event, told) for event, told in bought_by(self.desk)}
        self.fields["deliveries"].choices = [  # type: ignore[attr-defined]
            (event_id, told) for event_id, (_, told) in self.bought.items()
        ]
        self.fields["payee"].choices = [  # type: ignore[attr-defined]
            (uri, self.desk.name(uri)) for uri in self.desk.suppliers
        ]

    def clean(self) -> None:
        number, currency = self.cleaned_data.get("amount"), self.cleaned_data.get("currency")
        if number and currency:
            try:
                self.cleaned_data["paid"] = read_amount(f"{number.strip()} {currency.strip().upper()}")
            except CoffeeError as error:
                self.tell(error)

    @property
    def sealed(self) -> list[tuple[str, str]]:
        """What stays out of the signed words, to be read before signing all the same."""
        answers = self.cleaned_data
        return [
            ("Paid", str(answers["paid"])),
            ("To", self.desk.name(answers["payee"])),
            ("Who may read the amount", dict(READERS)[answers["audience"]]),
        ]

    def plan(self) -> Plan:
        answers = self.cleaned_data
        return paying.pay(
            party=self.desk.party,
            at=answers["at"],
            deliveries=[self.bought[event_id][0] for event_id in answers["deliveries"]],
            kind=answers["kind"],
            amount=answers["paid"],
            payee=answers["payee"],
            final=answers["final"],
            audience=answers["audience"],
            note=answers["note"],
        )


def bought_by(desk: Desk) -> list[tuple[Event, str]]:
    """Events that pass coffee to this party, the newest first, each with its kilograms and lots."""
    passing = [Receive.name, TransferTitle.name, Dispatch.name]
    events = own_events([desk.party]).filter(act__in=passing, correction=None)[:MOST_DELIVERIES]
    found = []
    for event in events:
        statement = parse(bytes(event.statement))
        act = statement.body
        buyer = statement.iss if isinstance(act, Receive) else getattr(act, "to_party", None)
        if buyer != desk.party or not getattr(act, "title", True):
            continue
        lines = act.lines  # type: ignore[attr-defined]
        codes = ", ".join(lot_code_of(line.lot) for line in lines)
        found.append((event, f"{act.at:%Y-%m-%d} · {words.kg(sum(line.mass_mg for line in lines))} · {codes}"))  # type: ignore[attr-defined]
    return found
