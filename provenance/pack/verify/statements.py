"""The pack's statements, in the order of the log: each read, proven, judged and carried out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from provenance.coffee import rules
from provenance.coffee.acts import Genesis, Index, RegisterKey, Succession
from provenance.coffee.errors import CoffeeError
from provenance.coffee.ledger import Books, apply
from provenance.coffee.photos import digests_named
from provenance.coffee.receipts import Receipts
from provenance.coffee.statement import Statement, decode_b64url, parse, read_disclosure, thumbprint
from provenance.coffee.statement import verify as verify_signature
from provenance.pack.completeness import Completeness
from provenance.pack.format import Entry
from provenance.pack.verify.report import Report
from provenance.pack.verify.series import Span
from provenance.tlog.errors import TlogError
from provenance.tlog.hashing import leaf_hash
from provenance.tlog.proofs import check_inclusion


@dataclass(slots=True)
class Statements:
    """
    What comes of the statements so far. ``spans``: the logs of the series, the pack's own last; ``keys``: by kid, the
    raw keys of all registrations seen, whether they stand or not; ``withheld``: digests of all withheld values, and
    ``shown`` of those among them that are shown.
    """

    report: Report
    books: Books
    completeness: Completeness
    aud: str
    spans: Sequence[Span]
    keys: dict[str, bytes] = field(default_factory=dict)
    receipts: Receipts = field(default_factory=Receipts)
    events: list[dict[str, object]] = field(default_factory=list)
    documents: set[str] = field(default_factory=set)
    withheld: set[str] = field(default_factory=set)
    shown: set[str] = field(default_factory=set)
    quoted: list[Succession] = field(default_factory=list)
    last: int = -1

    def _span(self, place: int) -> Span:
        return next((span for span in self.spans if place < span.end), self.spans[-1])

    def check(self, batch: list[Entry]) -> None:
        """One kind of work at a time, which is a tenth faster; what comes of it is told entry by entry."""
        strays = [_stray(entry, self._span(entry.index)) for entry in batch]
        statements = [_read(entry) for entry in batch]
        self.keys.update(_keys_in(statements))
        forged = [self._forged(statement) for statement in statements]
        for entry, stray, statement, bad_signature in zip(batch, strays, statements, forged, strict=True):
            self.report.statements += 1
            if entry.index <= self.last:
                self.report.fault("The statements are not in the order of the log.", entry.index)
            self.last = entry.index
            if stray:
                self.report.fault(f"It is not in the log. {stray}", entry.index)
            if isinstance(statement, Statement):
                leaf = entry.index - self.spans[-1].first
                if not stray and leaf >= 0:
                    self.completeness.follow(statement, leaf, leaf_hash(entry.jws))
                self._check_statement(statement, entry, bad_signature)
            else:
                self.report.fault(f"It cannot be read. {statement}", entry.index)

    def _forged(self, statement: Statement | CoffeeError) -> TlogError | None:
        """Why the signature is not its key's; whether that key stands is asked in ``_judge``, in the log's order."""
        if not isinstance(statement, Statement) or statement.kid not in self.keys:
            return None
        try:
            verify_signature(statement, self.keys[statement.kid])
        except TlogError as error:
            return error
        return None

    def _check_statement(self, statement: Statement, entry: Entry, bad_signature: TlogError | None) -> None:
        try:
            self._judge(statement, entry.index, bad_signature)
        except (CoffeeError, TlogError) as error:
            self.report.fault(str(error), entry.index, statement.jti)
        self._check_disclosures(statement, entry)
        if statement.event is not None:
            self.events.append(statement.event)

    def _judge(self, statement: Statement, index: int, bad_signature: TlogError | None) -> None:
        """Signature, audience, key standing, authority, ledger: what fails has no effect on what follows."""
        if statement.aud != (self.aud if index else self.aud.partition("#")[0]):
            raise CoffeeError("It was signed for another log.", field="aud")
        if self.completeness.is_bystander(statement, self.books.keys, self.withheld):
            return
        self.completeness.rest_on(statement)
        if statement.kid not in (self.keys if isinstance(statement.body, Genesis) else self.books.keys):
            raise CoffeeError("The registration of its key is not in the pack before it.", field="kid")
        if isinstance(statement.body, RegisterKey) and statement.body.kid in self.completeness.ended:
            raise CoffeeError(
                "It registers a key that had ended: the pack leaves its first registration out.", field="kid"
            )
        if bad_signature:
            raise bad_signature
        rules.authorise(self.books, statement, index)
        effects = apply(self.books, statement, index)
        self.receipts.follow(self.books, statement, effects, statement.jws)
        if isinstance(statement.body, Index):
            self.completeness.index = statement.body
        elif isinstance(statement.body, Succession):
            self.quoted.append(statement.body)

    def count_values(self) -> None:
        """How many are shown, kept from this reader, and gone for good, as the log says."""
        gone = self.withheld & self.books.erased.keys()
        if kept := len(gone & self.shown):
            were, them = ("was", "it") if kept == 1 else ("were", "them")
            self.report.notes.append(
                f"{kept} of the values shown {were} erased, as the log says: whoever gave {them} to you kept a copy."
            )
        self.report.disclosures = len(self.shown)
        self.report.erased = len(gone - self.shown)
        self.report.withheld = len(self.withheld - self.shown - gone)

    def _check_disclosures(self, statement: Statement, entry: Entry) -> None:
        shown = {}
        for text in entry.disclosures:
            try:
                one = read_disclosure(text, statement)
                shown[one.name] = one
            except CoffeeError as error:
                self.report.fault(f"A disclosure does not belong to it. {error}", entry.index, statement.jti)
        self.documents |= digests_named(statement.body, shown.values())
        self.withheld.update(statement.withheld.values())
        self.shown.update(one.digest for one in shown.values())


def _stray(entry: Entry, span: Span) -> TlogError | None:
    """Why the entry is not in its log at its place."""
    at = span.checkpoint
    try:
        check_inclusion(entry.index - span.first, at.size, leaf_hash(entry.jws), entry.proof, at.root)
    except TlogError as error:
        return error
    return None


def _read(entry: Entry) -> Statement | CoffeeError:
    try:
        return parse(entry.jws)
    except CoffeeError as error:
        return error


def _keys_in(statements: list[Statement | CoffeeError]) -> Iterator[tuple[str, bytes]]:
    """Kid and raw key of every key that these statements register."""
    for statement in statements:
        match statement:
            case Statement(body=RegisterKey(x=x)) | Statement(body=Genesis(operator_jwk=x)):
                raw = decode_b64url(x.encode(), "x")
                yield thumbprint(raw), raw
