"""
The words of a text: one message of 160 letters wherever that is possible.

A message in the letters of GSM 7-bit (3GPP TS 23.038) holds 160 of them; one letter of any other script makes it 70. So
accents that GSM lacks are dropped, and a name in another script is left out.
"""

import unicodedata
from urllib.parse import urlsplit

from django.conf import settings

from farms import words
from farms.services.receipts.taken_in import TakenIn

MOST = 160
_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
# These take two places.
_EXTENDED = frozenset("^{}\\[~]|€")
_SHORTEST_NAME = 8


def words_of(said: TakenIn) -> str:
    """Who took in how much, when, for how much, and where to check it. Never the grower's name."""
    what = f"{words.kg(said.mass_mg)} {words.form(said.form)} taken in {said.at:%d %b %Y %H:%M}"
    money = _money(said)
    # Digits and dots after the host are a link on every telephone, with or without the scheme.
    check = f"Check: {_address()}/r/{said.printed_code}"
    facts = [what, *([money] if money else []), check]
    return _fitting(gsm(said.by), facts) or _fitting("", [what, check]) or gsm(". ".join(facts))


def _fitting(name: str, facts: list[str]) -> str:
    """One message, its name cut where that makes it one; "" where nothing does."""
    rest = gsm(". ".join(facts))
    room = MOST - septets(rest) - septets(": ")
    if name and room >= min(_SHORTEST_NAME, septets(name)):
        return f"{_cut(name, room)}: {rest}"
    return rest if septets(rest) <= MOST else ""


def _money(said: TakenIn) -> str:
    parts = [f"Price {said.price}"] if said.price else []
    if said.paid:
        parts.append("Paid so far " + " and ".join(map(str, said.paid)))
    return ". ".join(parts)


def _address() -> str:
    parts = urlsplit(settings.PUBLIC_URL)
    return parts.netloc if parts.scheme == "https" else settings.PUBLIC_URL


def _cut(name: str, room: int) -> str:
    while septets(name) > room:
        name = name[:-1]
    return name.strip()


def gsm(text: str) -> str:
    """The text in letters that GSM 7-bit has."""
    letters = (_as_gsm(letter) for letter in unicodedata.normalize("NFC", text))
    return " ".join("".join(letters).split())


def _as_gsm(letter: str) -> str:
    if letter in _BASIC or letter in _EXTENDED:
        return letter
    base = unicodedata.normalize("NFKD", letter)[0]
    return base if base in _BASIC else {"–": "-", "’": "'", "·": "."}.get(letter, "")


def septets(text: str) -> int:
    """How many of the 160 places the text takes."""
    return sum(2 if letter in _EXTENDED else 1 for letter in text)
