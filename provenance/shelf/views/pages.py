"""The pages that a shopper reads."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from provenance.bags.models import Bag
from provenance.shelf.keeping.telling import page_html
from provenance.shelf.keeping.warm import PageAnswer
from provenance.shelf.story.earning import yields


def lot_page(request: HttpRequest, lot_uri: str, bag: Bag | None = None) -> HttpResponse:
    """What the trail says of a lot, and of one of its bags."""
    told = page_html(request, lot_uri, bag)
    if told is None:
        return render(request, "shelf/nobody_says.html", {"lot_uri": lot_uri}, status=404)
    return PageAnswer(told.html, told.page)


@require_safe
def how(request: HttpRequest) -> HttpResponse:
    return render(request, "shelf/how.html", {"yields": yields()})


@require_safe
def verify(request: HttpRequest) -> HttpResponse:
    """Checks a saved proof, of this log or any other, in the reader's own browser. Nothing is sent here."""
    return render(request, "shelf/verify.html")
