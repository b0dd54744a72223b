"""What a phone's camera does to a printed sheet."""

from io import BytesIO

from provenance.bags.services.issuing import bags_of
from shipments.labels.content import labels_of, paper_for
from shipments.labels.pictures import codes_in, pages
from shipments.labels.sheets import write_labels
from shipments.models import LabelLayout

SCREEN_DPI = 150


def scan(sheet: bytes, dpi: int = SCREEN_DPI) -> list[str]:
    """The texts of all codes on a PDF, each page read as a picture."""
    return [link for page in pages(sheet, dpi) for link in codes_in(page)]


def sheet_of(lot: str, bags: int) -> bytes:
    """The sheet with which the labels of the lot are printed where nobody has designed another."""
    layout = LabelLayout(product=bags_of(lot)[0].product)
    sheet = BytesIO()
    assert write_labels(sheet, labels_of(lot, layout, first=1, last=bags), paper_for(layout)) == bags
    return sheet.getvalue()
