"""
KML (OGC 12-007r2) as phones and Google Earth write it: every placemark is a plot.

KML is XML from strangers, and XML can be a bomb: defusedxml refuses document types, entities and references outside.
"""

from collections.abc import Iterator
from decimal import Decimal
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from provenance.coffee.plots.drawing import BadPlot
from provenance.coffee.plots.findings import LINE, NO_SHAPE, SEVERAL, Finding
from provenance.coffee.plots.typed import Spot, TypedPlot, number_in, said_in

_SHAPES = ("Point", "Polygon", "LineString", "LinearRing", "MultiGeometry", "Track", "MultiTrack", "Model")
_LINES = ("LineString", "LinearRing", "Track", "MultiTrack")


def read(data: bytes) -> list[TypedPlot]:
    """Raises ``BadPlot`` where the file is no KML."""
    try:
        root = fromstring(data, forbid_dtd=True)
    except DefusedXmlException:
        raise BadPlot(
            "The file declares entities or a document type, which no file of plots needs. Export it again as KML.",
            field="file",
        ) from None
    except (ParseError, ValueError, LookupError, RecursionError):
        raise BadPlot("The file is broken, or no KML. Export it again as KML.", field="file") from None
    if _name(root) != "kml":
        raise BadPlot("The file is XML, but no KML. Export the plots as KML or GeoJSON.", field="file")
    return [_plot(mark, f"Plot {number}") for number, mark in enumerate(_marks(root), start=1)]


def _marks(root: Element) -> Iterator[Element]:
    """In the file's order. One inside another is refused: reading each with all that it holds takes half a minute."""
    left = [root]
    while left:
        element = left.pop()
        if _name(element) != "Placemark":
            left.extend(reversed(element))
            continue
        if sum(_name(inner) == "Placemark" for inner in element.iter()) > 1:
            raise BadPlot("One placemark stands inside another. Export the file again as KML.", field="file")
        yield element


def _plot(mark: Element, where: str) -> TypedPlot:
    said = said_in(_pairs(mark), texts=True)
    shapes = [child for child in mark if _name(child) in _SHAPES]
    # Google Earth wraps what was drawn once more; one shape in it is the same land.
    while len(shapes) == 1 and _name(shapes[0]) == "MultiGeometry":
        shapes = [child for child in shapes[0] if _name(child) in _SHAPES]
    kind, rings, found = _shape(shapes)
    return TypedPlot(
        where=where,
        name=said.name,
        producer=said.producer,
        country=said.country,
        area_ha=said.area_ha,
        kind=kind,
        rings=rings,
        found=(*said.found, *found),
    )


def _shape(shapes: list[Element]) -> tuple[str, tuple[tuple[Spot, ...], ...], tuple[Finding, ...]]:
    if len(shapes) != 1:
        return "", (), (SEVERAL if shapes else NO_SHAPE,)
    [shape] = shapes
    kind = _name(shape)
    if kind in _LINES:
        return "", (), (LINE,)
    if kind not in ("Point", "Polygon"):
        return "", (), (NO_SHAPE,)
    texts = [element.text or "" for element in shape.iter() if _name(element) == "coordinates"]
    rings = tuple(tuple(_spots(text)) for text in texts)
    if not rings or not all(rings) or (kind == "Point" and len(rings[0]) != 1):
        return kind, (), (_BAD_COORDINATES,)
    return kind, rings, ()


def _spots(text: str) -> Iterator[Spot]:
    """Nothing where one of them is no position: a plot with a corner left out would be another plot."""
    spots = [_spot(position.split(",")) for position in text.split()]
    return iter([spot for spot in spots if spot] if all(spots) else [])


def _spot(numbers: list[str]) -> Spot | None:
    read: list[Decimal | None] = [number_in(number) for number in numbers]
    if len(read) not in (2, 3) or read[0] is None or read[1] is None:
        return None
    # An altitude of 0 is what tools write for none.
    return Spot(read[0], read[1], altitude=len(read) == 3 and bool(read[2]))


def _pairs(mark: Element) -> list[tuple[str, object]]:
    pairs: list[tuple[str, object]] = []
    for element in mark.iter():
        if _name(element) == "Data":
            value = next((child.text for child in element if _name(child) == "value"), None)
            pairs.append((element.get("name", ""), value))
        elif _name(element) == "SimpleData":
            pairs.append((element.get("name", ""), element.text))
    pairs += [("name", child.text) for child in mark if _name(child) == "name"]
    return pairs


def _name(element: Element) -> str:
    """Without its namespace: KML has had four of them."""
    return str(element.tag).rpartition("}")[2]


_BAD_COORDINATES = Finding(
    rule="coordinates",
    wrong="The coordinates cannot be read.",
    mend="Each position is longitude, comma, latitude, without a space after the comma. Export the file again as KML.",
)
