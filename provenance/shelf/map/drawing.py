"""A small map drawn from the blurred places of the journey: a grid of degrees, the places, the way between them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

WIDTH, HEIGHT = 360, 180
MARGIN = 34
LETTER = 7  # width of one, about
# Degrees that the map shows at least, so that one farm does not fill it.
LEAST = 6.0
GRID_STEPS = (2, 5, 10, 20, 30, 60)

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
    x: float
    y: float
    name: str
    anchor: str
    label_x: float
    label_y: float
    last: bool


@dataclass(frozen=True)
class GridLine:
    x1: float
    y1: float
    x2: float
    y2: float
    name: str
    name_x: float
    name_y: float


@dataclass(frozen=True)
class Drawing:
    """An SVG's content, in units of a view box of WIDTH by HEIGHT."""

    dots: tuple[Dot, ...]
    grid: tuple[GridLine, ...]
    way: str
    description: str
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
    """The map of these places by URI, the ways between them, and where they end. None where there is no way to draw."""
    if len({(place.latitude, place.longitude) for place in places.values()}) < 2:
        return None
    frame = _Frame.around(list(places.values()))
    dots = {uri: _dot(frame, place, uri == end) for uri, place in places.items()}
    arcs = [_arc(dots[start], dots[stop]) for start, stop in ways if start in dots and stop in dots]
    matters = sorted(dots, key=lambda uri: (uri != end, places[uri].rank))
    shown = _without_clashes([dots[uri] for uri in matters])
    names = [dot.name for dot in shown if dot.name]
    return Drawing(tuple(shown), tuple(_grid(frame)), " ".join(arcs), "Map: " + ", ".join(names or ["the way"]))


def _arc(start: Dot, stop: Dot) -> str:
    """A flat curve: ways there and back, and ways of several origins, do not hide each other."""
    lift = abs(stop.x - start.x) * 0.15
    x, y = round((start.x + stop.x) / 2, 1), round((start.y + stop.y) / 2 - lift, 1)
    return f"M{start.x},{start.y} Q{x},{y} {stop.x},{stop.y}"


@dataclass(frozen=True)
class _Frame:
    west: float
    north: float
    scale: float  # units a degree

    @classmethod
    def around(cls, places: list[Place]) -> "_Frame":
        lons, lats = [place.longitude for place in places], [place.latitude for place in places]
        wide, high = max(max(lons) - min(lons), LEAST), max(max(lats) - min(lats), LEAST)
        scale = min((WIDTH - 2 * MARGIN) / wide, (HEIGHT - 2 * MARGIN) / high)
        middle_lon, middle_lat = (max(lons) + min(lons)) / 2, (max(lats) + min(lats)) / 2
        return cls(middle_lon - WIDTH / 2 / scale, middle_lat + HEIGHT / 2 / scale, scale)

    def x(self, longitude: float) -> float:
        return round((longitude - self.west) * self.scale, 1)

    def y(self, latitude: float) -> float:
        return round((self.north - latitude) * self.scale, 1)


def _dot(frame: _Frame, place: Place, last: bool) -> Dot:
    x, y = frame.x(place.longitude), frame.y(place.latitude)
    return Dot(x, y, place.name, "start", x + 10, y, last)


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
    sides = [("start", dot.x + 10, dot.y), ("end", dot.x - 10, dot.y)]
    if dot.x < WIDTH / 2:
        sides.reverse()
    for anchor, x, y in (*sides, ("middle", dot.x, dot.y - 14), ("middle", dot.x, dot.y + 14)):
        setting = replace(dot, anchor=anchor, label_x=round(x, 1), label_y=round(y, 1))
        if _inside(_box(setting)):
            yield setting


def _apart(one: Dot, other: Dot) -> bool:
    """Whether two dots are two places to the eye, not one blot."""
    return max(abs(one.x - other.x), abs(one.y - other.y)) > 12


def _box(dot: Dot) -> Box:
    """West, north, east and south of a dot's name."""
    wide = LETTER * len(dot.name)
    west = dot.label_x - {"start": 0.0, "middle": wide / 2, "end": wide}[dot.anchor]
    return west, dot.label_y - 7, west + wide, dot.label_y + 7


def _spot(dot: Dot) -> Box:
    return dot.x - 5, dot.y - 5, dot.x + 5, dot.y + 5


def _inside(box: Box) -> bool:
    west, north, east, south = box
    return west >= 2 and north >= 2 and east <= WIDTH - 2 and south <= HEIGHT - 2


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _grid(frame: _Frame) -> Iterable[GridLine]:
    wide, high = WIDTH / frame.scale, HEIGHT / frame.scale
    step = next((step for step in GRID_STEPS if max(wide, high) / step <= 6), 60)
    for longitude in _multiples(frame.west, frame.west + wide, step):
        x = frame.x(longitude)
        yield GridLine(x, 0, x, HEIGHT, _degrees(longitude, "E", "W") if x < WIDTH - 30 else "", x + 3, HEIGHT - 5)
    for latitude in _multiples(frame.north - high, frame.north, step):
        y = frame.y(latitude)
        yield GridLine(0, y, WIDTH, y, _degrees(latitude, "N", "S") if y > 14 else "", 4, y - 4)


def _multiples(low: float, high: float, step: int) -> range:
    return range(int(low // step + 1) * step, int(high) + 1, step)


def _degrees(value: int, plus: str, minus: str) -> str:
    return f"{abs(value)}°{plus if value > 0 else minus if value < 0 else ''}"
