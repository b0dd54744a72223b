"""Which links there are: what the trail has to show of a bag, a lot and a product, and what their business added."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from django.conf import settings
from django.utils.translation import gettext as _

from provenance.bags.models import Bag, Link, Product
from provenance.bags.services.issuing import find_bag, find_lot, find_product
from provenance.bags.services.linking import links_of
from provenance.coffee.identifiers import DigitalLink, gs1_lot_uri, lot_code_of
from provenance.shelf.glance import gist_of
from provenance.shelf.resolver.addresses import anchor_of, page_path_of, upwards
from provenance.shelf.resolver.links import DEFAULT, Level, Target
from provenance.shelf.resolver.matching import PAGE
from provenance.trail.models import Lot

EPCIS = "application/ld+json"


@dataclass(frozen=True)
class _Known:
    """What is known of a Digital Link's product."""

    product: Product | None
    links: Sequence[Link]

    def name(self, link: DigitalLink) -> str:
        return self.product.name if self.product else _("Coffee with the GTIN %(gtin)s") % {"gtin": link.gtin}

    def stored(self, lot: str) -> tuple[Target, ...]:
        return tuple(_stored(one) for one in self.links if one.lot_code == lot)


def product_is_known(gtin: str) -> bool:
    return find_product(gtin) is not None or _is_on_the_trail(gtin)


def levels_of(link: DigitalLink) -> list[Level]:
    """
    The links of what a Digital Link names, and of each level up to the product; none of a product nobody sells here.
    """
    product = find_product(link.gtin)
    if product is None and not _is_on_the_trail(link.gtin):
        return []
    known = _Known(product, list(links_of(product)) if product else [])
    return [_level(one, known) for one in upwards(link)]


def level_of_token(bag: Bag) -> Level:
    """A bag whose code is no Digital Link has one level: its own."""
    anchor = f"{settings.PUBLIC_URL}/t/{bag.token}"
    known = _Known(bag.product, list(links_of(bag.product)) if bag.product else [])
    named = _("%(product)s, lot %(lot)s") % {
        "product": bag.product.name if bag.product else _("Coffee"),
        "lot": bag.lot_code,
    }
    targets = (*_of_the_trail(bag.lot_uri, anchor), *known.stored(bag.lot_code), *known.stored(""))
    return Level(anchor, named, _page(DEFAULT, anchor, named), (_journey(anchor, named), *targets))


def _level(link: DigitalLink, known: _Known) -> Level:
    page = settings.PUBLIC_URL + page_path_of(link)
    if link.serial or link.other_serial:
        named = _named_bag(link, known)
        targets = [_journey(page, named)]
    elif link.lot:
        named = _("%(product)s, lot %(lot)s") % {"product": known.name(link), "lot": link.lot}
        lot_uri = find_lot(gtin=link.gtin, lot=link.lot) or gs1_lot_uri(link.gtin, link.lot)
        targets = [_journey(page, named), *_of_the_trail(lot_uri, page), *known.stored(link.lot)]
    else:
        named = known.name(link)
        targets = [_journey(page, named), *known.stored("")]
        if not any(target.type == "pip" for target in targets):
            targets.append(_page("pip", page, named))
    return Level(anchor_of(link), named, _page(DEFAULT, page, named), tuple(targets))


def _named_bag(link: DigitalLink, known: _Known) -> str:
    if not link.serial or find_bag(gtin=link.gtin, lot=link.lot, serial=link.serial) is None:
        return _("The serial number %(serial)s was never issued") % {"serial": link.serial or link.other_serial}
    return _("%(product)s, the bag %(serial)s") % {"product": known.name(link), "serial": link.serial}


def _of_the_trail(lot_uri: str, page: str) -> Iterator[Target]:
    """Links to what was recorded of a lot, each only where there is something to see."""
    found = gist_of(lot_uri)
    if found is None:
        return
    code = lot_code_of(lot_uri)
    events = f"{settings.PUBLIC_URL}/api/lots/{quote(code, safe='')}/trail?uri={quote(lot_uri, safe='')}"
    yield Target(
        type="epcis",
        href=events,
        title=_("Events of the lot %(lot)s in EPCIS 2.0, for whom they are open to") % {"lot": code},
        media_type=EPCIS,
    )
    if found.certified:
        yield _page("certificationInfo", page, _("Certificates that lot %(lot)s holds today") % {"lot": code})
    if found.recalled:
        yield _page("recallStatus", page, _("Lot %(lot)s is recalled") % {"lot": code})


def _journey(page: str, named: str) -> Target:
    return _page("traceability", page, _("The journey: %(what)s") % {"what": named})


def _page(type: str, href: str, title: str) -> Target:
    return Target(type=type, href=href, title=title, media_type=PAGE)


def _stored(link: Link) -> Target:
    return Target(type=link.type, href=link.href, title=link.title, media_type=link.media_type, language=link.language)


def _is_on_the_trail(gtin: str) -> bool:
    return Lot.objects.filter(gtin=gtin).exists()
