"""Coffee becomes other coffee: closed, processed, roasted, blended, split, packed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from provenance.bags.models import Bag, Product
from provenance.bags.services.issuing import BadBags, DrawnSerials, draw_serials, keep_bags
from provenance.coffee.acts import (
    Attributes,
    Close,
    Difference,
    Form,
    LossKind,
    NewLot,
    Pack,
    Process,
    Split,
)
from provenance.coffee.errors import CoffeeError
from provenance.coffee.identifiers import lot_code_of
from provenance.tlog.hashing import root_of
from provenance.trail.models import Event, LotEdge
from provenance.trail.services.acting import HeldKey
from shipments.services.lots import inherited
from shipments.services.moving import Line, named, other_than
from shipments.services.plans import Plan, Refused, Weight, draft, named_rest, plan, rest_of


@dataclass(frozen=True)
class Output:
    """A lot that a step makes. ``said`` is what the signer adds to what it inherits."""

    lot: str
    form: Form
    weight: Weight
    attributes: Attributes

    @property
    def new_lot(self) -> NewLot:
        return NewLot(lot=self.lot, mass_mg=self.weight.mass_mg, form=self.form, attributes=self.attributes)


def output(lot: str, form: Form, weight: Weight, *, parents: Sequence[str], **said: object) -> Output:
    return Output(lot, form, weight, inherited(parents, **said))


def close(*, party: str, at: datetime, site: str, lot: str, note: str = "") -> Plan:
    """Seal a day-lot: so many receipts, so much, and the Merkle root of their leaf hashes."""
    receipts = receipts_of(lot)
    if not receipts:
        raise Refused("Nothing was poured into this day-lot yet.", field="lot")
    act = Close(
        at=at,
        site=site,
        lot=lot,
        receipts=len(receipts),
        mass_mg=sum(mass_mg for _, mass_mg in receipts),
        receipts_root=root_of([bytes(event.leaf_hash) for event, _ in receipts]).hex(),
    )
    return plan(party, act, note=note)


def receipts_of(lot: str) -> list[tuple[Event, int]]:
    """The receipts that were poured into a day-lot and stand, in the order of recording, with their milligrams."""
    found: dict[Event, int] = {}
    edges = LotEdge.objects.filter(child__uri=lot, event__act="receive", event__correction=None)
    for edge in edges.select_related("event").order_by("event"):
        found[edge.event] = found.get(edge.event, 0) + edge.mg
    return list(found.items())


def process(
    *,
    party: str,
    at: datetime,
    site: str,
    step: str,
    inputs: Sequence[Line],
    outputs: Sequence[Output],
    losses: Sequence[Difference] = (),
    gains: Sequence[Difference] = (),
    rest: LossKind = LossKind.UNEXPLAINED,
    owner: str | None = None,
    note: str = "",
    recipe: str = "",
) -> Plan:
    """One step: what no line names yet becomes a loss, or a gain, of the kind ``rest``."""
    given = tuple(line.mass for line in inputs)
    made = tuple(output.new_lot for output in outputs)
    more = named_rest(rest_of(inputs=given, outputs=made, losses=losses, gains=gains), rest)
    act = Process(
        at=at,
        site=site,
        step=step,
        inputs=given,
        outputs=made,
        losses=(*losses, *more["losses"]),
        gains=(*gains, *more["gains"]),
        owner=other_than(party, owner),
    )
    return plan(party, act, weights=[*named(inputs), *named_outputs(outputs)], note=note, recipe=recipe)


def split(
    *,
    party: str,
    at: datetime,
    site: str,
    line: Line,
    outputs: Sequence[Output],
    owner: str | None = None,
    note: str = "",
) -> Plan:
    """One lot into several of the same coffee; they weigh together what was taken."""
    act = Split(
        at=at,
        site=site,
        input=line.mass,
        outputs=tuple(output.new_lot for output in outputs),
        owner=other_than(party, owner),
    )
    rest_mg = rest_of(inputs=(act.input,), outputs=act.outputs)
    if rest_mg:
        word = "less" if rest_mg > 0 else "more"
        raise Refused(
            f"The new lots weigh {abs(rest_mg) / 1_000_000:g} kg {word} than what is split. A split loses nothing: "
            "make the weights equal, or record a step instead.",
            field="outputs",
        )
    return plan(party, act, weights=[*named([line]), *named_outputs(outputs)], note=note)


@dataclass(frozen=True)
class PackPlan(Plan):
    """Bags are kept before the pack is recorded: a pack whose serials were lost could never be printed or scanned."""

    drawn: DrawnSerials
    product: Product

    def sign(self, *, event_id: str | None = None, key: HeldKey | None = None) -> list[Event]:
        act = self.acts[0]
        assert isinstance(act, Pack)
        try:
            with transaction.atomic():
                bags = keep_bags(self.drawn, lot_uri=act.output.lot, gtin=act.gtin, product=self.product)
        except IntegrityError as error:
            raise Refused("There is a lot with this code already. Give this one another code.", field="code") from error
        try:
            return super().sign(event_id=event_id, key=key)
        except CoffeeError:
            Bag.objects.filter(pk__in=[bag.pk for bag in bags]).delete()
            raise


def pack(
    *,
    party: str,
    at: datetime,
    site: str,
    inputs: Sequence[Line],
    lot: str,
    product: Product,
    count: int,
    attributes: Attributes | None = None,
    losses: Sequence[Difference] = (),
    gains: Sequence[Difference] = (),
    rest: LossKind = LossKind.SPILLAGE,
    owner: str | None = None,
    note: str = "",
) -> PackPlan:
    """Fill bags of one product; overfill and sweepings become a loss of the kind ``rest``."""
    try:
        drawn = draw_serials(count)
    except BadBags as error:
        raise Refused(str(error), field="count") from error
    given = tuple(line.mass for line in inputs)
    made = NewLot(
        lot=lot,
        mass_mg=count * product.net_mg,
        form=Form.PACKED,
        attributes=attributes or inherited([line.lot for line in inputs]),
    )
    more = named_rest(rest_of(inputs=given, outputs=(made,), losses=losses, gains=gains), rest)
    act = Pack(
        at=at,
        site=site,
        inputs=given,
        output=made,
        count=count,
        net_mg=product.net_mg,
        serials_root=drawn.root.hex(),
        gtin=product.gtin or None,
        losses=(*losses, *more["losses"]),
        gains=(*gains, *more["gains"]),
        owner=other_than(party, owner),
    )
    checked = Plan(party, (draft(act, weights=named(inputs), note=note),)).check()
    return PackPlan(checked.party, checked.drafts, drawn, product)


def named_outputs(outputs: Sequence[Output]) -> list[tuple[str, Weight]]:
    return [(lot_code_of(output.lot), output.weight) for output in outputs]
