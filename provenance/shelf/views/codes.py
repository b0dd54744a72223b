"""The page of what a code names: a bag, a lot, a product; and what is said where it names nothing."""

from urllib.parse import quote, unquote, urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from provenance.bags.services.issuing import find_bag, find_lot, find_product
from provenance.coffee.errors import UnknownIdentifier
from provenance.coffee.identifiers import (
    DigitalLink,
    check_lot_code,
    check_uri,
    digital_link,
    gs1_lot_uri,
    parse_digital_link,
)
from provenance.shelf.keeping.warm import served
from provenance.shelf.languages import keeping_language
from provenance.shelf.reading import lots_in_bags
from provenance.shelf.resolver.addresses import path_of
from provenance.shelf.resolver.levels import product_is_known
from provenance.shelf.views.pages import lot_page

# What is wrong with a link, by the part of it that is wrong.
PROBLEMS = {
    "gtin": _("The product number (GTIN) in it has a typing error."),
    "lot": _("The lot number in it has more than 20 characters, or one that no lot number holds."),
    "serial": _("The serial number in it has more than 20 characters, or one that no serial number holds."),
    "link": _("It is not made of product, lot and serial number in this order."),
}


def link_in(request: HttpRequest, root: str = "") -> DigitalLink:
    """The Digital Link that a request is for, below ``root``. Raises ``UnknownIdentifier``."""
    # A lot number may hold a slash, which only the address as it was sent tells from the slashes between.
    address = request.META.get("RAW_URI") or request.get_full_path_info()
    path, mark, query = address.partition("?")
    path = urlsplit(path).path.removeprefix(root).rstrip("/")
    link = parse_digital_link(path + mark + query)
    if unquote(path) != unquote(path_of(link)):
        raise UnknownIdentifier("This link has something before its GTIN.", field="link")
    return link


@require_safe
def digital_link_page(request: HttpRequest, rest: str) -> HttpResponse:
    """/page/01/…: where the resolver leads whoever asks a Digital Link for nothing in particular."""
    try:
        link = link_in(request, "/page")
    except UnknownIdentifier as error:
        return malformed(request, error)
    return page_of_link(request, link)


def page_of_link(request: HttpRequest, link: DigitalLink) -> HttpResponse:
    asked = (link.gtin, link.lot, link.serial, link.other_serial)
    return served(request, asked, lambda: _told_of_link(request, link))


def _told_of_link(request: HttpRequest, link: DigitalLink) -> HttpResponse:
    if link.serial is not None:
        bag = find_bag(gtin=link.gtin, lot=link.lot, serial=link.serial)
        return lot_page(request, bag.lot_uri, bag) if bag else never_issued(request, link.serial)
    if link.other_serial is not None:
        return never_issued(request, link.other_serial)
    if link.lot is not None:
        return lot_page(request, find_lot(gtin=link.gtin, lot=link.lot) or gs1_lot_uri(link.gtin, link.lot))
    return _ask_for_lot(request, link.gtin) if product_is_known(link.gtin) else unknown_product(request, link.gtin)


@require_safe
def own_lot_page(request: HttpRequest, name: str) -> HttpResponse:
    """/epcis/class/{form}.{code}: a lot's own URI leads to its page."""
    form, _, code = name.partition(".")
    lot_uri = f"https://{settings.TRAIL_HOST}/epcis/class/{quote(form)}.{quote(code, safe='')}"
    try:
        check_lot_code(code)
        check_uri(lot_uri, field="lot")
    except UnknownIdentifier as error:
        return malformed(request, error)
    return served(request, lot_uri, lambda: lot_page(request, lot_uri))


@require_safe
def find(request: HttpRequest) -> HttpResponse:
    """For who has the bag, and no camera: its lot stands beside the code."""
    code = request.GET.get("lot", "").strip()
    lots = lots_in_bags(code) if code else []
    if len(lots) == 1:
        return HttpResponseRedirect(keeping_language(request, urlsplit(lots[0].uri).path))
    found = [(urlsplit(lot.uri).path, lot.gtin, find_product(lot.gtin) if lot.gtin else None) for lot in lots]
    unknown = bool(code) and not lots
    return render(
        request, "shelf/find.html", {"lot": code, "found": found, "unknown": unknown}, status=404 if unknown else 200
    )


def never_issued(request: HttpRequest, code: str) -> HttpResponse:
    return render(request, "shelf/never_issued.html", {"code": code}, status=404)


def unknown_product(request: HttpRequest, gtin: str) -> HttpResponse:
    return render(request, "shelf/unknown_product.html", {"gtin": gtin}, status=404)


def malformed(request: HttpRequest, error: UnknownIdentifier) -> HttpResponse:
    problem = PROBLEMS.get(error.field, PROBLEMS["link"])
    return render(request, "shelf/malformed.html", {"problem": problem}, status=400)


def _ask_for_lot(request: HttpRequest, gtin: str) -> HttpResponse:
    """A code that names only the product says nothing of this bag: its lot is printed beside it."""
    lot, wrong = request.GET.get("lot", "").strip(), False
    if lot:
        try:
            path = urlsplit(digital_link("localhost", gtin, lot)).path
            return HttpResponseRedirect(keeping_language(request, path))
        except UnknownIdentifier:
            wrong = True
    context = {"gtin": gtin, "product": find_product(gtin), "lot": lot, "wrong": wrong}
    return render(request, "shelf/ask_for_lot.html", context, status=400 if wrong else 200)
