"""Plots that lie on each other: in one file, and on land that is registered already."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import shapely

from provenance.coffee.plots.drawing import Boundary
from provenance.coffee.plots.findings import Finding, flag
from provenance.coffee.plots.measuring import Position

# Neighbours who both walked their common edge with a phone overlap by a few metres along it.
LEAST_SHARE = 0.05
SAME_SHARE = 0.98
# Outlines like two combs laid across each other cut into as many pieces as their corners multiplied: a file of 500 kB
# would fill the memory. So many pieces are cut exactly (some seconds); what is left is judged by a grid of spots.
EXACTLY = 500_000
FEW = 400  # two plots of twenty corners: cut exactly in any case
GRID = 48


@dataclass(frozen=True)
class Neighbour:
    """Land to hold a plot against. ``name``: who may be told of it is told so; empty for somebody else's."""

    boundary: Boundary
    name: str = ""
    own: bool = False


def find_overlaps(
    boundaries: Sequence[Boundary | None], neighbours: Sequence[Neighbour]
) -> Iterator[tuple[int, Finding]]:
    """
    The number of a boundary (None: nothing was read) and what it lies on.

    Of somebody else's land no place is told, only that there is some: where exactly would draw the other's plot.
    """
    read = [number for number, boundary in enumerate(boundaries) if boundary]
    own = [Neighbour(boundary, own=True) for boundary in boundaries if boundary]
    left = EXACTLY
    shapes = [_shape(neighbour.boundary) for neighbour in (*own, *neighbours)]
    tree = shapely.STRtree(shapes)
    for place, number in enumerate(read):
        for other in sorted(tree.query(shapes[place], predicate="intersects")):
            if other == place:
                continue
            pieces = shapely.get_num_coordinates(shapes[place]) * shapely.get_num_coordinates(shapes[other])
            exactly = pieces <= max(left, FEW)
            share, middle = (_lying if exactly else _lying_roughly)(shapes[place], shapes[other])
            left -= pieces if exactly and pieces > FEW else 0
            if share < LEAST_SHARE:
                continue
            if other < len(own):
                yield number, _in_file(read[other], share, shapes[place], shapes[other], middle)
            else:
                yield number, _registered(neighbours[other - len(own)], share, shapes[place], shapes[other])


def _shape(boundary: Boundary) -> shapely.Geometry:
    return shapely.Point(boundary.positions[0]) if boundary.is_point else shapely.Polygon(boundary.positions)


def _lying(one: shapely.Geometry, other: shapely.Geometry) -> tuple[float, Position]:
    """What part of the smaller one lies on the other, and where; a point on something lies on it wholly."""
    smaller = min(one.area, other.area)
    common = one.intersection(other)
    middle = common.representative_point()
    return float(common.area / smaller) if smaller else 1.0, (middle.x, middle.y)


def _lying_roughly(one: shapely.Geometry, other: shapely.Geometry) -> tuple[float, Position]:
    """The same, to some hundredths, by looking at a grid of spots on the smaller one."""
    smaller, larger = sorted((one, other), key=lambda shape: shape.area)
    west, south, east, north = smaller.bounds
    steps = [(step + 0.5) / GRID for step in range(GRID)]
    spots = [(west + x * (east - west), south + y * (north - south)) for x, y in product(steps, steps)]
    xs, ys = zip(*spots, strict=True)
    shapely.prepare(smaller)
    shapely.prepare(larger)
    on_smaller = shapely.intersects_xy(smaller, xs, ys)
    on_both = on_smaller & shapely.intersects_xy(larger, xs, ys)
    if not on_both.any():
        # Nothing of it is as wide as the grid; that they touch is known.
        return (0.0 if on_smaller.any() else 1.0), (west, south)
    return float(on_both.sum() / on_smaller.sum()), spots[int(on_both.argmax())]


def _same(share: float, one: shapely.Geometry, other: shapely.Geometry) -> bool:
    return share >= SAME_SHARE and min(one.area, other.area) >= SAME_SHARE * max(one.area, other.area)


def _in_file(other: int, share: float, one: shapely.Geometry, two: shapely.Geometry, middle: Position) -> Finding:
    if _same(share, one, two):
        return flag(
            "twice",
            f"This is the same land as that of plot {other + 1} of the file.",
            "Delete one of the two.",
            middle,
        )
    return flag(
        "overlap",
        f"The plot and plot {other + 1} of the file lie on each other, by {share:.0%} of the smaller one.",
        "Look at the common edge: land belongs to one plot only.",
        middle,
    )


def _registered(neighbour: Neighbour, share: float, one: shapely.Geometry, other: shapely.Geometry) -> Finding:
    if neighbour.own and _same(share, one, other):
        return Finding(
            rule="registered",
            wrong=f"This land is registered already, as {neighbour.name}.",
            mend="Leave it out of the file: land counts once.",
        )
    if neighbour.own:
        return flag(
            "overlap",
            f"The plot lies on {share:.0%} of the smaller of itself and {neighbour.name}, which you registered.",
            "Look at the common edge: land belongs to one plot only.",
        )
    return flag(
        "overlap-with-another",
        "The plot lies partly on land that somebody else has registered.",
        "Look at your common edge together. Both stay registered; a buyer may ask.",
    )
