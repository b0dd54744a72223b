"""Where a code leads: the GS1 Digital Link and the token on a bag, and a lot's own address."""

from urllib.parse import quote, unquote, urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_safe

from provenance.bags.services.issuing import find_bag, find_lot, find_product
from provenance.coffee.errors import UnknownIdentifier
from provenance.coffee.identifiers import check_lot_code, check_uri, digital_link, gs1_lot_uri, parse_digital_link
from provenance.shelf.reading import lots_in_bags
from provenance.shelf.views.pages import lot_page


@require_safe
def digital_link_page(request: HttpRequest, rest: str) -> HttpResponse:
    """/01/{gtin}[/10/{lot}][/21/{serial}]: the GS1 Digital Link on a bag."""
    try:
        path, mark, query = request.get_full_path_info().partition("?")
        link = parse_digital_link(path.rstrip("/") + mark + query)
    except UnknownIdentifier as error:
        return _malformed(request, str(error))
    if link.lot is None:
        return _ask_for_lot(request, link.gtin)
    if link.serial is None:
        lot_uri = find_lot(gtin=link.gtin, lot=link.lot) or gs1_lot_uri(link.gtin, link.lot)
        return lot_page(request, lot_uri)
    bag = find_bag(gtin=link.gtin, lot=link.lot, serial=link.serial)
    return lot_page(request, bag.lot_uri, bag) if bag else _never_issued(request, f"{link.lot} · {link.serial}")


@require_safe
def token_page(request: HttpRequest, token: str) -> HttpResponse:
    """/t/{token}: the link on a bag whose roaster has no GTIN."""
    bag = find_bag(token=token)
    return lot_page(request, bag.lot_uri, bag) if bag else _never_issued(request, token)


@require_safe
def own_lot_page(request: HttpRequest, name: str) -> HttpResponse:
    """/epcis/class/{form}.{code}: a lot's own URI leads to its page."""
    form, _, code = name.partition(".")
    lot_uri = f"https://{settings.TRAIL_HOST}/epcis/class/{quote(form)}.{quote(code, safe='')}"
    try:
        check_lot_code(code)
        check_uri(lot_uri, field="lot")
    except UnknownIdentifier as error:
        return _malformed(request, str(error))
    return lot_page(request, lot_uri)


@require_safe
def find(request: HttpRequest) -> HttpResponse:
    """For who has the bag, and no camera: its lot stands beside the code."""
    code = request.GET.get("lot", "").strip()
    lots = lots_in_bags(code) if code else []
    if len(lots) == 1:
        return HttpResponseRedirect(urlsplit(lots[0].uri).path)
    found = [(urlsplit(lot.uri).path, lot.gtin, find_product(lot.gtin) if lot.gtin else None) for lot in lots]
    unknown = bool(code) and not lots
    return render(
        request, "shelf/find.html", {"lot": code, "found": found, "unknown": unknown}, status=404 if unknown else 200
    )


def _ask_for_lot(request: HttpRequest, gtin: str) -> HttpResponse:
    """A code that names only the product says nothing of this bag: its lot is printed beside it."""
    lot, problem = request.GET.get("lot", "").strip(), ""
    if lot:
        try:
            return HttpResponseRedirect(digital_link("localhost", gtin, lot).removeprefix("https://localhost"))
        except UnknownIdentifier as error:
            problem = str(error)
    context = {"gtin": gtin, "product": find_product(gtin), "lot": lot, "problem": problem}
    return render(request, "shelf/ask_for_lot.html", context, status=400 if problem else 200)


def _never_issued(request: HttpRequest, code: str) -> HttpResponse:
    return render(request, "shelf/never_issued.html", {"code": unquote(code)}, status=404)


def _malformed(request: HttpRequest, problem: str) -> HttpResponse:
    return render(request, "shelf/malformed.html", {"problem": problem}, status=400)
