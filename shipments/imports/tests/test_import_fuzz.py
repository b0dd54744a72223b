"""Whatever somebody types: a cell is read or refused in words, and what is accepted can be signed."""

from contextlib import suppress
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.coffee import epcis
from provenance.coffee.acts import FileRow, Form, Grade, LotMass, NewLot, Receive
from provenance.coffee.statement import make_disclosure, new_event_id
from shipments.imports import mapping, reading
from shipments.imports.cells import CellRefused, altitude, countries, dates, numbers, texts
from shipments.imports.reading import Record, UnreadableFile
from shipments.imports.rows import judge

TODAY = date(2026, 11, 22)
LOT = "https://localhost:8000/epcis/class/green.ABC-2"
SITE = "https://localhost:8000/epcis/loc/salzgasse"
PIECES = st.sampled_from(
    ["1,800", "m", "ft", " - ", "60", "kg", "lbs", "%", "2014", "/", "March", "4th", "TEST", "-", "\u2060", "\r\n", "6"]
    + ["Kenya", "Huila", "0", "12OO", "１２", "公尺", "@", "=", "'", "\t", "a@b.c", "Ana; Eva", ".", ",", "1e9", "९"]
)
CELLS = st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=6).map("".join))

READERS = {
    "altitude": altitude.altitude,
    "country": countries.country,
    "day": lambda text: dates.day(text, TODAY),
    "harvest": lambda text: dates.harvest(text, TODAY),
    "bags": numbers.bags,
    "weight": lambda text: numbers.weight(text, "ET", TODAY),
    "score": lambda text: numbers.measured(text, 100),
    "moisture": numbers.moisture,
    "money": numbers.money,
    "name": texts.name,
    "lot number": texts.lot_number,
    "ICO mark": texts.ico_mark,
    "region": lambda text: texts.open_words(text, "region"),
    "process": texts.process,
    "species": texts.species,
    "varieties": texts.varieties,
}


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS.keys())
@given(text=CELLS)
def test_no_cell_is_too_strange_to_be_read_or_refused(reader, text):
    with suppress(CellRefused):
        reader(text)


@given(text=CELLS)
def test_an_altitude_is_a_place_where_coffee_grows_or_left_out(text):
    cell = altitude.altitude(text)

    assert cell.value is None or altitude.LOWEST_M <= cell.value[0] <= cell.value[1] <= altitude.HIGHEST_M
    assert cell.value or cell.notes or not texts.tidy(text).value


KINDS = [kind for kind in mapping.KINDS if kind not in ("key", "record")]
COLUMNS = mapping.of_header(KINDS, {kind: place for place, kind in enumerate(KINDS)})
GOOD = {"country": "Colombia", "bags": "20", "bag_weight": "70 kg", "graded_on": "2025-01-31", "score": "86"}


@given(cells=st.dictionaries(st.sampled_from(KINDS), CELLS, max_size=8))
def test_what_is_accepted_can_be_signed_and_what_is_not_has_a_reason(cells):
    row = Record(2, 2, 2, tuple({**GOOD, **cells}.get(kind, "") for kind in KINDS))
    judged = judge(row, COLUMNS, TODAY)
    lot = judged.lot

    assert (lot is None) is bool(judged.reasons)
    if lot is None:
        return
    at, source = datetime(2026, 11, 22, tzinfo=UTC), FileRow(sha256="0" * 64, row=2)
    begins = NewLot(lot=LOT, mass_mg=lot.mass_mg, form=Form.GREEN, attributes=lot.attributes)
    line = LotMass(lot=LOT, mass_mg=lot.mass_mg)
    epcis.check(Receive(at=at, site=SITE, lines=(line,), begins=(begins,), bags=lot.bags, declared_from=source))
    for name, value in lot.withheld.items():
        make_disclosure(new_event_id(), name, value)
    if lot.graded:
        graded = lot.graded
        epcis.check(
            Grade(at=at, site=SITE, lot=LOT, protocol=graded.protocol, results=graded.results, declared_from=source)
        )


@given(content=st.one_of(st.binary(max_size=300), CELLS.map(str.encode)))
def test_any_bytes_give_records_or_a_sentence(content):
    with suppress(UnreadableFile):
        table = reading.read(content)
        assert table.records
        mapping.mapping_of(table)
