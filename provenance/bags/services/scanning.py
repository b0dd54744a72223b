"""
A code as the forms and the counter of a bag's page name it: ``t/`` and its token or, where the label names no bag,
the path of the lot's own address.
"""

from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings

from provenance.bags.models import Bag
from provenance.bags.services.issuing import find_bag
from provenance.coffee.identifiers import GS1_DOMAIN

LONGEST = 250


@dataclass(frozen=True)
class Scanned:
    """What somebody has in hand: bags of a lot, and which one where the label says so."""

    lot_uri: str
    bag: Bag | None = None


def code_of(lot_uri: str, bag: Bag | None) -> str:
    return f"t/{bag.token}" if bag else urlsplit(lot_uri).path.removeprefix("/")


def behind(code: str) -> Scanned | None:
    """What the code names; None where no bag of it was ever issued."""
    if len(code) > LONGEST or not code.isprintable():
        return None
    if code.startswith("t/"):
        bag = find_bag(token=code.removeprefix("t/"))
        return Scanned(bag.lot_uri, bag) if bag else None
    hosts = (GS1_DOMAIN, settings.TRAIL_HOST)
    lots = Bag.objects.filter(lot_uri__in=[f"https://{host}/{code}" for host in hosts])
    lot_uri = lots.values_list("lot_uri", flat=True).first()
    return Scanned(lot_uri) if lot_uri else None
