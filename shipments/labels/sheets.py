"""
A sheet of bag labels: A4, 21 labels of 63.5 × 38.1 mm, as sold for every office printer.

The code is drawn as vector rectangles, so it is sharp at any resolution; dark modules that touch in a row are one
rectangle, which keeps a label under 700 bytes. ISO/IEC 18004: error level M, quiet zone of 4 modules.
"""

from collections.abc import Callable, Iterable
from itertools import islice
from typing import BinaryIO
from urllib.parse import urlsplit

from reportlab import rl_config
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from shipments.labels.codes import QUIET_MODULES, dark_runs, qr_matrix
from shipments.labels.content import Label
from shipments.labels.fonts import BOLD, PLAIN, font_for, printable

# Base 85 would make every page a quarter larger, for mail of the last century.
rl_config.useA85 = 0

COLUMNS, ROWS = 3, 7
LABELS_ON_A_SHEET = COLUMNS * ROWS
WIDTH, HEIGHT = 63.5 * mm, 38.1 * mm
COLUMN_PITCH = 66.04 * mm
LEFT = (A4[0] - 2 * COLUMN_PITCH - WIDTH) / 2
TOP = A4[1] - (A4[1] - ROWS * HEIGHT) / 2

# With its quiet zone; the outer 2 mm of a label are left free, since sheets slip in the printer.
CODE_SIDE = 33 * mm
PADDING = 2 * mm
TEXT_WIDTH = WIDTH - CODE_SIDE - 2 * PADDING


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
