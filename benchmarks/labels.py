"""
Sheets of bag labels, against the QR encoder alone and against the usual way: a PNG for each code.

    python benchmarks/labels.py [ROUNDS]
"""

import sys
from collections.abc import Iterable
from functools import partial
from io import BytesIO

import fresh_site  # noqa: F401  # must come first
import qrcode
import zxingcpp
from measuring import Row, interleaved, ratio, report
from qrcode.constants import ERROR_CORRECT_M
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from shipments.labels.content import Said, words_of
from shipments.labels.papers import PAPERS
from shipments.labels.pictures import codes_in, pages
from shipments.labels.sheets import Label, write_labels

PAPER = PAPERS["a4-21"]
SAID = Said(
    lot="K26-1107-A",
    address="trail.kofi-roastery.example",
    product="Worka Sakaro, washed",
    roaster="Kofi Roastery, Vienna",
    net="250 g",
    number="210 of 210",
)


def some_labels(count: int) -> list[Label]:
    words = words_of(SAID)
    return [
        Label(
            f"https://trail.kofi-roastery.example/01/09521234000013/10/K26-1107-A/21/{n * 7919:016X}",
            words,
            f"250 g · {n + 1} of {count}",
        )
        for n in range(count)
    ]


def sheet(labels: list[Label]) -> bytes:
    file = BytesIO()
    write_labels(file, labels, PAPER)
    return file.getvalue()


def encoded(urls: Iterable[str]) -> None:
    for url in urls:
        zxingcpp.create_barcode(url, zxingcpp.BarcodeFormat.QRCode, ec_level="M").to_image()


def png_sheet(labels: list[Label]) -> bytes:
    """As most programs do it: every code becomes an image."""
    file = BytesIO()
    canvas = Canvas(file, pagesize=A4)
    for place, label in enumerate(labels):
        if place and place % PAPER.labels_on_a_page == 0:
            canvas.showPage()
        place %= PAPER.labels_on_a_page
        code = qrcode.QRCode(error_correction=ERROR_CORRECT_M)
        code.add_data(label.url)
        image = BytesIO()
        code.make_image().save(image)
        x, y = 20 + place % 3 * 187, 20 + place // 3 * 108
        canvas.drawImage(ImageReader(image), x, y, 93, 93)
        for line, text in enumerate((SAID.product, SAID.roaster, SAID.lot, label.number, SAID.address)):
            canvas.drawString(x + 96, y + 80 - 14 * line, text)
    canvas.save()
    return file.getvalue()


def decoded(document: bytes, dpi: int) -> set[str]:
    return {link for page in pages(document, dpi) for link in codes_in(page)}


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    many = some_labels(10 * PAPER.labels_on_a_page)
    urls = {label.url for label in many}
    written = sheet(many)
    encode = partial(encoded, urls)
    spent = interleaved(
        {"encoder": encode, "encoder again": encode, "sheets": lambda: sheet(many), "png": lambda: png_sheet(many)},
        rounds,
    )
    read = {dpi: len(decoded(written, dpi) & urls) / len(urls) for dpi in (150, 203)}
    report(
        f"Ten sheets of {PAPER.labels_on_a_page} bag labels, CPU ({rounds} rounds)",
        [
            Row(
                "L1",
                "labels against the QR encoder alone (zxing-cpp)",
                ratio(spent["encoder"], spent["sheets"]),
                0.25,
                0.39,
            ),
            Row("L2", "labels against a PNG a code (qrcode, reportlab)", ratio(spent["png"], spent["sheets"]), 8, 15),
            Row("L3", "bytes a label", len(written) / len(many), 700, 400, below=True),
            Row("L3b", "share of codes read back at 203 dpi", read[203], 1, 1),
            Row("L3c", "share of codes read back at 150 dpi", read[150], None, 1),
        ],
        [ratio(spent["encoder"], spent["encoder again"])],
    )


if __name__ == "__main__":
    main()
