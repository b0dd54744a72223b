"""
Replays a log's entries in their order: what somebody does who vouches that the log is lawful and its index complete.

The same rules, ledger and index as in the operator's own check, and nothing but the entries to go by. An entry that
fails ends the replay: whoever vouches for a log says that every leaf of it stood up.
"""

from dataclasses import dataclass, field

from provenance.coffee import rules
from provenance.coffee.acts import Genesis, Index, Succession
from provenance.coffee.errors import CoffeeError
from provenance.coffee.indexing import LeafIndex
from provenance.coffee.ledger import Books, apply
from provenance.coffee.receipts import Receipts
from provenance.coffee.statement import Statement, audience, b64url, decode_b64url, parse
from provenance.coffee.statement import verify as verify_signature
from provenance.tlog.checkpoint import Checkpoint
from provenance.tlog.errors import TlogError
from provenance.tlog.hashing import leaf_hash
from provenance.tlog.note import parse_note

# Growing the index by many leaves at once touches each bucket once.
_LEAVES_AT_ONCE = 1_000


class ReplayRefused(Exception):
    """A leaf that does not stand up. The sentence names it and says why."""


def predecessor(entry: bytes) -> Checkpoint | None:
    """The retired log's last checkpoint, where this leaf 0 succeeds one; its signature is judged in the replay."""
    try:
        body = parse(entry).body
        return Checkpoint.parse(parse_note(body.retired.encode()).text) if isinstance(body, Succession) else None
    except (CoffeeError, TlogError) as error:
        raise ReplayRefused(f"Leaf 0 cannot be read: {error}") from None


@dataclass
class Replay:
    """
    Entries of the logs of one series, one after another. ``size``: leaves of the present log that stood up;
    ``indexed``: the largest size up to there that ends in an index leaf, 0 where there is none.
    """

    origin: str
    books: Books = field(default_factory=Books)
    receipts: Receipts = field(default_factory=Receipts)
    index: LeafIndex = field(default_factory=LeafIndex)
    aud: str = ""
    first_place: int = 0
    size: int = 0
    newest_index: int | None = None

    @property
    def indexed(self) -> int:
        return 0 if self.newest_index is None else self.newest_index + 1

    def succeed(self, origin: str) -> None:
        """All leaves of the log are in; what follows are those of the log that succeeds it."""
        self.origin = origin
        self.first_place += self.size
        self.size, self.newest_index = 0, None
        self.index = LeafIndex()

    def add(self, entry: bytes) -> None:
        """The next leaf. Raises ``ReplayRefused``; the replay is then of no further use."""
        try:
            statement = parse(entry)
            self._judge(statement)
            if isinstance(statement.body, Index):
                self._check_index(statement.body)
        except (CoffeeError, TlogError) as error:
            raise ReplayRefused(f"Leaf {self.size} of {self.origin} does not stand up: {error}") from None
        self.index.add(entry, self.size, leaf_hash(entry))
        self.size += 1
        if self.size % _LEAVES_AT_ONCE == 0:
            self.index.grow()

    def _judge(self, statement: Statement) -> None:
        body, place = statement.body, self.first_place + self.size
        if isinstance(body, Genesis):
            self._begin(statement, body)
        elif statement.aud != self.aud:
            raise CoffeeError("It was signed for another log.", field="aud")
        if isinstance(body, Succession) and (self.size or body.origin != self.origin):
            raise CoffeeError("It does not begin this log.", field="origin")
        if isinstance(body, Genesis):
            key = body.operator_jwk
        elif statement.kid in self.books.keys:
            key = self.books.keys[statement.kid].x
        else:
            raise CoffeeError("Nobody had registered its key.", field="kid")
        verify_signature(statement, decode_b64url(key.encode(), "key"))
        rules.authorise(self.books, statement, place)
        effects = apply(self.books, statement, place)
        self.receipts.follow(self.books, statement, effects, statement.jws)
        if statement.jti in self.receipts.wrong:
            raise CoffeeError("Its root is not that of the receipts poured into the day-lot.", field="event")

    def _begin(self, statement: Statement, body: Genesis) -> None:
        if self.first_place + self.size or body.origin != self.origin:
            raise CoffeeError("It does not begin this log.", field="origin")
        self.aud = audience(self.origin, statement.jws)
        if statement.aud != self.aud.partition("#")[0]:
            raise CoffeeError("It was signed for another log.", field="aud")

    def _check_index(self, said: Index) -> None:
        if (said.upto, said.prev) != (self.size, self.newest_index):
            raise CoffeeError("It does not cover all leaves before it.", field="upto")
        if said.v < self.index.version:
            raise CoffeeError("Its index is of an earlier version than the one before it.", field="v")
        self.index.go_on_as(said.v)
        if said.root != b64url(self.index.root):
            raise CoffeeError("Its index is not what the leaves before it name: something is left out.", field="root")
        self.newest_index = self.size
