"""The pages behind the code on a bag, and what a phone needs to check them."""

from urllib.parse import quote, unquote, urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from provenance.bags.models import Bag
from provenance.bags.services import bag_is_of, find_bag, find_lot, find_product
from provenance.coffee.errors import UnknownIdentifier
from provenance.coffee.identifiers import check_lot_code, check_uri, digital_link, gs1_lot_uri, parse_digital_link
from provenance.shelf.reading import bundle_of, lots_in_bags, page_of, vouched_for

# A checkpoint lives about as long; nothing here is personal to who asks.
FRESH = "public, max-age=5"


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
        return _lot_page(request, lot_uri)
    bag = find_bag(gtin=link.gtin, lot=link.lot, serial=link.serial)
    return _bag_page(request, bag) if bag else _never_issued(request, f"{link.lot} · {link.serial}")


@require_safe
def token_page(request: HttpRequest, token: str) -> HttpResponse:
    """/t/{token}: the link on a bag whose roaster has no GTIN."""
    bag = find_bag(token=token)
    return _bag_page(request, bag) if bag else _never_issued(request, token)


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
    return _lot_page(request, lot_uri)


@require_safe
def bundle(request: HttpRequest) -> HttpResponse:
    """The signed statements behind a lot's page, with their proofs, as JSON."""
    lot_uri, size, number = (request.GET.get(name) for name in ("lot", "size", "log"))
    try:
        check_uri(lot_uri or "", field="lot")
    except UnknownIdentifier as error:
        return JsonResponse({"detail": str(error)}, status=400)
    if not _is_number(size) or not _is_number(number):
        return JsonResponse({"detail": "size, log: a number of entries, a place in the series, as digits."}, status=400)
    page = page_of(lot_uri or "")
    if page is None:
        return JsonResponse({"detail": "Nobody has recorded this lot."}, status=404)
    answer = JsonResponse(bundle_of(page, int(size) if size else None, int(number or 0)))
    answer["Cache-Control"] = FRESH
    answer["Access-Control-Allow-Origin"] = "*"
    if "save" in request.GET:
        answer["Content-Disposition"] = f'attachment; filename="{quote(page.story.lot_code, safe="")}.proof.json"'
    return answer


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


@require_safe
def how(request: HttpRequest) -> HttpResponse:
    return render(request, "shelf/how.html")


@require_safe
def verify(request: HttpRequest) -> HttpResponse:
    """Checks a saved proof, of this log or any other, in the reader's own browser. Nothing is sent here."""
    return render(request, "shelf/verify.html")


def _is_number(text: str | None) -> bool:
    return text is None or (text.isascii() and text.isdecimal() and len(text) < 16)


def _bag_page(request: HttpRequest, bag: Bag) -> HttpResponse:
    return _lot_page(request, bag.lot_uri, bag)


def _lot_page(request: HttpRequest, lot_uri: str, bag: Bag | None = None) -> HttpResponse:
    page = page_of(lot_uri)
    if page is None:
        return render(request, "shelf/nobody_says.html", {"lot_uri": lot_uri}, status=404)
    story = page.story
    answer = render(
        request,
        "shelf/lot.html",
        {
            "story": story,
            "origin": page.origin,
            "vouched": vouched_for(page),
            "bundle_url": f"{reverse('shelf:bundle')}?lot={quote(lot_uri, safe='')}",
            "bag": bag,
            "product": bag.product if bag else None,
            "bag_is_of_lot": bag is not None
            and story.pack_root != ""
            and bag_is_of(bag, count=story.packed or 0, serials_root=bytes.fromhex(story.pack_root)),
        },
    )
    answer["Cache-Control"] = FRESH
    return answer


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
