"""Files as they come: any encoding, any dialect, any mistake."""

import io
import zipfile
from datetime import date

import pytest

from shipments.imports import mapping, reading
from shipments.imports.reading import UnreadableFile
from shipments.imports.tests.lists import HEADER, ROWS, csv_of, workbook


def cells(content, **more):
    return [list(record.cells) for record in reading.read(content, **more).records]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_text_with_a_byte_order_mark_or_in_utf_8_reads_the_same(encoding):
    text = "País,Finca\r\nColombia,El Limón\r\n"
    bom = b"\xff\xfe" if encoding == "utf-16-le" else b""

    assert cells(bom + text.encode(encoding)) == [["País", "Finca"], ["Colombia", "El Limón"]]


def test_windows_text_is_guessed_and_the_guess_is_said():
    table = reading.read("País;Finca\nColombia;El Limón\n".encode("windows-1252"))

    assert table.records[1].cells == ("Colombia", "El Limón")
    assert (table.encoding, table.delimiter, table.guessed) == ("windows-1252", ";", True)
    assert table.how == "CSV, windows-1252 (guessed: look at the accents), separated by semicolons"


def test_utf_8_with_a_few_lost_bytes_stays_utf_8_and_keeps_the_bytes():
    table = reading.read("Farm\nSítio São João Três\n".encode() + b"Fazenda S\xc3o Bento\n")

    assert table.encoding == "utf-8"
    assert table.records[1].cells == ("Sítio São João Três",)
    assert table.records[2].cells[0].encode(errors="surrogateescape") == b"Fazenda S\xc3o Bento"


def test_a_person_may_name_the_encoding():
    assert cells("País,Finca\n中国,咖啡\n".encode("gb18030"), encoding="gb18030")[1] == ["中国", "咖啡"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_sign_between_cells_is_found(delimiter):
    rows = [["Country", "Weight", "Farm, old"], ["Kenya", "60 kg", "a; b"], ["Kenya", "61 kg", "c|d"]]
    text = "\n".join(delimiter.join(f'"{cell}"' for cell in row) for row in rows)

    assert cells(text.encode()) == rows


def test_records_and_physical_lines_part_once_a_cell_holds_a_line_break():
    records = reading.read(b'a,b\r\n1,"two\r\nlines"\r\n\r\n3,c\r\n').records

    assert [(record.number, record.line, record.last_line) for record in records] == [(1, 1, 1), (2, 2, 3), (4, 5, 5)]


def test_a_workbook_reads_as_its_cells_look():
    content = workbook(["Country", "Weight", "Day"], ["Kenya", 60.0, date(2025, 1, 31)], ["Kenya", 1.5, None])

    assert cells(content) == [["Country", "Weight", "Day"], ["Kenya", "60", "2025-01-31"], ["Kenya", "1.5"]]


def zipped(**parts):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in parts.items():
            file.writestr(name.replace("__", "/"), content)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf \r\n\r\n", "empty"),
        (b"\xd0\xcf\x11\xe0old excel", "old Excel"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"\x89PNG\r\n", "picture"),
        (b"\xff\xfea", "utf-16"),
        (b"a,b\0c\n1,2\n", "no text"),
        (b'a,b\n1,"never closed\n2,3\n', "never closed"),
        (b"PK\x03\x04 and then nothing", "damaged"),
        (zipped(readme="hello"), "without a workbook"),
        (zipped(xl__workbook="<not xml"), "cannot be read"),
        (zipped(xl__workbook='<!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>'), "no workbook"),
        (b"a" * 10_001 + b",b\n", "more than 10000 characters"),
        (b"," * 301 + b"x\n", "more than 300 columns"),
    ],
)
def test_a_file_that_gives_no_rows_is_refused_in_words(content, sentence):
    with pytest.raises(UnreadableFile, match=sentence):
        reading.read(content)


def test_a_workbook_that_unpacks_to_too_much_is_refused_before_it_is_unpacked(monkeypatch):
    monkeypatch.setattr(reading, "load_workbook", lambda *args, **more: pytest.fail("it was unpacked"))

    with pytest.raises(UnreadableFile, match="far more"):
        reading.read(zipped(xl__workbook=b"\0" * (reading.MAX_UNPACKED + 1)))


def test_a_file_with_too_many_rows_is_refused(monkeypatch):
    monkeypatch.setattr(reading, "MAX_RECORDS", 3)

    with pytest.raises(UnreadableFile, match="more than 3 rows"):
        reading.read(csv_of(*ROWS))


def test_columns_are_guessed_from_headers_in_several_languages_and_units_in_them():
    header = ["", "País de origen", "FINCA", "Weight (lbs)", "Altitud", "Weight"]

    assert mapping.guess(header) == {"key": 0, "country": 1, "farm": 2, "weight": 3, "altitude": 4}
    assert mapping.unit_of("Weight (lbs)") == "lb"
    assert mapping.unit_of("Weight") == ""


def test_banner_lines_above_the_header_are_passed_over():
    table = reading.read(("Lots of the season,,,\r\n,,,\r\nprepared by hand,,,\r\n" + csv_of(*ROWS).decode()).encode())
    found = mapping.mapping_of(table)

    assert found.header_record == 4
    assert [record.number for record in mapping.data_records(table, found)] == [5, 6, 7]


def test_the_first_of_two_alike_headers_counts():
    assert mapping.guess(["Owner", "Country", "owner"]) == {"owner": 0, "country": 1}


@pytest.mark.parametrize(
    ("header", "missing"),
    [("Farm,Score", "country of origin"), ("Country,Score", "the weight"), ("Country,Number of Bags", "the weight")],
)
def test_a_file_without_origin_or_weight_is_not_usable(header, missing):
    found = mapping.mapping_of(reading.read(f"{header}\na,b\n".encode()))

    with pytest.raises(mapping.NoUsableColumns, match=missing):
        mapping.check(found)


@pytest.mark.parametrize("text", ["=1+1", "+251 1", "- +251", "@sum", "-(average)", "\tx", "-"])
def test_what_looks_like_a_formula_is_made_harmless_and_comes_back_unchanged(text):
    assert mapping.harmless(text) == f"'{text}"
    assert mapping.as_typed(mapping.harmless(text)) == text


def test_ordinary_text_and_a_typed_apostrophe_stay_as_they_are():
    for text in ("'", "'Aldea", "60 kg", ""):
        assert mapping.as_typed(mapping.harmless(text)) == text


def test_header_of_the_cast():
    assert set(mapping.guess(HEADER.split(","))) >= {"country", "bags", "bag_weight", "score", "graded_on"}


def test_a_workbook_that_claims_more_rows_and_columns_than_it_has_is_read_as_it_is():
    content, out = workbook(["Country", "Weight"], ["Kenya", "60 kg"]), io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as honest, zipfile.ZipFile(out, "w") as claiming:
        for part in honest.infolist():
            text = honest.read(part)
            claiming.writestr(part, text.replace(b'<dimension ref="A1:B2"', b'<dimension ref="A1:XFD1048576"'))
    assert b"XFD1048576" in zipfile.ZipFile(out).read("xl/worksheets/sheet1.xml")

    assert cells(out.getvalue()) == [["Country", "Weight"], ["Kenya", "60 kg"]]
