"""The map of a page: where names find room, which part of the world is drawn, and in how few bytes."""

import gzip
import re

import pytest

from provenance.shelf.map import draw, place_of
from provenance.shelf.map.drawing import HEIGHT, WIDTH, _box
from provenance.shelf.map.outlines import Frame, outlines_in


def test_a_map_of_no_place_is_not_drawn():
    assert draw({}, [], "") is None


def test_two_places_in_one_spot_are_one_dot_and_no_way():
    here = place_of("geo:5.9,38.5", "Farm", 0)

    drawing = draw({"a": here, "b": here}, [("a", "b")], "b")

    assert len(drawing.dots) == 1
    assert drawing.names == ("Farm",)
    assert drawing.way == ""


def test_a_map_shows_the_way_and_where_it_ends():
    here, there = place_of("geo:5.9,38.5", "Farm", 0), place_of("geo:48.2,16.4", "Roastery", 4)

    drawing = draw({"a": here, "b": there}, [("a", "b")], "b")
    assert [dot.name for dot in drawing.dots] == ["Roastery", "Farm"]
    assert [dot.last for dot in drawing.dots] == [True, False]
    assert re.fullmatch(r"M\d+ \d+Q\d+ \d+ \d+ \d+", drawing.way)
    assert all(0 < dot.x < drawing.width and 0 < dot.y < drawing.height for dot in drawing.dots)


def test_names_that_would_lie_on_each_other_are_written_once():
    near = {str(n): place_of(f"geo:{5 + n / 100},38.5", f"Farm {n}", n) for n in range(5)}
    drawing = draw({**near, "end": place_of("geo:48.2,16.4", "Roastery", 4)}, [], "end")

    assert [dot.name for dot in drawing.dots if dot.name] == ["Roastery", "Farm 0"]


def test_no_name_on_a_map_lies_on_another_or_on_another_place():
    places = {
        "colombia": place_of("geo:1.8,-76.0", "Bodega Érase Una Vez", 1),
        "ethiopia": place_of("geo:6.2,38.2", "Misale washing station", 1),
        "brazil": place_of("geo:-22.2,-45.1", "Armazém Era Uma Vez", 2),
        "port": place_of("geo:53.5,10.0", "Luftschloss warehouse", 5),
        "end": place_of("geo:48.2,16.4", "Rösterei Nirgendwo", 7),
    }
    drawing = draw(places, [], "end")

    named = {dot.name for dot in drawing.dots if dot.name}
    assert {"Rösterei Nirgendwo", "Misale washing station", "Bodega Érase Una Vez", "Armazém Era Uma Vez"} <= named
    boxes = {dot.name: _box(dot) for dot in drawing.dots if dot.name}
    for name, (west, north, east, south) in boxes.items():
        assert 0 < west < east < drawing.width and 0 < north < south < drawing.height, name
        for other, box in boxes.items():
            apart = west >= box[2] or box[0] >= east or north >= box[3] or box[1] >= south
            assert other == name or apart, (name, other)
        for dot in drawing.dots:
            hidden = west < dot.x < east and north < dot.y < south
            assert not hidden, (name, dot)


@pytest.mark.parametrize("geo", [None, "", "geo:", "geo:x,y", "5.9,38.5"])
def test_a_place_without_a_point_is_not_drawn(geo):
    assert place_of(geo, "Farm", 0) is None


def test_only_the_part_of_the_world_on_the_page_is_drawn():
    vienna = place_of("geo:48.2,16.4", "Roastery", 4)

    drawing = draw({"vienna": vienna}, [], "vienna")

    started = re.findall(r"M(-?\d+) (-?\d+)", drawing.land + drawing.borders)
    assert len(started) > 3
    assert all(-40 <= int(x) <= WIDTH + 40 and -40 <= int(y) <= HEIGHT + 40 for x, y in started)


def test_a_page_holds_no_position_finer_than_a_unit_of_the_drawing():
    drawing = draw({"a": place_of("geo:5.91234,38.51234", "Farm", 0)}, [], "a")

    assert [(type(dot.x), type(dot.y)) for dot in drawing.dots] == [(int, int)]
    assert re.fullmatch(r"[Mlz\d -]*", drawing.land)


def test_the_whole_world_takes_less_than_seven_kilobytes():
    world = Frame(-180, 90, WIDTH / 360, WIDTH, HEIGHT)

    land, borders = outlines_in(world)

    assert 2_000 < len(gzip.compress((land + borders).encode())) < 7_000


def test_the_middle_of_the_sahara_is_land_and_the_middle_of_the_pacific_is_not():
    assert outlines_in(Frame(10, 25, 100, WIDTH, HEIGHT))[0] != ""
    assert outlines_in(Frame(-150, 10, 100, WIDTH, HEIGHT)) == ("", "")
