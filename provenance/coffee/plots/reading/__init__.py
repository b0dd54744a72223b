"""Files of plots: GeoJSON, KML, and spreadsheets or CSV of points, told apart by their first bytes."""

import hashlib
from dataclasses import dataclass

from provenance.coffee.plots.drawing import BadPlot
from provenance.coffee.plots.reading import geojson, kml, tables
from provenance.coffee.plots.typed import TypedPlot

__all__ = ["MAX_FILE_BYTES", "MAX_PLOTS", "PlotFile", "read_plots"]

MAX_FILE_BYTES = 25 * 1024 * 1024  # what the EU's system takes in one statement (validation rules, geolocation size)
MAX_PLOTS = 10_000

_OTHER_FILES = (
    (b"%PDF", "This is a PDF. Send the GeoJSON, KML or spreadsheet that it was made from."),
    (b"\xd0\xcf\x11\xe0", "This is an old Excel file, or one with a password. Save it as .xlsx or CSV, without one."),
    (b"\x89PNG", "This is a picture. Send GeoJSON, KML or a spreadsheet of points."),
    (b"\xff\xd8\xff", "This is a picture. Send GeoJSON, KML or a spreadsheet of points."),
    (b"\x00\x00\x27\x0a", "This is one part of a shapefile. Export the plots as GeoJSON in WGS 84."),
)


@dataclass(frozen=True)
class PlotFile:
    """``original`` is the file byte for byte: nothing is ever put back together from what was read."""

    original: bytes
    form: str
    plots: tuple[TypedPlot, ...]

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.original).hexdigest()


def read_plots(data: bytes) -> PlotFile:
    """Every plot of the file, whatever is wrong with it. Raises ``BadPlot`` where the file as a whole gives none."""
    if len(data) > MAX_FILE_BYTES:
        raise BadPlot("The file is larger than 25 MB, more than the EU's system takes. Send it in parts.", field="file")
    for magic, sentence in _OTHER_FILES:
        if data.startswith(magic):
            raise BadPlot(sentence, field="file")
    begins = data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if not begins:
        raise BadPlot("The file is empty.", field="file")
    if data.startswith(b"PK\x03\x04"):
        form, plots = "spreadsheet", tables.read_workbook(data)
    elif begins in b"{[":
        form, plots = "GeoJSON", geojson.read(data)
    elif begins == b"<":
        form, plots = "KML", kml.read(data)
    else:
        form, plots = "CSV", tables.read_csv(data)
    if not plots:
        raise BadPlot("The file holds no plot.", field="file")
    if len(plots) > MAX_PLOTS:
        raise BadPlot(f"The file holds more than {MAX_PLOTS:,} plots. Send it in parts.", field="file")
    return PlotFile(data, form, tuple(plots))
