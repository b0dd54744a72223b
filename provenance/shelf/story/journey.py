"""Which of the stored events are on the way of a lot, and which of them are one step when told to a shopper."""

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence, Set
from dataclasses import dataclass, field

from django.utils.translation import gettext_lazy as _

from provenance.coffee import acts, rules
from provenance.coffee.errors import CoffeeError
from provenance.coffee.ledger import Books, ancestors, apply, edges_of
from provenance.coffee.statement import Statement, verify
from provenance.coffee.statement.envelope import decode_b64url
from provenance.shelf.story.values import Telling
from provenance.tlog.errors import TlogError

# So many events of one kind, into one lot or to one party, are told as one step.
CROWD = 4

CHANGED = _("What is stored of this step is not what was signed: it was changed afterwards.")

# What is said of another statement, and stands beside it.
REPLIES = frozenset({"confirm", "contest"})


@dataclass
class Reading:
    """
    What the signed bytes say. ``faults``: what is wrong with stored bytes, by event id.

    ``journey`` are the events on the way of the lot in time's order; ``registry`` those that say who is who.
    """

    books: Books = field(default_factory=Books)
    faults: dict[str, str] = field(default_factory=dict)
    journey: list[Telling] = field(default_factory=list)
    registry: list[Telling] = field(default_factory=list)


def read(tellings: Sequence[Telling], lot: str) -> Reading:
    """Check and replay the events (leaves in order, then what is only recorded); choose those of the lot's way."""
    reading = Reading()
    for telling in tellings:
        _take(reading, telling)
    sound = [telling for telling in tellings if telling.event_id not in reading.faults]
    reading.registry = [telling for telling in sound if telling.act in acts.REGISTRY_ACTS]
    told = [telling for telling in sound if telling.act not in acts.REGISTRY_ACTS]
    kept = _kept(told, ancestors(edges_of(reading.books), lot)) | reading.faults.keys()
    reading.journey = sorted((telling for telling in tellings if telling.event_id in kept), key=_time)
    return reading


def _take(reading: Reading, telling: Telling) -> None:
    """Carry one event out on the books. What the rules refuse has no effect: ``Books.void`` says why."""
    books, statement = reading.books, telling.statement
    if statement is None:
        reading.faults[telling.event_id] = CHANGED
        return
    try:
        rules.authorise(books, statement, telling.index)
        verify(statement, decode_b64url(_key_of(books, statement).encode(), "x"))
    except TlogError:
        reading.faults[telling.event_id] = CHANGED
    except CoffeeError as error:
        books.void[telling.event_id] = str(error)
    else:
        apply(books, statement, telling.index)


def _key_of(books: Books, statement: Statement) -> str:
    if isinstance(statement.body, acts.Genesis):
        return statement.body.operator_jwk
    return books.keys[statement.kid].x


def makes(act: acts.Act) -> set[str]:
    """The lots that an act begins or pours into."""
    match act:
        case acts.Harvest(output=output) | acts.Pack(output=output):
            return {output.lot}
        case acts.Receive(into=into, begins=begins):
            return {new.lot for new in begins} | ({into.lot} if into else set())
        case acts.Process(outputs=outputs) | acts.Split(outputs=outputs):
            return {output.lot for output in outputs}
        case acts.Sample(into=into) if into:
            return {into}
    return set()


def uses(act: acts.Act) -> set[str]:
    """The lots that an act takes from to make others."""
    match act:
        case acts.Receive(into=into, lines=lines):
            return {line.lot for line in lines} if into else set()
        case acts.Process(inputs=inputs) | acts.Pack(inputs=inputs):
            return {line.lot for line in inputs}
        case acts.Split(input=line) | acts.Sample(line=line):
            return {line.lot}
    return set()


def moves(act: acts.Act) -> set[str]:
    """The lots that an act carries from one holder or owner to another."""
    match act:
        case acts.Dispatch(lines=lines) | acts.Receive(lines=lines) | acts.TransferTitle(lines=lines):
            return {line.lot for line in lines}
    return set()


def speaks_of(act: acts.Act) -> set[str]:
    """The lots that an act says something about without moving or making them."""
    match act:
        case acts.Close(lot=lot) | acts.Grade(lot=lot):
            return {lot}
        case acts.AttachDocument(lots=lots) | acts.Recall(lots=lots) | acts.LiftRecall(lots=lots):
            return set(lots)
        case acts.Certify(lots=lots) | acts.Withdraw(lots=lots):
            return set(lots)
    return set()


def _kept(told: Sequence[Telling], lots: frozenset[str]) -> set[str]:
    bodies = {telling.event_id: telling.statement.body for telling in told if telling.statement}
    kept = {event_id for event_id, act in bodies.items() if (makes(act) | speaks_of(act)) & lots}
    kept |= _on_the_way(told, lots)
    kept |= {event_id for event_id, act in bodies.items() if isinstance(act, acts.Refuse) and act.dispatch in kept}
    kept |= {event_id for event_id, act in bodies.items() if isinstance(act, acts.Pay) and kept & {*act.deliveries}}
    kept |= _certified(told, lots)
    kept |= {
        event_id
        for event_id, act in bodies.items()
        if isinstance(act, acts.Confirm | acts.Contest) and act.event in kept
    }
    return kept | {
        event_id
        for event_id, act in bodies.items()
        if isinstance(act, acts.Correct) and act.original.get("eventID") in kept
    }


def _certified(told: Sequence[Telling], lots: frozenset[str]) -> set[str]:
    """The certificates of those who made one of the lots, and of the places where they did; and the ends of these."""
    said = [(telling.event_id, telling.statement) for telling in told if telling.statement]
    made = [made_by(statement) for _, statement in said if makes(statement.body) & lots]
    scopes = set[str]().union(*made)
    return {
        event_id
        for event_id, statement in said
        if isinstance(body := statement.body, acts.Certify | acts.Withdraw) and {body.site, body.party} & scopes
    }


def made_by(statement: Statement) -> set[str]:
    """Who stands behind a making, and where it was: the signer, the grower, the site."""
    act = statement.body
    named = (getattr(act, "owner", None), getattr(act, "from_party", None), getattr(act, "site", None))
    return {statement.iss, *(uri for uri in named if uri)}


def _on_the_way(told: Sequence[Telling], lots: frozenset[str]) -> set[str]:
    """
    The movements that brought each lot to those who made the next lot of it, found from the end.

    Lots are sold in parts: what went to others is their business, and no step of this bag.
    """
    takers: dict[str, set[str | None]] = defaultdict(set)
    said = [(telling.event_id, telling.statement.iss, telling.statement.body) for telling in told if telling.statement]
    for _event_id, signer, act in said:
        if makes(act) & lots:
            for lot in uses(act):
                takers[lot].add(signer)
    kept: set[str] = set()
    for event_id, signer, act in reversed(said):
        for lot in moves(act) & lots:
            if isinstance(act, acts.Receive) and signer in takers[lot]:
                takers[lot].add(act.from_party)
            elif isinstance(act, acts.Dispatch | acts.TransferTitle) and act.to_party in takers[lot]:
                takers[lot].add(signer)
            else:
                continue
            kept.add(event_id)
    return kept


def _time(telling: Telling) -> float:
    act = telling.statement.body if telling.statement else None
    at = act.declared_at if isinstance(act, acts.Correct) else getattr(act, "at", None)
    return float((at or telling.recorded_at).timestamp())


def crowds(reading: Reading, flows: Mapping[str, Hashable], beside: Set[str]) -> list[list[Telling]]:
    """
    The journey in groups of one, or of many alike; a group stands where its first event does.

    ``flows``: what source, or sources, each lot is of. Only what is of the same is told together. ``beside``: ids of
    the events that stand beside another and are no step of their own.
    """
    journey = [telling for telling in reading.journey if telling.event_id not in beside]
    alike = {telling.event_id: _alike(telling, reading, flows) for telling in journey}
    groups: dict[Hashable, list[Telling]] = defaultdict(list)
    for telling in journey:
        groups[alike[telling.event_id]].append(telling)
    steps: list[list[Telling]] = []
    for telling in journey:
        group = groups[alike[telling.event_id]]
        if not _is_crowd(group):
            steps.append([telling])
        elif group[0] is telling:
            steps.append(group)
    return steps


def _is_crowd(group: Sequence[Telling]) -> bool:
    """What one party does again and again in its own works are steps of their own, with figures of their own."""
    signers = {telling.statement.iss for telling in group if telling.statement}
    return len(group) >= CROWD and (group[0].act != "process" or len(signers) >= CROWD)


def _alike(telling: Telling, reading: Reading, flows: Mapping[str, Hashable]) -> Hashable:
    alone = telling.event_id
    fact = reading.books.events.get(telling.event_id)
    if telling.statement is None or fact is None or fact.corrected_by or telling.event_id in reading.books.flags:
        return alone
    match telling.statement.body:
        case acts.Harvest(output=output):
            return ("harvest", output.form, flows.get(output.lot))
        case acts.Dispatch(to_party=to_party, lines=lines):
            return ("dispatch", to_party, flows.get(lines[0].lot))
        case acts.Receive(lines=lines, into=into, site=site):
            return ("receive", telling.statement.iss, site, into.lot if into else flows.get(lines[0].lot))
        case acts.Process(step=step, outputs=outputs):
            return ("process", step, flows.get(outputs[0].lot))
        case acts.Pay(kind=kind):
            return ("pay", telling.statement.iss, kind)
    return alone


def lots_of(act: acts.Act) -> set[str]:
    """The lots that a step of the journey is about: what it made or, where it made nothing, moved or spoke of."""
    if isinstance(act, acts.Pay):
        return set(act.lots)
    return makes(act) or moves(act) or speaks_of(act)
