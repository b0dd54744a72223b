"""Coffee changes its place, its keeper or its owner."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from provenance.coffee.acts import (
    Attributes,
    Dispatch,
    Form,
    LossKind,
    LotMass,
    NewLot,
    Receive,
    Refuse,
    TransferTitle,
)
from provenance.coffee.identifiers import lot_code_of
from shipments.services.desk import Delivery
from shipments.services.plans import Plan, Refused, Weight, named_rest, plan


@dataclass(frozen=True)
class Line:
    """So much of a lot that exists."""

    lot: str
    weight: Weight

    @property
    def mass(self) -> LotMass:
        return LotMass(lot=self.lot, mass_mg=self.weight.mass_mg)


@dataclass(frozen=True)
class Arrival:
    """One lot of a load: how much of it was sent with this load, and how much the scale shows here."""

    lot: str
    sent_mg: int
    weighed: Weight


@dataclass(frozen=True)
class Pour:
    """A day-lot that a delivery goes into; ``attributes`` are what is said of it."""

    lot: str
    form: Form
    attributes: Attributes


def named(lines: Sequence[Line]) -> list[tuple[str, Weight]]:
    return [(lot_code_of(line.lot), line.weight) for line in lines]


def receive(
    *,
    party: str,
    at: datetime,
    site: str,
    delivery: Delivery,
    arrivals: Sequence[Arrival],
    difference: LossKind = LossKind.WEIGHING_DIFFERENCE,
    into: Pour | None = None,
    bags: int | None = None,
    moisture_permille: int | None = None,
    note: str = "",
) -> Plan:
    """
    Take in a load, or part of it. What of the dispatch is not taken stays on its way.

    Where the scale shows another weight than was sent, the difference becomes a loss or a gain of that kind.
    """
    for arrival in arrivals:
        check_on_its_way(delivery, arrival.lot, arrival.sent_mg, field="arrivals")
    lines = tuple(LotMass(lot=arrival.lot, mass_mg=arrival.weighed.mass_mg) for arrival in arrivals)
    taken = tuple(LotMass(lot=arrival.lot, mass_mg=arrival.sent_mg) for arrival in arrivals)
    received_mg = sum(line.mass_mg for line in lines)
    act = Receive(
        at=at,
        site=site,
        lines=lines,
        from_party=delivery.from_party,
        dispatch=delivery.dispatch,
        taken=() if taken == lines else taken,
        into=poured(into, received_mg),
        title=delivery.title,
        bags=bags,
        moisture_permille=moisture_permille,
        **named_rest(sum(line.mass_mg for line in taken) - received_mg, difference),
    )
    weights = [(lot_code_of(arrival.lot), arrival.weighed) for arrival in arrivals]
    return plan(party, act, weights=weights, note=note)


def receive_unannounced(
    *,
    party: str,
    at: datetime,
    site: str,
    lot: str,
    form: Form,
    weight: Weight,
    attributes: Attributes,
    from_party: str | None = None,
    into: Pour | None = None,
    title: bool = True,
    bags: int | None = None,
    moisture_permille: int | None = None,
    note: str = "",
    price: str = "",
) -> Plan:
    """Take in coffee that nobody sent through the trail: a lot begins here, what came before is not recorded."""
    act = Receive(
        at=at,
        site=site,
        lines=(LotMass(lot=lot, mass_mg=weight.mass_mg),),
        from_party=from_party,
        begins=(NewLot(lot=lot, mass_mg=weight.mass_mg, form=form, attributes=attributes),),
        into=poured(into, weight.mass_mg),
        title=title,
        bags=bags,
        moisture_permille=moisture_permille,
    )
    return plan(party, act, weights=[(lot_code_of(lot), weight)], note=note, price=price)


def poured(into: Pour | None, mass_mg: int) -> NewLot | None:
    return into and NewLot(lot=into.lot, mass_mg=mass_mg, form=into.form, attributes=into.attributes)


def refuse(
    *, party: str, at: datetime, site: str, delivery: Delivery, lines: Sequence[Line], reason: str, note: str = ""
) -> Plan:
    """Send a load back, or part of it."""
    for line in lines:
        check_on_its_way(delivery, line.lot, line.weight.mass_mg, field="lines")
    act = Refuse(at=at, site=site, dispatch=delivery.dispatch, lines=tuple(line.mass for line in lines), reason=reason)
    return plan(party, act, weights=named(lines), note=note)


def check_on_its_way(delivery: Delivery, lot: str, mass_mg: int, *, field: str) -> None:
    """Raises Refused: nobody takes or sends back more of a load than its sender has said to have sent."""
    if mass_mg > delivery.rest.get(lot, 0):
        raise Refused(f"Not so much of {lot_code_of(lot)} is on its way.", field=field)


def dispatch(
    *,
    party: str,
    at: datetime,
    site: str,
    lines: Sequence[Line],
    to_party: str,
    owner: str | None = None,
    title: bool = True,
    bags: int | None = None,
    price: str = "",
    note: str = "",
) -> Plan:
    """Send lots to somebody. They are on their way until that party receives or refuses them."""
    act = Dispatch(
        at=at,
        site=site,
        lines=tuple(line.mass for line in lines),
        to_party=to_party,
        title=title,
        owner=other_than(party, owner),
        bags=bags,
    )
    return plan(party, act, weights=named(lines), price=price, note=note)


def transfer_title(
    *,
    party: str,
    at: datetime,
    site: str,
    lines: Sequence[Line],
    to_party: str,
    custodian: str | None = None,
    price: str = "",
    note: str = "",
) -> Plan:
    """Make coffee over to another owner while it stays where it is."""
    act = TransferTitle(
        at=at,
        site=site,
        lines=tuple(line.mass for line in lines),
        to_party=to_party,
        custodian=other_than(party, custodian),
    )
    return plan(party, act, weights=named(lines), price=price, note=note)


def other_than(party: str, other: str | None) -> str | None:
    """In an act an owner or custodian is only named where it is not the signer."""
    return None if other == party else other
