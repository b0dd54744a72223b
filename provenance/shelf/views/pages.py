"""The pages that a shopper reads."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from provenance.bags.models import Bag
from provenance.bags.services.counting import opened_often
from provenance.bags.services.issuing import bag_is_of
from provenance.bags.services.scanning import code_of
from provenance.shelf.reading import page_of, vouched_for
from provenance.shelf.story import Story
from provenance.shelf.story.earning import yields
from provenance.trail.models import pk_of

# A checkpoint lives about as long; nothing here is personal to who asks.
FRESH = "public, max-age=5"
# Verdicts that are to be read before any picture is looked at.
ALARMING = frozenset({"mismatch", "contested"})


def lot_page(request: HttpRequest, lot_uri: str, bag: Bag | None = None) -> HttpResponse:
    """What the trail says of a lot, and of one of its bags."""
    page = page_of(lot_uri)
    if page is None:
        return render(request, "shelf/nobody_says.html", {"lot_uri": lot_uri}, status=404)
    story, often = page.story, opened_often(bag)
    astray = bag is not None and not _sealed_in(story, bag)
    answer = render(
        request,
        "shelf/lot.html",
        {
            "story": story,
            "origin": page.origin,
            "portrait": page.portrait,
            "vouched": vouched_for(page),
            "bundle_url": reverse("shelf:bundle", args=[pk_of(lot_uri)]),
            "alarmed": bool(story.recalls or often or astray) or story.verdict.code in ALARMING,
            "bag": bag,
            "product": bag.product if bag else None,
            "bag_is_of_lot": bag is not None and not astray,
            "often": often,
            "code": code_of(lot_uri, bag),
        },
    )
    answer["Cache-Control"] = FRESH
    return answer


def _sealed_in(story: Story, bag: Bag) -> bool:
    """Whether the bag's code is among those that the roaster sealed when packing."""
    if not story.pack_root:
        return False
    return bag_is_of(bag, count=story.packed or 0, serials_root=bytes.fromhex(story.pack_root))


@require_safe
def how(request: HttpRequest) -> HttpResponse:
    return render(request, "shelf/how.html", {"yields": yields()})


@require_safe
def verify(request: HttpRequest) -> HttpResponse:
    """Checks a saved proof, of this log or any other, in the reader's own browser. Nothing is sent here."""
    return render(request, "shelf/verify.html")
