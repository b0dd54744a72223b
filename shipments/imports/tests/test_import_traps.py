"""
The traps of the Coffee Quality Institute's list (A1 to A28 of the notes beside it), each by its own record.

Records count the header as 1. Where the folder ``shared`` is absent these are skipped; ``test_import_cells`` says the
same of made-up cells.
"""

import json
from collections import Counter
from datetime import date

import pytest

from shipments.imports import mapping, reading
from shipments.imports.cells import dates
from shipments.imports.cells.countries import contradiction
from shipments.imports.rows import Outcome, judge

KG = 1_000_000
TODAY = date(2026, 11, 22)


@pytest.fixture(scope="module")
def listed(shared):
    """Every record of the list, judged, by its number; and the mapping."""
    table = reading.read((shared / "data/cqi/arabica_ratings_raw_2018.csv").read_bytes())
    columns = mapping.mapping_of(table)
    mapping.check(columns)
    return {record.number: judge(record, columns, TODAY) for record in mapping.data_records(table, columns)}, columns


@pytest.fixture(scope="module")
def judged(listed):
    return listed[0]


def codes(judged):
    return {finding.code for finding in (*judged.warnings, *judged.reasons)}


def reason(judged):
    [only] = judged.reasons
    return only.code


def said(judged, columns, kind):
    return columns.text(judged.record, kind)


def test_every_record_ends_in_one_outcome_and_the_counts_add_up(judged):
    counts = Counter(each.outcome for each in judged.values())

    assert len(judged) == 1_312
    assert counts == {Outcome.ACCEPTED: 305, Outcome.WARNED: 966, Outcome.REJECTED: 41}
    assert all((each.lot is None) is (each.outcome is Outcome.REJECTED) for each in judged.values())


def test_a_reason_names_record_line_column_text_and_mend(judged):
    each = judged[1205]

    assert reason(judged[1193]) == "no_unit"
    assert (judged[1193].record.line, judged[1193].reasons[0].title) == (1205, "Bag Weight")
    assert judged[1193].record.cells[judged[1193].reasons[0].column] == "6"
    assert "write kg or lb" in judged[1193].reasons[0].sentence
    assert each.record.line == 1217


def test_a1_line_breaks_in_cells_move_lines_not_records(judged):
    each = judged[1085]

    assert (each.record.line, each.record.last_line) == (1091, 1097)
    assert each.lot.graded.on == date(2013, 12, 26)
    assert each.lot.graded.graded_by == "Blossom Valley International"
    assert each.lot.withheld["place"] == "Guoxing Farm Coffee 國姓農場咖啡"


def test_a2_headers_alike_and_without_a_name_are_told_apart_by_place(listed):
    judged, columns = listed

    assert (columns.header[0], columns.header[51]) == ("", "")
    assert columns.columns["key"] == 0
    assert columns.columns["owner"] == 8
    repeated = Counter(said(each, columns, "key") for each in judged.values())
    assert [key for key, times in repeated.items() if times > 1] == ["348", "1229"]


def test_a3_invisible_signs_leave_identifiers_and_are_told(judged):
    told = [finding.title for finding in judged[161].warnings if finding.code == "invisible_signs"]

    assert judged[161].lot.withheld["lot_number"] == "035/170/5071146"
    assert told == ["Lot Number", "ICO Number"]
    assert judged[161].record.cells[11] == "035/170/5071146" + "\u2060" * 4


@pytest.mark.parametrize("number", [171, 172, 1312])
def test_a4_test_rows_are_rejected_not_dropped(judged, number):
    assert reason(judged[number]) == "test_row"


def test_a5_a_missing_country_never_defaults(judged):
    assert reason(judged[1199]) == "no_country"
    assert judged[1199].lot is None


def test_a6_a_lost_letter_in_a_country_is_told(judged):
    assert judged[1179].lot.attributes.country == "CI"
    assert "lost_character" in codes(judged[1179])


@pytest.mark.parametrize("number", [13, 14, 17, 22, 25, 41, 570, 991])
def test_a7_a_country_that_the_region_contradicts_is_neither_signed_nor_put_right(judged, number):
    assert "country_looks_wrong" in codes(judged[number])
    assert judged[number].lot.attributes.country is None


@pytest.mark.parametrize("number", [702, 848, 1056, 1179])
def test_a_name_typed_for_a_region_is_not_signed_openly(judged, number):
    assert judged[number].lot.attributes.region is None
    assert "region_left_out" in codes(judged[number])


@pytest.mark.parametrize(("number", "region"), [(164, "Cauca"), (327, "Huila"), (721, "ANTIOQUIA")])
def test_a_region_that_a_mill_is_called_after_stays(judged, number, region):
    assert judged[number].lot.attributes.region == region


def test_a7_the_country_that_a_region_lies_in_is_named():
    assert contradiction("US", "Huila") == "The country looks wrong: the region lies in Colombia."


def test_a7_no_other_country_is_doubted(judged):
    assert sum("country_looks_wrong" in codes(each) for each in judged.values()) == 8


@pytest.mark.parametrize(
    ("number", "mass_kg"),
    [(61, 19_200), (90, 19_200), (845, 18_975), (1007, 18_975), (161, 12_000), (226, 18_000), (445, 13_800)],
)
def test_a8_a_lot_weight_in_the_bag_column_is_read_as_one_only_where_it_gives_a_bag_of_the_trade(
    judged, number, mass_kg
):
    assert judged[number].lot.mass_mg == mass_kg * KG
    assert "read_as_lot_weight" in codes(judged[number])


@pytest.mark.parametrize("number", [382, 447, 783])
def test_a8_other_impossible_bags_are_rejected(judged, number):
    assert reason(judged[number]) == "bag_too_heavy"


def test_a8_no_lot_weighs_thousands_of_tonnes(judged):
    assert max(each.lot.mass_mg for each in judged.values() if each.lot) < 100_000 * KG


@pytest.mark.parametrize(("number", "code"), [(447, "bag_too_heavy"), (421, "zero_weight"), (706, "zero_bags")])
def test_a9_implausible_and_zero_masses_are_rejected(judged, number, code):
    assert reason(judged[number]) == code


@pytest.mark.parametrize("number", [18, 76])
def test_a10_two_units_in_one_cell_are_rejected(judged, number):
    assert reason(judged[number]) == "two_units"


def test_a11_a_weight_without_unit_is_rejected(judged):
    assert [number for number, each in judged.items() if "no_unit" in codes(each)][:4] == [4, 15, 19, 28]
    assert sum("no_unit" in codes(each) for each in judged.values()) == 27


def test_a12_a_samples_weight_for_a_bags_is_counted_as_it_stands_and_told(judged):
    assert judged[350].lot.mass_mg == 250 * KG
    assert "light_bags" in codes(judged[350])


@pytest.mark.parametrize(
    ("number", "code"),
    [
        pytest.param(1205, "altitude_not_understood", id="A13 12OO"),
        pytest.param(898, "altitude_perhaps_feet", id="A14 190164"),
        pytest.param(545, "altitude_perhaps_feet", id="A15 11000 metros"),
        pytest.param(597, "altitude_unlikely", id="A16 1.65"),
        pytest.param(43, "altitude_unlikely", id="A16 1.2"),
        pytest.param(102, "altitude_not_understood", id="A17 -1"),
        pytest.param(630, "altitude_not_understood", id="A17 1,800 meters (5,900"),
        pytest.param(217, "altitude_perhaps_feet", id="A18 3280"),
        pytest.param(1067, "altitude_perhaps_feet", id="A18 4540 METROS"),
        pytest.param(1079, "altitude_perhaps_feet", id="A18 6100 METROS"),
        pytest.param(842, "altitude_perhaps_feet", id="A18 4001"),
        pytest.param(689, "altitude_not_understood", id="A19 Huanuco"),
        pytest.param(1157, "altitude_not_understood", id="A19 -(average)"),
        pytest.param(974, "altitude_not_understood", id="A19 100/2000"),
        pytest.param(1007, "altitude_not_understood", id="A19 1350 ,SNN"),
    ],
)
def test_an_altitude_that_is_not_wholly_understood_is_left_out_and_the_lot_taken_in(judged, number, code):
    assert judged[number].lot.attributes.altitude_m is None
    assert code in codes(judged[number])


@pytest.mark.parametrize(
    ("number", "metres"),
    [
        pytest.param(1146, (1902, 1902), id="A14 1901.64"),
        pytest.param(1042, (1100, 1100), id="A15 1,100.00 mosl"),
        pytest.param(91, (2560, 2560), id="A16 2.560 msnm"),
        pytest.param(13, (1872, 1872), id="A16 1.872"),
        pytest.param(226, (1500, 1500), id="A17 approx. 1'500 metres a.s.l."),
        pytest.param(205, (1219, 1219), id="A18 4000 PSNM"),
        pytest.param(1309, (350, 350), id="A19 ~350m"),
        pytest.param(1172, (700, 700), id="A19 700M公尺"),
    ],
)
def test_an_altitude_that_is_understood_is_in_metres(judged, number, metres):
    assert judged[number].lot.attributes.altitude_m == metres


def test_a18_feet_are_told(judged):
    assert "altitude_from_feet" in codes(judged[205])


def test_a20_harvests_are_read_where_they_say_a_time_and_left_out_where_not(listed):
    judged, columns = listed
    read = {text: dates.harvest(text, TODAY) for text in {said(each, columns, "harvest") for each in judged.values()}}
    days = {text: cell.value for text, cell in read.items() if cell.value}
    left_out = {text: cell.notes[0].code for text, cell in read.items() if text and not cell.value}

    assert len(read) == 47
    assert days["2014"] == (date(2014, 1, 1), date(2014, 12, 31))
    assert days["2017 / 2018"] == (date(2017, 1, 1), date(2018, 12, 31))
    assert days["4T/10"] == days["4t/2010"] == (date(2010, 10, 1), date(2010, 12, 31))
    assert days["08/09 crop"] == (date(2008, 1, 1), date(2009, 12, 31))
    assert days["December 2009-March 2010"] == (date(2009, 12, 1), date(2010, 3, 31))
    assert days["Abril - Julio /2011"] == (date(2011, 4, 1), date(2011, 7, 31))
    assert days["23 July 2010"] == (date(2010, 7, 23), date(2010, 7, 23))
    assert left_out == {
        **dict.fromkeys(
            ["47/2010", "4T72010", "Fall 2009", "Spring 2011 in Colombia.", "TEST", "mmm"], "harvest_not_understood"
        ),
        **dict.fromkeys(
            ["Mayo a Julio", "Abril - Julio", "May-August", "January Through April", "August to December"],
            "harvest_without_year",
        ),
    }


def test_a21_words_in_numbers_are_passed_over_and_zero_moisture_is_not_measured(judged):
    results = dict(judged[2].lot.graded.results)

    assert judged[2].lot.graded.on == date(2015, 4, 4)
    assert (results["score_centi"], results["moisture_permille"], results["primary_defects"]) == (9_058, 120, 0)
    # Record 4 of the list has no unit; the next with 0 % moisture and 0 defects is the trap's own kind.
    unmeasured = dict(judged[13].lot.graded.results)
    assert "moisture_not_measured" in codes(judged[13])
    assert not {"moisture_permille", "primary_defects", "quakers"} & unmeasured.keys()


def test_a22_zero_scores_are_no_scores_and_a_wrong_total_is_told(judged):
    assert "not_scored" in codes(judged[1313])
    assert not any(name.endswith("_centi") for name, _ in judged[1313].lot.graded.results)
    for number, total in ((963, 8_133), (1231, 7_833)):
        assert "total_differs" in codes(judged[number])
        assert dict(judged[number].lot.graded.results)["score_centi"] == total


@pytest.mark.parametrize("number", [557, 630, 354, 381, 638, 737, 83])
def test_a23_personal_data_in_names_reaches_neither_the_lot_nor_its_withheld_names(listed, number):
    judged, columns = listed
    each = judged[number]
    personal = [f.column for f in each.warnings if f.code == "personal_data_in_name"]

    assert personal
    for column in personal:
        assert each.record.cells[column].strip() not in " ".join(each.lot.withheld.values())
        assert each.record.cells[column].strip() not in repr(each.lot.attributes)


def test_a23_no_finding_repeats_what_a_name_cell_says(listed):
    judged, columns = listed
    names = {columns.columns[kind] for kind in ("producer", "farm", "owner", "mill", "company")}
    for each in judged.values():
        for finding in (*each.warnings, *each.reasons):
            if finding.column in names:
                assert each.record.cells[finding.column].strip() not in finding.sentence


def test_a24_three_producers_in_one_cell_stay_together_and_are_told(judged):
    assert judged[652].lot.withheld["producer"].count(";") == 2
    assert "several_names" in codes(judged[652])
    assert sum("name_cut_off" in codes(each) for each in judged.values()) == 1


def test_a25_a_lot_number_is_neither_demanded_nor_taken_for_an_identity(judged):
    numbers = [each.lot.withheld.get("lot_number") for each in judged.values() if each.lot]

    assert numbers.count(None) > 1_000
    assert max(Counter(number for number in numbers if number).values()) > 1


def test_a26_placeholders_are_no_ico_marks(listed):
    judged, columns = listed
    kept = {each.lot.withheld["ico_mark"] for each in judged.values() if each.lot and "ico_mark" in each.lot.withheld}

    assert not kept & {"0", "Taiwan", "2222", "-", "n/a", "NONE", "x", "To be advice", "unknown", "2014/2015"}
    assert "002/1660/0105" in kept


def test_a27_placeholders_are_no_names_and_names_keep_their_letters(listed):
    judged, columns = listed
    kept = {value for each in judged.values() if each.lot for value in each.lot.withheld.values()}

    assert not {name.casefold() for name in kept} & {"-", "--", "n/a", "several", "varios"}
    assert {"EL LIMON", "EL LIMÓN"} <= kept
    assert "馨晴咖啡 Good Mood Coffee" in kept


def test_a28_formula_looking_cells_stay_as_they_are_and_are_made_harmless_in_downloads(listed):
    judged, columns = listed
    cell = said(judged[1157], columns, "altitude")

    assert cell == "-(average)"
    assert mapping.harmless(cell) == "'-(average)"


def test_the_cleaned_copy_of_the_list_ends_in_the_same_reasons(shared, judged):
    table = reading.read((shared / "data/cqi/arabica_data_cleaned_2018.csv").read_bytes())
    columns = mapping.mapping_of(table)
    cleaned = [judge(record, columns, TODAY) for record in mapping.data_records(table, columns)]

    def reasons(all_judged):
        return Counter(finding.code for each in all_judged for finding in each.reasons)

    # Upstream dropped one of the three test rows.
    assert len(cleaned) == 1_311
    assert reasons(judged.values()) - reasons(cleaned) == {"test_row": 1}


@pytest.mark.parametrize(
    ("name", "country", "rejected"),
    [
        ("coe_ethiopia_2022_auction", "ET", {"weight_contradicts_price": 19, "summary_row": 1}),
        ("coe_ethiopia_2022_coffee", "ET", {}),
        ("coe_indonesia_2021_auction", "ID", {"summary_row": 1}),
        ("coe_indonesia_2021_coffee", "ID", {}),
        ("coe_indonesia_2022_auction", "ID", {"summary_row": 1}),
        ("coe_indonesia_2022_coffee", "ID", {}),
    ],
)
def test_auction_lists_give_lots_where_weight_and_price_agree(shared, name, country, rejected):
    table = reading.read((shared / f"data/auctions/{name}.csv").read_bytes())
    columns = mapping.mapping_of(table, country)
    mapping.check(columns)
    all_judged = [judge(record, columns, TODAY) for record in mapping.data_records(table, columns)]

    assert Counter(finding.code for each in all_judged for finding in each.reasons) == rejected
    assert any(each.lot for each in all_judged)


def test_lists_of_other_things_are_not_usable_and_never_crash(shared):
    for path in sorted((shared / "data/trade").glob("*.csv")):
        columns = mapping.mapping_of(reading.read(path.read_bytes()))
        with pytest.raises(mapping.NoUsableColumns):
            mapping.check(columns)


def test_a_list_of_other_things_under_a_forced_mapping_never_crashes(shared):
    path = shared / "data/trade/fnc_exports_by_exporter_and_destination_2017-2021.csv"
    table = reading.read(path.read_bytes())
    header = mapping.find_header(table)
    columns = mapping.of_header(header.cells, {"country": 4, "company": 5, "weight": 6}, "", header.number)
    outcomes = Counter(judge(record, columns, TODAY).outcome for record in mapping.data_records(table, columns))

    assert header.number == 8
    assert set(outcomes) == {Outcome.REJECTED}


def test_rows_with_a_lost_byte_are_rejected_and_no_other(shared):
    table = reading.read((shared / "data/roasters/coffeereview_catalogue_mixed_encoding.csv").read_bytes())
    header = mapping.find_header(table)
    columns = mapping.of_header(header.cells, {"weight": 0}, "BR", header.number)
    damaged = [
        record.number
        for record in mapping.data_records(table, columns)
        if "damaged_text" in codes(judge(record, columns, TODAY))
    ]

    assert damaged == [121, 143, 193]


def test_what_is_said_of_a_row_can_be_kept_as_json(judged):
    for each in judged.values():
        assert json.dumps([finding.sentence for finding in (*each.warnings, *each.reasons)])
