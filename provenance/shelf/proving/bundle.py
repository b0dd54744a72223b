"""Puts together what a phone needs to check a page by itself: the bundle."""

from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from provenance.coffee import acts
from provenance.coffee.ledger import needs
from provenance.shelf.reading import Page
from provenance.shelf.story import Opened, Reading, Story, Telling
from provenance.tlog.errors import ProofRefused
from provenance.trail.models import Checkpoint, Event, Log
from provenance.trail.services import proofs
from provenance.trail.services.cosigning import cosigned, witness_lines
from provenance.trail.services.queries import checkpoint_for, latest_checkpoint


def bundle_of(page: Page, since: int | None = None, remembered: int = 0) -> dict[str, Any]:
    """
    Everything a phone needs to check the page by itself; with ``since``, also that the log only grew from that size.

    ``remembered``: in which log of the series that was, from 0. The checkpoint of the newest log is the newest
    witnessed one, where it holds all of the page and what the phone saw before, else a newer one; those that were
    retired show their last. Statements that none of them covers have the index None.
    """
    series = page.series()
    sizes = {number: since for number in [remembered] if since is not None}
    checkpoints = _checkpoints(page, series, sizes)
    genesis = next((telling for telling in page.reading.registry if telling.act == "genesis"), None)
    titles = {event.event_id: step.title for step in page.story.steps for event in step.events}
    prove = _Prover(checkpoints)
    notes = [cosigned(checkpoint) for checkpoint in checkpoints]
    tellings = _in_log_order([*_vouching(page.reading, page.story), *page.reading.journey])
    return {
        "v": 1,
        "origin": page.origin,
        "aud": series[0].aud if series else None,
        "vkeys": series[0].vkeys.splitlines() if series else [],
        "lot": page.story.lot_uri,
        "policy": witness_lines(),
        "retired": notes[:-1],
        "checkpoint": notes[-1] if notes else None,
        "consistency": _consistency(checkpoints, sizes),
        "genesis": prove.entry(page.events[genesis.event_id], "the log’s first entry", {}) if genesis else None,
        "statements": [
            *(
                prove.entry(
                    page.events[telling.event_id],
                    titles.get(telling.event_id) or _registry_title(telling),
                    page.opened.get(telling.event_id, {}),
                )
                for telling in tellings
            ),
            *(prove.entry(event, "the log’s succession", {}) for event in _successions(checkpoints)),
        ],
    }


def _checkpoints(page: Page, series: Sequence[Log], sizes: Mapping[int, int]) -> list[Checkpoint]:
    """One of each log, up to the newest that has any."""
    found = []
    for number, log in enumerate(series):
        newest = max(page.newest_in(log), sizes.get(number, 0) - 1, 0)
        retired = log.state == Log.State.RETIRED
        checkpoint = latest_checkpoint(log) if retired else checkpoint_for(log, newest)
        if checkpoint is None:
            break
        checkpoint.log = log
        found.append(checkpoint)
    return found


def _successions(checkpoints: Sequence[Checkpoint]) -> list[Event]:
    """Leaf 0 of each log that took over from another."""
    later = [checkpoint.log for checkpoint in checkpoints[1:]]
    return list(Event.objects.filter(leaf__log__in=later, leaf__index=0).select_related("leaf").order_by("leaf__log"))


def _vouching(reading: Reading, story: Story) -> list[Telling]:
    """
    The registrations behind the page: who and what places it names, and every key that signed any of these.

    Of a crowd told as one step the page names nobody but those whom its first event names.
    """
    said = {telling.event_id: telling.statement for telling in reading.journey if telling.statement}
    told = [said[step.events[0].event_id] for step in story.steps if step.events[0].event_id in said]
    named = {uri for statement in told for uri in (*needs(statement).parties, *needs(statement).sites)}
    kept = {
        telling.event_id: telling
        for telling in reading.registry
        if telling.statement and _registered(telling.statement.body) in named
    }
    kids = {statement.kid for statement in said.values()} | {
        one.statement.kid for one in kept.values() if one.statement
    }
    # A key's registration was signed by another key: follow them back. Registrars come first in the log.
    for telling in reversed(reading.registry):
        body = telling.statement.body if telling.statement else None
        if isinstance(body, acts.RegisterKey | acts.RevokeKey) and body.kid in kids and telling.statement:
            kept[telling.event_id] = telling
            kids.add(telling.statement.kid)
    return list(kept.values())


def _registered(body: acts.Act) -> str | None:
    match body:
        case acts.RegisterParty(party=uri) | acts.RegisterSite(site=uri):
            return uri
    return None


def _registry_title(telling: Telling) -> str:
    titles = {
        "register_party": "the registration of a party",
        "register_site": "the registration of a place",
        "register_key": "the registration of a key",
        "revoke_key": "the end of a key",
    }
    return titles.get(telling.act, telling.act.replace("_", " "))


def _in_log_order(tellings: Iterable[Telling]) -> list[Telling]:
    return sorted(tellings, key=lambda telling: (telling.index is None, telling.index or 0))


def _consistency(checkpoints: Sequence[Checkpoint], sizes: Mapping[int, int]) -> list[str] | None:
    for number, size in sizes.items():
        if number < len(checkpoints):
            with suppress(ProofRefused):
                at = checkpoints[number]
                return [_base64(each) for each in proofs.consistency(at.log, size, at.size)]
    return None


@dataclass
class _Prover:
    checkpoints: Sequence[Checkpoint]

    def __post_init__(self) -> None:
        self.numbers = {checkpoint.log_id: number for number, checkpoint in enumerate(self.checkpoints)}
        # One reader a log for all proofs: each tile is read once.
        self.readers = [proofs.read_hash(checkpoint) for checkpoint in self.checkpoints]

    def entry(self, event: Event, title: str, opened: Mapping[str, Opened]) -> dict[str, Any]:
        number = None if event.index is None else self.numbers.get(event.leaf.log_id)
        covered = number is not None and event.index < self.checkpoints[number].size
        path = proofs.inclusion(event, self.checkpoints[number], self.readers[number]) if covered else []
        return {
            "log": number if covered else 0,
            "index": event.index if covered else None,
            "title": title,
            "jws": bytes(event.statement).decode("ascii", "replace"),
            "proof": [_base64(each) for each in path],
            "disclosures": [one.text for one in opened.values()],
        }


def _base64(data: bytes) -> str:
    return b64encode(data).decode()
