"""What stands on the labels of a lot's bags."""

from collections.abc import Iterator
from dataclasses import dataclass

from provenance.bags.services.issuing import bag_url, bags_of
from provenance.coffee.acts import MG_PER_KG
from provenance.coffee.epcis import to_kg
from provenance.trail.services.queries import name_of


@dataclass(frozen=True)
class Label:
    """What stands on one bag. ``url`` is what the code says; the rest is for people."""

    url: str
    product: str
    roaster: str
    lot: str
    net: str = ""
    number: str = ""


def labels_of(lot: str, *, first: int, last: int) -> Iterator[Label]:
    """The labels of a pack lot's bags, from number ``first`` to ``last``, counted from 1."""
    bags = bags_of(lot)
    total = len(bags)
    roasters: dict[str, str] = {}
    for bag in bags[first - 1 : last]:
        roaster = bag.product.party_uri if bag.product else ""
        if roaster and roaster not in roasters:
            roasters[roaster] = name_of(roaster) or ""
        yield Label(
            url=bag_url(bag),
            product=bag.product.name if bag.product else "",
            roaster=roasters.get(roaster, ""),
            lot=bag.lot_code,
            net=net(bag.product.net_mg) if bag.product else "",
            number=f"{bag.position + 1} of {total}",
        )


def net(mass_mg: int) -> str:
    return f"{mass_mg / 1000:g} g" if mass_mg < MG_PER_KG else f"{to_kg(mass_mg):f} kg"
