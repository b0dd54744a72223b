"""CSV, and the first sheet of an XLSX workbook: a header, then one point a row."""

import csv
import io
import lzma
import re
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from itertools import islice
from xml.etree.ElementTree import ParseError

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from provenance.coffee.plots.drawing import BadPlot
from provenance.coffee.plots.findings import Finding, flag
from provenance.coffee.plots.typed import Spot, TypedPlot, number_in, said_in

MAX_ROWS = 20_000
MAX_COLUMNS = 300
MAX_CELL = 50_000
MAX_UNPACKED = 60_000_000  # bytes of an XLSX file's parts
# Sheets unpack to about ten times their size; what unpacks to a thousand times is made to keep its reader busy.
MAX_TIMES, SMALL_UNPACKED = 20, 2_000_000
MAX_PARTS = 500

_LONGITUDE = ("longitude", "lon", "long", "lng", "x", "longitud", "kinhdo")
_LATITUDE = ("latitude", "lat", "y", "latitud", "vido")
_SHAPE = ("geomtype", "geometrytype", "type")
_DELIMITERS = ",;\t|"
# What openpyxl raises on a workbook that somebody cut short or made up; encrypted parts are a RuntimeError.
_BROKEN = (
    InvalidFileException,
    ParseError,
    lzma.LZMAError,
    zipfile.BadZipFile,
    zlib.error,
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)


def read_csv(data: bytes) -> list[TypedPlot]:
    """Raises ``BadPlot`` where no columns of coordinates are found."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Names may look odd then; numbers do not.
        text = data.decode("windows-1252", errors="replace")
    if "\0" in text:
        raise BadPlot("The file is no text. Send GeoJSON, KML or a spreadsheet of points.", field="file")
    head = text.split("\n", 1)[0]
    delimiter = max(_DELIMITERS, key=head.count)
    try:
        rows = list(islice(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), MAX_ROWS + 1))
    except csv.Error as error:
        raise BadPlot(f"The file is not CSV ({error}). Save it again as CSV.", field="file") from None
    return _plots(rows)


def read_workbook(data: bytes) -> list[TypedPlot]:
    """
    The first sheet that holds anything. Raises ``BadPlot``.

    A cell with a number keeps no digits beyond those that the number needs: zeros at its end are lost in the file.
    """
    _check_parts(data)
    try:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        for sheet in book.worksheets:
            # A file may claim a million rows of 16,384 columns that it does not have.
            sheet.reset_dimensions()
            values = islice(sheet.iter_rows(values_only=True), MAX_ROWS + 1)
            rows = [_cells(row) for row in values]
            if any(any(row) for row in rows):
                return _plots(rows)
    except BadPlot:
        raise
    except _BROKEN as error:
        raise BadPlot("This workbook cannot be read. Save it again as .xlsx, or as CSV.", field="file") from error
    raise BadPlot("The workbook is empty.", field="file")


def _check_parts(data: bytes) -> None:
    """Small files that unpack to huge ones are refused before anything is unpacked."""
    try:
        parts = zipfile.ZipFile(io.BytesIO(data)).infolist()
    except _BROKEN:
        raise BadPlot("This workbook cannot be read. Save it again as .xlsx, or as CSV.", field="file") from None
    if any(part.filename.lower().endswith(".kml") for part in parts):
        raise BadPlot("This is KMZ, a packed KML. Unpack it, and send the .kml that is in it.", field="file")
    if not any(part.filename == "[Content_Types].xml" for part in parts):
        raise BadPlot("This is a packed file. Unpack it, and send the GeoJSON, KML or sheet in it.", field="file")
    most = min(MAX_UNPACKED, max(SMALL_UNPACKED, MAX_TIMES * len(data)))
    if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > most:
        raise BadPlot("The workbook is too large when unpacked. Send the sheet of plots alone.", field="file")


def _cells(row: Sequence[object]) -> list[str]:
    # One cell far to the right makes its row 16,384 wide: thousands of such rows are not kept until they are counted.
    if len(row) > MAX_COLUMNS:
        raise _too_wide()
    return [_cell(value) for value in row]


def _cell(value: object) -> str:
    # repr gives the fewest digits that mean the same number: what the sheet shows, without idle ones.
    return "" if value is None else repr(value) if isinstance(value, float) else str(value)


def _plots(rows: Sequence[Sequence[str]]) -> list[TypedPlot]:
    if len(rows) > MAX_ROWS:
        raise BadPlot(f"The sheet has more than {MAX_ROWS:,} rows. Send it in parts.", field="file")
    if any(len(row) > MAX_COLUMNS or any(len(cell) > MAX_CELL for cell in row) for row in rows):
        raise _too_wide()
    header = [re.sub(r"[^a-z0-9]", "", name.lower()) for name in rows[0]] if rows else []
    longitude, latitude = _column(header, _LONGITUDE), _column(header, _LATITUDE)
    if longitude is None or latitude is None:
        raise BadPlot(
            "The first row names no columns of coordinates. Call them longitude and latitude, and the others name, "
            "area (in hectares) and country.",
            field="file",
        )
    shape = _column(header, _SHAPE)
    return [
        _plot(dict(zip(rows[0], row, strict=False)), _at(row, longitude), _at(row, latitude), _at(row, shape), number)
        for number, row in enumerate(rows[1:], start=2)
        if any(cell.strip() for cell in row)
    ]


def _too_wide() -> BadPlot:
    return BadPlot("A row has more columns, or a cell more text, than any sheet of plots.", field="file")


def _column(header: Sequence[str], names: Iterable[str]) -> int | None:
    return next((header.index(name) for name in names if name in header), None)


def _at(row: Sequence[str], column: int | None) -> str:
    return row[column].strip() if column is not None and column < len(row) else ""


def _plot(cells: dict[str, str], longitude: str, latitude: str, shape: str, number: int) -> TypedPlot:
    said = said_in(list(cells.items()), texts=True)
    found = list(said.found)
    x, y = number_in(longitude), number_in(latitude)
    if not longitude and not latitude:
        found.append(_NO_POINT)
    elif x is None or y is None:
        found.append(_bad_point(longitude if x is None else latitude))
    if shape.lower() == "polygon" and x is not None and y is not None:
        found.append(_POINT_FOR_OUTLINE)
    return TypedPlot(
        where=f"Row {number}",
        name=said.name,
        producer=said.producer,
        country=said.country,
        area_ha=said.area_ha,
        kind="Point",
        rings=((Spot(x, y),),) if x is not None and y is not None else (),
        found=tuple(found),
    )


def _bad_point(text: str) -> Finding:
    return Finding(
        rule="coordinates",
        wrong=f"“{text[:30]}” is no number of degrees.",
        mend="Write decimal degrees, like 6.162345. West and south are below zero.",
    )


_NO_POINT = Finding(
    rule="no-shape",
    wrong="The row has no longitude and latitude.",
    mend="Fill in both. An outline goes in a file of GeoJSON or KML.",
)
_POINT_FOR_OUTLINE = flag(
    "point-for-outline",
    "The row speaks of a polygon, but a sheet holds only a point.",
    "Send the outline as GeoJSON or KML, if there is one.",
)
