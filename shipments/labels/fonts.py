"""Letters: which font has them, and what is printed where none has."""

import unicodedata
from functools import cache

from reportlab.pdfbase.pdfmetrics import registerFont
from reportlab.pdfbase.ttfonts import TTFont

PLAIN, BOLD = "Helvetica", "Helvetica-Bold"
# The fonts every PDF reader has know Western European letters only; reportlab brings this one for the rest.
WIDER = "Vera"


@cache
def wider_font() -> TTFont:
    font = TTFont(WIDER, "Vera.ttf")
    registerFont(font)
    return font


def is_plain(text: str) -> bool:
    try:
        text.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True


def font_for(text: str, font: str) -> str:
    return font if is_plain(text) else wider_font().fontName


def printable(text: str) -> str:
    """The text in letters that the fonts have: an accent too many is dropped, an unknown script becomes "?"."""
    return "".join(letter if has_glyph(letter) else bare(letter) for letter in unicodedata.normalize("NFC", text))


def has_glyph(letter: str) -> bool:
    return is_plain(letter) or ord(letter) in wider_font().face.charToGlyph


def bare(letter: str) -> str:
    base = unicodedata.normalize("NFKD", letter)[0]
    return base if has_glyph(base) else "?"
