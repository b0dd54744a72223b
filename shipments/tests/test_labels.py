from io import BytesIO

import pypdfium2
import pytest
import zxingcpp

from shipments.labels.content import Label
from shipments.labels.sheets import write_sheet

GS1 = "https://trail.kofi-roastery.example/01/09521234000013/10/K26-1107-A/21/{:016X}"
TOKEN = "https://trail.kofi-roastery.example/t/{:026x}"


def labels(count, pattern=GS1):
    return [
        Label(
            url=pattern.format(n * 0x9E3779B97F4A7C15 % 2**63),
            product="Worka Sakaro, washed",
            roaster="Kofi Roastery, Vienna",
            lot="K26-1107-A",
            net="250 g",
            number=f"{n + 1} of {count}",
        )
        for n in range(count)
    ]


def sheet(wanted):
    file = BytesIO()
    assert write_sheet(file, wanted) == len(wanted)
    return file.getvalue()


def codes_on(page, dpi):
    image = page.render(scale=dpi / 72).to_pil().convert("L")
    return [found.text for found in zxingcpp.read_barcodes(image, formats=zxingcpp.BarcodeFormat.QRCode)]


@pytest.mark.parametrize("dpi", [150, 203])
@pytest.mark.parametrize("pattern", [GS1, TOKEN])
def test_every_code_of_a_sheet_reads_back(dpi, pattern):
    wanted = labels(21, pattern)
    document = pypdfium2.PdfDocument(sheet(wanted))
    assert len(document) == 1
    assert sorted(codes_on(document[0], dpi)) == sorted(label.url for label in wanted)


def test_labels_go_on_over_several_pages():
    wanted = labels(40)
    document = pypdfium2.PdfDocument(sheet(wanted))
    assert len(document) == 2
    assert sorted(codes_on(document[0], 203)) == sorted(label.url for label in wanted[:21])
    assert sorted(codes_on(document[1], 203)) == sorted(label.url for label in wanted[21:])


def test_a_person_can_read_lot_product_roaster_and_domain():
    text = pypdfium2.PdfDocument(sheet(labels(1)))[0].get_textpage().get_text_bounded()
    for words in (
        "Worka Sakaro,",
        "Kofi Roastery,",
        "Lot K26-1107-A",
        "250 g · 1 of 1",
        "trail.kofi-roastery.example",
    ):
        assert words in text


def test_letters_beyond_western_europe_are_printed():
    label = Label(
        url="https://t.example/t/a",
        product="Café Žofín",
        roaster="Pražírna Říp",
        lot="Ž-1",
    )
    text = pypdfium2.PdfDocument(sheet([label]))[0].get_textpage().get_text_bounded()
    assert "Žofín" in text
    # The font has no Ř; a letter without its accent is better than a hole.
    assert "Pražírna Ríp" in text


def test_nothing_is_drawn_outside_its_label():
    long = Label(
        url=GS1.format(1),
        product="Extraordinarily " * 6,
        roaster="Gesellschaft " * 6,
        lot="L" * 20,
        net="12.345 kg",
    )
    page = pypdfium2.PdfDocument(sheet([long] * 21))[0]
    image = page.render(scale=203 / 72).to_pil().convert("L")
    millimetre = 203 / 25.4
    # The gap between the columns, and the margins, stay white.
    for left, right in ((0, 7), (71.2, 73.0), (137.3, 139.0), (203.2, 210)):
        assert image.crop((int(left * millimetre), 0, int(right * millimetre), image.height)).getextrema()[0] == 255
    for top, bottom in ((0, 15), (282, 297)):
        assert image.crop((0, int(top * millimetre), image.width, int(bottom * millimetre))).getextrema()[0] == 255


def test_a_label_stays_under_700_bytes():
    assert len(sheet(labels(210))) / 210 < 700


def test_the_same_labels_give_the_same_bytes():
    assert sheet(labels(3)) == sheet(labels(3))


def test_progress_is_told_after_each_page():
    heard = []
    write_sheet(BytesIO(), labels(50), told=heard.append)
    assert heard == [21, 42, 50]
