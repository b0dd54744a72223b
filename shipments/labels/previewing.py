"""A label before it is printed: its picture, and what is to be known of it."""

from base64 import b64encode
from dataclasses import dataclass

from reportlab.lib.units import mm

from provenance.printing.codes import encode
from shipments.labels.arranging import arrange
from shipments.labels.papers import Paper
from shipments.labels.pictures import codes_in, picture, png
from shipments.labels.sheets import Label
from shipments.models import LabelLayout

SHOWN_DPI = 300
# The coarsest at which a code must be read: old office printers, and phones a hand's breadth too far.
READ_DPI = 150


@dataclass(frozen=True)
class Preview:
    """``picture``: a data URI. ``left_out`` and ``cut``: the fields' words; ``missing``: letters that no font has."""

    picture: str
    size: str
    link: str
    module: float
    reads_back: bool
    left_out: tuple[str, ...]
    cut: tuple[str, ...]
    missing: str


def preview(label: Label, paper: Paper) -> Preview:
    """Raises CodeTooSmall."""
    arranged = arrange(label.words, encode(label.url).whole_side, paper)
    said = {one.field: one.text for one in label.words}
    shown = b64encode(png(picture(label, paper, SHOWN_DPI))).decode()
    return Preview(
        picture=f"data:image/png;base64,{shown}",
        size=paper.whole_size,
        link=label.url,
        module=arranged.module / mm,
        reads_back=codes_in(picture(label, paper, READ_DPI)) == [label.url],
        left_out=tuple(_title(field) for field in arranged.left_out if said[field]),
        cut=tuple(_title(field) for field in arranged.cut),
        missing="".join(dict.fromkeys("".join(one.missing for one in label.words))),
    )


def _title(field: str) -> str:
    return str(LabelLayout.Field(field).label)
