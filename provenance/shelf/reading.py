"""Gets from the trail what a page and its bundle are made of."""

from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from provenance.coffee import acts
from provenance.coffee.errors import BadDisclosure
from provenance.coffee.ledger import needs
from provenance.keyring import Unsealable
from provenance.shelf.story import Opened, Reading, Story, Telling, read, tell
from provenance.tlog.errors import ProofRefused
from provenance.tlog.hashing import leaf_hash
from provenance.trail.models import Checkpoint, Event, Log, Lot
from provenance.trail.services import proofs
from provenance.trail.services.cosigning import cosigned, witness_lines
from provenance.trail.services.queries import Closure, checkpoint_for, closure, public_disclosures
from provenance.trail.services.standing import Vouched, vouchers_of

MOST_LETTERS = 20  # of a lot's code
MOST_FOUND = 20


@dataclass(frozen=True)
class Page:
    """``origin``: of the log, as its genesis names it. ``reading`` and ``events``: what the bundle is made of."""

    story: Story
    origin: str
    reading: Reading
    opened: dict[str, dict[str, Opened]]
    events: dict[str, Event]

    @property
    def newest(self) -> int | None:
        """The last leaf of all that the page rests on; None where none of it has a place."""
        return max((event.index for event in self.events.values() if event.index is not None), default=None)

    @property
    def waits(self) -> bool:
        return any(event.index is None for event in self.events.values())


def vouched_for(page: Page) -> Vouched | None:
    """Who vouches for the places of all that the page rests on; None while something waits for that."""
    log = Log.objects.filter(origin=page.origin).first()
    if log is None or page.newest is None or page.waits:
        return None
    return vouchers_of(log, page.newest)


def page_of(lot_uri: str) -> Page | None:
    """What the trail says of the lot, or None where it says nothing. Two queries, however long the trail is."""
    found = closure([lot_uri])
    if lot_uri not in found.lots:
        return None
    reading = read(_tellings(found), lot_uri)
    events = {event.event_id: event for event in found.events}
    shown = [events[telling.event_id] for telling in (*reading.registry, *reading.journey)]
    opened = _opened([event for event in shown if event.event_id not in reading.faults])
    return Page(tell(reading, opened, lot_uri), _origin(reading.registry), reading, opened, events)


def bundle_of(page: Page, since: int | None = None) -> dict[str, Any]:
    """
    Everything a phone needs to check the page by itself; with ``since``, also that the log only grew from that size.

    The checkpoint is the newest witnessed one, where it holds all of the page and what the phone saw before, else a
    newer one; statements that it does not cover have the index None.
    """
    log = Log.objects.filter(origin=page.origin).first()
    checkpoint = checkpoint_for(log, max(page.newest or 0, (since or 0) - 1)) if log else None
    genesis = next((telling for telling in page.reading.registry if telling.act == "genesis"), None)
    titles = {event.event_id: step.title for step in page.story.steps for event in step.events}
    prove = _Prover(log, checkpoint, page.events)
    return {
        "v": 1,
        "origin": page.origin,
        "aud": log.aud if log else None,
        "vkeys": log.vkeys.splitlines() if log else [],
        "lot": page.story.lot_uri,
        "policy": witness_lines(),
        "checkpoint": cosigned(checkpoint) if checkpoint else None,
        "consistency": _consistency(log, checkpoint, since),
        "genesis": prove.entry(genesis, "the log’s first entry", {}) if genesis else None,
        "statements": [
            prove.entry(telling, titles.get(telling.event_id) or _registry_title(telling), page.opened)
            for telling in _in_log_order([*_vouching(page.reading, page.story), *page.reading.journey])
        ],
    }


def _tellings(found: Closure) -> list[Telling]:
    return [
        Telling(
            event_id=event.event_id,
            act=event.act,
            jws=bytes(event.statement),
            leaf=leaf_hash(bytes(event.statement)),
            index=event.index,
            recorded_at=_time(event.recorded_at),
            statement=found.statements.get(event.event_id),
        )
        for event in found.events
    ]


def _time(value: datetime | str) -> datetime:
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _opened(events: Sequence[Event]) -> dict[str, dict[str, Opened]]:
    try:
        found = public_disclosures(events)
    except (BadDisclosure, Unsealable):
        # Somebody changed a sealed row. What it said cannot be shown; the page then says "withheld", as when erased.
        return {}
    ids = {event.pk: event.event_id for event in events}
    return {
        ids[pk]: {one.name: Opened(one.value, one.digest, one.text) for one in opened} for pk, opened in found.items()
    }


def _origin(registry: Iterable[Telling]) -> str:
    for telling in registry:
        if telling.statement and isinstance(telling.statement.body, acts.Genesis):
            return telling.statement.body.origin
    return ""


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


def _consistency(log: Log | None, checkpoint: Checkpoint | None, since: int | None) -> list[str] | None:
    if log is None or checkpoint is None or since is None:
        return None
    try:
        return [_base64(each) for each in proofs.consistency(log, since, checkpoint.size)]
    except ProofRefused:
        return None


@dataclass
class _Prover:
    log: Log | None
    checkpoint: Checkpoint | None
    events: dict[str, Event]

    def __post_init__(self) -> None:
        # One reader for all proofs: each tile is read once.
        released = self.log is not None and self.checkpoint is not None
        self.get_hash = proofs.read_hash(self.log, self.checkpoint.size) if released else None

    def entry(self, telling: Telling, title: str, opened: dict[str, dict[str, Opened]]) -> dict[str, Any]:
        covered = self.checkpoint is not None and telling.index is not None and telling.index < self.checkpoint.size
        path = proofs.inclusion(self.events[telling.event_id], self.checkpoint, self.get_hash) if covered else []
        return {
            "index": telling.index if covered else None,
            "title": title,
            "jws": telling.jws.decode("ascii", "replace"),
            "proof": [_base64(each) for each in path],
            "disclosures": [one.text for one in opened.get(telling.event_id, {}).values()],
        }


def _base64(data: bytes) -> str:
    return b64encode(data).decode()


def lots_in_bags(code: str) -> list[Lot]:
    """Lots that were packed into bags under this code, as printed or typed in small letters; the newest first."""
    if len(code) > MOST_LETTERS or "\x00" in code:
        return []
    packed = Lot.objects.filter(code__in={code, code.upper()}, count__isnull=False)
    return list(packed.order_by("-made_by")[:MOST_FOUND])
