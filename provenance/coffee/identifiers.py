"""
Identifiers: GS1 check digits and lot codes, Digital Link URIs, and the URIs of our own parties, places and lots.

The URI forms under our own domain follow CBV 2.0 chapter 8; GS1 keys take the canonical ``id.gs1.org`` form in events
and our own domain in the QR code (GS1 Digital Link URI syntax 1.6).
"""

import base64
import re
import secrets
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, unquote, unquote_plus

from provenance.coffee.acts import Form
from provenance.coffee.errors import UnknownIdentifier

GS1_DOMAIN = "id.gs1.org"

# GS1 General Specifications, figure 7.11-1: character set 82.
_LOT_CODE = re.compile(r"""[!"%&'()*+,\-./0-9:;<=>?A-Z_a-z]{1,20}""")
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?(:[0-9]{1,5})?")
_OWN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_SEGMENT = r"(?:[A-Za-z0-9._~!$&'()*+,;=:-]++|%[0-9A-F]{2})++"
_URI = re.compile(rf"https://[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]{{1,5}})?(?:/{_SEGMENT})+")
_OWN_LOT = re.compile(rf"https://[^/]+/epcis/class/[a-z-]+\.({_SEGMENT})")
_GS1_LOT = re.compile(rf"https://id\.gs1\.org/01/([0-9]+)/10/({_SEGMENT})")
_EVENT_ID = re.compile(r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[47][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_DIGITAL_LINK = re.compile(r"(?:(?:https?|HTTPS?)://[^/?#\s]+)?(/[^?#]*)(?:\?([^#]*))?(?:#.*)?")
_LINK_TEXT = re.compile(r"(?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*")

MAX_URI = 200  # characters

# Key and qualifiers of a product, by their application identifiers; no attribute is any of them.
_IN_PATH = frozenset({"01", "22", "10", "21", "235"})
_OTHERS_SERIAL = frozenset({"01", "235"})


def new_id() -> str:
    """A random identifier for a party, site or plot: 16 random bytes in lower-case base32 (26 characters)."""
    return base64.b32encode(secrets.token_bytes(16)).decode().rstrip("=").lower()


def party_uri(host: str, id: str) -> str:
    return _own_uri(host, "party", id)


def site_uri(host: str, id: str) -> str:
    return _own_uri(host, "loc", id)


def plot_uri(host: str, id: str) -> str:
    return _own_uri(host, "plot", id)


def xform_uri(host: str, id: str) -> str:
    return _own_uri(host, "xform", id)


def bt_uri(host: str, id: str) -> str:
    return _own_uri(host, "bt", id)


def lot_uri(host: str, form: Form, code: str) -> str:
    """``https://HOST/epcis/class/dry-parchment.W-2026-031``: a lot without a GTIN."""
    return _class_uri(host, form.value.lower().replace("_", "-"), code)


def sample_uri(host: str, code: str) -> str:
    """A sample lot, which can travel and be used up on its own."""
    return _class_uri(host, "sample", code)


def gs1_lot_uri(gtin14: str, lot: str) -> str:
    """The canonical GS1 URI of a trade item's lot, as it stands in events."""
    return digital_link(GS1_DOMAIN, gtin14, lot)


def gs1_serial_uri(gtin14: str, serial: str) -> str:
    """The canonical GS1 URI of one bag. EPCIS wants no lot in it."""
    return digital_link(GS1_DOMAIN, gtin14, serial=serial)


def digital_link(domain: str, gtin14: str, lot: str | None = None, serial: str | None = None) -> str:
    """``https://DOMAIN/01/GTIN/10/LOT/21/SERIAL``, as far as it is given. Raises ``UnknownIdentifier``."""
    if gtin14 != check_gtin(gtin14):
        raise UnknownIdentifier("A GTIN in a link has 14 digits: put zeros before it.", field="gtin")
    link = f"https://{_host(domain)}/01/{gtin14}"
    if lot is not None:
        link += f"/10/{quote(check_lot_code(lot), safe='')}"
    if serial is not None:
        link += f"/21/{quote(check_lot_code(serial, field='serial'), safe='')}"
    return link


@dataclass(frozen=True, kw_only=True)
class DigitalLink:
    """What a scanned code names: a product, and where the label says so its lot and its own serial number."""

    gtin: str
    variant: str | None = None  # consumer product variant, AI 22
    lot: str | None = None
    serial: str | None = None
    other_serial: str | None = None  # one that somebody else than the brand gave out, AI 235


# The links on labels are asked for again and again, and reading one takes as long as the page behind it.
@lru_cache(maxsize=1024)
def parse_digital_link(link: str) -> DigitalLink:
    """
    Read a Digital Link whose key is a GTIN, given as a whole http(s) URI or as its path.

    Strict: 14 digits with the right check digit, qualifiers 22, 10, 21 in this order, or 235 alone; characters of set
    82. Attributes in the query (best before, weight) must be what GS1 says they are; other parameters are left to the
    reader. Raises ``UnknownIdentifier``.
    """
    # Imported here: whoever only reads events (the offline verifier) needs no biip.
    from biip import ParseError
    from biip.gs1_digital_link_uris import GS1DigitalLinkURI

    parts = _DIGITAL_LINK.fullmatch(link) if _LINK_TEXT.fullmatch(link) else None
    if parts is None:
        raise UnknownIdentifier("This is not a GS1 Digital Link.", field="link")
    _check_attributes(parts[2] or "", _OTHERS_SERIAL if "/235/" in parts[1] else _IN_PATH)
    try:
        found = GS1DigitalLinkURI.parse(f"https://{GS1_DOMAIN}{parts[1]}").element_strings
    except ParseError as error:
        raise UnknownIdentifier(
            "This is not a GS1 Digital Link: its path is not GTIN, lot, serial.", field="link"
        ) from error
    values = {element.ai.ai: element.value for element in found}
    own = values.keys() <= _IN_PATH - {"235"} and "01" in values
    if not own and values.keys() != _OTHERS_SERIAL:
        raise UnknownIdentifier("This link does not name a product by its GTIN, lot and serial number.", field="link")
    if f"/01/{values['01']}" not in parts[1]:
        raise UnknownIdentifier("A GTIN in a link has 14 digits: put zeros before it.", field="gtin")
    return DigitalLink(
        gtin=check_gtin(values["01"]),
        variant=values.get("22"),
        lot=values.get("10"),
        serial=values.get("21"),
        other_serial=values.get("235"),
    )


def _check_attributes(query: str, in_path: frozenset[str]) -> None:
    from biip import ParseError
    from biip.gs1_element_strings import GS1ElementString

    # Keys of digits only are GS1's; what others hang on a link is theirs.
    pairs = [tuple(map(unquote_plus, pair.partition("=")[::2])) for pair in query.split("&")]
    attributes = {name: value for name, value in pairs if name.isdecimal()}
    if in_path.intersection(attributes):
        raise UnknownIdentifier("GTIN, lot and serial number belong before the question mark of a link.", field="link")
    if len(attributes) < sum(name.isdecimal() for name, _ in pairs):
        raise UnknownIdentifier("This link says one thing twice.", field="link")
    for name, value in attributes.items():
        try:
            found = GS1ElementString.extract(name + value)
        except ParseError as error:
            raise UnknownIdentifier(f"({name}) in this link is not what GS1 says it is.", field="link") from error
        if (found.ai.ai, found.value) != (name, value):
            raise UnknownIdentifier(f"({name}) in this link is not what GS1 says it is.", field="link")


def check_gtin(text: str) -> str:
    """A GTIN of 8, 12, 13 or 14 digits as 14 digits. Raises ``UnknownIdentifier``."""
    if not (text.isascii() and text.isdecimal() and len(text) in (8, 12, 13, 14)):
        raise UnknownIdentifier("A GTIN has 8, 12, 13 or 14 digits and nothing else.", field="gtin")
    gtin = text.zfill(14)
    if not gtin.strip("0"):
        raise UnknownIdentifier("A GTIN of zeros only names nothing.", field="gtin")
    if int(gtin[-1]) != check_digit(gtin[:-1]):
        raise UnknownIdentifier(
            f"The GTIN's last digit should be {check_digit(gtin[:-1])}: look for a typing error.", field="gtin"
        )
    return gtin


def check_gln(text: str) -> str:
    """A GLN: 13 digits. Raises ``UnknownIdentifier``."""
    if not (text.isascii() and text.isdecimal() and len(text) == 13):
        raise UnknownIdentifier("A GLN has 13 digits and nothing else.", field="gln")
    if int(text[-1]) != check_digit(text[:-1]):
        raise UnknownIdentifier(
            f"The GLN's last digit should be {check_digit(text[:-1])}: look for a typing error.", field="gln"
        )
    return text


def check_digit(digits: str) -> int:
    """GS1 General Specifications 7.9: weights 3, 1, 3 ... from the right, up to the next ten."""
    weighted = sum(int(digit) * (1 if place % 2 else 3) for place, digit in enumerate(reversed(digits)))
    return -weighted % 10


def check_lot_code(code: str, *, field: str = "lot") -> str:
    """A lot or serial number as GS1 allows it: 1 to 20 characters of set 82. Raises ``UnknownIdentifier``."""
    if not _LOT_CODE.fullmatch(code):
        raise UnknownIdentifier(
            f"A {field} number has 1 to 20 characters: letters a-z, digits, - . _ / and no spaces.", field=field
        )
    return code


def check_uri(uri: str, *, field: str) -> str:
    """A reference as events carry it: an https URI without query, at most 200 characters."""
    if not _is_reference(uri):
        raise UnknownIdentifier(f"{field}: {uri[:60]!r} is not a reference to a party, place or lot.", field=field)
    return uri


@lru_cache(maxsize=16_384)
def _is_reference(uri: str) -> bool:
    # Kept, since the same parties, places and lots are named over and over.
    if len(uri) > MAX_URI or not _URI.fullmatch(uri):
        return False
    if uri.startswith("https://id.gs1.org/01/"):
        parse_gs1_lot(uri)
    return True


def check_event_id(uri: str, *, field: str) -> str:
    """``urn:uuid:`` and a UUID of version 4 (random) or 7 (time and random) in lower case."""
    if not _EVENT_ID.fullmatch(uri):
        raise UnknownIdentifier(f"{field}: {uri[:60]!r} is not the id of an event (urn:uuid:…).", field=field)
    return uri


def parse_gs1_lot(uri: str) -> tuple[str, str]:
    """GTIN and lot code of a canonical GS1 lot URI. Raises ``UnknownIdentifier``."""
    match = _GS1_LOT.fullmatch(uri)
    if match is None or uri != gs1_lot_uri(match[1], unquote(match[2])):
        raise UnknownIdentifier("A GS1 lot is written https://id.gs1.org/01/GTIN/10/LOT.", field="lot")
    return match[1], unquote(match[2])


@lru_cache(maxsize=16_384)
def lot_code_of(uri: str) -> str:
    """The code that people read on a sack or a bag. Raises ``UnknownIdentifier`` when the URI is not a lot's."""
    if not (match := _OWN_LOT.fullmatch(uri)):
        return parse_gs1_lot(uri)[1]
    code = check_lot_code(unquote(match[1]))
    if quote(code, safe="") != match[1]:
        raise UnknownIdentifier("A lot is written in one way: only what must be is written with %.", field="lot")
    return code


def _class_uri(host: str, kind: str, code: str) -> str:
    return f"https://{_host(host)}/epcis/class/{kind}.{quote(check_lot_code(code), safe='')}"


def _own_uri(host: str, kind: str, id: str) -> str:
    if not _OWN_ID.fullmatch(id):
        raise UnknownIdentifier("An id has up to 64 letters, digits, dots and dashes.", field=kind)
    return f"https://{_host(host)}/epcis/{kind}/{id}"


def _host(host: str) -> str:
    if not _HOST.fullmatch(host):
        raise UnknownIdentifier(f"{host!r} is not the name of a host.", field="host")
    return host.lower()
