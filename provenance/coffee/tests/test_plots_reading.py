"""Files of plots are read with every digit as typed, and what is no file of plots is said to be none."""

import zipfile
from collections.abc import Iterator
from decimal import Decimal
from io import BytesIO
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.coffee.plots import BadPlot
from provenance.coffee.plots.reading import MAX_PLOTS, read_plots, tables
from provenance.coffee.tests.plot_files import (
    FIELD,
    collection,
    judged,
    kml,
    outline,
    placemark,
    refusing,
    spot,
    workbook,
)

POINT = "<Point><coordinates>38.205100,6.162000,0</coordinates></Point>"
RING = "38.205001,6.162001,0 38.206001,6.162001,0 38.206001,6.163001,0 38.205001,6.162001,0"


def ring(text: str, kind: str = "outer") -> str:
    return f"<{kind}BoundaryIs><LinearRing><coordinates>{text}</coordinates></LinearRing></{kind}BoundaryIs>"


@pytest.mark.parametrize(
    "data",
    [
        collection(spot("[38.205100,6.162000]")),
        kml(placemark(POINT)),
        b"lon,lat\n38.205100,6.162000\n",
        b"\xef\xbb\xbflongitude;latitude\r\n38,205100;6,162000\r\n",
        b'x,y\n"38,205100","6,162000"\n',
        "name\tLongitude (E)\tLat\tLong\nSidamo caf\xe9\t\t6.162000\t38.205100\n".encode("windows-1252"),
        workbook(["lat", "lon"], ["6.162000", "38.205100"]),
    ],
)
def test_the_digits_stay_as_they_were_typed(data: bytes) -> None:
    file = read_plots(data)
    assert file.original is data
    [plot] = file.plots
    assert plot.geometry() == '{"type":"Point","coordinates":[38.205100,6.162000]}'
    assert plot.rings[0][0].decimals == 6


def test_an_outline_keeps_each_of_its_digits() -> None:
    ring = FIELD.replace("38.205001", "38.20500100")
    [verdict] = judged(collection(outline(ring)))
    assert verdict.boundary is not None
    assert verdict.boundary.text() == f'{{"type":"Polygon","coordinates":[{ring}]}}'


def test_a_number_of_a_workbook_has_the_digits_that_it_needs() -> None:
    [plot] = read_plots(workbook(["lat", "lon"], [6.1624, 38.205123])).plots
    assert plot.geometry() == '{"type":"Point","coordinates":[38.205123,6.1624]}'
    assert plot.rings[0][0].decimals == 4


def test_what_a_file_says_beside_the_shape_is_read_by_the_names_that_tools_give_it() -> None:
    sheet = b'Plot name,lng,lat,Area (ha),Country,Farmer\nUpper field,38.2,6.1,"1,25",ET,Almaz\n'
    [plot] = read_plots(sheet).plots
    assert (plot.where, plot.name, plot.producer) == ("Row 2", "Upper field", "Almaz")
    assert (plot.country, plot.area_ha) == ("ET", Decimal("1.25"))
    eu = {"ProductionPlace": "Upper field", "Area": 1.25, "ProducerCountry": "ET", "ProducerName": "Almaz", "id": 7}
    [other] = read_plots(collection(spot("[38.2,6.1]", **eu))).plots
    assert (other.name, other.producer, other.country, other.area_ha) == ("Upper field", "Almaz", "ET", Decimal("1.25"))
    data = "<ExtendedData><Data name='Area'><value>1.25</value></Data></ExtendedData>"
    [marked] = read_plots(kml(f"<Placemark><name>Upper field</name>{data}{POINT}</Placemark>")).plots
    assert (marked.name, marked.area_ha) == ("Upper field", Decimal("1.25"))


@pytest.mark.parametrize(
    ("shape", "rule"),
    [
        (f"<Polygon>{ring(RING)}</Polygon>", ""),
        (f"<MultiGeometry><MultiGeometry><Polygon>{ring(RING)}</Polygon></MultiGeometry></MultiGeometry>", ""),
        (f"<Polygon>{ring(RING)}{ring(RING, 'inner')}</Polygon>", "hole"),
        (f"<MultiGeometry>{POINT}{POINT}</MultiGeometry>", "several"),
        (f"<LineString><coordinates>{RING}</coordinates></LineString>", "line"),
        ("<gx:Track xmlns:gx='http://www.google.com/kml/ext/2.2'><when/></gx:Track>", "line"),
        ("", "no-shape"),
        ("<Point><coordinates>38.2, 6.1</coordinates></Point>", "coordinates"),
        ("<Point><coordinates>38.2,6.1 38.3,6.1</coordinates></Point>", "coordinates"),
        ("<Point><coordinates>east,north</coordinates></Point>", "coordinates"),
        (f"<Polygon>{ring(RING.replace('6.163001', 'NaN'))}</Polygon>", "coordinates"),
        ("<Polygon/>", "coordinates"),
    ],
)
def test_each_placemark_of_kml_is_a_plot(shape: str, rule: str) -> None:
    [verdict] = judged(kml(placemark(shape, "Upper field")))
    assert refusing(verdict) == (rule or "passes")


def bomb() -> bytes:
    """A thousand million laughs in a few hundred bytes."""
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return f'<!DOCTYPE kml [<!ENTITY l0 "ha">{entities}]><kml><name>&l9;</name></kml>'.encode()


@pytest.mark.parametrize(
    "data",
    [
        bomb(),
        b'<!DOCTYPE kml SYSTEM "http://127.0.0.1:1/x.dtd"><kml/>',
        b'<!DOCTYPE kml [<!ENTITY f SYSTEM "file:///etc/hostname">]><kml><name>&f;</name></kml>',
    ],
)
def test_a_bomb_of_kml_is_refused_before_it_goes_off(data: bytes) -> None:
    with pytest.raises(BadPlot, match="declares entities or a document type"):
        read_plots(data)


def test_planted_bug_pythons_own_reader_of_xml_opens_entities(monkeypatch: pytest.MonkeyPatch) -> None:
    from xml.etree.ElementTree import fromstring

    from provenance.coffee.plots.reading import kml as reader

    small = b'<!DOCTYPE kml [<!ENTITY l "ha">]><kml><name>&l;</name></kml>'
    monkeypatch.setattr(reader, "fromstring", lambda data, forbid_dtd: fromstring(data))
    with pytest.raises(AssertionError, match="Regex pattern did not match"):
        test_a_bomb_of_kml_is_refused_before_it_goes_off(small)


def packed(parts: dict[str, bytes]) -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return file.getvalue()


def test_a_workbook_that_unpacks_to_a_giant_is_refused_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MAX_UNPACKED", 10_000)
    monkeypatch.setattr(tables, "load_workbook", lambda *args, **kwargs: pytest.fail("it was opened"))
    with pytest.raises(BadPlot, match="too large when unpacked"):
        read_plots(packed({"[Content_Types].xml": b" " * 20_000}))


def test_a_small_workbook_that_unpacks_to_a_thousand_times_its_size_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    # Ten million empty strings, in 78 kB, took 50 seconds and a gigabyte.
    monkeypatch.setattr(tables, "load_workbook", lambda *args, **kwargs: pytest.fail("it was opened"))
    with pytest.raises(BadPlot, match="too large when unpacked"):
        read_plots(packed({"[Content_Types].xml": b"", "xl/sharedStrings.xml": b"<si/>" * 1_000_000}))


def test_a_row_as_wide_as_a_workbook_allows_is_refused_before_the_next_one_is_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # 15 kB of such rows would take three gigabytes.
    monkeypatch.setattr(tables, "_plots", lambda rows: pytest.fail("all rows were kept"))
    with pytest.raises(BadPlot, match="A row has more columns"):
        read_plots(workbook([*[None] * 16_383, 1]))


def test_placemarks_inside_placemarks_take_no_longer_than_their_file_is_long() -> None:
    inside = kml("<Placemark>" * 20_000 + "</Placemark>" * 20_000)
    began = process_time()
    with pytest.raises(BadPlot, match="One placemark stands inside another"):
        read_plots(inside)
    # Looking at what each of them holds took 35 seconds.
    assert process_time() - began < 5


def damaged_archives() -> Iterator[bytes]:
    """A name that is no text, a version that nobody knows, and a part that cannot be unpacked."""
    archive = packed({"[Content_Types].xml": b"<x/>"})
    at = archive.find(b"PK\x01\x02")
    yield archive[: at + 8] + b"\x00\x08" + archive[at + 10 :].replace(b"[Con", b"\xff\xfeon")
    yield archive[: at + 6] + b"\x63\x00" + archive[at + 8 :]
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_LZMA) as packing:
        packing.writestr("[Content_Types].xml", b"<x/>")
        # The part's own nine bytes of how it is packed stand after its name.
        begins = 30 + len("[Content_Types].xml") + 9
    yield file.getvalue()[:begins] + b"\xff" * 8 + file.getvalue()[begins + 8 :]


@pytest.mark.parametrize("data", list(damaged_archives()))
def test_an_archive_that_cannot_be_unpacked_is_no_accident(data: bytes) -> None:
    with pytest.raises(BadPlot, match="This workbook cannot be read."):
        read_plots(data)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "The file is empty."),
        (b"\xef\xbb\xbf \n", "The file is empty."),
        (b"%PDF-1.7", "This is a PDF."),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "an old Excel file, or one with a password"),
        (b"\x89PNG\r\n", "This is a picture."),
        (packed({"doc.kml": b"<kml/>"}), "This is KMZ, a packed KML."),
        (packed({"plots.geojson": b"{}"}), "This is a packed file."),
        (b"PK\x03\x04 and no more", "This workbook cannot be read."),
        (packed({"[Content_Types].xml": b"<x/>"}), "This workbook cannot be read."),
        (workbook(), "The workbook is empty."),
        (b"<html><body/></html>", "The file is XML, but no KML."),
        (b"<kml><Placemark></kml>", "The file is broken, or no KML."),
        (b"<kml/>", "The file holds no plot."),
        (b'{"type":"FeatureCollection","features":[]}', "The file holds no plot."),
        (b"[]", "it does not begin with an object"),
        (b'{"type":"FeatureCollection",\n"features":[}', "The file is broken at line 2, sign 13"),
        (b'{"type":"Point","coordinates":[NaN,1]}', "The file says NaN where a number belongs."),
        (b'{"type":"Point","type":"Point"}', "names one thing twice"),
        (b'{"type":{}}', "The file's type is none of GeoJSON's."),
        (b'{"a":' * 200_000, "nested too deeply"),
        (b'{"type":"\xff"}', "The file is not in UTF-8."),
        (b'{"type":"FeatureCollection","crs":{"properties":{"name":"EPSG:20137"}},"features":[]}', "not in WGS 84"),
        (b'{"type":"FeatureCollection","crs":{"properties":{"name":[]}},"features":[]}', "not in WGS 84"),
        (kml("<Placemark><Folder>" * 2 + "</Folder></Placemark>" * 2), "One placemark stands inside another."),
        (b"name,place\nUpper field,Aricha\n", "The first row names no columns of coordinates."),
        (b"lat,lon\n", "The file holds no plot."),
        (b"lat,lon\n\x00,1\n", "The file is no text."),
        (b"lat,lon" + b",x" * 400, "A row has more columns"),
        (b"lat,lon\n" + b"6.1,38.2\n" * (MAX_PLOTS + 1), "more than 10,000 plots"),
        (b"lat,lon\n" + b"6.1,38.2\n" * 20_001, "more than 20,000 rows"),
        (b" " * (25 * 1024 * 1024 + 1), "larger than 25 MB"),
    ],
)
def test_what_is_no_file_of_plots_is_refused_with_the_mend(data: bytes, sentence: str) -> None:
    with pytest.raises(BadPlot) as caught:
        read_plots(data)
    assert sentence in str(caught.value)
    assert caught.value.field == "file"


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        ("38.2,6.1", ""),
        ("38°12',6.1", "coordinates"),
        ("38.2,", "coordinates"),
        (",", "no-shape"),
        ("1e2,6.1", "coordinates"),
    ],
)
def test_a_row_whose_numbers_cannot_be_read_names_them(row: str, rule: str) -> None:
    data = f"lon,lat,name\n{row},Upper field\n38.2,6.1,Lower field\n".encode()
    upper, lower = judged(data)
    assert refusing(upper) == (rule or "passes")
    assert lower.passes and lower.plot.where == "Row 3"


SOUND = (
    collection(outline(FIELD, name="Upper field", Area=1.22), spot("[38.205100,6.162000]", Area=1)),
    kml(placemark(f"<Polygon>{ring(RING)}</Polygon>", "Upper field"), placemark(POINT)),
    b"name;longitude;latitude;area\nUpper field;38,205100;6,162000;1,25\n",
    workbook(["name", "lat", "lon", "area"], ["Upper field", 6.1620, 38.2051, 1.25]),
)
DAMAGE = st.lists(
    st.tuples(
        st.floats(0, 1), st.sampled_from([b"", b"0", b"9" * 30, b"-", b"e99", b"[", b'"', b"null", b"\xff", b",,"])
    ),
    min_size=1,
    max_size=4,
)


@given(st.sampled_from(SOUND), DAMAGE, st.booleans())
def test_a_damaged_file_is_refused_or_judged_and_never_an_accident(
    data: bytes, damage: list[tuple[float, bytes]], replace: bool
) -> None:
    for place, piece in damage:
        at = int(place * len(data))
        data = data[:at] + piece + data[at + replace :]
    try:
        verdicts = judged(data, country="ET")
    except BadPlot:
        verdicts = []
    for verdict in verdicts:
        refusing(verdict)
        assert all(finding.wrong and finding.mend for finding in verdict.findings)
