"""The rules that a plot's shape has to meet: those of the EU's system, judged on its six decimals too."""

import re
from collections.abc import Iterator, Sequence
from decimal import ROUND_DOWN, Decimal
from itertools import pairwise

import shapely

from provenance.coffee.plots.findings import Finding, flag
from provenance.coffee.plots.measuring import M2_PER_HECTARE, Position, mean_width_m, ring_area_m2
from provenance.coffee.plots.typed import Spot, TypedPlot

MAX_CORNERS = 5_000
SIX = Decimal("0.000001")
POINT_UP_TO_HA = 4  # Regulation (EU) 2023/1115, article 2 (28)
LEAST_HA = Decimal("0.0001")  # EUDR Operator API Reference (V3), geolocation area for point
LARGE_HA = 1_000
SMALL_M2 = 100
SLIVER_M = 3
# Of an outline's own area, what its stated area may differ by before it is asked about.
AREA_TOLERANCE = Decimal("0.1")

_PLACE = re.compile(r"\[(\S+) (\S+)\]")


def judge_point(plot: TypedPlot) -> Iterator[Finding]:
    area = plot.area_ha
    if area is None:
        if not any(finding.rule == "area-text" for finding in plot.found):
            yield flag(
                "no-area",
                "A point without an area: the EU's system counts it as 4 hectares.",
                "Write the plot's area in hectares.",
            )
    elif area > POINT_UP_TO_HA:
        yield Finding(
            rule="point-above-4-ha",
            wrong=f"A point stands for {area:f} hectares. Above 4 hectares the law wants the outline.",
            mend="Walk or draw the outline of the whole plot. Do not cut it into pieces below 4 hectares.",
            at=plot.rings[0][0].position,
        )
    elif area < LEAST_HA:
        yield Finding(
            rule="area-too-small",
            wrong=f"An area of {area:f} hectares is less than the EU's system takes (0.0001 hectares).",
            mend="Write the area in hectares: 1 hectare is 10,000 square metres.",
        )


def judge_outline(plot: TypedPlot) -> Iterator[Finding]:
    """The first ring; further ones are holes."""
    ring, *holes = plot.rings
    if holes:
        yield Finding(
            rule="hole",
            wrong="The plot has a hole. The EU's system reads the outer line only, so the hole would count as coffee.",
            mend="Draw the land around the hole as two plots that meet on both sides of it.",
            at=holes[0][0].position,
        )
    broken = list(_corners(ring)) or list(_lines(ring))
    yield from broken
    if not broken:
        yield from _sizes(plot, [spot.position for spot in ring])


def truncated(ring: Sequence[Spot]) -> list[tuple[Decimal, Decimal]]:
    """As the EU's system stores it: digits beyond six decimals are cut off, not rounded."""
    return [(spot.longitude.quantize(SIX, ROUND_DOWN), spot.latitude.quantize(SIX, ROUND_DOWN)) for spot in ring]


def _corners(ring: Sequence[Spot]) -> Iterator[Finding]:
    """What is wrong with the list of corners, whatever they enclose."""
    if len(ring) > MAX_CORNERS:
        yield Finding(
            rule="many-corners",
            wrong=f"The outline has {len(ring):,} positions. More than {MAX_CORNERS:,} are not taken.",
            mend="Export it again with fewer corners; a corner every few metres is enough.",
        )
        return
    places = [(spot.longitude, spot.latitude) for spot in ring]
    if len(ring) < 4:
        yield Finding(
            rule="few-corners",
            wrong=f"The outline has {len(ring)} positions; a polygon has at least three corners and its first again.",
            mend="Draw the whole outline.",
            at=ring[0].position,
        )
    elif places[0] != places[-1]:
        yield Finding(
            rule="open",
            wrong="The outline does not end where it began.",
            mend="Walk or draw the last side, and repeat the first position at the end.",
            at=ring[-1].position,
        )
    if repeats := [number for number, (one, other) in enumerate(pairwise(places), start=2) if one == other]:
        yield Finding(
            rule="repeated",
            wrong=f"Position {repeats[0]} repeats the one before it{_and_more(repeats)}.",
            mend="Delete the repeated position.",
            at=ring[repeats[0] - 1].position,
        )
    cut = truncated(ring)
    same = [
        number
        for number in range(1, len(ring))
        if cut[number - 1] == cut[number] and places[number - 1] != places[number]
    ]
    if same:
        yield Finding(
            rule="same-after-truncation",
            wrong=f"Positions {same[0]} and {same[0] + 1} are the same once the EU's system has cut them to six "
            f"decimals{_and_more(same)}.",
            mend="Delete one of them: they are less than 11 centimetres apart.",
            at=ring[same[0]].position,
        )


def _and_more(numbers: Sequence[int]) -> str:
    return f", and so do {len(numbers) - 1} more" if len(numbers) > 1 else ""


def _lines(ring: Sequence[Spot]) -> Iterator[Finding]:
    """What is wrong with the lines between the corners, as typed and as the EU's system cuts them."""
    positions = [spot.position for spot in ring]
    longitudes = [longitude for longitude, _ in positions]
    cut = [(float(longitude), float(latitude)) for longitude, latitude in truncated(ring)]
    if max(longitudes) - min(longitudes) > 180:
        yield Finding(
            rule="meridian",
            wrong="The outline runs once around the world, or across the 180th meridian.",
            mend="Look for a wrong minus sign; land on both sides of the meridian is two plots.",
        )
    elif shapely.LineString(cut).convex_hull.geom_type != "Polygon":
        yield Finding(
            rule="straight",
            wrong="All corners lie on one straight line, so they enclose no land.",
            mend="Walk around the plot, not along it.",
            at=positions[0],
        )
    elif (place := crossing(positions)) is not None:
        yield Finding(
            rule="crossing",
            wrong=f"The outline crosses or touches itself near {_told(place)}.",
            mend="Look at the corners there: two are often in the wrong order. Draw that part anew.",
            at=place,
        )
    elif (place := crossing(cut)) is not None:
        yield Finding(
            rule="crossing-after-truncation",
            wrong=f"Cut to six decimals, as the EU's system does, the outline crosses or touches itself near "
            f"{_told(place)}.",
            mend="Draw that part anew, with corners farther apart.",
            at=place,
        )


def crossing(positions: Sequence[Position]) -> Position | None:
    """Where a closed ring crosses or touches itself, if it does."""
    polygon = shapely.Polygon(positions)
    if polygon.is_valid:
        return None
    place = _PLACE.search(shapely.is_valid_reason(polygon))
    return (float(place[1]), float(place[2])) if place else positions[0]


def _told(position: Position) -> str:
    return f"longitude {position[0]:.6f}, latitude {position[1]:.6f}"


def _sizes(plot: TypedPlot, ring: Sequence[Position]) -> Iterator[Finding]:
    area_m2 = ring_area_m2(ring)
    area_ha = Decimal(area_m2) / M2_PER_HECTARE
    if area_ha > LARGE_HA:
        yield flag("large", f"The plot measures {area_ha:,.0f} hectares.", "Is every corner right?", ring[0])
    if area_m2 < SMALL_M2:
        yield flag("small", f"The plot measures only {area_m2:.0f} square metres.", "Is every corner right?", ring[0])
    elif mean_width_m(ring) < SLIVER_M:
        yield flag("sliver", f"The plot is less than {SLIVER_M} metres wide.", "Is every corner right?", ring[0])
    stated = plot.area_ha
    if stated is not None and abs(stated - area_ha) > AREA_TOLERANCE * area_ha:
        yield flag(
            "area-differs",
            f"The file says {stated:f} hectares, and the outline measures {area_ha:.2f}.",
            "The outline counts. Look whether a corner is missing, or the area is of something else.",
        )
