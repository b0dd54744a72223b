"""What stands on the labels of a lot's bags: read from the trail, the product and the layout."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from urllib.parse import urlsplit

from provenance.bags.models import Bag
from provenance.bags.services.issuing import bag_url, bags_of
from provenance.coffee.acts import MG_PER_KG, Process
from provenance.coffee.epcis import to_kg
from provenance.printing.codes import in_capitals
from provenance.printing.fonts import BOLD, missing, printable
from provenance.trail.models import Lot
from provenance.trail.services.projecting import attributes_from_json
from provenance.trail.services.queries import closure, name_of
from shipments.imports.cells.countries import english
from shipments.labels.arranging import Words
from shipments.labels.papers import Paper, paper_of
from shipments.labels.sheets import Label
from shipments.models import LabelLayout

DOT = " · "


@dataclass(frozen=True)
class Said:
    """The texts of a label, before a layout chooses among them. ``number``: the widest there will be."""

    lot: str
    address: str
    product: str = ""
    roaster: str = ""
    origin: str = ""
    cup_notes: str = ""
    roasted: str = ""
    best_before: str = ""
    net: str = ""
    number: str = ""


def words_of(said: Said) -> tuple[Words, ...]:
    """From top to bottom. The product's name stays longest, the cup notes go first when there is no room."""
    count = DOT.join(filter(None, (said.net, said.number)))
    return tuple(
        replace(words, text=printable(words.text), missing=missing(words.text))
        for words in (
            Words("product", said.product, 8.5, weight=8, font=BOLD, lines=2, may_be_cut=True),
            Words("roaster", said.roaster, 7.5, weight=4, lines=2, may_be_cut=True),
            Words("origin", said.origin, 7, weight=3, lines=2, may_be_cut=True),
            Words("cup_notes", said.cup_notes, 7, weight=1, lines=2, may_be_cut=True),
            Words("lot", f"Lot {said.lot}", 7.5, weight=0, lines=2),
            Words("roasted", said.roasted and f"Roasted {said.roasted}", 6.5, weight=2, lines=2),
            Words("best_before", said.best_before and f"Best before {said.best_before}", 6.5, weight=7, lines=2),
            Words("number", count, 6.5, weight=6),
            Words("address", said.address, 6.5, weight=0),
        )
    )


def labels_of(lot_uri: str, layout: LabelLayout, *, first: int, last: int) -> Iterator[Label]:
    """The labels of a pack lot's bags, from number ``first`` to ``last``, counted from 1."""
    lot = Lot.objects.get(uri=lot_uri)
    bags = bags_of(lot_uri)[first - 1 : last]
    total = lot.count or 0
    words: tuple[Words, ...] = ()
    known = None
    for bag in bags:
        url = url_of(bag, layout)
        if bag.product != known or not words:
            words, known = words_of(chosen(said_of(lot, bag, layout, url), layout)), bag.product
        yield Label(url, words, count_line(bag, layout, total))


def said_of(lot: Lot, bag: Bag, layout: LabelLayout, url: str) -> Said:
    attributes = attributes_from_json(lot.attributes)
    origin = ", ".join(filter(None, (attributes.region, attributes.country and english(attributes.country))))
    variety = ", ".join(attributes.variety)
    total = lot.count or 0
    return Said(
        lot=bag.lot_code,
        address=urlsplit(url).netloc.lower(),
        product=bag.product.name if bag.product else "",
        roaster=name_of(bag.product.party_uri if bag.product else lot.opened_by) or "",
        origin=layout.origin or DOT.join(filter(None, (origin, attributes.process, variety))),
        cup_notes=layout.cup_notes,
        roasted=day(roasted_on(lot.uri)) if "roasted" in layout.fields else "",
        best_before=day(attributes.best_before),
        net=net(bag.product.net_mg) if bag.product else net(lot.net_mg or 0),
        number=f"{total} of {total}",
    )


def chosen(said: Said, layout: LabelLayout) -> Said:
    """What the layout wants of it."""
    unwanted = {field: "" for field in LabelLayout.Field.values if field not in layout.fields}
    return replace(said, **unwanted)


def count_line(bag: Bag, layout: LabelLayout, total: int) -> str:
    """The one line that differs from bag to bag."""
    said: Mapping[str, str] = {
        "net": net(bag.product.net_mg) if bag.product else "",
        "number": f"{bag.position + 1} of {total}",
    }
    return DOT.join(text for field, text in said.items() if text and field in layout.fields)


def url_of(bag: Bag, layout: LabelLayout) -> str:
    """What the code says. A bag without GTIN is named by its token whatever the layout says."""
    url = bag_url(bag, level=layout.level)
    return in_capitals(url) if layout.capitals and "/t/" not in url else url


def paper_for(layout: LabelLayout) -> Paper:
    return paper_of(layout.paper, height=layout.height_mm, dpi=layout.dpi)


def roasted_on(lot_uri: str) -> date | None:
    """The day of the last roast that is in the lot, by the clock of who roasted."""
    bodies = [statement.body for statement in closure([lot_uri]).statements.values()]
    roasts = [body.at for body in bodies if isinstance(body, Process) and body.step == "roast"]
    return max(roasts).date() if roasts else None


def day(at: date | None) -> str:
    return f"{at.day} {at:%b %Y}" if at else ""


def net(mass_mg: int) -> str:
    if not mass_mg:
        return ""
    return f"{mass_mg / 1000:g} g" if mass_mg < MG_PER_KG else f"{to_kg(mass_mg):f} kg"


def sample_of(layout: LabelLayout) -> Label:
    """A label of the product's last bag; of a bag that might be, where none is packed yet."""
    if bag := Bag.objects.filter(product=layout.product).order_by("-pk").first():
        return next(labels_of(bag.lot_uri, layout, first=bag.position + 1, last=bag.position + 1))
    product = layout.product
    bag = Bag(product=product, gtin=product.gtin, lot_code="261107-K3XQ7", position=0, serial="A" * 16, token="a" * 26)
    url, day_of_roast = url_of(bag, layout), date(2026, 11, 7)
    said = Said(
        lot=bag.lot_code,
        address=urlsplit(url).netloc.lower(),
        product=product.name,
        roaster=name_of(product.party_uri) or "",
        origin=layout.origin or "Yirgacheffe, Ethiopia · washed",
        cup_notes=layout.cup_notes,
        roasted=day(day_of_roast),
        best_before=day(day_of_roast.replace(year=2027)),
        net=net(product.net_mg),
        number="1000 of 1000",
    )
    return Label(url, words_of(chosen(said, layout)), count_line(bag, layout, 1000))
