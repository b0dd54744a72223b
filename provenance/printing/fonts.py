"""
Letters: which typeface has them, in which order they are drawn, and what is printed where no typeface has them.

Western European letters come from the typeface that every PDF reader has; the others are embedded: Noto Sans for Latin
with all accents, Greek and Cyrillic, and its sisters for Ethiopic and Arabic.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import groupby
from pathlib import Path

from arabic_reshaper import ArabicReshaper
from bidi.algorithm import get_display
from reportlab.pdfbase.pdfmetrics import registerFont
from reportlab.pdfbase.pdfmetrics import stringWidth as reportlab_width
from reportlab.pdfbase.ttfonts import TTFont

TYPEFACES = Path(__file__).parent / "typefaces"
PLAIN, BOLD = "Helvetica", "Helvetica-Bold"
# The first that has the letter draws it.
EMBEDDED = {
    PLAIN: ("NotoSans-Regular", "NotoSansEthiopic-Regular", "NotoSansArabic-Regular"),
    BOLD: ("NotoSans-Bold", "NotoSansEthiopic-Regular", "NotoSansArabic-Regular"),
}
RIGHT_TO_LEFT = {"R", "AL", "AN"}
# Signs of control and halves of letters; with pictures, what nobody would read aloud.
UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn"}
NOT_LETTERS = UNSEEN | {"So", "Sk"}


@dataclass(frozen=True)
class Run:
    """Letters of one typeface, in the order in which they are drawn."""

    typeface: str
    text: str


def printable(text: str) -> str:
    """
    The text in letters that we have: an accent too many is dropped, pictures are left out, other scripts become "?".

    It stays in the order in which it is read.
    """
    composed = unicodedata.normalize("NFC", text)
    return " ".join("".join(letter if has_glyph(letter) else bare(letter) for letter in composed).split())


def missing(text: str) -> str:
    """The letters of the text that are printed as "?", each once."""
    letters = dict.fromkeys(unicodedata.normalize("NFC", text))
    return "".join(letter for letter in letters if not has_glyph(letter) and bare(letter) == "?")


def bare(letter: str) -> str:
    if letter.isspace():
        return " "
    if unicodedata.category(letter) in NOT_LETTERS or unicodedata.combining(letter):
        return ""
    base = unicodedata.normalize("NFKD", letter)[0]
    return base if has_glyph(base) else "?"


def has_glyph(letter: str) -> bool:
    if letter.isspace() or unicodedata.category(letter) in UNSEEN:
        return False
    return is_plain(letter) or _first_with(letter, EMBEDDED[PLAIN]) is not None


def is_plain(text: str) -> bool:
    try:
        text.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return text.isprintable()


@lru_cache(maxsize=4096)
def runs(line: str, font: str) -> tuple[Run, ...]:
    """One line, already ``printable``, as it is drawn from left to right; ``font`` is PLAIN or BOLD."""
    if is_plain(line):
        return (Run(font, line),)
    letters = _as_drawn(line)
    faces = _typefaces(letters, EMBEDDED[font])
    pairs = zip(faces, letters, strict=True)
    return tuple(
        Run(face, "".join(letter for _, letter in group)) for face, group in groupby(pairs, lambda one: one[0])
    )


@lru_cache(maxsize=4096)
def width(line: str, font: str, size: float) -> float:
    """In points."""
    return sum(reportlab_width(run.text, run.typeface, size) for run in runs(line, font))


def _as_drawn(line: str) -> str:
    """Letters that join take the form that they have beside each other, and what is read from the right is turned."""
    if not any(unicodedata.bidirectional(letter) in RIGHT_TO_LEFT for letter in line):
        return line
    return str(get_display(_reshaper().reshape(line)))


def _typefaces(letters: str, faces: Sequence[str]) -> list[str]:
    """For each letter; a space belongs to the letters before it."""
    found: list[str] = []
    for letter in letters:
        before = found[-1:] if letter == " " else []
        found.append(_first_with(letter, [*before, *faces]) or faces[0])
    return found


def _first_with(letter: str, faces: Sequence[str]) -> str | None:
    return next((face for face in faces if ord(letter) in _typeface(face).face.charToGlyph), None)


@cache
def _typeface(name: str) -> TTFont:
    # Letters come in the forms that they are drawn in already.
    font = TTFont(name, TYPEFACES / f"{name}.ttf", shapable=False)
    registerFont(font)
    return font


@cache
def _reshaper() -> ArabicReshaper:
    return ArabicReshaper({"delete_harakat": True, "use_unshaped_instead_of_isolated": True})
