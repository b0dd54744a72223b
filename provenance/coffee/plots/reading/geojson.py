"""GeoJSON (RFC 7946) with every digit as it was typed; bare geometries, features and collections of features."""

import json
from decimal import Decimal
from typing import Never

from provenance.coffee.plots.drawing import WGS84, BadPlot
from provenance.coffee.plots.findings import LINE, NO_SHAPE, SEVERAL, Finding, flag
from provenance.coffee.plots.typed import Said, Spot, TypedPlot, said_in

MAX_DIGITS = 40
_GEOMETRIES = frozenset(
    {"Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection"}
)


def read(data: bytes) -> list[TypedPlot]:
    """Raises ``BadPlot`` where the file is no GeoJSON at all."""
    root = _load(data)
    if not isinstance(root, dict):
        raise BadPlot("The file is not GeoJSON: it does not begin with an object.", field="file")
    _check_crs(root)
    kind = root.get("type")
    if kind == "FeatureCollection":
        features = root.get("features")
        if not isinstance(features, list):
            raise BadPlot("The file has no list of features. Export it again as GeoJSON.", field="file")
        return [_feature(feature, f"Plot {number}") for number, feature in enumerate(features, start=1)]
    if kind == "Feature":
        return [_feature(root, "Plot 1")]
    if isinstance(kind, str) and kind in _GEOMETRIES:
        return [_plot(root, Said(), "Plot 1", _oddities(root))]
    raise BadPlot("The file's type is none of GeoJSON's. It has to be FeatureCollection.", field="file")


def _load(data: bytes) -> object:
    try:
        return json.loads(
            data.decode("utf-8-sig"),
            object_pairs_hook=_members,
            parse_float=_number,
            parse_int=_number,
            parse_constant=_no_number,
        )
    except BadPlot:
        raise
    except UnicodeDecodeError:
        raise BadPlot("The file is not in UTF-8. Export it again as GeoJSON in UTF-8.", field="file") from None
    except RecursionError:
        raise BadPlot("The file is nested too deeply to be GeoJSON.", field="file") from None
    except json.JSONDecodeError as error:
        raise BadPlot(
            f"The file is broken at line {error.lineno}, sign {error.colno}: a bracket or comma is missing "
            "or too many. Export it again.",
            field="file",
        ) from None


def _members(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise BadPlot("The file names one thing twice in the same place. Export it again.", field="file")
    return members


def _number(text: str) -> object:
    """With its digits; one of absurd length or size is no number of degrees or hectares, and stays a text."""
    exponent = text.lower().partition("e")[2]
    plain = len(text) <= MAX_DIGITS and abs(int(exponent or 0)) <= MAX_DIGITS
    return Decimal(text) if plain else text


def _no_number(word: str) -> Never:
    raise BadPlot(f"The file says {word} where a number belongs. Export it again.", field="file")


def _check_crs(root: dict[str, object]) -> None:
    crs = root.get("crs")
    properties = crs.get("properties") if isinstance(crs, dict) else None
    name = properties.get("name") if isinstance(properties, dict) else None
    if crs is not None and not (isinstance(name, str) and name in WGS84):
        raise BadPlot("The coordinates are not in WGS 84. Export the file in WGS 84 (EPSG:4326).", field="file")


def _feature(feature: object, where: str) -> TypedPlot:
    if not isinstance(feature, dict) or feature.get("type") != "Feature":
        return TypedPlot(where=where, found=(_NO_FEATURE,))
    properties = feature.get("properties")
    pairs = list(properties.items()) if isinstance(properties, dict) else []
    if isinstance(feature.get("id"), str | Decimal):
        pairs.append(("id", feature["id"]))
    said = said_in(pairs, texts=False)
    geometry = feature.get("geometry")
    odd = _oddities(feature)
    if not isinstance(properties, dict) and ("properties" not in feature or properties is not None):
        odd = (*odd, _odd("properties", "an object, or null"))
    if not isinstance(geometry, dict):
        return _told(said, where, found=(*said.found, *odd, NO_SHAPE))
    return _plot(geometry, said, where, (*odd, *_oddities(geometry)))


def _plot(geometry: dict[str, object], said: Said, where: str, odd: tuple[Finding, ...]) -> TypedPlot:
    kind, coordinates = _one_of(geometry)
    found = (*said.found, *odd)
    if kind not in ("Point", "Polygon"):
        return _told(said, where, found=(*found, _other(kind, coordinates)))
    rings = _rings([[coordinates]] if kind == "Point" else coordinates)
    if not rings:
        return _told(said, where, kind, found=(*found, _BAD_POINT if kind == "Point" else _BAD_RING))
    return _told(said, where, kind, rings, found)


def _one_of(geometry: dict[str, object]) -> tuple[object, object]:
    """Type and coordinates. Many tools write every shape as a collection of one; one part is the same land."""
    kind = geometry.get("type")
    parts = geometry.get("geometries" if kind == "GeometryCollection" else "coordinates")
    if isinstance(parts, list) and len(parts) == 1:
        if kind in ("MultiPoint", "MultiPolygon"):
            return str(kind).removeprefix("Multi"), parts[0]
        if kind == "GeometryCollection" and isinstance(parts[0], dict):
            return parts[0].get("type"), parts[0].get("coordinates")
    return kind, parts


def _other(kind: object, parts: object) -> Finding:
    if kind in ("LineString", "MultiLineString"):
        return LINE
    if kind not in ("MultiPoint", "MultiPolygon", "GeometryCollection"):
        return _UNKNOWN_KIND
    if not parts:
        return NO_SHAPE
    whole = isinstance(parts, list) and all(isinstance(part, list | dict) for part in parts)
    return SEVERAL if whole else _BAD_RING


def _told(
    said: Said, where: str, kind: str = "", rings: tuple[tuple[Spot, ...], ...] = (), found: tuple[Finding, ...] = ()
) -> TypedPlot:
    return TypedPlot(
        where=where,
        name=said.name,
        producer=said.producer,
        country=said.country,
        area_ha=said.area_ha,
        kind=kind,
        rings=rings,
        found=found,
    )


def _rings(values: object) -> tuple[tuple[Spot, ...], ...]:
    """Empty where anything in it is no position."""
    if not isinstance(values, list) or not all(isinstance(ring, list) and ring for ring in values):
        return ()
    rings = [[_spot(value) for value in ring] for ring in values]
    read = [[spot for spot in ring if spot] for ring in rings]
    return tuple(map(tuple, read)) if read == rings else ()


def _spot(value: object) -> Spot | None:
    if not isinstance(value, list) or len(value) < 2 or not all(isinstance(number, Decimal) for number in value):
        return None
    return Spot(value[0], value[1], altitude=len(value) > 2)


def _oddities(value: dict[str, object]) -> tuple[Finding, ...]:
    """What RFC 7946 has otherwise, and the EU's system does not look at."""
    odd = []
    if not isinstance(value.get("id", ""), str | Decimal):
        odd.append(_odd("id", "a text or a number"))
    box = value.get("bbox", [Decimal()])
    if not isinstance(box, list) or not all(isinstance(number, Decimal) for number in box):
        odd.append(_odd("bbox", "a list of numbers"))
    return tuple(odd)


def _odd(name: str, right: str) -> Finding:
    return flag("rfc-7946", f"The file's {name} is not {right}, as GeoJSON has it.", "Export the file again.")


_NO_FEATURE = Finding(
    rule="no-feature", wrong="This is no feature of GeoJSON.", mend='Each plot has to be of the type "Feature".'
)
_UNKNOWN_KIND = Finding(
    rule="kind", wrong="The shape's type is none of GeoJSON's.", mend="It has to be Point or Polygon, written so."
)
_BAD_POINT = Finding(
    rule="coordinates",
    wrong="The coordinates of the point are not two numbers.",
    mend="Write longitude, then latitude, in one pair of brackets and without quotation marks: [38.205123, 6.162345].",
)
_BAD_RING = Finding(
    rule="coordinates",
    wrong="The coordinates are not a list of rings of positions.",
    mend="Export the outline again as a GeoJSON polygon; each position is longitude, then latitude, as numbers.",
)
