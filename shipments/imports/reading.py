"""
A file of rows as records of text: CSV in whatever encoding and dialect, or the first sheet of an XLSX workbook.

Records count from 1, the header among them, as a spreadsheet program counts rows. Physical lines count from 1 too;
they run ahead of the records once a cell holds a line break. Rows without any text are no records but keep their
number.
"""

import csv
import io
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from xml.etree.ElementTree import ParseError

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from provenance.coffee.errors import CoffeeError

MAX_BYTES = 20_000_000
MAX_RECORDS = 50_000
MAX_COLUMNS = 300
MAX_CELL = 10_000  # characters
MAX_UNPACKED = 150_000_000  # bytes of an XLSX file's parts
MAX_PARTS = 1_000
MAX_LINE_BREAKS = 50  # in one cell; more of them are an open quotation mark

DELIMITERS = ",;\t|"
ENCODINGS = ("utf-8", "utf-16", "windows-1252", "iso-8859-1", "mac-roman", "shift_jis", "gb18030", "big5")
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_OTHER_FILES = (
    (b"\xd0\xcf\x11\xe0", "This is an old Excel file (.xls): save it as .xlsx or CSV."),
    (b"%PDF", "This is a PDF: send the spreadsheet it was made from, as .xlsx or CSV."),
    (b"\x89PNG", "This is a picture: send a spreadsheet, as .xlsx or CSV."),
    (b"\xff\xd8\xff", "This is a picture: send a spreadsheet, as .xlsx or CSV."),
)


class UnreadableFile(CoffeeError):
    """The file gives no rows; the sentence says what it is and what to send instead."""


@dataclass(frozen=True)
class Record:
    """One row: its number, its first and last physical line, its cells. Bytes that are no text stay as surrogates."""

    number: int
    line: int
    last_line: int
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """All records of a file, and how they were read; ``guessed`` where nothing in the file says its encoding."""

    records: tuple[Record, ...]
    encoding: str
    delimiter: str = ""
    sheet: str = ""
    guessed: bool = False

    @property
    def how(self) -> str:
        """For the person who checks the reading: "CSV, utf-8, separated by commas"."""
        if self.sheet:
            return f"XLSX, sheet {self.sheet}"
        names = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
        doubt = " (guessed: look at the accents)" if self.guessed else ""
        return f"CSV, {self.encoding}{doubt}, separated by {names[self.delimiter]}"


def read(content: bytes, *, encoding: str = "") -> Table:
    """The rows of a CSV or XLSX file; ``encoding`` overrules the guess. Raises ``UnreadableFile``."""
    if not content.strip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n"):
        raise UnreadableFile("The file is empty.")
    if len(content) > MAX_BYTES:
        raise UnreadableFile(f"The file is larger than {MAX_BYTES // 1_000_000} MB: send it in parts.")
    for magic, sentence in _OTHER_FILES:
        if content.startswith(magic):
            raise UnreadableFile(sentence)
    table = _read_xlsx(content) if content.startswith(b"PK\x03\x04") else _read_csv(content, encoding)
    if not table.records:
        raise UnreadableFile("The file has no row with text in it.")
    return table


# --- CSV -------------------------------------------------------------------------------------------------------------


def _read_csv(content: bytes, encoding: str) -> Table:
    text, name, guessed = _decode(content, encoding)
    if "\0" in text:
        raise UnreadableFile("The file is no text: send a spreadsheet, as .xlsx or CSV.")
    delimiter = _delimiter(text)
    _check_quotes(text, delimiter)
    return Table(tuple(_bounded(_csv_records(text, delimiter))), name, delimiter, guessed=guessed)


def _decode(content: bytes, encoding: str) -> tuple[str, str, bool]:
    """Text, the encoding's name and whether it was guessed. UTF-8 with a few lost bytes stays UTF-8."""
    if encoding:
        if encoding not in ENCODINGS:
            raise UnreadableFile(f"{encoding!r} is not an encoding known here: {', '.join(ENCODINGS)}.")
        try:
            return content.decode(encoding).removeprefix("\ufeff"), encoding, False
        except UnicodeDecodeError as error:
            raise UnreadableFile(f"The file is not in {encoding}: byte {error.start + 1} does not fit.") from None
    for bom, name in _BOMS:
        if content.startswith(bom):
            return _with_bom(content, name), name.removesuffix("-sig"), False
    try:
        return content.decode(), "utf-8", False
    except UnicodeDecodeError:
        damaged = content.decode(errors="surrogateescape")
    lost = sum("\udc80" <= character <= "\udcff" for character in damaged)
    foreign = sum(character > "\x7f" for character in damaged) - lost
    if foreign > lost:
        return damaged, "utf-8", False
    return content.decode("windows-1252", errors="surrogateescape"), "windows-1252", True


def _with_bom(content: bytes, name: str) -> str:
    try:
        return content.decode(name, errors="surrogateescape" if name == "utf-8-sig" else "strict")
    except UnicodeDecodeError:
        raise UnreadableFile(f"The file says that it is {name} and is not: save it as CSV in UTF-8.") from None


def _delimiter(text: str) -> str:
    """The sign that gives the most columns in the most rows."""

    def score(delimiter: str) -> float:
        widths = [len(cells) for cells, _ in zip(_rows(text, delimiter), range(40), strict=False)]
        width, times = Counter(widths).most_common(1)[0] if widths else (1, 0)
        return (width - 1) * times

    return max(DELIMITERS, key=score)


def _rows(text: str, delimiter: str, *, strict: bool = False) -> Iterator[list[str]]:
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=strict)


def _check_quotes(text: str, delimiter: str) -> None:
    """A quotation mark that is never closed swallows all rows after it."""
    rows = _rows(text, delimiter, strict=True)
    try:
        for _ in rows:
            pass
    except csv.Error as error:
        if "unexpected end" in str(error):
            raise UnreadableFile("A quotation mark is opened and never closed: look at the last rows.") from None


def _csv_records(text: str, delimiter: str) -> Iterator[Record]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    number = last_line = 0
    while True:
        number, line = number + 1, last_line + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise UnreadableFile(f"Line {line}: this is not CSV ({error}).") from None
        if cells is None:
            return
        last_line = reader.line_num
        if last_line - line > MAX_LINE_BREAKS * len(cells):
            raise UnreadableFile(f"Line {line}: a quotation mark is opened and not closed for many lines.")
        yield Record(number, line, last_line, tuple(cells))


# --- XLSX ------------------------------------------------------------------------------------------------------------


def _read_xlsx(content: bytes) -> Table:
    _check_parts(content)
    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
        for sheet in book.worksheets:
            # A file may claim a million rows of 16,384 columns that it does not have.
            sheet.reset_dimensions()
            records = tuple(_bounded(_sheet_records(sheet.iter_rows(values_only=True))))
            if records:
                return Table(records, "xlsx", sheet=sheet.title)
    except (InvalidFileException, KeyError, ValueError, ParseError, zipfile.BadZipFile, TypeError, OSError) as error:
        if isinstance(error, UnreadableFile):
            raise
        raise UnreadableFile("This workbook cannot be read: save it again as .xlsx, or as CSV.") from None
    return Table((), "xlsx", sheet="-")


def _check_parts(content: bytes) -> None:
    """Small files that unpack to huge ones are refused before anything is unpacked."""
    try:
        book = zipfile.ZipFile(io.BytesIO(content))
        parts = book.infolist()
    except zipfile.BadZipFile:
        raise UnreadableFile("This workbook is damaged: save it again as .xlsx, or as CSV.") from None
    if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
        raise UnreadableFile("This workbook unpacks to far more than a list of lots needs: send it as CSV.")
    if not any(part.filename.startswith("xl/") for part in parts):
        raise UnreadableFile("This is a ZIP file without a workbook in it: send the spreadsheet itself.")
    for part in parts:
        _check_part(book, part)


def _check_part(book: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    """No workbook declares a document type; a part that does would have its entities unpacked without end."""
    try:
        with book.open(part) as opened:
            start = opened.read(4_096)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError, EOFError, zlib.error):
        raise UnreadableFile("This workbook is damaged or locked: save it again as .xlsx, or as CSV.") from None
    if b"<!DOCTYPE" in start or b"<!ENTITY" in start:
        raise UnreadableFile("This is no workbook of a spreadsheet program: send it as CSV.")


def _sheet_records(rows: Iterable[tuple[object, ...]]) -> Iterator[Record]:
    for number, row in enumerate(rows, start=1):
        yield Record(number, number, number, tuple(_cell_text(value) for value in row))


def _cell_text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == datetime.min.time() else value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return str(value)


# --- both ------------------------------------------------------------------------------------------------------------


def _bounded(records: Iterable[Record]) -> Iterator[Record]:
    count = 0
    for record in records:
        if record.number > 2 * MAX_RECORDS:
            raise UnreadableFile(f"The file has more than {MAX_RECORDS} rows: send it in parts.")
        if not any(cell.strip() for cell in record.cells):
            continue
        count += 1
        if count > MAX_RECORDS:
            raise UnreadableFile(f"The file has more than {MAX_RECORDS} rows: send it in parts.")
        if len(record.cells) > MAX_COLUMNS:
            raise UnreadableFile(f"Line {record.line} has more than {MAX_COLUMNS} columns.")
        if any(len(cell) > MAX_CELL for cell in record.cells):
            raise UnreadableFile(f"Line {record.line} has a cell of more than {MAX_CELL} characters.")
        yield record
