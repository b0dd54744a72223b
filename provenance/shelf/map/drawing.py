"""Which part of the world a page's map shows, and where the names of its places find room."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from provenance.shelf.map.outlines import Frame, outlines_in

# Two units are about a pixel of a phone.
WIDTH, HEIGHT = 720, 340
MARGIN = 64
LETTER = 14  # width of one, about
# Degrees that the map shows at least: less would tell nothing of where in the world a farm lies.
LEAST = 14.0

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Place:
    """A place in degrees; ``name`` is empty where none is to be written. The lower ``rank``, the more it matters."""

    latitude: float
    longitude: float
    name: str
    rank: int


@dataclass(frozen=True)
class Dot:
    x: int
    y: int
    name: str
    anchor: str
    label_x: int
    label_y: int
    last: bool


@dataclass(frozen=True)
class Drawing:
    """An SVG's content, in units of a view box of WIDTH by HEIGHT."""

    land: str
    borders: str
    dots: tuple[Dot, ...]
    way: str
    names: tuple[str, ...]
    width: int = WIDTH
    height: int = HEIGHT


def place_of(geo: str | None, name: str, rank: int) -> Place | None:
    """From ``geo:5.8,38.4``; None where there is no such point."""
    if not geo or not geo.startswith("geo:"):
        return None
    latitude, _, longitude = geo.removeprefix("geo:").partition(",")
    try:
        return Place(float(latitude), float(longitude), name, rank)
    except ValueError:
        return None


def draw(places: Mapping[str, Place], ways: Iterable[tuple[str, str]], end: str) -> Drawing | None:
    """The map of these places by URI, the ways between them, and where they end. None where there is no place."""
    if not places:
        return None
    frame = _around(list(places.values()))
    dots = {uri: _dot(frame, place, uri == end) for uri, place in places.items()}
    # A hundred farms of one blurred place are one dot, and one way.
    arcs = dict.fromkeys(_arc(dots[start], dots[stop]) for start, stop in ways if start in dots and stop in dots)
    matters = sorted(dots, key=lambda uri: (uri != end, places[uri].rank))
    shown = _without_clashes(_seen_once([dots[uri] for uri in matters]))
    names = tuple(dot.name for dot in shown if dot.name)
    return Drawing(*outlines_in(frame), tuple(shown), "".join(arc for arc in arcs if arc), names)


def _seen_once(dots: Sequence[Dot]) -> list[Dot]:
    """One dot a spot: the first of those that matter, with a name where any of them has one."""
    kept: dict[tuple[float, float], Dot] = {}
    for dot in dots:
        first = kept.setdefault((dot.x, dot.y), dot)
        if dot.name and not first.name:
            kept[dot.x, dot.y] = replace(first, name=dot.name)
    return list(kept.values())


def _arc(start: Dot, stop: Dot) -> str:
    """A flat curve: ways there and back, and ways of several origins, do not hide each other."""
    if not _apart(start, stop):
        return ""
    lift = abs(stop.x - start.x) * 0.15
    return f"M{start.x} {start.y}Q{(start.x + stop.x) // 2} {round((start.y + stop.y) / 2 - lift)} {stop.x} {stop.y}"


def _around(places: Sequence[Place]) -> Frame:
    lons, lats = [place.longitude for place in places], [place.latitude for place in places]
    wide, high = max(max(lons) - min(lons), LEAST), max(max(lats) - min(lats), LEAST)
    scale = min((WIDTH - 2 * MARGIN) / wide, (HEIGHT - 2 * MARGIN) / high)
    middle_lon, middle_lat = (max(lons) + min(lons)) / 2, (max(lats) + min(lats)) / 2
    return Frame(middle_lon - WIDTH / 2 / scale, middle_lat + HEIGHT / 2 / scale, scale, WIDTH, HEIGHT)


def _dot(frame: Frame, place: Place, last: bool) -> Dot:
    x, y = frame.x(place.longitude), frame.y(place.latitude)
    return Dot(x, y, place.name, "start", x + 20, y, last)


def _without_clashes(dots: Sequence[Dot]) -> list[Dot]:
    """Each name where it hides no other name and no other place; left out where there is no such room."""
    kept: list[Dot] = []
    for dot in dots:
        named = [other for other in kept if other.name]
        taken = [_box(other) for other in named] + [_spot(other) for other in dots if _apart(dot, other)]
        free = (setting for setting in _settings(dot) if not any(_overlap(_box(setting), box) for box in taken))
        one_blot = any(not _apart(dot, other) for other in named)
        kept.append(replace(dot, name="") if one_blot else next(free, replace(dot, name="")))
    return kept


def _settings(dot: Dot) -> Iterator[Dot]:
    """The ways to set a name inside the frame; the outer side of the map first, where it hides fewer lines."""
    sides = [("start", dot.x + 20, dot.y), ("end", dot.x - 20, dot.y)]
    if dot.x < WIDTH / 2:
        sides.reverse()
    for anchor, x, y in (*sides, ("middle", dot.x, dot.y - 30), ("middle", dot.x, dot.y + 30)):
        setting = replace(dot, anchor=anchor, label_x=x, label_y=y)
        if _inside(_box(setting)):
            yield setting


def _apart(one: Dot, other: Dot) -> bool:
    """Whether two dots are two places to the eye, not one blot."""
    return max(abs(one.x - other.x), abs(one.y - other.y)) > 24


def _box(dot: Dot) -> Box:
    """West, north, east and south of a dot's name."""
    wide = LETTER * len(dot.name)
    west = dot.label_x - {"start": 0.0, "middle": wide / 2, "end": wide}[dot.anchor]
    return west, dot.label_y - 15, west + wide, dot.label_y + 15


def _spot(dot: Dot) -> Box:
    return dot.x - 10, dot.y - 10, dot.x + 10, dot.y + 10


def _inside(box: Box) -> bool:
    west, north, east, south = box
    return west >= 4 and north >= 4 and east <= WIDTH - 4 and south <= HEIGHT - 4


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
