"""
Labels as pictures: what a preview shows and what a thermal printer burns is the PDF itself, rendered.

So there is one drawing of a label, and no second one that could differ from what is printed.
"""

from collections.abc import Iterable, Iterator
from io import BytesIO
from threading import Lock

import pypdfium2
import zxingcpp
from PIL import Image

from shipments.labels.papers import MM_PER_INCH, Paper
from shipments.labels.sheets import Label, write_labels

POINTS_PER_INCH = 72
# PDFium is not made for several threads at once.
_one_at_a_time = Lock()


def pages(document: bytes, dpi: float) -> Iterator[Image.Image]:
    """The pages of a PDF, in grey."""
    with _one_at_a_time:
        opened = pypdfium2.PdfDocument(document)
        try:
            for page in opened:
                yield page.render(scale=dpi / POINTS_PER_INCH, grayscale=True).to_pil().convert("L")
        finally:
            opened.close()


def pictures(labels: Iterable[Label], paper: Paper, dpi: float) -> list[Image.Image]:
    """Each label by itself. Raises CodeTooSmall."""
    document = BytesIO()
    write_labels(document, labels, paper.alone())
    return list(pages(document.getvalue(), dpi))


def picture(label: Label, paper: Paper, dpi: float) -> Image.Image:
    return pictures([label], paper, dpi)[0]


def dots(label_pictures: Iterable[Image.Image]) -> Iterator[Image.Image]:
    """Black or white, as a thermal printer knows nothing between."""
    for each in label_pictures:
        yield each.point(lambda grey: 255 if grey > 140 else 0, "1")


def printer_dpi(paper: Paper) -> float:
    """How many dots an inch make the paper's dots, which a picture must have exactly."""
    return MM_PER_INCH / paper.dot


def codes_in(image: Image.Image) -> list[str]:
    """What the codes in a picture say, as a phone reads them."""
    found = zxingcpp.read_barcodes(image, formats=zxingcpp.BarcodeFormat.QRCodeModel2)
    return [code.text for code in found]


def png(image: Image.Image) -> bytes:
    file = BytesIO()
    image.save(file, "PNG", optimize=True)
    return file.getvalue()
