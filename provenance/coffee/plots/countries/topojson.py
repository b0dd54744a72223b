"""TopoJSON, the form in which Natural Earth's outlines come: arcs, shared by the rings of neighbours."""

from itertools import accumulate
from typing import Any

# Longitude and latitude in hundredths of a degree.
Arc = list[tuple[int, int]]


def centidegrees(topology: dict[str, Any], arc: list[list[int]]) -> Arc:
    """An arc's points (longitude, latitude), which TopoJSON keeps as steps on a grid of its own."""
    (scale_x, scale_y), (left, bottom) = topology["transform"]["scale"], topology["transform"]["translate"]
    xs, ys = (accumulate(steps) for steps in zip(*arc, strict=True))
    return [
        (round((x * scale_x + left) * 100), round((y * scale_y + bottom) * 100)) for x, y in zip(xs, ys, strict=True)
    ]


def joined(arcs: list[Arc], numbers: list[int]) -> Arc:
    """The arcs of a ring one after the other; a negative number is an arc run backwards."""
    ring: Arc = []
    for number in numbers:
        points = arcs[number] if number >= 0 else arcs[~number][::-1]
        ring += points[1:] if ring else points
    return ring
