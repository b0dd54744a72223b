"""A small map drawn from the blurred places of the journey: a grid of degrees, the places, the way between them."""

from collections.abc import Iterable
from dataclasses import dataclass

WIDTH, HEIGHT = 360, 180
MARGIN = 34
# Degrees that the map shows at least, so that one farm does not fill it.
LEAST = 6.0
GRID_STEPS = (2, 5, 10, 20, 30, 60)


@dataclass(frozen=True)
class Place:
    """A place in degrees; ``name`` is empty where it is not to be written beside the dot."""

    latitude: float
    longitude: float
    name: str


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


def place_of(geo: str | None, name: str) -> Place | None:
    """From ``geo:5.8,38.4``; None where there is no such point."""
    if not geo or not geo.startswith("geo:"):
        return None
    latitude, _, longitude = geo.removeprefix("geo:").partition(",")
    try:
        return Place(float(latitude), float(longitude), name)
    except ValueError:
        return None


def draw(places: Iterable[Place]) -> Drawing | None:
    """The map of these places in the order of the journey; None where there is no way to draw."""
    places = list({(each.latitude, each.longitude): each for each in places}.values())
    if len(places) < 2:
        return None
    frame = _Frame.around(places)
    dots = [_dot(frame, place, place is places[-1]) for place in places]
    way = "M" + " L".join(f"{dot.x},{dot.y}" for dot in dots)
    names = [place.name for place in places if place.name]
    return Drawing(tuple(_without_clashes(dots)), tuple(_grid(frame)), way, "Map: " + ", ".join(names or ["the way"]))


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


def _without_clashes(dots: list[Dot]) -> list[Dot]:
    """Of two names that would lie on each other the later place of the journey keeps its own."""
    kept: list[Dot] = []
    for dot in reversed(dots):
        near = any(other.name and abs(other.y - dot.y) < 14 and abs(other.x - dot.x) < 150 for other in kept)
        kept.append(Dot(dot.x, dot.y, "" if near else dot.name, dot.anchor, dot.label_x, dot.last))
    return kept[::-1]


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
