"""
What a leaf names: the map from the log's bytes to the keys of its index, version 1 (docs/trail-format.md, 5).

It looks at nothing but the leaf: whoever has the leaves gets the same index, and a wrong one is proof of fraud. It
reads the signed JSON by its members and knows no act, so that it stays the same when acts are added. A correction
repeats the event that it takes back, and thereby names its lots and parties.
"""

from collections.abc import Iterable, Iterator

from provenance.coffee import strict_json
from provenance.coffee.acts import LiftRecall, Recall, RevokeKey
from provenance.coffee.errors import CoffeeError
from provenance.coffee.statement import Statement
from provenance.coffee.statement.envelope import open_statement
from provenance.tlog.index import key_of

VERSION = 1
KINDS = ("lot", "event", "kid", "party", "act")

# Whoever asks about a lot asks for these as well: a recall that he was not told of, a key that was ended.
WHOLE_LOG = tuple([("act", act.name) for act in (Recall, LiftRecall, RevokeKey)])

Name = tuple[str, str]
"""Kind and id of a key."""

_MEMBERS = {
    "epcClass": "lot",
    "coffee:lot": "lot",
    "coffee:sampleLot": "lot",
    "party": "party",
    "operator": "party",
    "guardian": "party",
    "kid": "kid",
    "eventID": "event",
}
# EPCIS says beside these what kind of thing they name.
_TYPED = {
    "source": {"possessing_party": "party", "owning_party": "party"},
    "destination": {"possessing_party": "party", "owning_party": "party"},
    "bizTransaction": {"upevt": "event"},
}


def names_in(leaf: bytes) -> frozenset[Name]:
    """Every name in a leaf. What is no statement in its outer form names nothing; it has no effect either."""
    try:
        kid, payload, _ = open_statement(leaf)
        told = strict_json.loads(payload)
    except CoffeeError:
        return frozenset()
    match told:
        case {"act": str(act), "jti": str(jti), "iss": str(iss), **more}:
            return _names(act, jti, iss, kid, more.get("event"), more.get("subject"))
    return frozenset()


def names_of(statement: Statement) -> frozenset[Name]:
    """``names_in`` of a statement that was read already."""
    said = statement
    return _names(said.act, said.jti, said.iss, said.kid, said.event, said.subject)


def keys_in(leaf: bytes) -> list[bytes]:
    """The leaf's keys in the index."""
    return [key_of(*name) for name in names_in(leaf)]


def _names(act: str, jti: str, iss: str, kid: str, *content: object) -> frozenset[Name]:
    return frozenset({("act", act), ("event", jti), ("party", iss), ("kid", kid), *_within(content)})


def _within(content: Iterable[object]) -> Iterator[Name]:
    # It grows while it is read.
    waiting = list(content)
    for value in waiting:
        if isinstance(value, dict):
            for member, inner in value.items():
                if not isinstance(inner, str):
                    waiting.append(inner)
                elif member in _MEMBERS:
                    yield _MEMBERS[member], inner
                elif member in _TYPED and (kind := _TYPED[member].get(str(value.get("type")))):
                    yield kind, inner
        elif isinstance(value, list):
            waiting += value
