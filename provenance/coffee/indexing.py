"""
What a leaf names: the map from the log's bytes to the keys of its index, version 2 (docs/trail-format.md, 5).

It looks at nothing but the leaf: whoever has the leaves gets the same index, and a wrong one is proof of fraud. It
reads the signed JSON by its members and knows no act but those that register, so that it stays the same when acts are
added. A correction repeats the event that it takes back, and thereby names its lots and parties.

Version 1 was without ``registered``. What else it named, version 2 names, too, so an index goes on from one to the
other when what had been registered before is added.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from provenance.coffee import strict_json
from provenance.coffee.acts import LiftRecall, Recall, RevokeKey
from provenance.coffee.errors import CoffeeError
from provenance.coffee.statement import Statement
from provenance.coffee.statement.envelope import open_statement
from provenance.tlog.index import Growth, Index, key_of

VERSION = 2
REGISTERED = "registered"
KINDS = ("lot", "event", "kid", "party", "act", REGISTERED)

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
# The member of the subject that says who or what an act registers. Genesis registers the key that signs it as well.
_REGISTERS = {
    "genesis": "operator",
    "register_party": "party",
    "register_site": "site",
    "register_plot": "plot",
    "register_key": "kid",
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


@dataclass
class LeafIndex:
    """
    The index over a log's leaves, grown out of them one after another; in memory, about 72 bytes a key.

    ``version`` of the map that its root is of. A log's index leaves state theirs, and never an earlier one again; what
    a later version adds waits until then.
    """

    version: int = 1
    index: Index = field(default_factory=Index)
    growth: Growth = field(default_factory=Growth)
    waiting: Growth = field(default_factory=Growth)

    def add(self, leaf: bytes, place: int, digest: bytes) -> None:
        """The next leaf: its bytes, its place in the log and its leaf hash."""
        names = names_in(leaf)
        registered = {name for name in names if name[0] == REGISTERED} if self.version == 1 else frozenset()
        self.growth.add([key_of(*name) for name in names - registered], place, digest)
        self.waiting.add([key_of(*name) for name in registered], place, digest)

    @property
    def root(self) -> bytes:
        return self.index.root

    def grow(self) -> None:
        """Take in the leaves added since. Raises ``IndexFull``."""
        growth, self.growth = self.growth, Growth()
        self.index.grow(growth)

    def go_on_as(self, version: int) -> None:
        """An index leaf states this version of the map, 1 or 2 and not below the present one. Raises ``IndexFull``."""
        self.grow()
        if version > self.version:
            self.version, waiting, self.waiting = version, self.waiting, Growth()
            self.index.grow(waiting)


def _names(act: str, jti: str, iss: str, kid: str, event: object, subject: object) -> frozenset[Name]:
    told = {("act", act), ("event", jti), ("party", iss), ("kid", kid)}
    return frozenset({*told, *_within((event, subject)), *_registered(act, kid, subject)})


def _registered(act: str, kid: str, subject: object) -> Iterator[Name]:
    if act in _REGISTERS and isinstance(subject, dict):
        if isinstance(what := subject.get(_REGISTERS[act]), str):
            yield REGISTERED, what
        if act == "genesis":
            yield REGISTERED, kid


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
