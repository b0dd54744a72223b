"""
A sheet of bag labels: A4, 21 labels of 63.5 × 38.1 mm, as sold for every office printer.

The code is drawn as vector rectangles, so it is sharp at any resolution; dark modules that touch in a row are one
rectangle, which keeps a label under 700 bytes. ISO/IEC 18004: error level M, quiet zone of 4 modules.
"""

import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import groupby, islice
from typing import BinaryIO
from urllib.parse import urlsplit

import qrcode
from qrcode.constants import ERROR_CORRECT_M
from reportlab import rl_config
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import registerFont, stringWidth
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from provenance.bags.services.issuing import bag_url, bags_of
from provenance.coffee.acts import MG_PER_KG
from provenance.coffee.epcis import to_kg
from provenance.trail.services.queries import name_of

# Base 85 would make every page a quarter larger, for mail of the last century.
rl_config.useA85 = 0

COLUMNS, ROWS = 3, 7
LABELS_ON_A_SHEET = COLUMNS * ROWS
WIDTH, HEIGHT = 63.5 * mm, 38.1 * mm
COLUMN_PITCH = 66.04 * mm
LEFT = (A4[0] - 2 * COLUMN_PITCH - WIDTH) / 2
TOP = A4[1] - (A4[1] - ROWS * HEIGHT) / 2

QUIET_MODULES = 4
# With its quiet zone; the outer 2 mm of a label are left free, since sheets slip in the printer.
CODE_SIDE = 33 * mm
PADDING = 2 * mm
TEXT_WIDTH = WIDTH - CODE_SIDE - 2 * PADDING

PLAIN, BOLD = "Helvetica", "Helvetica-Bold"
# The fonts every PDF reader has know Western European letters only; reportlab brings this one for the rest.
WIDER = "Vera"


@dataclass(frozen=True)
class Label:
    """What stands on one bag. ``url`` is what the code says; the rest is for people."""

    url: str
    product: str
    roaster: str
    lot: str
    net: str = ""
    number: str = ""


def write_sheet(
    file: BinaryIO,
    labels: Iterable[Label],
    *,
    told: Callable[[int], None] | None = None,
) -> int:
    """Write the PDF; ``told`` hears after each page how many labels are done. Gives the number of labels."""
    canvas = Canvas(file, pagesize=A4, pageCompression=1, invariant=1, initialFontName=PLAIN)
    canvas.setTitle("Bag labels")
    count = 0
    waiting = iter(labels)
    while page := list(islice(waiting, LABELS_ON_A_SHEET)):
        for place, label in enumerate(page):
            row, column = divmod(place, COLUMNS)
            draw_label(
                canvas,
                label,
                left=LEFT + column * COLUMN_PITCH,
                bottom=TOP - (row + 1) * HEIGHT,
            )
        canvas.showPage()
        count += len(page)
        if told:
            told(count)
    canvas.save()
    return count


def draw_label(canvas: Canvas, label: Label, *, left: float, bottom: float) -> None:
    draw_code(
        canvas,
        label.url,
        left=left,
        bottom=bottom + (HEIGHT - CODE_SIDE) / 2,
        side=CODE_SIDE,
    )
    lines = [
        *((line, BOLD, 8.5) for line in wrapped(label.product, BOLD, 8.5, at_most=2)),
        *((line, PLAIN, 7.5) for line in wrapped(label.roaster, PLAIN, 7.5, at_most=2)),
        ("", PLAIN, 3),
        *((line, PLAIN, 7.5) for line in wrapped(f"Lot {label.lot}", PLAIN, 7.5, at_most=2)),
        (" · ".join(filter(None, (label.net, label.number))), PLAIN, 6.5),
        ("", PLAIN, 3),
        (urlsplit(label.url).netloc.lower(), PLAIN, 6.5),
    ]
    height = sum(size * 1.2 for _, _, size in lines)
    text = canvas.beginText(left + CODE_SIDE, bottom + (HEIGHT + height) / 2)
    for line, font, size in lines:
        line = printable(line)
        text.setFont(font_for(line, font), fitting_size(line, font, size), leading=0)
        text.moveCursor(0, size * 1.2)
        text.textOut(line)
    canvas.drawText(text)


def draw_code(canvas: Canvas, url: str, *, left: float, bottom: float, side: float) -> None:
    matrix = qr_matrix(url)
    module = side / (len(matrix) + 2 * QUIET_MODULES)
    top = len(matrix) + QUIET_MODULES
    # One transformation makes a module one unit, so that every rectangle is written in small whole numbers.
    operators = [f"q {module:.4f} 0 0 {module:.4f} {left:.2f} {bottom:.2f} cm"]
    for row, line in enumerate(matrix):
        operators += [f"{QUIET_MODULES + x} {top - row - 1} {width} 1 re" for x, width in dark_runs(line)]
    # reportlab has no public way to add operators to a page as they are.
    canvas._code.append("\n".join([*operators, "f Q"]))


def qr_matrix(url: str) -> list[list[bool]]:
    """The symbol's modules, top row first, without quiet zone."""
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=0)
    code.add_data(url)
    code.make(fit=True)
    return code.get_matrix()


def dark_runs(line: list[bool]) -> Iterable[tuple[int, int]]:
    """Dark modules that touch: (first module, how many)."""
    x = 0
    for dark, modules in groupby(line):
        width = len(list(modules))
        if dark:
            yield x, width
        x += width


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


def fitting_size(text: str, font: str, size: float) -> float:
    return min(size, size * TEXT_WIDTH / max(stringWidth(text, font_for(text, font), size), 1))


def wrapped(text: str, font: str, size: float, *, at_most: int) -> list[str]:
    """The text in lines that fit beside the code; what is left over is put on the last and shrinks with it."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        fits = stringWidth(longer, font_for(longer, font), size) <= TEXT_WIDTH
        if lines and (fits or len(lines) == at_most):
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def labels_of(lot: str, *, first: int, last: int) -> Iterator[Label]:
    """The labels of a pack lot's bags, from number ``first`` to ``last``, counted from 1."""
    bags = bags_of(lot)
    total = len(bags)
    roasters: dict[str, str] = {}
    for bag in bags[first - 1 : last]:
        roaster = bag.product.party_uri if bag.product else ""
        if roaster and roaster not in roasters:
            roasters[roaster] = name_of(roaster) or ""
        yield Label(
            url=bag_url(bag),
            product=bag.product.name if bag.product else "",
            roaster=roasters.get(roaster, ""),
            lot=bag.lot_code,
            net=net(bag.product.net_mg) if bag.product else "",
            number=f"{bag.position + 1} of {total}",
        )


def net(mass_mg: int) -> str:
    return f"{mass_mg / 1000:g} g" if mass_mg < MG_PER_KG else f"{to_kg(mass_mg):f} kg"
