"""
The GS1-Conformant resolver (1.2): a Digital Link, or the token of a bag without GTIN, asked for one of its links.

``docs/resolver.md`` lists what the standard demands and what is answered.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.encoding import iri_to_uri
from django.views.decorators.http import require_http_methods

from provenance.bags.services.issuing import find_bag
from provenance.coffee.errors import UnknownIdentifier
from provenance.coffee.identifiers import DigitalLink, parse_digital_link
from provenance.shelf.keeping.warm import FRESH, served
from provenance.shelf.resolver import linkset
from provenance.shelf.resolver.addresses import anchor_of, page_path_of, with_query
from provenance.shelf.resolver.compression import decompressed
from provenance.shelf.resolver.levels import level_of_token, levels_of, product_is_known
from provenance.shelf.resolver.links import PREFIX, VOCABULARY, Level, Target, link_type
from provenance.shelf.resolver.matching import best, links_of_type, wants_linkset, wants_page
from provenance.shelf.views.codes import link_in, malformed, never_issued, page_of_link, unknown_product
from provenance.shelf.views.pages import lot_page

METHODS = ("GET", "HEAD", "OPTIONS")
LINKSET_TYPES = ("linkset", "all")  # "all" is what version 1.1 of Digital Link called it
SUPPORTED_KEYS = ("01",)

View = Callable[..., HttpResponse]


def open_to_all(view: View) -> View:
    """CORS: scripts of any site may ask, for nothing here is anybody's own."""

    @wraps(view)
    def answer(request: HttpRequest, *args: str, **kwargs: str) -> HttpResponse:
        response = view(request, *args, **kwargs)
        response["Access-Control-Allow-Origin"] = "*"
        response["Access-Control-Allow-Methods"] = ", ".join(METHODS)
        response["Access-Control-Expose-Headers"] = "Link, Content-Location"
        return response

    return answer


@dataclass(frozen=True)
class Asked:
    """A code that was read. ``default`` answers where nothing in particular is asked for."""

    anchor: str
    levels: Callable[[], Sequence[Level]]
    default: Callable[[], HttpResponse]
    unknown: Callable[[], HttpResponse]


@open_to_all
@require_http_methods(METHODS)
def digital_link(request: HttpRequest, rest: str) -> HttpResponse:
    """/01/{gtin}[/22/{variant}][/10/{lot}][/21/{serial}]: the GS1 Digital Link on a bag."""
    try:
        return _answer(request, *_read(request))
    except UnknownIdentifier as error:
        return malformed(request, error)


@open_to_all
@require_http_methods(METHODS)
def compressed(request: HttpRequest, text: str) -> HttpResponse:
    """/{compressed}: a Digital Link of which not even the key can be read by eye."""
    try:
        return _answer(request, *_read(request))
    except UnknownIdentifier:
        raise Http404 from None


@open_to_all
@require_http_methods(METHODS)
def token(request: HttpRequest, token: str) -> HttpResponse:
    """/t/{token}: the link on a bag whose roaster has no GTIN. Its page is here, so its default link leads nowhere."""
    bag = find_bag(token=token)
    if bag is None:
        return never_issued(request, token)
    return _resolve(
        request,
        Asked(
            anchor=f"{settings.PUBLIC_URL}/t/{bag.token}",
            levels=lambda: [level_of_token(bag)],
            default=lambda: served(request, bag.token, lambda: lot_page(request, bag.lot_uri, bag)),
            unknown=lambda: never_issued(request, token),
        ),
    )


@open_to_all
@require_http_methods(METHODS)
def description(request: HttpRequest) -> HttpResponse:
    """/.well-known/gs1resolver: the resolver description file."""
    answer = JsonResponse(
        {
            "name": f"Beantrail at {settings.TRAIL_HOST}",
            "resolverRoot": settings.PUBLIC_URL,
            "supportedPrimaryKeys": list(SUPPORTED_KEYS),
            "supportedLinkType": [{"namespace": VOCABULARY, "prefix": PREFIX}],
            "linkTypeDefaultCanBeLinkset": False,
            "jsonLdContextLocation": linkset.CONTEXT,
        }
    )
    answer["Cache-Control"] = "public, max-age=3600"
    return answer


def _read(request: HttpRequest) -> tuple[DigitalLink, str]:
    """The link, and its uncompressed form if it came compressed. Raises ``UnknownIdentifier``."""
    try:
        return link_in(request), ""
    except UnknownIdentifier as plain:
        try:
            whole = decompressed(request.path_info)
            return parse_digital_link(whole), settings.PUBLIC_URL + whole
        except UnknownIdentifier:
            raise plain from None


def _answer(request: HttpRequest, link: DigitalLink, uncompressed: str) -> HttpResponse:
    def unknown() -> HttpResponse:
        return unknown_product(request, link.gtin)

    def default() -> HttpResponse:
        if wants_page(request):
            # The page itself, as it stands at its own address: a slow phone is spared a round trip (decision 64).
            answer = page_of_link(request, link)
            answer["Content-Location"] = page_path_of(link)
            return answer
        if not product_is_known(link.gtin):
            return unknown()
        return _led_to(request, settings.PUBLIC_URL + page_path_of(link))

    answer = _resolve(request, Asked(anchor_of(link), lambda: levels_of(link), default, unknown))
    if uncompressed:
        _add_link(answer, f'<{uncompressed}>; rel="owl:sameAs"')
    return answer


def _resolve(request: HttpRequest, asked: Asked) -> HttpResponse:
    name = request.GET.get("linkType")
    if request.method == "OPTIONS":
        answer = HttpResponse(status=204, headers={"Allow": ", ".join(METHODS)})
    elif name in LINKSET_TYPES or (name is None and wants_linkset(request)):
        answer = _linkset(asked)
    elif name is not None:
        answer = _of_type(request, asked, link_type(name))
    else:
        answer = asked.default()
    _add_link(answer, f'<{asked.anchor}?linkType=linkset>; rel="linkset"; type="{linkset.MEDIA_TYPE}"')
    patch_vary_headers(answer, ["Accept", "Accept-Language"])
    return answer


def _linkset(asked: Asked) -> HttpResponse:
    levels = asked.levels()
    return _as_linkset(levels) if levels else asked.unknown()


def _of_type(request: HttpRequest, asked: Asked, name: str) -> HttpResponse:
    """One link of this type: 307. Several that fit equally well: 300 and all of them. None: 404."""
    levels = asked.levels()
    if not levels:
        return asked.unknown()
    found = best(request, targets) if (targets := links_of_type(levels, name)) else []
    if not found:
        return render(request, "shelf/no_such_link.html", {"anchor": asked.anchor}, status=404)
    if len(found) > 1:
        return _choices(request, levels[0], found)
    return _led_to(request, found[0].href)


def _choices(request: HttpRequest, level: Level, found: Sequence[Target]) -> HttpResponse:
    if wants_page(request):
        return render(request, "shelf/choices.html", {"level": level, "found": found}, status=300)
    return _as_linkset([Level(level.anchor, level.description, level.default, tuple(found))], status=300)


def _as_linkset(levels: Sequence[Level], status: int = 200) -> HttpResponse:
    answer = JsonResponse(linkset.linkset_of(levels), content_type=linkset.MEDIA_TYPE, status=status)
    _add_link(answer, f'<{linkset.CONTEXT}>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"')
    answer["Cache-Control"] = FRESH
    return answer


def _led_to(request: HttpRequest, href: str) -> HttpResponse:
    """307 to a stored link or a page of ours, with whatever stood in the query of the code."""
    answer = HttpResponse(status=307)
    answer["Location"] = with_query(href, iri_to_uri(request.META.get("QUERY_STRING", "")))
    answer["Cache-Control"] = FRESH
    return answer


def _add_link(answer: HttpResponse, link: str) -> None:
    answer["Link"] = f"{answer['Link']}, {link}" if "Link" in answer else link
