"""
The page of a lot, or of one of its bags, as HTML: out of the store, or told from the trail once for all who ask.

It depends on the language, and on nothing else of whoever asks. What belongs to one bag alone is filled in afterwards.
"""

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.http import HttpRequest, QueryDict
from django.template.loader import render_to_string
from django.utils.html import escape
from django.utils.translation import get_language

from provenance.bags.models import Bag
from provenance.bags.services.counting import opened_often
from provenance.bags.services.issuing import bag_is_of
from provenance.shelf.keeping import store
from provenance.shelf.keeping.flights import Flights
from provenance.shelf.keeping.grounds import Grounds
from provenance.shelf.keeping.store import Told
from provenance.shelf.languages import CHOICE, chosen
from provenance.shelf.reading import Page, page_of
from provenance.shelf.showing import shown
from provenance.shelf.story import words
from provenance.trail.services.cosigning import NO_WITNESSES, witness_lines

DAY = 24 * 60 * 60
# What is not counted among a page's grounds may come at any moment: its first witnesses.
NOT_WITNESSED = 60
CERTIFICATES = frozenset({"certify", "withdraw"})


@dataclass(frozen=True)
class Shown:
    """``page``: the kept page by which another can prove that this still holds; None where there is none."""

    html: str
    page: UUID | None


@dataclass(frozen=True)
class _Flight:
    told: Told
    page: UUID | None
    grounds: Grounds | None

    @property
    def holds(self) -> bool:
        return self.grounds is not None and self.grounds.stand


_flights: Flights[_Flight | None] = Flights()


def page_html(request: HttpRequest, lot_uri: str, bag: Bag | None) -> Shown | None:
    """None where nobody says anything of the lot. Two queries at most where the page is kept."""
    form = _form(request, bag)
    found = store.find(lot_uri, form)
    if found is None:
        flight = _flights.take(
            (lot_uri, form),
            lambda: _told(request, lot_uri, bag, form),
            lambda flight: flight is not None and flight.holds,
        )
        if flight is None:
            return None
        found = flight.page, flight.told
    page, told = found
    if bag is None:
        return Shown(told.html, page)
    if opened_often(bag) or not _is_sealed_in(told, bag):
        whole = page_of(lot_uri)
        return Shown(_rendered(request, shown(whole, bag)), page) if whole else None
    return Shown(_filled(told, bag), page)


def _form(request: HttpRequest, bag: Bag | None) -> str:
    """A page that was asked for in a language keeps the choice on its links."""
    kind = "lot" if bag is None else "named bag" if bag.product else "bag"
    return f"{get_language()} {'chosen' if chosen(request) else 'preferred'} {kind}"


def _told(request: HttpRequest, lot_uri: str, bag: Bag | None, form: str) -> _Flight | None:
    page = page_of(lot_uri, to_keep=True)
    if page is None:
        return None
    blank = f"b{secrets.token_hex(8)}"
    context = shown(page)
    if bag is not None:
        context |= {
            "bag": bag,
            "bag_is_of_lot": bool(page.story.pack_root),
            "bag_number": f"{blank}number",
            "product": {"name": f"{blank}product"} if bag.product else None,
            "code": f"t/{blank}token",
        }
    told = Told(_rendered(request, context), blank, page.story.packed, page.story.pack_root)
    # What waits for its place gets one in a second; what does not match is to be looked at each time.
    if page.grounds is None or page.waits or page.reading.faults:
        return _Flight(told, None, None)
    until = _until(page, witnessed=context["vouched"] is not None)
    kept = store.keep(lot_uri, form, told, page.grounds, page.digests, until)
    return _Flight(told, kept, page.grounds.with_values(page.digests))


def _rendered(request: HttpRequest, context: Mapping[str, Any]) -> str:
    """With a request that knows the chosen language and nothing else of whoever asks."""
    bare = HttpRequest()
    if language := chosen(request):
        bare.GET = QueryDict(f"{CHOICE}={language}")
    return render_to_string("shelf/lot.html", dict(context), bare)


def _until(page: Page, *, witnessed: bool) -> float:
    """Certificates begin and end at midnight (UTC)."""
    now = time.time()
    if not witnessed and witness_lines() != NO_WITNESSES:
        return now + NOT_WITNESSED
    if any(telling.act in CERTIFICATES for telling in page.reading.journey):
        tomorrow = datetime.now(UTC).date() + timedelta(days=1)
        return datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=UTC).timestamp()
    return now + DAY


def _is_sealed_in(told: Told, bag: Bag) -> bool:
    """Whether the bag's code is among those that the roaster sealed when packing."""
    if not told.pack_root:
        return False
    return bag_is_of(bag, count=told.packed or 0, serials_root=bytes.fromhex(told.pack_root))


@lru_cache(maxsize=4096)
def _number(number: int, language: str) -> str:
    return str(words.number(number))


def _filled(told: Told, bag: Bag) -> str:
    own = {"token": bag.token, "number": _number(bag.position + 1, get_language())}
    if bag.product:
        own["product"] = bag.product.name
    html = told.html
    for name, text in own.items():
        html = html.replace(f"{told.blank}{name}", escape(text))
    return html
