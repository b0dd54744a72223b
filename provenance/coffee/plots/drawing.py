"""
One plot that a person draws or pastes: GeoJSON (RFC 7946) of one point or one simple polygon.

Nothing is repaired in silence: what is wrong is refused with the field and the mend, what is only odd is told in
``doubts``.
"""

import json
from dataclasses import dataclass
from itertools import pairwise
from typing import Never

import shapely

from provenance.coffee.errors import CoffeeError
from provenance.coffee.plots.measuring import Position, ring_area_m2

MAX_BYTES = 256 * 1024
MAX_POINTS = 5_000
COFFEE_LATITUDE = 35  # nearly all coffee grows closer to the equator
LARGE_M2 = 10_000_000  # 1,000 hectares
SMALL_M2 = 100
MAX_NUMBER = 10**9


class BadPlot(CoffeeError):
    """A drawing of land that cannot be taken as it is; the sentence says what to mend."""


@dataclass(frozen=True, kw_only=True)
class Boundary:
    """
    A point (one position) or a polygon (a closed ring: the first position again at its end).

    ``doubts`` are sentences for the person to see: nothing is wrong, but something may be. ``as_typed`` is the geometry
    with every digit that its file has, where it came in a file: 6.100 there is 6.100 here.
    """

    positions: tuple[Position, ...]
    doubts: tuple[str, ...] = ()
    as_typed: str = ""

    @property
    def is_point(self) -> bool:
        return len(self.positions) == 1

    def geometry(self) -> dict[str, object]:
        """The GeoJSON geometry."""
        if self.is_point:
            return {"type": "Point", "coordinates": list(self.positions[0])}
        return {"type": "Polygon", "coordinates": [[list(position) for position in self.positions]]}

    def text(self) -> str:
        """The GeoJSON geometry as it is sealed."""
        return self.as_typed or json.dumps(self.geometry(), separators=(",", ":"))


def parse_geojson(text: str | bytes) -> Boundary:
    """
    Read one point, or one polygon without holes: bare, as a feature, or as a collection of one feature.

    Raises ``BadPlot``. At most 256 KiB and 5,000 positions. Further members (names, properties) are not looked at.
    """
    geometry = _geometry(_load(text))
    kind, coordinates = geometry.get("type"), geometry.get("coordinates")
    if kind == "MultiPolygon" and isinstance(coordinates, list) and len(coordinates) == 1:
        # Many tools write every polygon so; one part is the same land.
        kind, coordinates = "Polygon", coordinates[0]
    if kind not in ("Point", "Polygon"):
        raise BadPlot(_OTHER_KINDS.get(str(kind), "type: it has to be Point or Polygon."), field="type")
    doubts: dict[str, None] = {}
    if kind == "Point":
        boundary: tuple[Position, ...] = (_position(coordinates, doubts),)
    else:
        boundary = _ring(coordinates, doubts)
        _doubt_area(ring_area_m2(boundary), doubts)
    _doubt_place(boundary[0], doubts)
    return Boundary(positions=boundary, doubts=tuple(doubts))


def area_m2(boundary: Boundary) -> int:
    """Square metres inside the ring. A point has no area: ``BadPlot``."""
    if boundary.is_point:
        raise BadPlot("area: a point has no area, enter it in hectares.", field="area_m2")
    return round(ring_area_m2(boundary.positions))


def centre(boundary: Boundary) -> Position:
    """A position inside the plot: its centre of mass where that lies inside."""
    if boundary.is_point:
        return boundary.positions[0]
    polygon = shapely.Polygon(boundary.positions)
    inside = polygon.centroid if polygon.covers(polygon.centroid) else polygon.representative_point()
    return (inside.x, inside.y)


# --- reading ---------------------------------------------------------------------------------------------------------

_OTHER_KINDS = {
    "MultiPolygon": "type: these are several areas; enter each as a plot of its own.",
    "MultiPoint": "type: these are several points; enter each as a plot of its own.",
    "LineString": "type: a line encloses no land; close it to a polygon.",
    "MultiLineString": "type: lines enclose no land; draw a polygon.",
    "GeometryCollection": "type: this is a collection; enter each shape as a plot of its own.",
}
WGS84 = frozenset({"urn:ogc:def:crs:OGC:1.3:CRS84", "urn:ogc:def:crs:OGC::CRS84", "EPSG:4326"})


def _load(text: str | bytes) -> dict[str, object]:
    try:
        data = text.encode() if isinstance(text, str) else text
        if len(data) > MAX_BYTES:
            raise BadPlot("The file is larger than 256 KiB: simplify the line.", field="file")
        value = json.loads(data.decode(), object_pairs_hook=_members, parse_constant=_no_constant)
    except BadPlot:
        raise
    except (ValueError, RecursionError) as error:
        raise BadPlot("The file is not GeoJSON: export it again as GeoJSON in UTF-8.", field="file") from error
    return _object(value, "file")


def _members(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise BadPlot("The file names one thing twice in the same place: export it again.", field="file")
    return members


def _no_constant(word: str) -> Never:
    raise BadPlot(f"coordinates: {word} is not a number.", field="coordinates")


def _object(value: object, field: str) -> dict[str, object]:
    if not isinstance(value, dict):
        raise BadPlot(f"{field}: there is no GeoJSON object.", field=field)
    return value


def _geometry(value: dict[str, object]) -> dict[str, object]:
    _check_crs(value)
    if value.get("type") == "FeatureCollection":
        features = value.get("features")
        if not isinstance(features, list) or len(features) != 1:
            raise BadPlot("features: the file has to hold exactly one plot.", field="features")
        value = _object(features[0], "features")
        if value.get("type") != "Feature":
            raise BadPlot("features: each has to be a Feature.", field="features")
    if value.get("type") == "Feature":
        return _object(value.get("geometry"), "geometry")
    return value


def _check_crs(value: dict[str, object]) -> None:
    crs = value.get("crs")
    if crs is None:
        return
    properties = crs.get("properties") if isinstance(crs, dict) else None
    name = properties.get("name") if isinstance(properties, dict) else None
    if not isinstance(name, str) or name not in WGS84:
        raise BadPlot("crs: the coordinates are not in WGS 84; export the file in WGS 84 (EPSG:4326).", field="crs")


def _position(value: object, doubts: dict[str, None]) -> Position:
    if not isinstance(value, list) or len(value) not in (2, 3):
        raise BadPlot("coordinates: a position is longitude, then latitude.", field="coordinates")
    if not all(type(number) in (int, float) and -MAX_NUMBER < number < MAX_NUMBER for number in value):
        raise BadPlot("coordinates: longitude and latitude are numbers without quotation marks.", field="coordinates")
    longitude, latitude = float(value[0]), float(value[1])
    if abs(latitude) > 90 >= abs(longitude) and abs(latitude) <= 180:
        raise BadPlot(
            "coordinates: these are swapped. GeoJSON has longitude first, then latitude.", field="coordinates"
        )
    if abs(longitude) > 180 or abs(latitude) > 90:
        raise BadPlot(
            "coordinates: longitude lies between -180 and 180 degrees, latitude between -90 and 90. Export in WGS 84.",
            field="coordinates",
        )
    if abs(longitude) < 0.01 and abs(latitude) < 0.01:
        raise BadPlot("coordinates: 0, 0 lies in the sea. The device had no position yet.", field="coordinates")
    if len(value) == 3:
        doubts["The altitudes in the file were left out."] = None
    return (longitude, latitude)


def _ring(coordinates: object, doubts: dict[str, None]) -> tuple[Position, ...]:
    if not isinstance(coordinates, list) or not coordinates or not all(isinstance(ring, list) for ring in coordinates):
        raise BadPlot("coordinates: a polygon is a list of one ring of positions.", field="coordinates")
    values = coordinates[0]
    if not all(isinstance(value, list) for value in values):
        raise BadPlot("coordinates: a polygon is a list of one ring of positions.", field="coordinates")
    if len(coordinates) > 1:
        raise BadPlot("coordinates: the plot has a hole; draw it as two plots around the hole.", field="coordinates")
    if len(values) > MAX_POINTS:
        raise BadPlot(f"coordinates: more than {MAX_POINTS} positions; simplify the line.", field="coordinates")
    ring = tuple([_position(value, doubts) for value in values])
    if len(ring) < 4:
        raise BadPlot(
            "coordinates: a polygon has at least three corners, and the first again at its end.", field="coordinates"
        )
    if ring[0] != ring[-1]:
        raise BadPlot("coordinates: the ring is open; repeat its first position at its end.", field="coordinates")
    for place, (one, next_one) in enumerate(pairwise(ring), start=2):
        if one == next_one:
            raise BadPlot(f"coordinates: position {place} repeats the one before; delete it.", field="coordinates")
    longitudes = [longitude for longitude, _ in ring]
    if max(longitudes) - min(longitudes) > 180:
        raise BadPlot(
            "coordinates: the plot crosses the 180th meridian; enter a plot on each side.", field="coordinates"
        )
    _check_simple(ring)
    return ring


def _check_simple(ring: tuple[Position, ...]) -> None:
    polygon = shapely.Polygon(ring)
    if not polygon.is_valid:
        where = shapely.is_valid_reason(polygon).partition("[")[2].rstrip("]").replace(" ", ", ")
        raise BadPlot(
            f"coordinates: the line crosses or touches itself{' near ' + where if where else ''}; draw it anew there.",
            field="coordinates",
        )


def _doubt_area(area: float, doubts: dict[str, None]) -> None:
    if area > LARGE_M2:
        doubts[f"The plot measures {area / 10_000:,.0f} hectares. Is every corner right?"] = None
    if area < SMALL_M2:
        doubts[f"The plot measures only {area:.0f} square metres. Is every corner right?"] = None


def _doubt_place(position: Position, doubts: dict[str, None]) -> None:
    longitude, latitude = position
    if abs(latitude) > COFFEE_LATITUDE >= abs(longitude):
        doubts["Little coffee grows so far from the equator. Are longitude and latitude swapped?"] = None
    elif abs(latitude) > COFFEE_LATITUDE:
        doubts["Little coffee grows so far from the equator. Is the place right?"] = None
