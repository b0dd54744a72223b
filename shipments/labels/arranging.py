"""
Where on a label the code stands, and which words beside it in which size. All in points, from the lower left corner.

The code is as large as the label lets it be. The words become smaller until they fit; what does not fit even in the
smallest letters is left out, the least important first, and told to who designs. The lot and the address are always
there, whole: with them somebody without a camera finds the page.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reportlab.lib.units import mm

from provenance.printing.fonts import PLAIN, width
from shipments.labels.papers import MM_PER_INCH, Paper

LEADING = 1.2
SMALLEST = 4.8  # points: ink and thermal paper hold no finer letters
SCALES = (1.7, 1.5, 1.3, 1.15, 1.0, 0.92, 0.84, 0.76, 0.68, 0.6)
# Codes stay below this side: a larger one is no easier to scan, and leaves no room for words.
LARGEST_CODE = 40 * mm
# Two dots at 150 dpi. Below that, a phone does not tell the modules apart.
SMALLEST_MODULE = 2 * MM_PER_INCH / 150 * mm


class CodeTooSmall(ValueError):
    """The code does not fit so that it can be scanned; ``str()`` of it is a sentence for who designs the label."""


@dataclass(frozen=True)
class Words:
    """
    One field of a label, in ``printable`` letters.

    ``weight``: the higher the longer it stays; 0 is always there, broken between letters where there is no other way.
    ``may_be_cut``: it may end in an ellipsis, as a name may and a date may not. ``missing``: letters that no typeface
    has and that are printed as "?".
    """

    field: str
    text: str
    size: float
    weight: int
    font: str = PLAIN
    lines: int = 1
    may_be_cut: bool = False
    missing: str = ""

    @property
    def always_there(self) -> bool:
        return self.weight == 0


@dataclass(frozen=True)
class Line:
    """``text`` in the order in which it is read, to be drawn with its left end at (x, y)."""

    field: str
    text: str
    font: str
    size: float
    x: float
    y: float


@dataclass(frozen=True)
class Arranged:
    """``module``: the side of one module; ``code``: lower left corner of the code's quiet zone."""

    code: tuple[float, float]
    module: float
    lines: tuple[Line, ...]
    left_out: tuple[str, ...]
    cut: tuple[str, ...]


@dataclass(frozen=True)
class Box:
    left: float
    bottom: float
    width: float
    height: float


def arrange(words: tuple[Words, ...], modules: int, paper: Paper) -> Arranged:
    """
    Words in the order from top to bottom, and a code of so many modules with its quiet zone.

    Raises CodeTooSmall.
    """
    code, box = _areas(paper)
    module = _module(code.width, modules, paper)
    side = module * modules
    corner = (
        _on_dot(code.left + (code.width - side) / 2, paper),
        _on_dot(code.bottom + (code.height - side) / 2, paper),
    )
    for kept in _ever_fewer(words, box.width):
        for scale in SCALES:
            lines, cut = _lines(kept, scale, box.width)
            height = sum(size * LEADING for *_, size in lines)
            if lines and height <= box.height:
                left_out = tuple(one.field for one in words if one not in kept)
                return Arranged(corner, module, _placed(lines, height, box), left_out, cut)
    raise CodeTooSmall(f"Lot and address do not fit beside the code on a label of {paper.whole_size}.")


def _areas(paper: Paper) -> tuple[Box, Box]:
    """Of the code, and of the words: beside it on a wide label, below it on a tall one."""
    w, h, inset = paper.width * mm, paper.height * mm, paper.inset * mm
    if w >= 1.2 * h:
        side = min(h - 2 * inset, 0.52 * w, LARGEST_CODE)
        left = inset if inset < 2 * mm else inset / 2
        return (
            Box(left, (h - side) / 2, side, side),
            Box(left + side, inset, w - left - side - inset, h - 2 * inset),
        )
    side = min(w - 2 * inset, 0.6 * h, LARGEST_CODE)
    return (
        Box((w - side) / 2, h - inset - side, side, side),
        Box(inset * 1.5, inset, w - 3 * inset, h - 2 * inset - side),
    )


def _module(side: float, modules: int, paper: Paper) -> float:
    module = side / modules
    if paper.dot:
        module = int(module / (paper.dot * mm) + 1e-6) * paper.dot * mm
    if module < SMALLEST_MODULE:
        raise CodeTooSmall(
            f"This code has {modules} modules a side with its margin; on a label of {paper.whole_size} each would be "
            f"{side / modules / mm:.2f} mm, and below {SMALLEST_MODULE / mm:.2f} mm phones do not read it. Take a "
            "larger label, a code that names less, or capitals."
        )
    return module


def _on_dot(length: float, paper: Paper) -> float:
    return round(length / (paper.dot * mm)) * paper.dot * mm if paper.dot else length


def _ever_fewer(words: Sequence[Words], room: float) -> Iterator[list[Words]]:
    """What can be there at all; then without the least important, and so on down to what is always there."""
    kept = [one for one in words if one.text and (one.always_there or one.may_be_cut or _fits(one, room))]
    yield list(kept)
    for one in sorted((one for one in kept if not one.always_there), key=lambda one: one.weight):
        kept.remove(one)
        yield list(kept)


def _fits(words: Words, room: float) -> bool:
    lines = _wrapped(words, _size(words, SCALES[-1]), room)
    return len(lines) <= words.lines and _all_fit(lines, words, _size(words, SCALES[-1]), room)


_Line = tuple[str, str, str, float]  # field, text, font, size


def _lines(words: Sequence[Words], scale: float, room: float) -> tuple[list[_Line], tuple[str, ...]]:
    """The words in lines of this scale, and which were cut. No lines where smaller letters would spare a cut."""
    lines: list[_Line] = []
    cut = []
    for one in words:
        size = _size(one, scale)
        found = _wrapped(one, size, room)
        if len(found) > one.lines or not _all_fit(found, one, size, room):
            if scale != SCALES[-1]:
                return [], ()
            found = _broken(one, size, room) if one.always_there else _cut_to(found, one, size, room)
            cut += [] if one.always_there else [one.field]
        lines += [(one.field, line, one.font, size) for line in found]
    return lines, tuple(cut)


def _size(words: Words, scale: float) -> float:
    return max(words.size * scale, SMALLEST)


def _wrapped(words: Words, size: float, room: float) -> list[str]:
    """The text in lines broken at spaces; a word may still be too wide."""
    lines: list[str] = []
    for word in words.text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and width(longer, words.font, size) <= room:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _all_fit(lines: Sequence[str], words: Words, size: float, room: float) -> bool:
    return all(width(line, words.font, size) <= room for line in lines)


def _cut_to(lines: Sequence[str], words: Words, size: float, room: float) -> list[str]:
    """So many lines as there may be, each as much of it as there is room for, with an ellipsis."""
    last = words.lines - 1
    shown = [*lines[:last], " ".join(lines[last:])] if lines[last:] else lines
    return [line if width(line, words.font, size) <= room else _cut(line, words.font, size, room) for line in shown]


def _cut(line: str, font: str, size: float, room: float) -> str:
    while line and width(f"{line}…", font, size) > room:
        line = line[:-1].rstrip()
    return f"{line}…"


def _broken(words: Words, size: float, room: float) -> list[str]:
    """Broken after a space, a point or a hyphen, else between two letters: nothing of it may be missing."""
    lines, rest = [], words.text
    while rest:
        end = len(rest)
        while end > 1 and width(rest[:end].rstrip(), words.font, size) > room:
            end -= 1
        if end < len(rest):
            seam = max(rest.rfind(mark, 0, end) for mark in " .-")
            end = seam + 1 if seam > 0 else end
        lines.append(rest[:end].rstrip())
        rest = rest[end:]
    return lines


def _placed(lines: Sequence[_Line], height: float, box: Box) -> tuple[Line, ...]:
    y = box.bottom + (box.height + height) / 2
    placed = []
    for field, text, font, size in lines:
        y -= size * LEADING
        placed.append(Line(field, text, font, size, box.left, y + size * (LEADING - 1) + size * 0.05))
    return tuple(placed)
