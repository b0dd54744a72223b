"""What the template of a lot's page is given, whether the page is served now or written for later."""

from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from provenance.bags.models import Bag
from provenance.bags.services.counting import opened_often
from provenance.bags.services.issuing import bag_is_of
from provenance.bags.services.scanning import code_of
from provenance.shelf.reading import Page, vouched_for
from provenance.shelf.story import Story, words
from provenance.trail.models import pk_of

# Verdicts that are to be read before any picture is looked at.
ALARMING = frozenset({"mismatch", "contested"})


def shown(page: Page, bag: Bag | None = None) -> dict[str, Any]:
    """The context of ``shelf/lot.html``: of the lot, and of one of its bags where its code names one."""
    story, often = page.story, opened_often(bag)
    astray = bag is not None and not _sealed_in(story, bag)
    pack = reverse("audit:lot-pack", args=[story.lot_code])
    return {
        "story": story,
        "origin": page.origin,
        "portrait": page.portrait,
        "vouched": vouched_for(page),
        "bundle_url": reverse("shelf:bundle", args=[pk_of(story.lot_uri)]),
        # Two roasters may give their lots one code.
        "pack_url": f"{pack}?{urlencode({'uri': story.lot_uri})}",
        "alarmed": bool(story.recalls or often or astray) or story.verdict.code in ALARMING,
        "bag": bag,
        "bag_number": words.number(bag.position + 1) if bag else "",
        "product": bag.product if bag else None,
        "bag_is_of_lot": bag is not None and not astray,
        "often": often,
        "code": code_of(story.lot_uri, bag),
    }


def _sealed_in(story: Story, bag: Bag) -> bool:
    """Whether the bag's code is among those that the roaster sealed when packing."""
    if not story.pack_root:
        return False
    return bag_is_of(bag, count=story.packed or 0, serials_root=bytes.fromhex(story.pack_root))
