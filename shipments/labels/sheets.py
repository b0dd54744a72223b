"""
Labels as PDF: sheets for office printers, and pages of one label for rolls.

The code is drawn as vector rectangles, so it is sharp at any resolution. The words that all bags of a lot share are
drawn once and named on every label, which keeps a label under 700 bytes.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO

from reportlab import rl_config
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from provenance.printing.codes import encode
from provenance.printing.fonts import PLAIN, runs
from shipments.labels.arranging import Arranged, Line, Words, arrange
from shipments.labels.papers import Paper

# Base 85 would make every page a quarter larger, for mail of the last century.
rl_config.useA85 = 0

ROLL_STEP = 50  # labels, after which progress is told: a roll has no pages


@dataclass(frozen=True)
class Label:
    """
    What stands on one bag. ``url`` is what the code says, ``words`` is for people.

    ``number`` is what differs from bag to bag; where it stands, ``words`` hold the widest that there will be.
    """

    url: str
    words: tuple[Words, ...]
    number: str = ""


@dataclass(frozen=True)
class Placement:
    """How a sheet lies: the first label's place on it, counted from 1, and how far to move everything, in mm."""

    start: int = 1
    right: float = 0
    down: float = 0


def write_labels(
    file: BinaryIO,
    labels: Iterable[Label],
    paper: Paper,
    placement: Placement = Placement(),
    *,
    told: Callable[[int], None] | None = None,
) -> int:
    """
    Write the PDF; ``told`` hears after each page how many labels are done. Gives the number of labels.

    Raises CodeTooSmall, and UnicodeEncodeError for a link that is not ASCII.
    """
    width, height = paper.page
    canvas = Canvas(file, pagesize=(width * mm, height * mm), pageCompression=1, invariant=1, initialFontName=PLAIN)
    canvas.setTitle("Bag labels")
    pen = _Pen(canvas)
    count, place, waiting = 0, placement.start - 1, iter(labels)
    while page := list(islice(waiting, paper.labels_on_a_page - place)):
        for number, label in enumerate(page, start=place):
            left, top = paper.corner(number)
            pen.draw(label, paper, (left + placement.right) * mm, (height - top - paper.height - placement.down) * mm)
        canvas.showPage()
        count, place = count + len(page), 0
        if told and (not paper.is_roll or count % ROLL_STEP == 0):
            told(count)
    canvas.save()
    return count


class _Pen:
    """Draws labels on one canvas, and the words that they share once."""

    def __init__(self, canvas: Canvas) -> None:
        self.canvas = canvas
        self.stencils: dict[tuple[tuple[Words, ...], int], tuple[Arranged, str]] = {}

    def draw(self, label: Label, paper: Paper, left: float, bottom: float) -> None:
        symbol = encode(label.url)
        arranged, stencil = self.stencil(label.words, symbol.whole_side, paper)
        x, y = arranged.code
        module = f"{arranged.module:.5f}"
        # reportlab has no public way to add operators to a page as they are. One transformation makes a module one
        # unit, so that every rectangle is written in small whole numbers.
        self.canvas._code.append(
            f"q 1 0 0 1 {left:.3f} {bottom:.3f} cm q {module} 0 0 {module} {x:.3f} {y:.3f} cm\n{symbol.bars}\nf Q"
        )
        self.canvas.doForm(stencil)
        for line in arranged.lines:
            if line.field == "number":
                write(self.canvas, line, label.number)
        self.canvas._code.append("Q")

    def stencil(self, words: tuple[Words, ...], modules: int, paper: Paper) -> tuple[Arranged, str]:
        """Where things stand, and the name under which the words that all these labels share are drawn."""
        key = (words, modules)
        if key not in self.stencils:
            arranged, name = arrange(words, modules, paper), f"words{len(self.stencils)}"
            self.canvas.beginForm(name, 0, 0, paper.width * mm, paper.height * mm)
            for line in arranged.lines:
                if line.field != "number":
                    write(self.canvas, line, line.text)
            self.canvas.endForm()
            self.stencils[key] = arranged, name
        return self.stencils[key]


def write(canvas: Canvas, line: Line, said: str) -> None:
    text = canvas.beginText(line.x, line.y)
    for run in runs(said, line.font):
        text.setFont(run.typeface, line.size)
        text.textOut(run.text)
    canvas.drawText(text)
