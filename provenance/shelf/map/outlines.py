"""Coasts and borders inside a frame, as SVG paths."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path

from shapely import LineString, Polygon, STRtree, box, clip_by_rect
from shapely.geometry.base import BaseGeometry

# A bend that is flatter than this, in units of the drawing, is not missed; of borders, which only help to find the
# way, less is enough.
FLAT, FLAT_BORDER = 1.5, 3.0
# An island of fewer square units is a speck.
SPECK = 12
# So far beyond the frame a coast is drawn on, so that its cut edge is not seen.
BEYOND = 12


@dataclass(frozen=True)
class Frame:
    """The part of the world that a drawing shows: its north-western corner in degrees, and units a degree."""

    west: float
    north: float
    scale: float
    width: int
    height: int

    def x(self, longitude: float) -> int:
        return round((longitude - self.west) * self.scale)

    def y(self, latitude: float) -> int:
        return round((self.north - latitude) * self.scale)


@lru_cache(maxsize=64)
def outlines_in(frame: Frame) -> tuple[str, str]:
    """The ``d`` of the land (filled) and of the borders between countries (a line)."""
    beyond = BEYOND / frame.scale
    west, north = frame.west - beyond, frame.north + beyond
    east, south = frame.west + frame.width / frame.scale + beyond, frame.north - frame.height / frame.scale - beyond
    window = box(west, south, east, north)

    def seen(shapes: STRtree, flat: float) -> Iterator[BaseGeometry]:
        for number in sorted(shapes.query(window)):
            clipped = clip_by_rect(shapes.geometries[number], west, south, east, north)
            yield clipped.simplify(flat / frame.scale)

    coasts, borders = _world()
    speck = SPECK / frame.scale**2
    land = (ring for shape in seen(coasts, FLAT) for ring in _rings(shape) if Polygon(ring).area >= speck)
    lines = (line for shape in seen(borders, FLAT_BORDER) for line in getattr(shape, "geoms", [shape]))
    return _path(frame, (ring.coords for ring in land), "z"), _path(frame, (line.coords for line in lines), "")


@cache
def _world() -> tuple[STRtree, STRtree]:
    read = json.loads(Path(__file__).with_name("outlines.json").read_text())
    coasts = [Polygon(_degrees(shell), [_degrees(hole) for hole in holes]) for shell, *holes in read["coasts"]]
    return STRtree(coasts), STRtree([LineString(_degrees(line)) for line in read["borders"]])


def _degrees(points: Iterable[tuple[int, int]]) -> list[tuple[float, float]]:
    return [(longitude / 100, latitude / 100) for longitude, latitude in points]


def _rings(shape: BaseGeometry) -> Iterator[LineString]:
    for part in getattr(shape, "geoms", [shape]):
        if isinstance(part, Polygon) and not part.is_empty:
            yield part.exterior
            yield from part.interiors


def _path(frame: Frame, lines: Iterable[Iterable[tuple[float, float]]], end: str) -> str:
    """Whole units, each point told from the one before: half the bytes, and nobody sees the difference."""
    told = []
    for line in lines:
        points = [(frame.x(longitude), frame.y(latitude)) for longitude, latitude in line]
        steps = [
            (x - before_x, y - before_y)
            for (before_x, before_y), (x, y) in pairwise(points)
            if (x, y) != (before_x, before_y)
        ]
        if steps:
            x, y = points[0]
            told.append(f"M{x} {y}l{' '.join(f'{dx} {dy}' for dx, dy in steps)}{end}".replace(" -", "-"))
    return "".join(told)
