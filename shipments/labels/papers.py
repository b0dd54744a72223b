"""What labels are printed on: sheets as sold for office printers, and rolls for label printers. All in millimetres."""

from dataclasses import dataclass, replace

A4_MM = (210.0, 297.0)
MM_PER_INCH = 25.4


@dataclass(frozen=True)
class Paper:
    """
    ``columns`` × ``rows`` labels on a page. Sheets slip in the printer, so ``inset`` stays free inside each label.

    ``dot``: the side of a printer's dot, where the printer's dots are known; a code's modules are then whole dots.
    """

    slug: str
    title: str
    width: float
    height: float
    inset: float
    columns: int = 1
    rows: int = 1
    left: float = 0
    top: float = 0
    column_pitch: float = 0
    dot: float = 0

    @property
    def labels_on_a_page(self) -> int:
        return self.columns * self.rows

    @property
    def is_roll(self) -> bool:
        return self.labels_on_a_page == 1

    @property
    def page(self) -> tuple[float, float]:
        return (self.width, self.height) if self.is_roll else A4_MM

    @property
    def whole_size(self) -> str:
        return f"{round(self.width, 1):g} × {round(self.height, 1):g} mm"

    def alone(self) -> "Paper":
        """One label as a page of its own."""
        return replace(self, columns=1, rows=1, left=0, top=0)

    def corner(self, place: int) -> tuple[float, float]:
        """Left and top of the label at this place of the page, counted from 0, row by row."""
        row, column = divmod(place, self.columns)
        return self.left + column * self.column_pitch, self.top + row * self.height


def sheet(columns: int, rows: int, width: float, height: float, *, column_pitch: float, inset: float, of: str) -> Paper:
    """An A4 sheet whose labels touch each other in the column and lie in the middle of the page."""
    return Paper(
        slug=of,
        title=f"A4, {columns * rows} labels of {width:g} × {height:g} mm",
        width=width,
        height=height,
        inset=inset,
        columns=columns,
        rows=rows,
        left=(A4_MM[0] - (columns - 1) * column_pitch - width) / 2,
        top=(A4_MM[1] - rows * height) / 2,
        column_pitch=column_pitch,
    )


SHEETS = (
    sheet(3, 7, 63.5, 38.1, column_pitch=66.04, inset=2, of="a4-21"),
    sheet(3, 8, 63.5, 33.9, column_pitch=66.04, inset=2, of="a4-24"),
    sheet(3, 8, 70, 37, column_pitch=70, inset=3, of="a4-24-wide"),
    sheet(5, 13, 38.1, 21.2, column_pitch=40.64, inset=1, of="a4-65"),
)
ROLLS = (
    Paper("roll-58", "roll, 58 mm wide", 58, 40, inset=2),
    Paper("roll-100", "roll, 100 mm wide", 100, 50, inset=2),
)
PAPERS = {paper.slug: paper for paper in (*SHEETS, *ROLLS)}
SHORTEST, LONGEST = 20, 200  # mm, of a label on a roll


def paper_of(slug: str, *, height: int | None = None, dpi: int | None = None) -> Paper:
    """
    The paper of that name; labels on rolls may have another height, and a printer's dots.

    Raises KeyError for a paper that nobody sells.
    """
    paper = PAPERS[slug]
    if not paper.is_roll:
        return paper
    dot = MM_PER_INCH / dpi if dpi else 0
    wanted = replace(paper, height=float(height or paper.height), dot=dot)
    # A label is so many whole dots high, or its pictures would be scaled.
    return replace(wanted, width=_whole(wanted.width, dot), height=_whole(wanted.height, dot)) if dot else wanted


def _whole(length: float, dot: float) -> float:
    # A hair less: a page of 319.00001 dots would be rendered, and stretched, to 320.
    return int(length / dot) * dot - 1e-4
