"""The rules of where a plot lies: in range, on land that its country has, and longitude before latitude."""

from collections.abc import Callable, Iterator, Sequence
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

DECIMALS = 6  # Regulation (EU) 2023/1115, article 2 (28)

_NOWHERE = Decimal("0.01")
_ON_THE_GROUND = ("111 km", "11 km", "1 km", "110 m", "11 m", "1 m")


def judge_place(plot: TypedPlot, country: str, called: Callable[[str], str]) -> Iterator[Finding]:
    """``country`` of the farm: ISO 3166-1 alpha-2, or "" where only the plot says one. ``called``: its name."""
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
            wrong=f"The file says {called(plot.country)}, and the farm is registered in {called(country)}.",
            mend="Choose the farm that the plot belongs to, or mend the country in the file.",
        )
    broken = list(_range(spots))
    yield from broken or _precision(spots)
    if not broken:
        yield from _within(spots, stated, called(stated))


def _range(spots: Sequence[Spot]) -> Iterator[Finding]:
    """The first position that lies outside of the world; only where there is none, one without a place."""
    numbered = list(enumerate(spots, start=1))
    outside = next((each for each in numbered if abs(each[1].longitude) > 180 or abs(each[1].latitude) > 90), None)
    nowhere = next((each for each in numbered if max(abs(each[1].longitude), abs(each[1].latitude)) < _NOWHERE), None)
    if outside:
        number, spot = outside
        swapped = abs(spot.longitude) <= 90 and abs(spot.latitude) <= 180
        yield Finding(
            rule="range",
            wrong=f"Position {number} ({spot.longitude:f}, {spot.latitude:f}) lies outside of the world.",
            mend="Longitude and latitude are swapped: longitude comes first."
            if swapped
            else "Longitude lies between -180 and 180 degrees, latitude between -90 and 90. Export in WGS 84.",
        )
    elif nowhere:
        yield Finding(
            rule="nowhere",
            wrong=f"Position {nowhere[0]} is 0, 0, in the sea: the device had no position yet.",
            mend="Measure again under open sky, and wait until the phone shows its accuracy.",
        )


def _precision(spots: Sequence[Spot]) -> Iterator[Finding]:
    short = [spot for spot in spots if spot.decimals < DECIMALS]
    most = max(spot.decimals for spot in spots)
    if short and most < DECIMALS:
        yield flag(
            "decimals",
            f"The law asks for six decimals. Here are {most or 'none'}, which is to about {_ON_THE_GROUND[most]}.",
            "Measure or export again with six. Zeros that somebody adds are no measurement.",
            short[0].position,
        )
    elif short:
        yield flag(
            "decimals",
            f"{len(short)} of {len(spots)} positions {'has' if len(short) == 1 else 'have'} fewer than six decimals as "
            "typed.",
            "Many programs leave out zeros at the end; that does no harm. Otherwise measure again.",
            short[0].position,
        )
    if any(spot.altitude for spot in spots):
        yield flag("altitude", "The file has altitudes.", "They are left out: the EU's system has no place for them.")


def _within(spots: Sequence[Spot], country: str, name: str) -> Iterator[Finding]:
    positions = [spot.position for spot in spots]
    outside = degrees_outside(country, positions) if country else None
    if outside is None:
        yield from _doubtful(positions[0])
    elif outside > NEAR_DEGREES and _swapped_lies_in(country, positions):
        yield Finding(
            rule="swapped",
            wrong=f"Longitude and latitude are swapped: as written, the plot lies outside of {name}, and the other "
            "way round inside.",
            mend="Write longitude first, then latitude. In a sheet, look at the names of the two columns.",
        )
    elif outside > FAR_DEGREES:
        yield Finding(
            rule="outside-country",
            wrong=f"The plot lies about {outside * KM_PER_DEGREE:,.0f} km outside of {name}.",
            mend="Look for a missing minus sign (west and south are below zero), a wrong digit, or another country.",
        )
    elif outside > NEAR_DEGREES:
        yield flag(
            "near-border",
            f"The plot lies about {outside * KM_PER_DEGREE:,.0f} km outside of {name}, by a coarse map.",
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
