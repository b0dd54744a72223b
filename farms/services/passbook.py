"""
A grower's passbook: each delivery of a season, what was paid for it, and what is owed.

Money is read from what buyers signed (``pay``), with all its kinds. What is owed follows where an agreed price is
written as an amount for a kilogram; where it is not, kilograms are all that can be said.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from django.utils import timezone

from farms.services.business import Business
from farms.services.deliveries import Delivery, deliveries_of, handovers_of, season_begins
from farms.services.receipts.payments import Payment, payments_for
from farms.services.receipts.taken_in import sums
from provenance.coffee.acts import MG_PER_KG, Receive
from provenance.coffee.check_code import check_code_of, in_groups
from provenance.coffee.money import Amount
from provenance.coffee.statement import Statement, parse
from provenance.trail.models import Event
from provenance.trail.services.queries import PARTNERS, PUBLIC, disclosures_of

_PRICE = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,6})?) ?([A-Z]{3}) ?(?:/|a |per )kg", re.ASCII)
# On top of the price that was agreed.
ON_TOP = frozenset({"bonus", "premium", "dividend"})
CENT = Decimal("0.01")


@dataclass(frozen=True)
class Entry:
    """
    One delivery. ``codes`` are those of its receipts; ``ids`` the events that a payment may name for it.

    ``received_mg``: what the other side's scale showed, None where nobody has answered. ``price``: as it was written.
    """

    event: Event
    at: datetime
    to: str
    form: str
    sent_mg: int | None
    received_mg: int | None
    refused_mg: int
    codes: tuple[str, ...]
    ids: frozenset[str]
    price: str
    payments: tuple[Payment, ...]

    @property
    def agreed(self) -> Amount | None:
        """The price of a kilogram, where it is written as one."""
        match = _PRICE.fullmatch(self.price.strip().replace(",", "."))
        return Amount(Decimal(match[1]), match[2]) if match else None

    @property
    def worth(self) -> Amount | None:
        """What the coffee that was taken in comes to at the agreed price, to the hundredth."""
        if self.agreed is None or self.received_mg is None:
            return None
        number = self.agreed.number * self.received_mg / MG_PER_KG
        return Amount(number.quantize(CENT), self.agreed.currency)


@dataclass(frozen=True)
class Paid:
    """One payment as the book lists it. ``to_grower``: it counts here; ``also``: it covers other deliveries, too."""

    payment: Payment
    by: str
    to: str
    to_grower: bool
    also: bool


@dataclass(frozen=True)
class Passbook:
    """``begins`` to the day before ``ends``; the newest first."""

    begins: date
    ends: date
    over: bool
    entries: Sequence[Entry]
    payments: Sequence[Paid]

    @property
    def last(self) -> date:
        return self.ends - timedelta(days=1)

    @property
    def received(self) -> list[tuple[str, int]]:
        """Milligrams by form: cherry and parchment are not added up."""
        found: dict[str, int] = {}
        for entry in self.entries:
            found[entry.form] = found.get(entry.form, 0) + (entry.received_mg or 0)
        return [(form, mass_mg) for form, mass_mg in sorted(found.items()) if mass_mg]

    @property
    def paid(self) -> list[Amount]:
        return sums(each.payment.amount for each in self._counted if not each.payment.kept_back)

    @property
    def kept_back(self) -> list[Amount]:
        return sums(each.payment.amount for each in self._counted if each.payment.kept_back)

    @property
    def withheld(self) -> int:
        """How many payments there are whose amount this reader may not know: the sums are at least."""
        return sum(each.to_grower and each.payment.amount is None for each in self.payments)

    @property
    def unpaid(self) -> list[tuple[str, int]]:
        """Milligrams by form for which nobody has said that anything was paid."""
        found: dict[str, int] = {}
        for entry in self.entries:
            if entry.received_mg and not entry.payments:
                found[entry.form] = found.get(entry.form, 0) + entry.received_mg
        return sorted(found.items())

    @property
    def settled(self) -> bool:
        """Of each delivery somebody has said that nothing more will be paid."""
        taken = [entry for entry in self.entries if entry.received_mg]
        return bool(taken) and all(any(payment.act.final for payment in entry.payments) for entry in taken)

    @property
    def owed(self) -> list[Amount]:
        """
        By currency: agreed prices, less what was paid or kept back against them. Below zero: more than was agreed.

        Only of deliveries that have a price, and whose payments cover none without one.
        """
        priced = self._reckonable()
        ids = {event_id for entry in priced for event_id in entry.ids}
        against = [
            each.payment.amount
            for each in self._counted
            if each.payment.act.kind not in ON_TOP and set(each.payment.act.deliveries) <= ids
        ]
        worth = [entry.worth for entry in priced if entry.worth]
        return sums([*worth, *(Amount(-amount.number, amount.currency) for amount in against)])

    @property
    def unreckoned(self) -> list[Entry]:
        """Taken in, and no part of what is owed: no price was agreed in figures, or one payment covers too much."""
        reckoned = {entry.event.pk for entry in self._reckonable()}
        return [entry for entry in self.entries if entry.received_mg and entry.event.pk not in reckoned]

    def _reckonable(self) -> list[Entry]:
        entries = [entry for entry in self.entries if entry.worth]
        while True:
            ids = {event_id for entry in entries for event_id in entry.ids}
            whole = [entry for entry in entries if all(_within(payment, ids) for payment in entry.payments)]
            if len(whole) == len(entries):
                return whole
            entries = whole

    @property
    def _counted(self) -> list[Paid]:
        return [each for each in self.payments if each.to_grower and each.payment.amount]


def _within(payment: Payment, ids: set[str]) -> bool:
    """Whether all of the payment can be reckoned with: a bonus needs no price."""
    return payment.act.kind in ON_TOP or (payment.amount is not None and set(payment.act.deliveries) <= ids)


def passbook_of(business: Business, year: int | None = None) -> Passbook:
    """Of the coffee year that begins in ``year``; the present one where None. A constant number of queries."""
    begins = season_begins(timezone.localdate())
    if year is not None:
        begins = begins.replace(year=year)
    ends = begins.replace(year=begins.year + 1)
    drafts = sorted([*_announced(business, begins, ends), *_unannounced(business, begins, ends)], key=_newest_first)
    audiences = [PUBLIC, PARTNERS, business.party]
    payments = payments_for({event_id for entry in drafts for event_id in entry.ids}, audiences)
    entries = [_with_payments(entry, payments) for entry in drafts]
    own = {event_id for entry in drafts for event_id in entry.ids}
    business.learn({uri for payment in payments for uri in (payment.by, payment.payee) if uri})
    return Passbook(
        begins,
        ends,
        timezone.localdate() >= ends,
        entries,
        [_told(payment, business, own) for payment in reversed(payments)],
    )


def _announced(business: Business, begins: date, ends: date) -> Iterable[Entry]:
    """What the grower himself sent, with what the other side said of it."""
    since = _midnight(begins)
    rows = handovers_of(business).filter(dispatch__recorded_at__gte=since)
    deliveries = [
        delivery
        for delivery in deliveries_of(business, rows)
        if since <= delivery.at < _midnight(ends) and delivery.state != "withdrawn"
    ]
    prices = _prices(business, [receipt for delivery in deliveries for receipt in _receipts(delivery)])
    for delivery in deliveries:
        yield _announced_entry(delivery, prices)


def _receipts(delivery: Delivery) -> list[Event]:
    return [answer.event for answer in delivery.answers if not answer.refused]


def _prices(business: Business, receipts: Iterable[Event]) -> dict[int, str]:
    """As they were agreed when the coffee was taken in, by the receipt's primary key."""
    shown = disclosures_of(list(receipts), [PUBLIC, PARTNERS, business.party])
    return {pk: one.value for pk, several in shown.items() for one in several if one.name == "price"}


def _announced_entry(delivery: Delivery, prices: dict[int, str]) -> Entry:
    receipts = _receipts(delivery)
    return Entry(
        event=delivery.event,
        at=delivery.at,
        to=delivery.to,
        form=delivery.form,
        sent_mg=delivery.sent_mg,
        received_mg=delivery.received_mg if delivery.answers else None,
        refused_mg=delivery.refused_mg,
        codes=tuple(_code(parse(bytes(event.statement))) for event in receipts),
        ids=frozenset({delivery.event.event_id, *(event.event_id for event in receipts)}),
        # Two receipts of one delivery may name two prices, and then there is none for all of it.
        price=" and ".join(dict.fromkeys(prices[event.pk] for event in receipts if event.pk in prices)),
        payments=(),
    )


def _unannounced(business: Business, begins: date, ends: date) -> Iterable[Entry]:
    """What stations took in although nobody had announced it: all that a grower without a telephone has."""
    since = _midnight(begins)
    events = list(business.events.filter(act=Receive.name, correction=None, recorded_at__gte=since))
    prices = _prices(business, events)
    said = [(event, parse(bytes(event.statement))) for event in events]
    own = [
        (event, statement)
        for event, statement in said
        if statement.body.dispatch is None
        and statement.body.from_party == business.party
        and since <= statement.body.at < _midnight(ends)
    ]
    business.learn(statement.iss for _, statement in own)
    forms = business.forms_of(line.lot for _, statement in own for line in statement.body.lines)
    for event, statement in own:
        act = statement.body
        yield Entry(
            event=event,
            at=act.at,
            to=business.name(statement.iss),
            form=act.begins[0].form if act.begins else forms.get(act.lines[0].lot, ""),
            sent_mg=None,
            received_mg=sum(line.mass_mg for line in act.lines),
            refused_mg=0,
            codes=(_code(statement),),
            ids=frozenset({event.event_id}),
            price=prices.get(event.pk, ""),
            payments=(),
        )


def _with_payments(entry: Entry, payments: Iterable[Payment]) -> Entry:
    covering = tuple(payment for payment in payments if entry.ids & set(payment.act.deliveries))
    return replace(entry, payments=covering)


def _told(payment: Payment, business: Business, own: set[str]) -> Paid:
    also = not set(payment.act.deliveries) <= own
    return Paid(
        payment,
        by=business.name(payment.by),
        to=business.name(payment.payee) if payment.payee and payment.payee != business.party else "",
        # Whose an amount for several growers is, only its payee says.
        to_grower=payment.payee == business.party or (payment.payee is None and not also),
        also=also,
    )


def _code(statement: Statement) -> str:
    return in_groups(check_code_of(statement))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=timezone.get_current_timezone())


def _newest_first(entry: Entry) -> tuple[float, int]:
    return -entry.at.timestamp(), -entry.event.pk
