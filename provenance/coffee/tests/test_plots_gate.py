"""The EU gate: what is wrong with a plot, where, and how to mend it; and nothing is mended for anybody."""

import json
import math
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.coffee.plots import BadPlot, overlaps, shapes
from provenance.coffee.plots.gate import judge
from provenance.coffee.plots.overlaps import Neighbour
from provenance.coffee.plots.reading import read_plots
from provenance.coffee.tests.plot_files import FIELD, collection, judged, outline, refusing, spot

AT = "[38.205123,6.162345]"


def test_a_plot_with_six_decimals_in_its_country_passes_without_a_word() -> None:
    [verdict] = judged(collection(outline(FIELD, ProducerCountry="ET", Area=1.22)), country="ET")
    assert verdict.findings == ()
    assert verdict.boundary is not None and verdict.boundary.doubts == ()


HOLE = "[[38.205101,6.162101],[38.205201,6.162101],[38.205201,6.162201],[38.205101,6.162101]]"
BOW_TIE = "[[38.205001,6.162001],[38.206001,6.163001],[38.206001,6.162001],[38.205001,6.163001],[38.205001,6.162001]]"
# Valid as typed. Cut to six decimals, the dent lies on the side across from it.
PINCHED = (
    "[[38.2050010,6.1620010],[38.2060010,6.1620010],[38.2060010,6.1630010],"
    "[38.2055010,6.1620019],[38.2050010,6.1630010],[38.2050010,6.1620010]]"
)


@pytest.mark.parametrize(
    ("feature", "rule", "wrong", "at"),
    [
        (outline(FIELD, HOLE), "hole", "reads the outer line only", (38.205101, 6.162101)),
        (outline(FIELD.replace(",[38.205001,6.162001]]", "]")), "open", "does not end where", (38.205001, 6.163001)),
        (outline(FIELD[:-1].rsplit(",[", 3)[0] + "]"), "few-corners", "has 2 positions", (38.205001, 6.162001)),
        (outline(BOW_TIE), "crossing", "crosses or touches itself near longitude 38.205501", (38.205501, 6.162501)),
        (outline(PINCHED), "crossing-after-truncation", "Cut to six decimals", (38.205501, 6.162001)),
        (
            outline("[[38.205001,6.162001],[38.206001,6.162001],[38.207001,6.162001],[38.205001,6.162001]]"),
            "straight",
            "one straight line",
            (38.205001, 6.162001),
        ),
        (
            outline(FIELD.replace("[38.206001,6.163001]", "[38.206001,6.163001],[38.206001,6.163001]")),
            "repeated",
            "Position 4 repeats the one before it.",
            (38.206001, 6.163001),
        ),
        (
            outline(FIELD.replace("[38.206001,6.163001]", "[38.2060011,6.1630011],[38.2060019,6.1630019]")),
            "same-after-truncation",
            "Positions 3 and 4 are the same",
            (38.2060019, 6.1630019),
        ),
        (outline("[[-179.1,1.1],[179.1,1.1],[179.1,2.1],[-179.1,1.1]]"), "meridian", "180th meridian", None),
        (spot(AT, Area=4.01), "point-above-4-ha", "A point stands for 4.01 hectares.", (38.205123, 6.162345)),
        (spot(AT, Area=0.00009), "area-too-small", "less than the EU's system takes", None),
        (spot(AT, Area="3"), "area-text", "not written as a number", None),
        (spot(AT, ProducerCountry="Ethiopia"), "country-code", "“Ethiopia” is no country code.", None),
        (spot("[38.2,96.162345]"), "range", "Position 1 (38.2, 96.162345) lies outside of the world.", None),
        (spot("[0.000001,0.000001]"), "nowhere", "the device had no position yet", None),
        (spot("[6.162345,38.205123]", ProducerCountry="ET"), "swapped", "the other way round inside", None),
        (spot("[-38.205123,6.162345]", ProducerCountry="ET"), "outside-country", "km outside of ET", None),
        (spot('["38.205123","6.162345"]'), "coordinates", "not two numbers", None),
        (spot(f"[{AT}]"), "coordinates", "not two numbers", None),
        (spot("[3.8e999999,6.162345]"), "coordinates", "not two numbers", None),
        ('{"type":"Feature","properties":{},"geometry":null}', "no-shape", "No shape is drawn", None),
        ('{"type":"Plot"}', "no-feature", "no feature of GeoJSON", None),
    ],
)
def test_what_the_eu_refuses_is_said_with_its_place_and_its_mend(
    feature: str, rule: str, wrong: str, at: tuple[float, float] | None
) -> None:
    [verdict] = judged(collection(feature))
    assert refusing(verdict) == rule
    assert verdict.boundary is None
    [finding] = [finding for finding in verdict.findings if finding.refuses]
    assert wrong in finding.wrong
    assert finding.mend.endswith(".")
    if at is not None:
        assert finding.at == pytest.approx(at, abs=1.1e-6)


@pytest.mark.parametrize(
    ("feature", "rule", "wrong"),
    [
        (
            spot("[38.205123,6.1623]", Area=1),
            "decimals",
            "The law asks for six decimals. Here are 4, which is to about 11 m.",
        ),
        (spot("[38.205123,6.16]", Area=1), "decimals", "Here are 2, which is to about 1 km."),
        (
            outline(FIELD.replace("6.163001", "6.16300")),
            "decimals",
            "2 of 5 positions have fewer than six decimals as typed.",
        ),
        (spot(AT), "no-area", "counts it as 4 hectares"),
        (outline(FIELD, Area=3), "area-differs", "The file says 3 hectares, and the outline measures 1.22."),
        (spot(AT, Area=1, productionplace="x"), "property-name", "only knows ProductionPlace"),
        (spot("[38.205123,6.162345,1900]", Area=1), "altitude", "has altitudes"),
        (spot("[34.500000,16.500000]", Area=1, ProducerCountry="ET"), "outside-country", "outside of ET"),
        (spot("[24.805123,60.162345]", Area=1), "far-north-or-south", "Little coffee grows"),
        (outline("[[38.2,6.1],[38.3,6.1],[38.3,6.2],[38.2,6.1]]"), "large", "measures 6,120 hectares"),
        (outline("[[38.2,6.1],[38.20005,6.1],[38.2,6.10005],[38.2,6.1]]"), "small", "only 15 square metres"),
        (outline("[[38.2,6.1],[38.21,6.1],[38.21,6.10002],[38.2,6.1]]"), "sliver", "less than 3 metres wide"),
    ],
)
def test_what_is_only_odd_is_flagged(feature: str, rule: str, wrong: str) -> None:
    [verdict] = judged(collection(feature))
    [finding] = [finding for finding in verdict.findings if finding.rule == rule]
    assert wrong in finding.wrong
    assert finding.refuses == (rule == "outside-country")
    if not finding.refuses:
        assert verdict.boundary is not None
        assert f"{finding.wrong} {finding.mend}" in verdict.boundary.doubts


def test_a_position_outside_of_the_world_is_told_before_one_without_a_place() -> None:
    [verdict] = judged(collection(outline(f"[[0,0],[38.2,6.1],[{'9' * 40},6.2],[0,0]]")))
    assert refusing(verdict) == "range"
    assert verdict.findings[-1].wrong.startswith("Position 3 (9999")


def test_a_plot_near_a_border_is_flagged_and_not_refused() -> None:
    # Moyale lies on the border of Ethiopia and Kenya; this spot is 30 km into Kenya.
    [verdict] = judged(collection(spot("[39.056000,3.250000]", Area=1)), country="ET")
    assert refusing(verdict) == "passes"
    assert "near-border" in verdict.rules
    [inside] = judged(collection(spot("[39.056000,3.450000]", Area=1)), country="ET")
    assert inside.findings == ()


def test_a_file_that_names_another_country_than_the_farms_is_refused() -> None:
    [verdict] = judged(collection(spot("[34.563000,1.123000]", Area=1, ProducerCountry="KE")), country="UG")
    assert refusing(verdict) == "other-country"


def test_a_country_whose_outline_is_not_kept_is_not_judged_by_one() -> None:
    [verdict] = judged(collection(spot("[14.123456,12.123456]", Area=1, ProducerCountry="TD")))
    assert verdict.findings == ()


SOUTH = FIELD.replace("6.163001", "6.162101").replace("6.162001", "6.161001")


def test_plots_that_lie_on_each_other_are_told_of_each_other() -> None:
    upper, lower, away = judged(collection(outline(FIELD), outline(SOUTH), spot("[38.305123,6.162345]", Area=1)))
    assert "overlap" in upper.rules and "overlap" in lower.rules and "overlap" not in away.rules
    [finding] = [finding for finding in upper.findings if finding.rule == "overlap"]
    assert finding.wrong == "The plot and plot 2 of the file lie on each other, by 10% of the smaller one."
    assert finding.at == pytest.approx((38.205501, 6.162051), abs=1e-9)
    assert upper.passes and lower.passes


def test_the_metres_along_a_common_edge_are_not_called_an_overlap() -> None:
    touching = FIELD.replace("6.162001", "6.162961").replace("6.163001", "6.164001")
    assert [verdict.findings for verdict in judged(collection(outline(FIELD), outline(touching)))] == [(), ()]


def test_the_same_land_twice_in_a_file_is_said() -> None:
    one, two = judged(collection(outline(FIELD, id="a"), outline(FIELD, id="a")))
    assert one.rules == two.rules == {"twice", "name-twice"}


def test_of_somebody_elses_land_no_place_is_told() -> None:
    [theirs] = judged(collection(outline(FIELD)))
    assert theirs.boundary is not None
    [verdict] = judged(collection(outline(SOUTH)), neighbours=[Neighbour(theirs.boundary, "Bekele's field")])
    [finding] = verdict.findings
    assert (finding.rule, finding.refuses, finding.at) == ("overlap-with-another", False, None)
    assert "Bekele" not in finding.wrong + finding.mend and "%" not in finding.wrong


def test_land_of_ones_own_counts_once() -> None:
    [mine] = judged(collection(outline(FIELD)))
    assert mine.boundary is not None
    own = [Neighbour(mine.boundary, "Upper field", own=True)]
    again, part = judged(collection(outline(FIELD), outline(SOUTH)), neighbours=own)
    assert refusing(again) == "registered"
    assert "as Upper field" in again.findings[-1].wrong
    assert refusing(part) == "passes" and "overlap" in part.rules


def ring_of(corners: int) -> str:
    turns = (2 * math.pi * corner / corners for corner in range(corners))
    ring = [[round(38.2 + math.cos(turn) / 100, 6), round(6.1 + math.sin(turn) / 100, 6)] for turn in turns]
    return json.dumps([*ring, ring[0]])


def test_an_outline_of_five_thousand_corners_is_judged_and_one_of_more_is_refused() -> None:
    begun = time.perf_counter()
    fits, fits_not = judged(collection(outline(ring_of(4_999), name="a"), outline(ring_of(5_000), name="b")))
    assert refusing(fits) == "passes"
    assert refusing(fits_not) == "many-corners"
    assert time.perf_counter() - begun < 10


def test_nothing_is_repaired_and_nothing_is_split() -> None:
    """What passes is what was typed, corner by corner; what does not pass gives no land at all."""
    for feature in (outline(FIELD), outline(PINCHED), outline(BOW_TIE), outline(FIELD, HOLE), spot(AT, Area=9)):
        data = collection(feature)
        file = read_plots(data)
        verdicts = judge(file.plots)
        assert file.original == data
        assert len(verdicts) == 1
        if verdicts[0].passes:
            assert verdicts[0].boundary is not None
            assert verdicts[0].boundary.text() in feature


DEGREES = st.one_of(
    st.sampled_from(["0", "-0.0", "90", "-90", "180", "-180", "1e-30", "9" * 40, "0.0000000001"]),
    st.decimals(-400, 400, places=7).map(lambda degrees: f"{degrees:f}"),
    # Corners a few centimetres apart, which the sixth decimal moves onto each other.
    st.integers(0, 40).map(lambda steps: f"6.{1_000_000 + steps:07d}"),
)
RINGS = st.lists(st.tuples(DEGREES, DEGREES).map(lambda spot: f"[{spot[0]},{spot[1]}]"), min_size=1, max_size=9)


@given(st.lists(RINGS, min_size=1, max_size=3), st.sampled_from(["", "ET"]))
def test_whatever_is_drawn_is_judged_in_words(rings: list[list[str]], country: str) -> None:
    features = [outline(f"[{','.join([*ring, ring[0]])}]", name="a") for ring in rings]
    verdicts = judged(collection(*features), country=country)
    assert len(verdicts) == len(rings)
    for verdict in verdicts:
        refusing(verdict)
        assert all(finding.wrong.endswith(".") and finding.mend[-1] in ".?" for finding in verdict.findings)


# --- real files ------------------------------------------------------------------------------------------------------

MADE = {
    "ok.geojson": ["passes", "passes"],
    "bad-area-string.geojson": ["area-text"],
    "bad-bowtie.geojson": ["crossing nowhere"],
    "bad-country.geojson": ["country-code"],
    "bad-dup-after-6-decimals.geojson": ["same-after-truncation"],
    "bad-hole.geojson": ["hole nowhere"],
    "bad-linestring.geojson": ["line"],
    "bad-open.geojson": ["nowhere open"],
    "bad-point-5ha.geojson": ["point-above-4-ha"],
    "bad-point-nested.geojson": ["coordinates"],
    "bad-range.geojson": ["range"],
    "bad-straight.geojson": ["nowhere straight"],
    "swapped-lat-lon.geojson": ["swapped"],
}


def test_every_file_made_of_the_eus_errors_is_told_by_its_error(shared: Path) -> None:
    files = sorted((shared / "standards/eudr/made").glob("*.geojson"))
    assert {file.name: [refusing(verdict) for verdict in judged(file.read_bytes())] for file in files} == MADE


def test_planted_bugs_in_the_rules_are_seen(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, harmless in (
        ("crossing", lambda positions: None),
        ("POINT_UP_TO_HA", 5),
        ("truncated", lambda ring: [(each.longitude, each.latitude) for each in ring]),
    ):
        with monkeypatch.context() as planted:
            planted.setattr(shapes, name, harmless)
            with pytest.raises(AssertionError):
                test_every_file_made_of_the_eus_errors_is_told_by_its_error(shared)


def test_real_and_messy_plots_are_judged_as_their_makers_expect(shared: Path) -> None:
    plots = shared / "data/geo/plots"
    whisp = judged((plots / "whisp_example_plots.geojson").read_bytes())
    assert [refusing(verdict) for verdict in whisp].count("passes") == 33
    assert [refusing(verdict) for verdict in whisp if not verdict.passes] == ["hole"]
    assert sum("decimals" in verdict.rules for verdict in whisp) == 13
    for name in ("aoi_cocoa_ghana", "aoi_coffee_vietnam"):
        [area] = judged((plots / f"{name}.geojson").read_bytes())
        assert refusing(area) == "passes" and "large" in area.rules
    points = judged((plots / "veritas_eudr_SYNTHETIC/coffee_points.geojson").read_bytes(), country="VN")
    assert len(points) == 50 and all(verdict.passes for verdict in points)
    official = judged((shared / "standards/eudr/poligon.geojson").read_bytes())
    assert [refusing(verdict) for verdict in official] == ["passes"]


def test_a_messy_submission_is_told_apart_as_its_makers_expect(shared: Path) -> None:
    """AUTO_VALID passes; NEEDS_REVIEW is refused or flagged."""
    data = (shared / "data/geo/plots/veritas_eudr_SYNTHETIC/messy_submission.geojson").read_bytes()
    verdicts = judged(data, country="VN")
    assert [refusing(verdict) for verdict in verdicts] == [
        "passes",  # clean, but its name is given twice
        "range",  # longitude and latitude swapped
        "hole",
        "passes",  # a sliver
        "passes",  # the same name
        "passes",  # what makers look at there are pixels
        "point-above-4-ha",
        "passes",
        "no-shape",  # the bow-tie is in a property, as WKT
    ]
    assert "swapped" in verdicts[1].findings[-1].mend
    assert "small" in verdicts[3].rules and "name-twice" in verdicts[4].rules
    assert verdicts[7].rules == {"decimals"}
    sheet = (shared / "data/geo/plots/veritas_eudr_SYNTHETIC/messy_submission.csv").read_bytes()
    rows = judged(sheet, country="VN")
    assert [refusing(verdict) for verdict in rows] == [
        "passes",
        "no-shape",
        "range",
        *["passes"] * 4,
        "point-above-4-ha",
        "passes",
    ]
    assert rows[0].plot.geometry() == '{"type":"Point","coordinates":[108.006000,12.646000]}'
    assert rows[0].rules == {"point-for-outline"} and rows[8].rules == frozenset()


def test_the_farms_of_sidama_lack_the_decimals_that_a_spreadsheet_dropped(shared: Path) -> None:
    farms = judged((shared / "data/farms/ethiopia_coffee_plots_sidama_SYNTHETIC.csv").read_bytes(), country="ET")
    assert len(farms) == 1128
    assert sum("decimals" in farm.rules for farm in farms) == 223
    # One farm of 4.5 hectares has only a point.
    assert [refusing(farm) for farm in farms if not farm.passes] == ["point-above-4-ha"]
    assert not any("no-area" in farm.rules for farm in farms)


# "file": no plot can be read at all. RFC 7946 lets nobody refuse a ring for the way it turns, and the EU's system does
# not ask for ids, boxes or properties: such files pass, with a flag where GeoJSON has it otherwise.
CASES = {
    "chrieke/invalid_geometries/invalid_exterior_not_ccw.geojson": "passes",
    "chrieke/invalid_geometries/invalid_incorrect_geometry_data_type.geojson": "line",
    "chrieke/invalid_geometries/invalid_less_three_unique_nodes.geojson": "few-corners",
    "chrieke/invalid_geometries/invalid_unclosed.geojson": "open",
    "chrieke/invalid_structure/invalid_feature_id_type.geojson": "passes",
    "chrieke/invalid_structure/invalid_feature_no_properties.geojson": "passes",
    "chrieke/invalid_structure/invalid_feature_properties_is_int.geojson": "no-shape",
    "chrieke/invalid_structure/invalid_feature_wrong_geometry_key.geojson": "no-shape",
    "chrieke/invalid_structure/invalid_featurecollection_features_is_object.geojson": "file",
    "chrieke/invalid_structure/invalid_featurecollection_no_features_member.geojson": "file",
    "chrieke/invalid_structure/invalid_featurecollection_type_lowercase.geojson": "file",
    "chrieke/invalid_structure/invalid_featurecollection_unknown_type.geojson": "file",
    "chrieke/invalid_structure/invalid_geometry_bbox_not_list.geojson": "passes",
    "chrieke/invalid_structure/invalid_geometry_bbox_not_numbers.geojson": "passes",
    "chrieke/invalid_structure/invalid_geometry_coordinates_empty_position.geojson": "coordinates",
    "chrieke/invalid_structure/invalid_geometry_coordinates_missing.geojson": "coordinates",
    "chrieke/invalid_structure/invalid_geometry_depth_deep_point.geojson": "coordinates",
    "chrieke/invalid_structure/invalid_geometry_depth_deep_polygon.geojson": "coordinates",
    "chrieke/invalid_structure/invalid_geometry_depth_shallow_multipolygon.geojson": "several",
    "chrieke/invalid_structure/invalid_geometry_depth_shallow_polygon.geojson": "coordinates",
    "chrieke/invalid_structure/invalid_geometry_mislabeled_point.geojson": "coordinates",
    "chrieke/invalid_structure/invalid_geometry_missing_type.geojson": "file",
    "chrieke/problematic_geometries/problematic_3d_coordinates.geojson": "passes",
    "chrieke/problematic_geometries/problematic_4d_coordinates.geojson": "passes",
    "chrieke/problematic_geometries/problematic_duplicate_nodes.geojson": "repeated",
    "chrieke/problematic_geometries/problematic_excessive_coordinate_precision.geojson": "passes",
    "chrieke/problematic_geometries/problematic_feature_null_geometry.geojson": "no-shape",
    "chrieke/problematic_geometries/problematic_holes.geojson": "hole",
    "chrieke/problematic_geometries/problematic_multitype_geometry_with_just_one_geometry.geojson": "passes",
    "chrieke/problematic_geometries/problematic_outside_lat_lon_boundaries.geojson": "range",
    "chrieke/problematic_geometries/problematic_self_intersection_small.geojson": "crossing",
    "chrieke/problematic_geometries/problematic_wrong_bbox_coordinate_order.geojson": "passes",
    "chrieke/problematic_structure/problematic_crs_defined.geojson": "file",
    "chrieke/problematic_structure/problematic_geometry_not_wrapped.geojson": "passes",
    "chrieke/problematic_structure/problematic_nested_geometrycollection.geojson": "several",
    "chrieke/valid/valid_feature.geojson": "passes",
    "chrieke/valid/valid_feature_null_properties.geojson": "passes",
    "chrieke/valid/valid_feature_with_bbox.geojson": "line",
    "chrieke/valid/valid_feature_with_string_id.geojson": "passes",
    "chrieke/valid/valid_featurecollection.geojson": "passes",
    "chrieke/valid/valid_featurecollection_empty_features.geojson": "file",
    "chrieke/valid/valid_featurecollection_multiple_feature_types.geojson": "passes; passes; line; passes",
    "chrieke/valid/valid_geometry.geojson": "passes",
    "chrieke/valid/valid_geometry_3d_coordinates.geojson": "passes",
    "chrieke/valid/valid_geometry_geometrycollection.geojson": "several",
    "chrieke/valid/valid_geometry_geometrycollection_empty_geometries.geojson": "no-shape",
    "chrieke/valid/valid_geometry_multilinestring.geojson": "line",
    "chrieke/valid/valid_geometry_multipoint.geojson": "several",
    "chrieke/valid/valid_geometry_point.geojson": "passes",
    "chrieke/valid/valid_geometry_polygon.geojson": "passes",
    "geojsonhint/bad/bad-duplicate-properties.geojson": "file",
    "geojsonhint/bad/bad-featurelist.geojson": "coordinates",
    "geojsonhint/bad/bad-object-type.geojson": "file",
    "geojsonhint/bad/bad-polygon-interiorring-rhr.geojson": "hole",
    "geojsonhint/bad/bad-properties-as-array.geojson": "no-shape",
    "geojsonhint/bad/badcoord.geojson": "coordinates",
    "geojsonhint/bad/badfeature.geojson": "no-feature",
    "geojsonhint/bad/badfeatureid.geojson": "passes",
    "geojsonhint/bad/bbox-contains-string.geojson": "passes",
    "geojsonhint/bad/bbox-string.geojson": "passes",
    "geojsonhint/bad/different-first-size.geojson": "several",
    "geojsonhint/bad/excessive_precision_truncated.geojson": "line",
    "geojsonhint/bad/false.geojson": "coordinates",
    "geojsonhint/bad/feature_changed_semantics.geojson": "passes",
    "geojsonhint/bad/featurecollection-type-case.geojson": "file",
    "geojsonhint/bad/featurecollection.geojson": "file",
    "geojsonhint/bad/geometry_changed_semantics.geojson": "passes",
    "geojsonhint/bad/geometrycollection_nested.geojson": "several",
    "geojsonhint/bad/multiple_problems.geojson": "coordinates; passes; no-feature; no-feature",
    "geojsonhint/bad/multipoint-multidimension.geojson": "coordinates",
    "geojsonhint/bad/nofeaturetype.geojson": "no-feature",
    "geojsonhint/bad/notype.geojson": "file",
    "geojsonhint/bad/point-string.geojson": "coordinates",
    "geojsonhint/bad/point-toofew.geojson": "coordinates",
    "geojsonhint/bad/point.geojson": "coordinates",
    "geojsonhint/bad/polygon_winding_order.geojson": "passes",
    "geojsonhint/bad/short-line.geojson": "line",
    "geojsonhint/bad/short-linearring.geojson": "few-corners",
    "geojsonhint/bad/stringcoord.geojson": "coordinates; passes",
    "geojsonhint/bad/unknowntype.geojson": "file",
    "geojsonhint/good/good-feature-with-string-id.geojson": "passes",
    "geojsonhint/good/good-feature.geojson": "passes",
    "geojsonhint/good/good-featurecollection-bbox3d.geojson": "passes; passes",
    "geojsonhint/good/good-featurecollection-extensions.geojson": "passes; line; passes",
    "geojsonhint/good/good-geometrycollection.geojson": "several",
    "geojsonhint/good/good-linestring.geojson": "line",
    "geojsonhint/good/good-multipoint.geojson": "passes",
    "geojsonhint/good/good-point-3d.geojson": "passes",
    "geojsonhint/good/good-polygon.geojson": "passes",
    "geojsonhint/good/issue82.geojson": "several",
    "geojsonhint/good/nullgeometry.geojson": "no-shape",
    "geojsonhint/good/nullproperties.geojson": "nowhere",
}


def outcome(data: bytes) -> str:
    try:
        return "; ".join(refusing(verdict) for verdict in judged(data))
    except BadPlot:
        return "file"


def test_every_published_case_of_geojson_is_classified(shared: Path) -> None:
    root = shared / "data/geo/geojson_cases"
    found = {str(file.relative_to(root)): outcome(file.read_bytes()) for file in sorted(root.rglob("*.geojson"))}
    assert found == CASES


def comb(teeth: int, *, upright: bool) -> str:
    """A ring of so many teeth, a hundredth of a degree wide."""
    deep = 0.01 / (2 * teeth)
    corners = [(0.0, 0.0)]
    for tooth in range(teeth):
        south = 2 * tooth * deep
        corners += [(0.01, south), (0.01, south + deep), (deep / 2, south + deep), (deep / 2, south + 2 * deep)]
    corners += [(0.0, corners[-1][1]), (0.0, 0.0)]
    turned = [(y, x) if upright else (x, y) for x, y in corners]
    return f"[{','.join(f'[{38 + x:.8f},{6 + y:.8f}]' for x, y in turned)}]"


def test_combs_laid_across_each_other_are_not_cut_into_millions_of_pieces() -> None:
    plots = collection(*(outline(comb(300, upright=upright), name=str(upright)) for upright in (True, False)))
    began = time.process_time()
    flat, upright = judged(plots, country="ET")
    # Cut exactly, they took 15 seconds and half a gigabyte, and sixteen times that with as many corners as are taken.
    assert time.process_time() - began < 5
    assert "overlap" in flat.rules and "overlap" in upright.rules


def test_what_is_judged_by_a_grid_of_spots_is_judged_as_exactly_to_some_hundredths(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    half = FIELD.replace("38.206001", "38.207001").replace("38.205001", "38.205501")
    files = [collection(outline(FIELD, name="a"), outline(other, name="b")) for other in (FIELD, half)]

    def shares() -> list[list[str]]:
        rules = {"twice", "overlap"}
        return [
            [found.wrong for one in judged(file, country="ET") for found in one.findings if found.rule in rules]
            for file in files
        ]

    exactly = shares()
    assert [len(found) for found in exactly] == [2, 2] and "by 50% of the smaller" in exactly[1][0]
    monkeypatch.setattr(overlaps, "EXACTLY", 0)
    monkeypatch.setattr(overlaps, "FEW", 0)
    monkeypatch.setattr(overlaps, "_lying", lambda one, other: pytest.fail("it was cut exactly"))
    assert shares() == exactly
