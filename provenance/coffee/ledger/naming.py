"""What a statement names: the facts it must be judged by, and the pages it belongs on."""

from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any

from provenance.coffee import acts
from provenance.coffee.ledger.books import Needs, Signed, is_transit

# The kind of thing that each member of an act names.
NAMES = {
    "party": "parties",
    "operator": "parties",
    "guardian": "parties",
    "to_party": "parties",
    "from_party": "parties",
    "owner": "parties",
    "custodian": "parties",
    "kid": "kids",
    "site": "sites",
    "to_site": "sites",
    "plot": "plots",
    "lot": "lots",
    "lots": "lots",
    "dispatch": "events",
    "recall": "events",
    "event": "events",
    "certificate": "events",
    "deliveries": "events",
}

# Members that hold lines, or new lots.
LINES = frozenset({"lines", "taken", "into", "begins", "inputs", "outputs", "output", "input", "line"})


def needs(statement: Signed) -> Needs:
    """What must stand in the Books before ``authorise`` and ``apply`` (``Needs`` says what each of them brings)."""
    return Needs(**{kind: frozenset(uris) for kind, uris in named(statement).items()})


def named(statement: Signed) -> dict[str, set[str]]:
    """What the statement names, by the kinds of ``Needs``."""
    found = named_by(statement.body)
    found["kids"].add(statement.kid)
    found["parties"].add(statement.iss)
    found["events"].add(statement.jti)
    if isinstance(statement.body, acts.Correct):
        found["events"].add(original_id(statement.body))
    return found


def named_by(act: acts.Act) -> dict[str, set[str]]:
    """What the act names, whoever says it, by the kinds of ``Needs``."""
    found: dict[str, set[str]] = {
        "kids": set(),
        "parties": set(),
        "sites": set(),
        "plots": set(),
        "lots": set(),
        "events": set(),
    }
    _gather(act, found)
    if isinstance(act, acts.Sample) and act.into:
        found["lots"].add(act.into)
    # A lost load is disposed of where it is: in transit.
    found["events"].update(site for site in found["sites"] if is_transit(site))
    return found


def original_id(act: acts.Correct) -> str:
    """The event id of what a correction takes back; empty where it has none."""
    event_id = act.original.get("eventID")
    return event_id if isinstance(event_id, str) else ""


def refers_to(act: acts.Act) -> str | None:
    """The event that an act is about, if any."""
    match act:
        case acts.Receive(dispatch=event) | acts.Refuse(dispatch=event) | acts.LiftRecall(recall=event):
            return event
        case acts.Confirm(event=event) | acts.Contest(event=event) | acts.Withdraw(certificate=event):
            return event
        case acts.Correct():
            return original_id(act)
    return None


def covered_by(act: acts.Act) -> tuple[str, ...]:
    """The deliveries that a payment is for."""
    return act.deliveries if isinstance(act, acts.Pay) else ()


def title_to(statement: Signed) -> str | None:
    """Whose the coffee becomes by what the statement says, if anybody's."""
    match statement.body:
        case acts.Receive(title=True):
            return statement.iss
        case acts.Dispatch(title=True, to_party=party) | acts.TransferTitle(to_party=party):
            return party
    return None


def _gather(part: Any, found: dict[str, set[str]]) -> None:
    for name, kind in _members(type(part)):  # type: ignore[arg-type]  # mypy thinks classes cannot be hashed
        value = getattr(part, name)
        for one in value if isinstance(value, tuple) else (value,):
            if kind is None:
                _gather(one, found)
            elif isinstance(one, str):
                found[kind].add(one)


@cache
def line_members(act: str) -> tuple[str, ...]:
    """The members of acts of that name that hold lines, or new lots."""
    return tuple([field.name for field in fields(acts.ACTS[act]) if field.name in LINES])


@cache
def _members(kind: type[Any]) -> tuple[tuple[str, str | None], ...]:
    """The members of an act, or of a line, that name something; None: made of lines that do."""
    if not is_dataclass(kind):
        return ()
    names = (field.name for field in fields(kind))
    return tuple((name, NAMES.get(name)) for name in names if name in NAMES or name in LINES)
