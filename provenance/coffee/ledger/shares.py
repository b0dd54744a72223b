"""
What follows from the edges: whose coffee is in a lot, what it may claim, which flags it carries.

All functions take the edges of the lot's closure **in leaf order** (as ``Books.edges`` and the trail's closure give
them) and go through them once. A lot that no edge leads to is an origin. A lot that was refilled carries a running
mix: what it still held, as it was mixed then, and the new.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from itertools import groupby
from typing import Any, TypeAlias

from provenance.coffee.acts import Attributes
from provenance.coffee.ledger.apportion import apportion
from provenance.coffee.ledger.books import Books, Edge, LotFact, Shortfall

Mix: TypeAlias = dict[str | None, int]

AGREED = ("country", "region", "species", "process")  # inherited where all inputs say the same


@dataclass(frozen=True, slots=True)
class Share:
    """How much of a lot is one origin's: milligrams, and parts in ten thousand. ``origin`` None: not known."""

    origin: str | None
    mass_mg: int
    permyriad: int


def edges_of(books: Books) -> Iterator[Edge]:
    """All edges that count, in leaf order."""
    for edges in books.edges.values():
        yield from edges


def shares(edges: Iterable[Edge], lot: str, mass_mg: int | None = None) -> list[Share]:
    """
    The origins of ``lot``, largest first, the unknown last; both columns total exactly: ``mass_mg`` and 10,000.

    ``mass_mg`` is the mass to divide (a bag, what is left of the lot); None: what the lot held when last poured into.
    """
    mix = _mixes(edges).get(lot, {lot: mass_mg or 1})
    origins = sorted(mix, key=lambda origin: (origin is None, -mix[origin], origin or ""))
    weights = [mix[origin] for origin in origins]
    masses = weights if mass_mg is None else apportion(mass_mg, weights)
    return [Share(*row) for row in zip(origins, masses, apportion(10_000, weights), strict=True)]


def claims(edges: Iterable[Edge], lots: Mapping[str, LotFact], lot: str) -> frozenset[str]:
    """The certification schemes that **every** part of the lot may claim; an unknown part may claim none."""
    held: dict[str, frozenset[str]] = {}

    def of(origin: str | None) -> frozenset[str]:
        if origin is None:
            return frozenset()
        return held.get(origin, _stated(lots, origin))

    for child, pours in _pours(edges):
        parts = [of(edge.parent) for edge in pours]
        if pours[0].held_mg and child in held:
            parts.append(held[child])
        held[child] = _common(parts)
    return of(lot)


def attributes(edges: Iterable[Edge], lots: Mapping[str, LotFact], lot: str) -> Attributes:
    """
    What is said of the lot and, where nothing is said, what its inputs agree on.

    Country, region, species and process where all are the same; varieties together and altitudes from the lowest to
    the highest, where every input names them. Claims are those of ``claims``, never merely stated ones.
    """
    edges = list(edges)
    known: dict[str, Attributes] = {}

    def of(uri: str | None) -> Attributes:
        if uri is None:
            return Attributes()
        if uri in known:
            return known[uri]
        return lots[uri].attributes if uri in lots else Attributes()

    for child, pours in _pours(edges):
        parts = [of(edge.parent) for edge in pours]
        if pours[0].held_mg and child in known:
            parts.append(known[child])
        known[child] = _said_or_agreed(lots[child].attributes if child in lots else Attributes(), parts)
    return replace(of(lot), claims=tuple(sorted(claims(edges, lots, lot))))


def ancestors(edges: Iterable[Edge], lot: str) -> frozenset[str]:
    """The lot and all lots that it was made from."""
    parents: dict[str, set[str]] = {}
    for edge in edges:
        if edge.parent is not None:
            parents.setdefault(edge.child, set()).add(edge.parent)
    found, todo = {lot}, [lot]
    while todo:
        new = parents.get(todo.pop(), set()) - found
        found |= new
        todo.extend(new)
    return frozenset(found)


def shortfall_flags(edges: Iterable[Edge], open_shortfalls: Iterable[Shortfall], lot: str) -> list[Shortfall]:
    """The open shortfalls that the lot carries: its own and its ancestors', by lot and site."""
    lots = ancestors(edges, lot)
    found = (short for short in open_shortfalls if short.lot in lots and short.closed_by is None)
    return sorted(found, key=lambda short: (short.lot, short.site))


def _pours(edges: Iterable[Edge]) -> Iterator[tuple[str, list[Edge]]]:
    """The edges of one child in one event, together."""
    for (_, child), group in groupby(edges, key=lambda edge: (edge.event, edge.child)):
        yield child, list(group)


def _mixes(edges: Iterable[Edge]) -> dict[str, Mix]:
    mixes: dict[str, Mix] = {}
    for child, pours in _pours(edges):
        mix = _before(mixes.get(child), child, pours)
        for edge in pours:
            for origin, mass_mg in _part(mixes, edge).items():
                mix[origin] = mix.get(origin, 0) + mass_mg
        mixes[child] = mix
    return mixes


def _before(mix: Mix | None, child: str, pours: list[Edge]) -> Mix:
    """What the child held before, as it was mixed then."""
    held_mg = pours[0].held_mg
    if mix is None:
        # Only an unknown gain ever comes to a lot that began in the trail: the rest of it is that lot's own.
        own = held_mg and all(edge.parent is None for edge in pours)
        return {child: held_mg} if own else {}
    # Earlier pours may have been corrected away since: then less of it is known to have been there.
    return mix if held_mg >= sum(mix.values()) else _scaled(mix, held_mg)


def _part(mixes: Mapping[str, Mix], edge: Edge) -> Mix:
    if edge.parent is None:
        return {None: edge.mass_mg}
    return _scaled(mixes.get(edge.parent, {edge.parent: 1}), edge.mass_mg)


def _scaled(mix: Mix, mass_mg: int) -> Mix:
    origins = sorted(mix, key=lambda origin: (origin is None, origin or ""))
    parts = apportion(mass_mg, [mix[origin] for origin in origins])
    return {origin: part for origin, part in zip(origins, parts, strict=True) if part}


def _common(parts: list[frozenset[str]]) -> frozenset[str]:
    return frozenset.intersection(*parts)


def _stated(lots: Mapping[str, LotFact], lot: str) -> frozenset[str]:
    return frozenset(lots[lot].attributes.claims) if lot in lots else frozenset()


def _said_or_agreed(said: Attributes, parts: list[Attributes]) -> Attributes:
    inherited: dict[str, Any] = {name: _agreed(parts, name) for name in AGREED}
    if all(part.variety for part in parts):
        inherited["variety"] = tuple(sorted({name for part in parts for name in part.variety}))
    spans = [part.altitude_m for part in parts]
    if None not in spans:
        inherited["altitude_m"] = (min(span[0] for span in spans if span), max(span[1] for span in spans if span))
    stated = {field.name: getattr(said, field.name) for field in fields(said) if getattr(said, field.name)}
    return Attributes(**{**inherited, **stated})


def _agreed(parts: list[Attributes], name: str) -> str | None:
    first: str | None = getattr(parts[0], name)
    return first if all(getattr(part, name) == first for part in parts) else None
