"""The rules of where a plot lies: in range, on land that its country has, and longitude before latitude."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from provenance.coffee.plots.countries import CODES, degrees_outside
from provenance.coffee.plots.drawing import COFFEE_LATITUDE
from provenance.coffee.plots.findings import Finding, flag
from provenance.coffee.plots.measuring import Position
from provenance.coffee.plots.typed import Spot, TypedPlot

# What an outline at 1:50 million and a quarrel over a border may be off by: 0.1 degree is 11 km.
NEAR_DEGREES = 0.1
FAR_DEGREES = 0.5
KM_PER_DEGREE = 111

_NOWHERE = Decimal("0.01")


def judge_place(plot: TypedPlot, country: str) -> Iterator[Finding]:
    """``country``: ISO 3166-1 alpha-2 of the farm, or "" where the plot's own word is all there is."""
    spots = [spot for ring in plot.rings for spot in ring]
    stated = plot.country or country
    if plot.country and plot.country not in CODES:
        yield Finding(
            rule="country-code",
            wrong=f"“{plot.country[:30]}” is no country code.",
            mend="Write the two capital letters of ISO 3166, like ET for Ethiopia or HN for Honduras.",
        )
        stated = country
    elif plot.country and country and plot.country != country:
        yield Finding(
            rule="other-country",
            wrong=f"The file says {plot.country}, and the farm is registered in {country}.",
            mend="Choose the farm that the plot belongs to, or mend the country in the file.",
        )
    broken = list(_range(spots))
    yield from broken or _precision(spots)
    if not broken:
        yield from _within(spots, stated)


def _range(spots: Sequence[Spot]) -> Iterator[Finding]:
    for number, spot in enumerate(spots, start=1):
        if abs(spot.longitude) > 180 or abs(spot.latitude) > 90:
            swapped = abs(spot.longitude) <= 90 and abs(spot.latitude) <= 180
            yield Finding(
                rule="range",
                wrong=f"Position {number} ({spot.longitude:f}, {spot.latitude:f}) lies outside of the world.",
                mend="Longitude and latitude are swapped: longitude comes first."
                if swapped
                else "Longitude lies between -180 and 180 degrees, latitude between -90 and 90. Export in WGS 84.",
            )
            return
        if abs(spot.longitude) < _NOWHERE and abs(spot.latitude) < _NOWHERE:
            yield Finding(
                rule="nowhere",
                wrong=f"Position {number} is 0, 0, in the sea: the device had no position yet.",
                mend="Measure again under open sky, and wait until the phone shows its accuracy.",
            )
            return


def _precision(spots: Sequence[Spot]) -> Iterator[Finding]:
    short = [spot for spot in spots if spot.decimals < 6]
    if short:
        most = max(spot.decimals for spot in spots)
        told = "one position has" if len(short) == 1 else f"{len(short)} positions have"
        where = f"Of {len(spots)} positions, {told}" if len(spots) > 1 else "The position has"
        told_metres = {0: "111 km", 1: "11 km", 2: "1 km", 3: "110 m", 4: "11 m", 5: "1 m"}
        yield flag(
            "decimals",
            f"{where} fewer than six decimals as typed; the law asks for six."
            + (f" None has more than {most}, which is about {told_metres[most]} on the ground." if most < 6 else ""),
            "Measure or export again with six decimals. Zeros that somebody adds are no measurement; zeros that a "
            "program left out at the end are no harm.",
            short[0].position,
        )
    if any(spot.altitude for spot in spots):
        yield flag("altitude", "The file has altitudes.", "They are left out: the EU's system has no place for them.")


def _within(spots: Sequence[Spot], country: str) -> Iterator[Finding]:
    positions = [spot.position for spot in spots]
    outside = degrees_outside(country, positions) if country else None
    if outside is None:
        yield from _doubtful(positions[0])
    elif outside > NEAR_DEGREES and _swapped_lies_in(country, positions):
        yield Finding(
            rule="swapped",
            wrong=f"Longitude and latitude are swapped: as written, the plot lies outside of {country}, and the other "
            "way round inside.",
            mend="Write longitude first, then latitude. In a sheet, look at the names of the two columns.",
        )
    elif outside > FAR_DEGREES:
        yield Finding(
            rule="outside-country",
            wrong=f"The plot lies about {outside * KM_PER_DEGREE:,.0f} km outside of {country}.",
            mend="Look for a missing minus sign (west and south are below zero), a wrong digit, or another country.",
        )
    elif outside > NEAR_DEGREES:
        yield flag(
            "near-border",
            f"The plot lies about {outside * KM_PER_DEGREE:,.0f} km outside of {country}, by a coarse map.",
            "Is the country right?",
        )


def _swapped_lies_in(country: str, positions: Sequence[Position]) -> bool:
    turned = [(latitude, longitude) for longitude, latitude in positions]
    if any(abs(latitude) > 90 for _, latitude in turned):
        return False
    outside = degrees_outside(country, turned)
    return outside is not None and outside <= NEAR_DEGREES


def _doubtful(position: Position) -> Iterator[Finding]:
    """Without a country to hold it against."""
    longitude, latitude = position
    if abs(latitude) > COFFEE_LATITUDE:
        swapped = " Are longitude and latitude swapped?" if abs(longitude) <= COFFEE_LATITUDE else ""
        yield flag(
            "far-north-or-south", "Little coffee grows so far from the equator.", f"Is the place right?{swapped}"
        )
