"""What a phone's camera does to a printed sheet."""

from io import BytesIO

import pypdfium2
import zxingcpp

from shipments.labels import labels_of, write_sheet

SCREEN_DPI = 150


def scan(sheet: bytes, dpi: int = SCREEN_DPI) -> list[str]:
    """The texts of all codes on a PDF, each page read as a picture."""
    pictures = [page.render(scale=dpi / 72).to_pil().convert("L") for page in pypdfium2.PdfDocument(sheet)]
    formats = zxingcpp.BarcodeFormat.QRCode
    return [found.text for picture in pictures for found in zxingcpp.read_barcodes(picture, formats=formats)]


def sheet_of(lot: str, bags: int) -> bytes:
    sheet = BytesIO()
    write_sheet(sheet, labels_of(lot, first=1, last=bags))
    return sheet.getvalue()
