"""Plots that lie on each other: in one file, and on land that is registered already."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import shapely

from provenance.coffee.plots.drawing import Boundary
from provenance.coffee.plots.findings import Finding, flag

# Neighbours who both walked their common edge with a phone overlap by a few metres along it.
LEAST_SHARE = 0.05
SAME_SHARE = 0.98


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
    shapes = [_shape(neighbour.boundary) for neighbour in (*own, *neighbours)]
    tree = shapely.STRtree(shapes)
    for place, number in enumerate(read):
        for other in sorted(tree.query(shapes[place], predicate="intersects")):
            share = _share(shapes[place], shapes[other])
            if other == place or share < LEAST_SHARE:
                continue
            if other < len(own):
                yield number, _in_file(read[other], share, shapes[place], shapes[other])
            else:
                yield number, _registered(neighbours[other - len(own)], share, shapes[place], shapes[other])


def _shape(boundary: Boundary) -> shapely.Geometry:
    return shapely.Point(boundary.positions[0]) if boundary.is_point else shapely.Polygon(boundary.positions)


def _share(one: shapely.Geometry, other: shapely.Geometry) -> float:
    """Of the smaller one, what lies on the other; a point on something lies on it wholly."""
    smaller = min(one.area, other.area)
    return float(one.intersection(other).area / smaller) if smaller else 1.0


def _same(share: float, one: shapely.Geometry, other: shapely.Geometry) -> bool:
    return share >= SAME_SHARE and min(one.area, other.area) >= SAME_SHARE * max(one.area, other.area)


def _in_file(other: int, share: float, one: shapely.Geometry, two: shapely.Geometry) -> Finding:
    middle = one.intersection(two).representative_point()
    if _same(share, one, two):
        return flag(
            "twice",
            f"This is the same land as that of plot {other + 1} of the file.",
            "Delete one of the two.",
            (middle.x, middle.y),
        )
    return flag(
        "overlap",
        f"The plot and plot {other + 1} of the file lie on each other, by {share:.0%} of the smaller one.",
        "Look at the common edge: land belongs to one plot only.",
        (middle.x, middle.y),
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
