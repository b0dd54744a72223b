"""One receipt as its paper says it: who took in how much, when, for which price, and what was paid so far."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property

from django.conf import settings

from farms.services.business import Business
from farms.services.deliveries import masses_of
from farms.services.receipts.numbering import code_of
from farms.services.receipts.payments import Payment, payments_for
from farms.words import WITHHELD
from provenance.coffee.acts import Receive
from provenance.coffee.check_code import in_groups
from provenance.coffee.clocks import clock_of
from provenance.coffee.identifiers import lot_code_of
from provenance.coffee.money import Amount
from provenance.coffee.statement import parse
from provenance.trail.models import Event, Lot, Site
from provenance.trail.services.queries import PARTNERS, PUBLIC, disclosures_of, names_of

# Growers' names by URI, as a reader may know them.
Names = Callable[[Collection[str]], Mapping[str, str]]


def names_for_partners(growers: Collection[str]) -> Mapping[str, str]:
    """A receipt may name anybody as who brought the coffee, so to sign one opens nobody's withheld name."""
    return names_of(growers, audiences=[PUBLIC, PARTNERS])


@dataclass(frozen=True)
class TakenIn:
    """
    ``grower``: URI of who brought it, "" where that was not recorded; ``grower_name`` is as the reader may know it.

    ``at`` is on the clock of the place. ``sent_mg`` is None where nobody had announced it. ``price``: as it was agreed,
    "" where nobody said. ``payments``: those that were made for this delivery alone.
    """

    event: Event
    code: str
    by: str
    grower: str
    grower_name: str
    at: datetime
    form: str
    lots: str
    mass_mg: int
    sent_mg: int | None
    price: str
    payments: Sequence[Payment]
    taken_back: bool

    @property
    def printed_code(self) -> str:
        return in_groups(self.code)

    @property
    def url(self) -> str:
        return f"{settings.PUBLIC_URL}/r/{self.code}"

    @property
    def fingerprint(self) -> str:
        """The leaf hash, in hex: under it the log's public tiles hold this receipt, and no other."""
        return bytes(self.event.leaf_hash).hex()

    @cached_property
    def paid(self) -> list[Amount]:
        """What was paid out so far, by currency."""
        return sums(payment.amount for payment in self.payments if payment.amount and not payment.kept_back)

    @property
    def final(self) -> bool:
        return any(payment.act.final for payment in self.payments)


def taken_in(event: Event, names_of_growers: Names = names_for_partners) -> TakenIn:
    """Of a ``receive``. A constant number of queries."""
    statement = parse(bytes(event.statement))
    act: Receive = statement.body
    grower = act.from_party or ""
    sent_mg, mass_mg = masses_of(act)
    site = Site.objects.filter(uri=act.site).first()
    price = next((one.value for one in disclosures_of([event], _readers(grower))[event.pk] if one.name == "price"), "")
    return TakenIn(
        event=event,
        code=code_of(event),
        by=Business(grower).name(statement.iss),
        grower=grower,
        grower_name=names_of_growers([grower]).get(grower, WITHHELD) if grower else "",
        at=act.at.astimezone(clock_of(site.country if site else "")),
        form=_form_of(act),
        lots=", ".join(lot_code_of(line.lot) for line in act.lines),
        mass_mg=mass_mg,
        sent_mg=sent_mg if act.dispatch else None,
        price=price,
        payments=own_payments(statement.jti, act),
        taken_back=hasattr(event, "correction"),
    )


@dataclass(frozen=True)
class Listed:
    """As much of a receipt as a list shows; ``grower_name`` is "" where nobody recorded who brought it."""

    event: Event
    grower_name: str
    at: datetime
    form: str
    mass_mg: int
    taken_back: bool


def listed(events: Iterable[Event], names_of_growers: Names = names_for_partners) -> list[Listed]:
    """A constant number of queries, however many there are."""
    said: list[tuple[Event, Receive]] = [(event, parse(bytes(event.statement)).body) for event in events]
    growers = {act.from_party for _, act in said if act.from_party}
    names = names_of_growers(growers)
    countries = dict(Site.objects.filter(uri__in={act.site for _, act in said}).values_list("uri", "country"))
    lots = {line.lot for _, act in said for line in act.lines}
    forms = dict(Lot.objects.filter(uri__in=lots).values_list("uri", "form"))
    return [
        Listed(
            event=event,
            grower_name=names.get(act.from_party, WITHHELD) if act.from_party else "",
            at=act.at.astimezone(clock_of(countries.get(act.site, ""))),
            form=act.begins[0].form if act.begins else forms.get(act.lines[0].lot, ""),
            mass_mg=masses_of(act)[1],
            taken_back=hasattr(event, "correction"),
        )
        for event, act in said
    ]


def own_payments(event_id: str, act: Receive) -> list[Payment]:
    """Those for this delivery alone, to the grower or to nobody named: one amount for several is on no one's paper."""
    ids = {event_id, act.dispatch} - {None}
    grower = act.from_party or ""
    return [
        payment
        for payment in payments_for(ids, _readers(grower))
        if set(payment.act.deliveries) <= ids and payment.payee in (None, grower)
    ]


def sums(amounts: Iterable[Amount]) -> list[Amount]:
    """One for each currency, in the order of their codes."""
    found: dict[str, Decimal] = {}
    for amount in amounts:
        found[amount.currency] = found.get(amount.currency, Decimal(0)) + amount.number
    return [Amount(number, currency) for currency, number in sorted(found.items())]


def _readers(grower: str) -> list[str]:
    return [PUBLIC, PARTNERS, *([grower] if grower else [])]


def _form_of(act: Receive) -> str:
    if act.begins:
        return act.begins[0].form
    return Lot.objects.filter(uri=act.lines[0].lot).values_list("form", flat=True).first() or ""
