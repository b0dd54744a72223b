"""Labels as a printer gets them: every code reads back, every word has its place."""

import re
from dataclasses import replace
from io import BytesIO

import pypdfium2
import pytest
import zxingcpp
from PIL import Image

from provenance.printing.codes import code_png, code_svg, encode, in_capitals
from provenance.printing.fonts import PLAIN, missing, printable, runs
from shipments.labels.arranging import CodeTooSmall, arrange
from shipments.labels.content import Said, words_of
from shipments.labels.papers import PAPERS, SHEETS, paper_of
from shipments.labels.pictures import codes_in, dots, pages, picture, pictures, printer_dpi
from shipments.labels.sheets import Label, Placement, write_labels
from shipments.labels.zpl import write_zpl
from shipments.models import LabelLayout

HOST = "https://trail.kofi-roastery.example"
LINKS = {
    "gtin": HOST + "/01/09521234000013",
    "lot": HOST + "/01/09521234000013/10/K26-1107-A",
    "serial": HOST + "/01/09521234000013/10/K26-1107-A/21/{:016X}",
    "token": HOST + "/t/{:026x}",
    # As long as they come: 20 letters of a lot, a long host with its port.
    "longest": "https://trail.a-rather-long-roastery.coop.example:8443/01/09521234000013/10/"
    + "W" * 20
    + "/21/{:016X}",
}
SHORT = Said(
    lot="K26-1107-A",
    address="trail.kofi-roastery.example",
    product="Worka Sakaro, washed",
    roaster="Kofi Roastery, Vienna",
    net="250 g",
    number="1000 of 1000",
)
FULL = replace(
    SHORT,
    origin="Yirgacheffe, Ethiopia · washed · 74110, Kurume",
    cup_notes="Jasmine, bergamot, ripe apricot and black tea",
    roasted="3 Nov 2026",
    best_before="3 Nov 2027",
)
WORLD = replace(
    FULL,
    product="ይርጋጨፌ ኮንጋ አራተኛ ደረጃ",
    roaster="قهوة يمنية حرازي",
    origin="Cà phê Cầu Đất, Đà Lạt, Việt Nam",
    cup_notes="☕ 🌱 珈琲, Žofín, Ψ",
)
LONGEST = replace(
    FULL,
    lot="W" * 20,
    address="trail.a-rather-long-roastery.coop.example:8443",
    product="Extraordinarily " * 7,
    roaster="Gesellschaft zur Röstung besonders langer Namen " * 2,
    origin="O " * 60,
    cup_notes="<script>alert(1)</script>" * 4,
    net="1000 g",
    number="100000 of 100000",
)


def labels(count, said=SHORT, link=LINKS["serial"]):
    return [
        Label(link.format(n * 0x9E3779B97F4A7C15 % 2**63), words_of(said), f"250 g · {n + 1} of {count}")
        for n in range(count)
    ]


def sheet(wanted, paper=PAPERS["a4-21"], **more):
    file = BytesIO()
    assert write_labels(file, wanted, paper, **more) == len(wanted)
    return file.getvalue()


def text_of(document, page=0):
    return pypdfium2.PdfDocument(document)[page].get_textpage().get_text_bounded()


# --- every code reads back -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("said", [SHORT, FULL, WORLD, LONGEST], ids=["short", "full", "world", "longest"])
@pytest.mark.parametrize("link", LINKS)
@pytest.mark.parametrize("paper", PAPERS)
def test_every_code_reads_back_at_150_dpi(paper, link, said):
    [wanted] = labels(1, said, LINKS[link])

    assert codes_in(picture(wanted, PAPERS[paper], 150)) == [wanted.url]


@pytest.mark.parametrize("paper", SHEETS, ids=lambda paper: paper.slug)
def test_every_code_of_a_full_sheet_reads_back_at_150_dpi(paper):
    wanted = labels(paper.labels_on_a_page, FULL)

    [page] = pages(sheet(wanted, paper), 150)

    assert sorted(codes_in(page)) == sorted(label.url for label in wanted)


def test_a_code_in_capitals_is_smaller_and_says_the_same_address():
    link = LINKS["serial"].format(7)

    assert in_capitals(link) == link.replace(HOST, "HTTPS://TRAIL.KOFI-ROASTERY.EXAMPLE")
    assert (encode(link).side, encode(in_capitals(link)).side) == (37, 33)
    [label] = labels(1, link=in_capitals(link))
    assert codes_in(picture(label, PAPERS["a4-65"], 150)) == [in_capitals(link)]


def test_capitals_leave_a_lot_number_as_it_is():
    assert in_capitals("http://t.example/01/09521234000013/10/aB-1").endswith("/10/aB-1")


@pytest.mark.parametrize("link", LINKS)
def test_codes_have_error_level_m_and_a_quiet_zone_of_four_modules(link):
    [label] = labels(1, link=LINKS[link])
    symbol, paper = encode(label.url), PAPERS["a4-65"]
    image = picture(label, paper, 600)

    [found] = zxingcpp.read_barcodes(image)
    assert found.ec_level == "M"
    corner, module = found.position.top_left, arrange(label.words, symbol.whole_side, paper).module * 600 / 72
    quiet = image.crop(
        (
            round(corner.x - 4 * module) + 1,
            round(corner.y - 4 * module) + 1,
            round(corner.x + (symbol.side + 4) * module) - 1,
            round(corner.y + (symbol.side + 4) * module) - 1,
        )
    )
    quiet.paste(255, (round(4 * module) - 3, round(4 * module) - 3, *(round((symbol.side + 4) * module) + 3,) * 2))
    assert quiet.getextrema() == (255, 255)


def test_a_code_that_a_label_cannot_hold_is_refused_with_what_to_do():
    file = BytesIO()
    [label] = labels(1, link="https://" + "x" * 180 + ".example/t/{:026x}")

    with pytest.raises(
        CodeTooSmall, match=r"on a label of 38\.1 × 21\.2 mm each would be 0\.30 mm.*Take a larger label"
    ):
        write_labels(file, [label], PAPERS["a4-65"])

    assert file.getvalue() == b""


@pytest.mark.parametrize("make", [code_svg, code_png])
def test_a_single_code_for_a_printing_house_says_the_link(make):
    link = LINKS["lot"]
    if make is code_png:
        image = Image.open(BytesIO(code_png(link)))
        assert codes_in(image.convert("L")) == [link]
        assert image.size == ((29 + 8 + 4) * 20,) * 2
    else:
        svg = code_svg(link).decode()
        assert svg.startswith("<svg") and 'fill="white"' in svg and "<script" not in svg


# --- words -----------------------------------------------------------------------------------------------------------


def test_a_person_can_read_lot_product_roaster_and_domain():
    text = text_of(sheet(labels(1, FULL)))
    for words in (
        "Worka Sakaro,",
        "Kofi Roastery,",
        "Lot K26-1107-A",
        "250 g · 1 of 1",
        "Roasted 3 Nov 2026",
        "Best before 3 Nov 2027",
        "trail.kofi-roastery.example",
    ):
        assert words in text


INJECTED = replace(
    FULL,
    product=r") Tj ET Q BT (evil",
    roaster="^FS^XZ^XA^FO0,0^FDevil",
    origin="endstream /OpenAction<</JS(1)>>",
    cup_notes=r"\\( ~JR ~DG %%EOF",
)


def test_words_in_the_languages_of_printers_stay_words():
    document, zpl = sheet(labels(1, INJECTED)), BytesIO()
    write_zpl(zpl, labels(2, INJECTED), paper_of("roll-58", dpi=203))

    text = " ".join(text_of(document).split())
    assert all(words in text for words in (INJECTED.product, INJECTED.roaster, INJECTED.origin, INJECTED.cup_notes))
    assert b"/OpenAction" not in document
    label = r"\^XA\^PW\d+\^LL\d+\^LH0,0\^FO0,0\^GFA,\d+,\d+,\d+,[0-9A-Zg-z,!:]+\^FS\^XZ\n"
    assert re.fullmatch(f"({label}){{2}}", zpl.getvalue().decode("ascii"))


def test_letters_of_other_scripts_are_printed_as_they_are_read():
    text = text_of(sheet(labels(1, WORLD)))

    assert "ይርጋጨፌ" in text and "Cầu Đất" in text and "Žofín" in text
    assert missing(WORLD.cup_notes) == "珈琲"
    assert printable(WORLD.cup_notes) == "??, Žofín, Ψ"


def test_arabic_letters_are_joined_and_drawn_from_right_to_left():
    [run] = runs(printable("قهوة"), PLAIN)

    # Final teh marbuta, waw, medial heh, initial qaf: from left to right.
    assert (run.typeface, run.text) == (
        "NotoSansArabic-Regular",
        "\ufe93\ufeee\ufeec\ufed7".replace("\ufe93", "\u0629"),
    )


@pytest.mark.parametrize(
    "text", ["a\x00b\u202ec", "👨\u200d👩\u200d👧", "\ud800x", "a\nb", "ಕಾಫಿ", "\u0301", "ﷺ", "پاک گچ"]
)
@pytest.mark.parametrize("font", ["Helvetica", "Helvetica-Bold"])
def test_every_letter_that_is_drawn_is_in_its_typeface(text, font):
    from reportlab.pdfbase.pdfmetrics import getFont

    for run in runs(printable(text), font):
        if run.typeface.startswith("Noto"):
            assert all(ord(letter) in getFont(run.typeface).face.charToGlyph for letter in run.text), run
        else:
            assert run.text.encode("cp1252") and run.text.isprintable() or run.text == ""


@pytest.mark.parametrize("said", [SHORT, FULL, WORLD, LONGEST], ids=["short", "full", "world", "longest"])
@pytest.mark.parametrize("paper", PAPERS)
def test_no_word_stands_on_another_or_on_the_code_or_outside(paper, said):
    from reportlab.lib.units import mm

    from provenance.printing.fonts import width

    paper = PAPERS[paper]
    words, symbol = words_of(said), encode(LINKS["longest"].format(1))
    arranged = arrange(words, symbol.whole_side, paper)
    code_right = arranged.code[0] + arranged.module * symbol.whole_side
    edges = []
    for line in arranged.lines:
        assert line.size >= 4.8
        assert line.x + width(line.text, line.font, line.size) <= paper.width * mm - 1 * mm + 0.01
        assert line.x >= code_right - 0.01
        edges.append((line.y - 0.22 * line.size, line.y + 0.78 * line.size))
    assert edges[0][1] <= paper.height * mm and edges[-1][0] >= 0
    assert all(above[0] >= below[1] - 0.02 * 20 for above, below in zip(edges, edges[1:], strict=False))
    for always in ("lot", "address"):
        said_there = "".join(line.text for line in arranged.lines if line.field == always)
        assert said_there.replace(" ", "") == next(one.text for one in words if one.field == always).replace(" ", "")


def test_what_has_no_room_is_left_out_the_least_important_first():
    arranged = arrange(words_of(FULL), 45, PAPERS["a4-65"])

    assert arranged.left_out == ("origin", "cup_notes", "roasted")
    assert "".join(line.text for line in arranged.lines if line.field == "best_before") == "Best before 3 Nov2027"


def test_a_date_is_never_cut():
    for paper in PAPERS.values():
        arranged = arrange(words_of(LONGEST), 49, paper)
        assert not {"roasted", "best_before", "number", "lot", "address"} & set(arranged.cut)
        assert "product" in arranged.cut or paper.width > 90


def test_nothing_is_drawn_outside_its_label():
    page = pypdfium2.PdfDocument(sheet(labels(21, LONGEST, LINKS["longest"])))[0]
    image = page.render(scale=203 / 72).to_pil().convert("L")
    millimetre = 203 / 25.4
    # The gap between the columns, and the margins, stay white.
    for left, right in ((0, 7), (71.2, 73.0), (137.3, 139.0), (203.2, 210)):
        assert image.crop((int(left * millimetre), 0, int(right * millimetre), image.height)).getextrema()[0] == 255
    for top, bottom in ((0, 15), (282, 297)):
        assert image.crop((0, int(top * millimetre), image.width, int(bottom * millimetre))).getextrema()[0] == 255


# --- sheets ----------------------------------------------------------------------------------------------------------


def test_labels_go_on_over_several_pages():
    wanted = labels(40)
    first, second = pages(sheet(wanted), 150)
    assert sorted(codes_in(first)) == sorted(label.url for label in wanted[:21])
    assert sorted(codes_in(second)) == sorted(label.url for label in wanted[21:])


def test_a_sheet_that_was_begun_is_filled_from_the_label_that_is_left():
    wanted = labels(4)

    first, second = pages(sheet(wanted, placement=Placement(start=20)), 150)

    assert sorted(codes_in(first)) == sorted(label.url for label in wanted[:2])
    assert sorted(codes_in(second)) == sorted(label.url for label in wanted[2:])
    # Places 20 and 21 are the last two of the last row.
    assert first.crop((0, 0, first.width, round(240 * 150 / 25.4))).getextrema() == (255, 255)


def test_a_sheet_is_moved_by_millimetres():
    def corner(placement):
        [page] = pages(sheet(labels(1), placement=placement), 300)
        [found] = zxingcpp.read_barcodes(page)
        return found.position.top_left

    still, moved = corner(Placement()), corner(Placement(right=2, down=-3))

    assert (moved.x - still.x) / 300 * 25.4 == pytest.approx(2, abs=0.12)
    assert (moved.y - still.y) / 300 * 25.4 == pytest.approx(-3, abs=0.12)


def test_a_roll_has_a_page_for_each_label():
    document = pypdfium2.PdfDocument(sheet(labels(3), paper_of("roll-58", height=30)))

    assert [tuple(round(side / 72 * 25.4, 1) for side in page.get_size()) for page in document] == [(58, 30)] * 3


@pytest.mark.parametrize("link", LINKS)
def test_a_label_stays_under_700_bytes(link):
    assert len(sheet(labels(210, FULL, LINKS[link]))) / 210 < 700


def test_the_same_labels_give_the_same_bytes():
    assert sheet(labels(3, WORLD)) == sheet(labels(3, WORLD))


def test_progress_is_told_after_each_page():
    heard = []
    write_labels(BytesIO(), labels(50), PAPERS["a4-21"], told=heard.append)
    assert heard == [21, 42, 50]


def test_papers_are_those_that_a_layout_offers():
    assert set(PAPERS) == set(LabelLayout.Paper.values)


# --- label printers --------------------------------------------------------------------------------------------------

HEX = "0123456789ABCDEF"


def read_zpl(stream):
    """Pictures of the labels, by ZPL's own rules: no code is shared with what writes them."""
    for label in stream.decode("ascii").split("^XA")[1:]:
        head, data = label.split("^GFA,")[0], label.split("^GFA,")[1].split("^FS")[0]
        total, again, bytes_a_row, digits = data.split(",", 3)
        assert total == again
        rows, row, many = [], "", 0
        for sign in digits:
            if sign in HEX:
                row, many = row + sign * (many or 1), 0
            elif "G" <= sign <= "Y":
                many += ord(sign) - ord("F")
            elif "g" <= sign <= "z":
                many += 20 * (ord(sign) - ord("f"))
            elif sign == ":":
                row = rows[-1]
            else:
                row = row.ljust(2 * int(bytes_a_row), {",": "0", "!": "F"}[sign])
            if len(row) == 2 * int(bytes_a_row):
                rows, row = [*rows, row], ""
        assert row == "" and len(rows) * int(bytes_a_row) == int(total)
        width = int(head.split("^PW")[1].split("^")[0])
        assert int(head.split("^LL")[1].split("^")[0]) == len(rows)
        burnt = Image.frombytes("1", (int(bytes_a_row) * 8, len(rows)), bytes.fromhex("".join(rows)))
        yield burnt.point(lambda bit: 255 - bit).convert("L").crop((0, 0, width, len(rows)))


@pytest.mark.parametrize("link", LINKS)
@pytest.mark.parametrize(
    ("paper", "height"), [("roll-58", None), ("roll-58", 80), ("roll-100", None), ("roll-100", 25)]
)
@pytest.mark.parametrize("dpi", [203, 300])
def test_what_a_label_printer_burns_reads_back(paper, height, dpi, link):
    file, wanted = BytesIO(), labels(2, WORLD, LINKS[link])

    assert write_zpl(file, wanted, paper_of(paper, height=height, dpi=dpi)) == 2

    burnt = list(read_zpl(file.getvalue()))
    assert [codes_in(image) for image in burnt] == [[label.url] for label in wanted]
    assert [image.getpixel((0, 0)) for image in burnt] == [255, 255], "the paper stays white"


def test_modules_of_a_label_printers_code_are_whole_dots():
    paper, label = paper_of("roll-58", dpi=203), labels(1)[0]

    module = arrange(label.words, encode(label.url).whole_side, paper).module / 72 * 203

    assert module == pytest.approx(round(module), abs=1e-6)
    # Then the rendering knows no grey in the code.
    image = picture(label, paper, printer_dpi(paper))
    [found] = zxingcpp.read_barcodes(image)
    first, last = found.position.top_left, found.position.bottom_right
    code = image.crop((int(first.x) + 2, int(first.y) + 2, int(last.x) - 2, int(last.y) - 2))
    assert code.width > 150
    assert sum(code.histogram()[8:248]) == 0


def test_a_printer_is_sent_what_the_preview_shows():
    paper, wanted = paper_of("roll-100", dpi=203), labels(1, WORLD)
    file = BytesIO()
    write_zpl(file, wanted, paper)

    [burnt] = read_zpl(file.getvalue())
    [shown] = dots(pictures(wanted, paper, printer_dpi(paper)))

    assert burnt.tobytes() == shown.convert("L").tobytes()


def test_progress_of_a_roll_is_told():
    heard = []
    write_zpl(BytesIO(), labels(30), paper_of("roll-58", dpi=203), told=heard.append)
    assert heard == [25, 30]
