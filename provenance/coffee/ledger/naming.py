"""What a statement names: the facts it must be judged by, and the pages it belongs on."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any

from provenance.coffee import acts
from provenance.coffee.ledger.books import Needs, Signed

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
}

# Members that hold lines, or new lots.
LINES = frozenset({"lines", "taken", "into", "begins", "inputs", "outputs", "output", "input", "line"})


def needs(statement: Signed) -> Needs:
    """What must stand in the Books before ``authorise`` and ``apply`` (``Needs`` says what each of them brings)."""
    found: dict[str, set[str]] = {kind: set() for kind in ("kids", "parties", "sites", "plots", "lots", "events")}
    for kind, uri in _named(statement.body):
        found[kind].add(uri)
    found["kids"].add(statement.kid)
    found["parties"].add(statement.iss)
    found["events"].add(statement.jti)
    if isinstance(statement.body, acts.Correct):
        found["events"].add(original_id(statement.body))
    if isinstance(statement.body, acts.Sample) and statement.body.into:
        found["lots"].add(statement.body.into)
    # A lost load is disposed of where it is: in transit.
    found["events"] |= {site for site in found["sites"] if site.startswith("urn:uuid:")}
    return Needs(**{kind: frozenset(uris) for kind, uris in found.items()})


def original_id(act: acts.Correct) -> str:
    """The event id of what a correction takes back; empty where it has none."""
    event_id = act.original.get("eventID")
    return event_id if isinstance(event_id, str) else ""


def refers_to(act: acts.Act) -> str | None:
    """The event that an act is about, if any."""
    match act:
        case acts.Receive(dispatch=event) | acts.Refuse(dispatch=event) | acts.LiftRecall(recall=event):
            return event
        case acts.Correct():
            return original_id(act)
    return None


def _named(part: Any) -> Iterator[tuple[str, str]]:
    for name, kind in _members(type(part)):  # type: ignore[arg-type]  # mypy thinks classes cannot be hashed
        value = getattr(part, name)
        for one in value if isinstance(value, tuple) else (value,):
            if kind is None:
                yield from _named(one)
            elif isinstance(one, str):
                yield kind, one


@cache
def _members(kind: type[Any]) -> tuple[tuple[str, str | None], ...]:
    """The members of an act, or of a line, that name something; None: made of lines that do."""
    if not is_dataclass(kind):
        return ()
    names = (field.name for field in fields(kind))
    return tuple((name, NAMES.get(name)) for name in names if name in NAMES or name in LINES)
