"""A small drawing of an outline, with the spots that have to be mended."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from provenance.coffee.plots.findings import Finding
from provenance.coffee.plots.measuring import Position
from provenance.coffee.plots.typed import TypedPlot

WIDTH, HEIGHT, MARGIN = 300, 200, 22
METRES_PER_DEGREE = 111_320
# An outline that is all one spot is shown with this much around it.
LEAST_M = 20.0


@dataclass(frozen=True)
class Sketch:
    """North is up. ``lines``: the ``d`` of a path, in units of the view box."""

    lines: str
    marks: tuple[tuple[int, int], ...]
    across_m: int
    width: int = WIDTH
    height: int = HEIGHT


def sketch(plot: TypedPlot, findings: Iterable[Finding]) -> Sketch | None:
    """None where there is nothing to draw: no shape, or one that lies outside of the world or around it."""
    rings = [[spot.position for spot in ring] for ring in plot.rings]
    every = [position for ring in rings for position in ring]
    if not every or any(abs(longitude) > 180 or abs(latitude) > 90 for longitude, latitude in every):
        return None
    west, east = min(x for x, _ in every), max(x for x, _ in every)
    south, north = min(y for _, y in every), max(y for _, y in every)
    if east - west > 90 or north - south > 90:
        return None
    narrow = max(math.cos(math.radians((south + north) / 2)), 0.01)
    across_m = max((east - west) * narrow, north - south) * METRES_PER_DEGREE
    scale = min(
        (WIDTH - 2 * MARGIN) / max((east - west) * narrow, LEAST_M / METRES_PER_DEGREE),
        (HEIGHT - 2 * MARGIN) / max(north - south, LEAST_M / METRES_PER_DEGREE),
    )

    def at(position: Position) -> tuple[int, int]:
        longitude, latitude = position
        x = WIDTH / 2 + (longitude - (west + east) / 2) * narrow * scale
        y = HEIGHT / 2 - (latitude - (south + north) / 2) * scale
        return round(x), round(y)

    spots = [finding.at for finding in findings if finding.at and finding.refuses]
    return Sketch(
        lines="".join(_line([at(position) for position in ring]) for ring in rings),
        marks=tuple(dict.fromkeys(at(spot) for spot in spots)),
        across_m=round(across_m),
    )


def _line(points: list[tuple[int, int]]) -> str:
    """As open as it was typed; corners that fall on one spot of the drawing are one."""
    kept = list(points[:1])
    for point in points[1:]:
        if point != kept[-1]:
            kept.append(point)
    return "M" + "L".join(f"{x} {y}" for x, y in kept)
