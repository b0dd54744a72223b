"""A small map drawn from the blurred places of the journey: a grid of degrees, the places, the way between them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

WIDTH, HEIGHT = 360, 180
MARGIN = 34
LETTER = 7  # width of one, about
# Degrees that the map shows at least, so that one farm does not fill it.
LEAST = 6.0
GRID_STEPS = (2, 5, 10, 20, 30, 60)


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
    right = x > WIDTH * 0.55
    return Dot(x, y, place.name, "end" if right else "start", x - 10 if right else x + 10, last)


def _without_clashes(dots: Iterable[Dot]) -> list[Dot]:
    """Of names that would lie on each other only the first keeps its own."""
    kept: list[Dot] = []
    for dot in dots:
        clashes = any(other.name and _overlap(dot, other) for other in kept)
        kept.append(replace(dot, name="") if clashes else dot)
    return kept


def _overlap(one: Dot, other: Dot) -> bool:
    return abs(one.y - other.y) < 14 and _left(one) < _right(other) and _left(other) < _right(one)


def _left(dot: Dot) -> float:
    return dot.label_x - (LETTER * len(dot.name) if dot.anchor == "end" else 0)


def _right(dot: Dot) -> float:
    return _left(dot) + LETTER * len(dot.name)


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
