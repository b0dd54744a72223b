"""
A badge for the sites of shops: an ``<img>`` of what a lot's page says, no more and no less.

It is an SVG without script, font or anything else from elsewhere. Other sites may embed it, and may keep it for a
minute: a recall must not take longer to show.
"""

from base64 import b64encode
from hashlib import sha256
from textwrap import shorten, wrap
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from provenance.bags.services.glancing import Glance
from provenance.bags.services.issuing import find_lot
from provenance.coffee.errors import UnknownIdentifier
from provenance.coffee.identifiers import check_lot_code, check_uri, gs1_lot_uri, lot_code_of, parse_digital_link
from provenance.shelf.glance import glance

KEPT = "public, max-age=60"
WIDTH, LETTERS, LINES, LINE_HEIGHT = 220, 27, 5, 17
STYLE = (
    "rect{fill:#fff;stroke:#e4d9c8}text{font:13px system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;fill:#2a211c}"
    ".small{font-size:11px;fill:#6b5d53}.mark{font-size:20px;font-weight:700}"
    ".agreed{fill:#2f6b4a}.one_side,.nobody,.contested{fill:#8a5a00}.recalled,.mismatch{fill:#b00020}"
    "@media(prefers-color-scheme:dark){rect{fill:#251e1a;stroke:#40352e}text{fill:#f3eadf}.small{fill:#b9a99b}"
    ".agreed{fill:#7cc79b}.one_side,.nobody,.contested{fill:#f2c063}.recalled,.mismatch{fill:#ff8a8a}}"
)
POLICY = f"default-src 'none'; style-src 'sha256-{b64encode(sha256(STYLE.encode()).digest()).decode()}'"


@require_safe
def badge(request: HttpRequest, path: str) -> HttpResponse:
    """/badge/01/{gtin}/10/{lot}.svg, /badge/epcis/class/packed.{lot}.svg: the path of the lot's page."""
    try:
        lot_uri = lot_at(path)
    except UnknownIdentifier:
        return _drawn(Glance("nobody", "○", _("This is no address of a lot."), ()), "", status=400)
    found = glance(lot_uri)
    code = lot_code_of(lot_uri)
    if found is None:
        return _drawn(Glance("nobody", "○", _("Nobody has recorded this lot."), ()), code, status=404)
    return _drawn(found, code)


def lot_at(path: str) -> str:
    """The URI of the lot whose page stands at this path. Raises UnknownIdentifier."""
    if path.startswith("epcis/class/"):
        lot_uri = f"https://{settings.TRAIL_HOST}/{path}"
        check_uri(lot_uri, field="lot")
        check_lot_code(unquote(path.partition(".")[2]))
        return lot_uri
    link = parse_digital_link(f"/{path}")
    if link.lot is None or link.serial is not None:
        raise UnknownIdentifier("A badge is of a lot.")
    return find_lot(gtin=link.gtin, lot=link.lot) or gs1_lot_uri(link.gtin, link.lot)


def _drawn(found: Glance, code: str, *, status: int = 200) -> HttpResponse:
    lines = wrap(found.verdict, LETTERS, max_lines=LINES, placeholder=" …")
    host = urlsplit(settings.PUBLIC_URL).netloc
    context = {
        "style": STYLE,
        "found": found,
        "title": f"{found.verdict} {code}".strip(),
        "lines": [(26 + number * LINE_HEIGHT, line) for number, line in enumerate(lines)],
        "code": _("Lot %(code)s") % {"code": code} if code else "",
        "host": shorten(host, 34, placeholder="…"),
        "width": WIDTH,
        "height": 26 + len(lines) * LINE_HEIGHT + (34 if code else 18),
    }
    svg = render_to_string("shelf/badge.svg", context)
    answer = HttpResponse(svg, content_type="image/svg+xml", status=status)
    answer["Cache-Control"] = KEPT
    answer["Content-Security-Policy"] = POLICY
    answer["Access-Control-Allow-Origin"] = "*"
    answer["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer
