"""
The bundle of a lot: everything a phone needs to check its page by itself (docs/trail-format.md, 7).

It depends on nothing but the lot and the trail, so that any cache or folder can serve it. What a phone needs beside it,
proof that the log only grew since its last visit, that computes itself from the log's tiles.
"""

from base64 import b64encode
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from provenance.coffee.acts import (
    Genesis,
    Index,
    RegisterKey,
    RegisterParty,
    RegisterPlot,
    RegisterSite,
    RevokeKey,
    Succession,
)
from provenance.coffee.errors import CoffeeError
from provenance.coffee.indexing import WHOLE_LOG, Name, names_in
from provenance.coffee.statement import Disclosure, Statement, parse
from provenance.keyring import Unsealable
from provenance.pack.bundle.completeness import is_about_no_lot, others_in, wanted
from provenance.pack.bundle.form import VERSION, readable
from provenance.pack.bundle.tree import Telling
from provenance.pack.completeness import rests_on
from provenance.shelf.keeping.grounds import Grounds, grounds_of
from provenance.shelf.proving.standing import Standing, checkpoints_of, series_of
from provenance.tlog.index import BUCKETS, key_of, number_of
from provenance.trail.models import Checkpoint, Event, Key, Log, Party, Plot, Site
from provenance.trail.services.closure import Closure, closure
from provenance.trail.services.cosigning import cosigned, witness_lines
from provenance.trail.services.indexing import NotKept, prove
from provenance.trail.services.listing import of_all_lots
from provenance.trail.services.proofs import inclusion, read_hash
from provenance.trail.services.queries import public_disclosures


def bundle_of(lot_uri: str) -> dict[str, Any] | None:
    """
    The lot's bundle, ready for JSON; None where the trail does not know the lot.

    Statements that no released checkpoint covers yet have the index None. Where the checkpoint does not end in an index
    leaf whose proofs are kept, that leaf is left out: a phone then cannot tell that nothing is missing, and says so.
    """
    found = closure([lot_uri])
    return _of(lot_uri, found).written() if lot_uri in found.lots else None


def bundle_to_keep(lot_uri: str) -> tuple[dict[str, Any], Standing | None] | None:
    """
    ``bundle_of``, with what proves later that it would be the same.

    None instead of that where something waits for its place, for a checkpoint or for the index, cannot be read, or was
    recorded while the bundle was made: such a bundle is soon another.
    """
    found = closure([lot_uri])
    if lot_uri not in found.lots:
        return None
    grounds = grounds_of(found)
    bundle = _of(lot_uri, found)
    written = bundle.written()
    if grounds is None or not written["index"] or any(one["index"] is None for one in written["statements"]):
        return written, None
    if len(found.statements) < len(found.events):
        return written, None
    return written, bundle.standing(grounds)


def _of(lot_uri: str, found: Closure) -> "_Bundle":
    events = _with_registrations(found.events, found.statements)
    return _Bundle(lot_uri, tuple(sorted(found.lots)), events)


@dataclass
class _Bundle:
    lot: str
    lots: tuple[str, ...]
    events: Sequence[Event]
    shown: dict[int, list[Disclosure]] = field(default_factory=dict)

    @cached_property
    def series(self) -> list[Log]:
        return series_of({event.log_id for event in self.events})

    @cached_property
    def newest(self) -> dict[int, int]:
        """By log, the last leaf that the lot's statements have in it."""
        newest: dict[int, int] = {}
        for event in self.events:
            if event.index is not None:
                newest[event.leaf.log_id] = max(event.index, newest.get(event.leaf.log_id, 0))
        return newest

    @cached_property
    def checkpoints(self) -> list[Checkpoint]:
        return checkpoints_of(self.series, self.newest)

    @cached_property
    def policy(self) -> str:
        return witness_lines()

    @cached_property
    def notes(self) -> list[str]:
        return [cosigned(checkpoint) for checkpoint in self.checkpoints]

    def standing(self, grounds: Grounds) -> Standing:
        """Once it was written. ``grounds``: of the page; a bundle also rests on who registered whom, and shows more."""
        statements = [statement for event in self.events if (statement := _parsed(event)) is not None]
        keys = {one.body.kid for one in statements if isinstance(one.body, RegisterKey)}
        keys |= {one.kid for one in statements if isinstance(one.body, Genesis)}
        ended = {one.body.kid for one in statements if isinstance(one.body, RevokeKey)} & keys
        digests = {one.digest for disclosed in self.shown.values() for one in disclosed}
        whole = grounds.with_keys(keys.union(grounds.keys), len(ended)).with_values(digests)
        return Standing(whole, self.newest, self.policy, self.notes)

    @cached_property
    def numbers(self) -> dict[int, int]:
        """By primary key, which log of the series it is, from 0."""
        return {checkpoint.log_id: number for number, checkpoint in enumerate(self.checkpoints)}

    def written(self) -> dict[str, Any]:
        index, listings = self._index()
        told = _in_log_order([*self.events, *self._successions(), *self._of_all_lots(index)], self.numbers)
        return {
            "v": VERSION,
            "origin": self.series[0].origin if self.series else "",
            "lot": self.lot,
            "lots": list(self.lots),
            "policy": self.policy,
            "retired": self.notes[:-1],
            "checkpoint": self.notes[-1] if self.notes else None,
            "statements": list(self._entries(told)),
            "index": listings,
        }

    # --- statements ---

    def _successions(self) -> list[Event]:
        """Leaf 0 of each log that took over from another."""
        later = [checkpoint.log_id for checkpoint in self.checkpoints[1:]]
        if not later:
            return []
        first = Event.objects.filter(leaf__log__in=later, leaf__index=0, act=Succession.name)
        return list(first.select_related("leaf"))

    def _of_all_lots(self, index: Event | None) -> list[Event]:
        """The index leaf, and what everybody has to know of: every recall, whatever it recalls, every end of a key."""
        if index is None:
            return []
        others = of_all_lots(self.checkpoints[-1].log).filter(
            act__in=[name for _, name in WHOLE_LOG], leaf__index__lt=index.index
        )
        return [*others.select_related("leaf"), index]

    def _entries(self, events: Sequence[Event]) -> Iterator[dict[str, Any]]:
        # One reader a log for all proofs: each tile is read once.
        readers = [read_hash(checkpoint) for checkpoint in self.checkpoints]
        trees = [Telling(checkpoint.size) for checkpoint in self.checkpoints]
        self.shown = _shown(events)
        for event in events:
            number = None if event.index is None else self.numbers.get(event.leaf.log_id)
            covered = number is not None and (event.index or 0) < self.checkpoints[number].size
            proof = b""
            if covered:
                path = inclusion(event, self.checkpoints[number], readers[number])
                proof = b"".join(trees[number].rest(event.index, path))
            yield {
                "log": number if covered else 0,
                "index": event.index if covered else None,
                "statement": readable(bytes(event.statement)),
                "proof": _base64(proof),
                "disclosures": [one.text for one in self.shown.get(event.pk, ())],
            }

    # --- the index ---

    def _index(self) -> tuple[Event | None, list[dict[str, Any]]]:
        """The leaf that the newest checkpoint ends in, and from its index the lists of what this bundle rests on."""
        if not self.checkpoints:
            return None, []
        last = self.checkpoints[-1]
        ends = Event.objects.filter(leaf__log=last.log_id, leaf__index=last.size - 1, act=Index.name)
        index = ends.select_related("leaf").first()
        if index is None:
            return None, []
        try:
            return index, self._listings(index)
        except (NotKept, CoffeeError):
            return None, []

    def _listings(self, index: Event) -> list[dict[str, Any]]:
        said = parse(bytes(index.statement)).body
        assert isinstance(said, Index), "the event is an index leaf"
        held = _in_log_order([*self.events, *self._of_all_lots(index)], self.numbers)
        named = [(event, names_in(bytes(event.statement))) for event in held]
        alone = [event.event_id for event, names in named if names and is_about_no_lot(event.act, names)]
        asked = {name: key_of(*name) for name in wanted(self.lots, alone, _registered(self.events), said.v)}
        log = self.checkpoints[-1].log
        proofs = prove(log, index, asked.values())
        leaves: dict[Name, list[int]] = {name: [] for name in asked}
        for event, names in named:
            if event.index is not None and event.leaf.log_id == log.pk and event.index < said.upto:
                for name in names.intersection(asked):
                    leaves[name].append(event.index)
        tree = Telling(BUCKETS)
        return [
            {
                "kind": kind,
                "id": name,
                "leaves": leaves[kind, name],
                "others": _base64(others_in(key, proofs[key].bucket)),
                "proof": _base64(b"".join(tree.rest(number_of(key), proofs[key].path))),
            }
            for (kind, name), key in asked.items()
        ]


def _with_registrations(events: Sequence[Event], statements: Mapping[str, Statement]) -> list[Event]:
    """The events, and every registration that judging them, or another registration, asks for."""
    found = {event.pk: event for event in events}
    known: set[str] = set()
    waiting = list(statements.values())
    # Genesis names the operator, whose own registration follows it.
    while asked := rests_on(waiting) - known:
        known |= asked
        keys = Key.objects.filter(kid__in=asked)
        ids = {
            *Party.objects.filter(uri__in=asked).values_list("event", flat=True),
            *Site.objects.filter(uri__in=asked).values_list("event", flat=True),
            *Plot.objects.filter(uri__in=asked).values_list("event", flat=True),
            *keys.values_list("event", flat=True),
            *keys.exclude(revoked_by=None).values_list("revoked_by", flat=True),
        }
        more = Event.objects.filter(pk__in=ids - found.keys()).select_related("leaf")
        found |= {event.pk: event for event in more}
        waiting = [statement for event in more if (statement := _parsed(event)) is not None]
    return list(found.values())


def _registered(events: Iterable[Event]) -> Iterator[str]:
    """Who and what these events register."""
    for event in events:
        statement = _parsed(event) if event.act.startswith("register_") or event.act == Genesis.name else None
        match statement:
            case Statement(body=Genesis(operator=uri), kid=kid):
                yield from (uri, kid)
            case Statement(body=RegisterParty(party=uri) | RegisterSite(site=uri) | RegisterPlot(plot=uri)):
                yield uri
            case Statement(body=RegisterKey(kid=kid)):
                yield kid


def _parsed(event: Event) -> Statement | None:
    """None for bytes that were changed since: what they said, nobody knows any more, and the phone says so."""
    try:
        return parse(bytes(event.statement))
    except CoffeeError:
        return None


def _shown(events: Collection[Event]) -> dict[int, list[Disclosure]]:
    """What everybody may read. Of an event whose bytes or seals were changed that is nothing."""
    try:
        return public_disclosures(events)
    except (CoffeeError, Unsealable):
        shown: dict[int, list[Disclosure]] = {}
    for event in events:
        with suppress(CoffeeError, Unsealable):
            shown |= public_disclosures([event])
    return shown


def _in_log_order(events: Iterable[Event], numbers: Mapping[int, int]) -> list[Event]:
    """Each once; what has no place yet comes last."""
    once = {event.pk: event for event in events}.values()
    return sorted(
        once,
        key=lambda event: (
            event.index is None,
            numbers.get(event.leaf.log_id, len(numbers)) if event.index is not None else 0,
            event.index or 0,
            event.pk,
        ),
    )


def _base64(data: bytes) -> str:
    return b64encode(data).decode()
