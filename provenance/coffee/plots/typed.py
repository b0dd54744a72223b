"""A plot as its file says it: every number with the digits that were typed."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from unicodedata import normalize

from provenance.coffee.plots.countries import CODES
from provenance.coffee.plots.findings import Finding, flag
from provenance.coffee.plots.measuring import Position

_NUMBER = re.compile(r"[+-]?[0-9]{1,12}([.,][0-9]{1,20})?")
# The names that files give to what the EU's system asks for, and to what people call a plot. Spaces, lines and case
# are not looked at; the first that is there counts.
_CALLED = {
    "name": ("productionplace", "name", "plotname", "plot", "plotid", "id", "fid"),
    "producer": ("producername", "producer", "farmer", "farmername"),
    "country": ("producercountry", "country", "countrycode", "iso2"),
    "area": ("area", "areaha", "hectares", "ha", "assertedareaha", "plotarea", "plotsize", "plotsizeha", "farmsize"),
}
_EU_NAMES = {each.lower(): each for each in ("ProducerName", "ProducerCountry", "ProductionPlace", "Area")}


@dataclass(frozen=True)
class Spot:
    """Longitude and latitude in degrees; ``decimals`` are counted as they were typed."""

    longitude: Decimal
    latitude: Decimal
    altitude: bool = False

    @property
    def position(self) -> Position:
        return (float(self.longitude), float(self.latitude))

    @property
    def decimals(self) -> int:
        return min(decimals_of(self.longitude), decimals_of(self.latitude))

    def text(self) -> str:
        return f"[{self.longitude:f},{self.latitude:f}]"


@dataclass(frozen=True, kw_only=True)
class TypedPlot:
    """
    ``where`` it stands in its file: "Plot 3", "Row 5". No ``rings``: no shape could be read, and ``found`` says why.

    A point is one ring of one spot. ``country`` and ``area_ha`` as stated, where they are.
    """

    where: str
    name: str = ""
    producer: str = ""
    country: str = ""
    area_ha: Decimal | None = None
    kind: str = ""
    rings: tuple[tuple[Spot, ...], ...] = ()
    found: tuple[Finding, ...] = ()

    @property
    def is_point(self) -> bool:
        return self.kind == "Point"

    def geometry(self) -> str:
        """GeoJSON with the digits as they were typed."""
        if self.is_point:
            return f'{{"type":"Point","coordinates":{self.rings[0][0].text()}}}'
        ring = ",".join(spot.text() for spot in self.rings[0])
        return f'{{"type":"Polygon","coordinates":[[{ring}]]}}'


@dataclass(frozen=True, kw_only=True)
class Said:
    """What a file says beside a plot's shape."""

    name: str = ""
    producer: str = ""
    country: str = ""
    area_ha: Decimal | None = None
    found: tuple[Finding, ...] = ()


def decimals_of(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return -exponent if isinstance(exponent, int) and exponent < 0 else 0


def number_in(text: str) -> Decimal | None:
    """A number as people write it, with a point or a comma before its decimals; None where it is none."""
    text = text.strip().replace("\u2212", "-")
    return Decimal(text.replace(",", ".")) if _NUMBER.fullmatch(text) else None


def said_in(pairs: Iterable[tuple[str, object]], *, texts: bool) -> Said:
    """``texts``: the file knows no numbers (KML, CSV), so a text may be an area."""
    given = [(name, value) for name, value in pairs if value is not None and value != ""]
    by_name = {re.sub(r"[^a-z0-9]", "", name.lower()): value for name, value in reversed(given)}
    said = {what: next((by_name[name] for name in names if name in by_name), "") for what, names in _CALLED.items()}
    # Only a file of the EU's own form goes there as it is.
    found = [] if texts else [_misspelt(name) for name, _ in given if name != _EU_NAMES.get(name.lower(), name)]
    area = said["area"]
    if isinstance(area, str) and area and texts:
        area = number_in(area)
    if area is None or (isinstance(area, str) and area) or isinstance(area, bool | list | dict):
        found.append(_NO_AREA)
    return Said(
        name=_text(said["name"]),
        producer=_text(said["producer"]),
        country=_country(by_name.get("producercountry"), said["country"]),
        area_ha=area if isinstance(area, Decimal) else None,
        found=tuple(found),
    )


def _country(eu: object, other: object) -> str:
    """The EU's property is held to its word; what a file says elsewhere counts where it is a code, not a name."""
    return _text(eu) or (_text(other) if _text(other) in CODES else "")


def _text(value: object) -> str:
    return normalize("NFC", " ".join(str(value).split())) if isinstance(value, str | Decimal) else ""


def _misspelt(name: str) -> Finding:
    right = _EU_NAMES[name.lower()]
    return flag(
        "property-name",
        f"The file writes {name} where the EU's system only knows {right}.",
        f"Write {right}, with these capital letters.",
    )


_NO_AREA = Finding(
    rule="area-text",
    wrong="The area is not written as a number; the EU's system would take it for 0.",
    mend='Write it in hectares and without quotation marks: "Area": 3, not "Area": "3".',
)
