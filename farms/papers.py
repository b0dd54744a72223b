"""
A receipt on paper: a slip for a thermal roll of 58 mm, and a sheet of A6.

Both are one column of blocks from top to bottom. The slip is as long as it has to be; the sheet's letters shrink until
all of it fits. What a block says is decided here, once for both.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from math import ceil, floor

from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from farms import words
from farms.services.receipts.taken_in import TakenIn
from provenance.printing.codes import Symbol, encode
from provenance.printing.fonts import BOLD, PLAIN, printable, runs, width

ROLL_WIDTH = 58.0  # mm
# A thermal head of 58 mm burns 48 mm: 384 dots.
ROLL_MARGIN = 5.0
A6 = (105.0, 148.0)
A6_MARGIN = 9.0
# A phone that is no longer new reads modules of half a millimetre.
CODE_SIDE = 30.0
LEADING = 1.28
# Of a thermal head: eight a millimetre. What begins and ends with a dot has sharp edges.
DOT = mm / 8


@dataclass(frozen=True)
class Line:
    """Words of one size; ``gap`` is the room above them, in points."""

    text: str
    size: float = 8.5
    font: str = PLAIN
    gap: float = 2.0


@dataclass(frozen=True)
class Rule:
    gap: float = 5.0


@dataclass(frozen=True)
class Code:
    url: str
    gap: float = 6.0


Block = Line | Rule | Code


def slip(said: TakenIn, printed_at: str) -> bytes:
    """PDF of one page, 58 mm wide."""
    column = _Column(ROLL_WIDTH, ROLL_MARGIN, 1.0)
    blocks = list(_blocks(said, printed_at))
    return column.draw(blocks, ceil(column.height(blocks) / DOT) * DOT)


def sheet(said: TakenIn, printed_at: str) -> bytes:
    """PDF of one page of A6."""
    wide, high = A6
    blocks = list(_blocks(said, printed_at))
    scale = 1.45
    while (column := _Column(wide, A6_MARGIN, scale)).height(blocks) > high * mm:
        scale -= 0.05
    return column.draw(blocks, high * mm)


def _blocks(said: TakenIn, printed_at: str) -> Iterator[Block]:
    yield Line("Receipt of coffee", 11, BOLD, gap=0)
    yield Line(said.by, 9.5, BOLD)
    yield Line(f"took in from {said.grower_name or 'a grower whose name was not recorded'}")
    if said.taken_back:
        yield Line("TAKEN BACK: this receipt counts no more.", 10, BOLD, gap=5)
    yield Line(words.kg(said.mass_mg), 20, BOLD, gap=5)
    yield Line(f"{words.form(said.form)}, lot {said.lots}")
    if said.sent_mg is not None and said.sent_mg != said.mass_mg:
        yield Line(f"sent: {words.kg(said.sent_mg)} ({words.difference(said.mass_mg - said.sent_mg)})")
    yield Line(f"{words.date_of(said.at)}, {said.at:%H:%M} {said.at:%Z}")
    yield Line(f"Price: {said.price or 'not said yet'}", 9.5, BOLD, gap=5)
    yield Line(_paid(said))
    yield Rule()
    yield Code(said.url)
    yield Line(said.printed_code, 12, BOLD, gap=3)
    yield Line(f"Check it on any phone: scan the code, or open {_short(said.url)} and type what this paper says.")
    yield Rule()
    yield Line("Fingerprint in the log", 6.5, BOLD)
    for start in range(0, 64, 32):
        quarter = said.fingerprint[start : start + 32]
        yield Line(" ".join(quarter[at : at + 8] for at in range(0, 32, 8)), 6.5, gap=0.5)
    place = said.event.index
    yield Line("Not in the log yet when printed." if place is None else f"Place {place} in the log.", 6.5)
    yield Line(f"Printed {printed_at}. It says what {said.by} signed, and is no proof that money changed hands.", 6.5)


def _paid(said: TakenIn) -> str:
    if not said.paid:
        return "Nobody has said yet that anything was paid."
    so_far = "" if said.final else ", so far"
    return f"Paid: {' and '.join(map(str, said.paid))}{so_far}"


def _short(url: str) -> str:
    """Up to the code, as one types it."""
    return url.partition("://")[2].rpartition("/")[0] + "/"


class _Column:
    """One column of blocks on a page that is ``wide`` mm; ``scale`` makes letters and code larger or smaller."""

    def __init__(self, wide: float, margin: float, scale: float) -> None:
        self.wide, self.margin, self.scale = wide * mm, margin * mm, scale
        self.room = self.wide - 2 * self.margin
        self.side = min(CODE_SIDE * mm * scale, self.room)

    def height(self, blocks: Sequence[Block]) -> float:
        return 2 * self.margin + sum(self._height_of(block) for block in blocks)

    def draw(self, blocks: Sequence[Block], high: float) -> bytes:
        file = BytesIO()
        canvas = Canvas(file, pagesize=(self.wide, high), pageCompression=1, invariant=1, initialFontName=PLAIN)
        # No name in what a viewer shows as the file's title.
        canvas.setTitle("Receipt of coffee")
        y = high - self.margin
        for block in blocks:
            y -= block.gap * self.scale
            # Down to the next dot, counted from the paper's upper edge.
            self._draw_block(canvas, block, high - ceil((high - y) / DOT) * DOT)
            y -= self._height_of(block) - block.gap * self.scale
        canvas.showPage()
        canvas.save()
        return file.getvalue()

    def _height_of(self, block: Block) -> float:
        gap = block.gap * self.scale
        match block:
            case Line():
                return gap + len(self._wrapped(block)) * block.size * LEADING * self.scale
            case Code():
                return gap + self.side
        return gap

    def _draw_block(self, canvas: Canvas, block: Block, top: float) -> None:
        match block:
            case Line():
                for number, line in enumerate(self._wrapped(block)):
                    self._write(canvas, line, block, top - (number * LEADING + 1) * block.size * self.scale)
            case Code():
                self._draw_code(canvas, encode(block.url), top)
            case Rule():
                canvas.setLineWidth(0.6)
                canvas.line(self.margin, top + 1, self.margin + self.room, top + 1)

    def _write(self, canvas: Canvas, line: str, block: Line, baseline: float) -> None:
        text = canvas.beginText(self.margin, baseline)
        for run in runs(line, block.font):
            text.setFont(run.typeface, block.size * self.scale)
            text.textOut(run.text)
        canvas.drawText(text)

    def _draw_code(self, canvas: Canvas, symbol: Symbol, top: float) -> None:
        """In the middle; its modules are whole dots, and so is what lies left of it."""
        module = floor(self.side / symbol.whole_side / DOT) * DOT
        side = module * symbol.whole_side
        left = round((self.wide - side) / 2 / DOT) * DOT
        canvas.saveState()
        canvas.transform(module, 0, 0, module, left, top - side)
        for bar in symbol.bars.splitlines():
            x, y, wide, high, _ = bar.split()
            canvas.rect(int(x), int(y), int(wide), int(high), stroke=0, fill=1)
        canvas.restoreState()

    def _wrapped(self, block: Line) -> list[str]:
        """Between words; a word that is wider than the paper is broken where it must."""
        size, lines, line = block.size * self.scale, [], ""
        for word in printable(block.text).split():
            longer = f"{line} {word}".strip()
            if width(longer, block.font, size) <= self.room:
                line = longer
                continue
            lines += [line] if line else []
            while width(word, block.font, size) > self.room:
                fitting = next(n for n in range(len(word), 0, -1) if width(word[:n], block.font, size) <= self.room)
                lines.append(word[:fitting])
                word = word[fitting:]
            line = word
        return [*lines, line]
