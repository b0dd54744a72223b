"""
Sheets of bag labels, against the QR encoder alone and against the usual way: a PNG for each code.

    python benchmarks/labels.py [ROUNDS]
"""

import sys
from io import BytesIO

import fresh_site  # noqa: F401  # must come first
import pypdfium2
import qrcode
import zxingcpp
from measuring import Row, interleaved, ratio, report
from qrcode.constants import ERROR_CORRECT_M
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from shipments.labels.codes import qr_matrix
from shipments.labels.content import Label
from shipments.labels.sheets import LABELS_ON_A_SHEET, write_sheet

PNG_SHEET_BYTES = 8_751  # a label of the usual way, docs of this goal


def some_labels(count: int) -> list[Label]:
    return [
        Label(
            url=f"https://trail.kofi-roastery.example/01/09521234000013/10/K26-1107-A/21/{n * 7919:016X}",
            product="Worka Sakaro, washed",
            roaster="Kofi Roastery, Vienna",
            lot="K26-1107-A",
            net="250 g",
            number=f"{n + 1} of {count}",
        )
        for n in range(count)
    ]


def sheet(labels: list[Label]) -> bytes:
    file = BytesIO()
    write_sheet(file, labels)
    return file.getvalue()


def png_sheet(labels: list[Label]) -> bytes:
    """As most programs do it: every code becomes an image."""
    file = BytesIO()
    canvas = Canvas(file, pagesize=A4)
    for place, label in enumerate(labels):
        code = qrcode.QRCode(error_correction=ERROR_CORRECT_M)
        code.add_data(label.url)
        image = BytesIO()
        code.make_image().save(image)
        x, y = 20 + place % 3 * 187, 20 + place // 3 * 108
        canvas.drawImage(ImageReader(image), x, y, 93, 93)
        for line, text in enumerate((label.product, label.roaster, label.lot, label.net, label.number)):
            canvas.drawString(x + 96, y + 80 - 14 * line, text)
    canvas.save()
    return file.getvalue()


def decoded(document: bytes, dpi: int) -> set[str]:
    image = pypdfium2.PdfDocument(document)[0].render(scale=dpi / 72).to_pil().convert("L")
    return {found.text for found in zxingcpp.read_barcodes(image, formats=zxingcpp.BarcodeFormat.QRCode)}


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    labels = some_labels(LABELS_ON_A_SHEET)
    many = some_labels(10 * LABELS_ON_A_SHEET)
    urls = {label.url for label in labels}
    written = sheet(labels)
    encode = lambda: [qr_matrix(label.url) for label in labels]  # noqa: E731
    spent = interleaved(
        {
            "encoder": encode,
            "encoder again": encode,
            "zxing-cpp": lambda: [zxingcpp.create_barcode(url, zxingcpp.BarcodeFormat.QRCode) for url in urls],
            "sheet": lambda: sheet(labels),
            "png": lambda: png_sheet(labels),
        },
        rounds,
    )
    report(
        f"Sheets of {LABELS_ON_A_SHEET} bag labels, CPU ({rounds} rounds)",
        [
            Row(
                "L1",
                "labels against its QR encoder alone (qrcode)",
                ratio(spent["encoder"], spent["sheet"]),
                0.25,
                0.39,
            ),
            Row("L1b", "labels against another encoder, in C++ (reported)", ratio(spent["zxing-cpp"], spent["sheet"])),
            Row("L2", "labels against a PNG a code (reported)", ratio(spent["png"], spent["sheet"])),
            Row("L3", "bytes a label, ten sheets", len(sheet(many)) / len(many), 700, 400, below=True),
            Row("L3b", "share of codes read back at 203 dpi", len(decoded(written, 203) & urls) / len(urls), 1, 1),
            Row("L3c", "share of codes read back at 150 dpi", len(decoded(written, 150) & urls) / len(urls), None, 1),
        ],
        [ratio(spent["encoder"], spent["encoder again"])],
    )


if __name__ == "__main__":
    main()
