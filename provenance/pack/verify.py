"""
Checks a pack as a court would: every signature, key, authority, place in the log, disclosure, weight and document.

Statements are judged in leaf order by the same ``coffee.rules`` and ``coffee.ledger`` that recorded them. Trust comes
from the trust file only. Without one the pack can be found consistent with itself, never more.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import chain, islice
from typing import NamedTuple

from provenance.coffee import rules
from provenance.coffee.acts import Genesis, Index, RegisterKey, Succession
from provenance.coffee.errors import CoffeeError, UnknownIdentifier
from provenance.coffee.evidence import is_disputed
from provenance.coffee.identifiers import check_uri
from provenance.coffee.ledger import Books, FlagKind, apply
from provenance.coffee.photos import digests_named
from provenance.coffee.receipts import Receipts
from provenance.coffee.statement import (
    Statement,
    audience,
    decode_b64url,
    parse,
    read_disclosure,
    successor,
    thumbprint,
)
from provenance.coffee.statement import verify as verify_signature
from provenance.pack.completeness import Completeness
from provenance.pack.format import Entry, UnusablePack
from provenance.pack.read import PackFile
from provenance.pack.trust import Trust
from provenance.tlog.checkpoint import Checkpoint, open_checkpoint
from provenance.tlog.errors import TlogError
from provenance.tlog.hashing import leaf_hash
from provenance.tlog.keys import VerifierKey, parse_vkey
from provenance.tlog.note import parse_note
from provenance.tlog.policy import Party, Policy
from provenance.tlog.proofs import check_inclusion

_BATCH = 256  # statements

_TOLD = {
    FlagKind.ABOVE_CEILING: "{kg} kg of {lot} cannot have come from what went in: their origin is unknown.",
    FlagKind.SHORTFALL: "{kg} kg of {lot} were lacking then.",
    FlagKind.CLOSE_DIFFERS: "the seal of {lot} is not of all that was poured, by {kg} kg.",
}


class Span(NamedTuple):
    """Where a log's leaves stand in the series, and the checkpoint that their proofs lead to."""

    first: int
    checkpoint: Checkpoint

    @property
    def end(self) -> int:
        return self.first + self.checkpoint.size


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that does not match. ``index`` and ``event`` say where, unless it is about the whole pack."""

    what: str
    index: int | None = None
    event: str | None = None

    def __str__(self) -> str:
        where = f"leaf {self.index}" + (f", {self.event}" if self.event else "") if self.index is not None else "pack"
        return f"{where}: {self.what}"


@dataclass(slots=True)
class Report:
    """
    What was found. ``trusted``: the checkpoint is one that the reader's own trust file accepts; ``unwitnessed``:
    that file asks for no witness, so that nobody but the operator says that there is one history only.

    ``complete``: nothing about the traced lots was left out up to this leaf, nor any recall or end of a key;
    ``not_proved`` says why that cannot be said, where the pack brings no proof of it. A false proof is a fault.
    """

    lots: tuple[str, ...] = ()
    origin: str = ""
    size: int = 0
    statements: int = 0
    disclosures: int = 0
    withheld: int = 0
    trusted: bool = False
    unwitnessed: bool = False
    complete: int | None = None
    not_proved: str = ""
    witnesses: Mapping[str, int] = field(default_factory=dict)
    witnessed_at: int | None = None  # POSIX seconds of the newest quorum
    faults: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def verify(pack: PackFile, trust: Trust | None) -> Report:
    """Check everything; faults are collected, not raised. Raises ``UnusablePack`` where nothing can be checked."""
    return _Verifier(pack, trust).run()


class _Verifier:
    def __init__(self, pack: PackFile, trust: Trust | None) -> None:
        self.pack = pack
        self.trust = trust
        self.report = Report(lots=_lots(pack.manifest, "lots"))
        # Rights over other lots are not judged: what would speak for them is not in the pack.
        self.books = Books(traced=frozenset(_lots(pack.manifest, "traced")))
        self.aud = ""
        self.spans: list[Span] = []  # of the logs of the series, the pack's own last
        self.last = -1
        self.keys: dict[str, bytes] = {}  # by kid: raw keys of all registrations seen, whether they stand or not
        self.events: list[dict[str, object]] = []
        self.documents: set[str] = set()
        self.receipts = Receipts()
        self.quoted: list[Succession] = []
        self.completeness = Completeness(self.books.traced or ())

    def run(self) -> Report:
        entries = self.pack.entries()
        first = next(entries, None)
        if first is None or first.index != 0:
            raise UnusablePack("The pack does not begin with the log's first leaf.")
        genesis = _genesis(first)
        self.spans = _retired(genesis, self.pack.retired)
        checkpoint = self._checkpoint(genesis, first)
        self.spans.append(Span(self.spans[-1].end if self.spans else 0, checkpoint))
        self.report.origin, self.report.size = checkpoint.origin, checkpoint.size
        self._compare_genesis(first)
        self.aud = audience(checkpoint.origin, first.jws)
        entries = chain([first], entries)
        while batch := list(islice(entries, _BATCH)):
            self._check_batch(batch)
        self._check_successions(genesis)
        self._check_completeness(checkpoint)
        self._check_lots()
        self._check_seals()
        self._tell_disputes()
        self._check_epcis()
        self._check_attachments()
        return self.report

    def _fault(self, what: str, index: int | None = None, event: str | None = None) -> None:
        self.report.faults.append(Fault(what, index, event))

    # --- the log ---

    def _checkpoint(self, genesis: Genesis, first: Entry) -> Checkpoint:
        """The pack's checkpoint; without trust it is opened with the pack's own keys, which shows consistency only."""
        number = len(self.spans)
        keys = _keys(genesis, number)
        checkpoint = _opened(self.pack.checkpoint, keys, _origin(genesis, number))
        if self.trust is None:
            return checkpoint
        policy = self.trust.policy
        if number and leaf_hash(first.jws) == self.trust.genesis:
            # Leaf 0, which the reader trusts, lists the keys of the logs that follow.
            policy = replace(policy, logs=tuple(Party(key) for key in keys))
        try:
            witnessed = policy.check(self.pack.checkpoint)
        except TlogError as error:
            self._fault(f"The checkpoint is not one that you trust. {error}")
            return checkpoint
        if {line.key for line in witnessed.log_lines} != set(keys):
            self._fault("The log's keys are not those of your trust file.")
        else:
            self.report.trusted = True
        self.report.witnesses = witnessed.witnesses
        self.report.witnessed_at = policy.quorum_time(witnessed.witnesses)
        self.report.unwitnessed = policy.has_quorum(())
        return checkpoint

    def _compare_genesis(self, first: Entry) -> None:
        if self.trust is not None and leaf_hash(first.jws) != self.trust.genesis:
            self._fault("Leaf 0 is not the one in your trust file.", 0)
            self.report.trusted = False

    # --- statements ---

    def _check_successions(self, genesis: Genesis) -> None:
        """Each retired log handed over to the next by its operator, who quoted the very checkpoint in the pack."""
        for number in range(len(self.quoted), len(self.spans) - 1):
            follower = self.spans[number + 1].checkpoint.origin
            self._fault(f"The pack does not hold the leaf by which {follower} succeeds the log before it.")
        for number, (span, quoted) in enumerate(zip(self.spans, self.quoted, strict=False)):
            if parse_note(quoted.retired.encode()).text != span.checkpoint.text:
                self._fault(f"The succession of {span.checkpoint.origin} quotes another checkpoint than the pack.")
            if quoted.lost:
                self.report.notes.append(
                    f"{span.checkpoint.origin} was retired at {span.checkpoint.size} leaves; its operator says that "
                    f"{quoted.lost} further ones were lost."
                )
            if self.trust is not None and not self.trust.policy.has_quorum(()):
                policy = replace(self.trust.policy, logs=tuple(map(Party, _keys(genesis, number))))
                self._tell_last_witnessed(policy, quoted.retired.encode(), span.checkpoint)

    def _tell_last_witnessed(self, policy: Policy, note: bytes, retired: Checkpoint) -> None:
        """Witnesses of the newest log say nothing about where the operator ended the one before."""
        try:
            at = policy.quorum_time(policy.check(note).witnesses) or 0
        except TlogError:
            self.report.notes.append(
                f"{retired.origin} was retired at a checkpoint without the cosignatures that you demand: "
                "that others were shown the same history of it rests on its operator's word."
            )
        else:
            self.report.notes.append(
                f"{retired.origin} was retired at {retired.size} leaves, which your witnesses cosigned at "
                f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%S} UTC. Whether it had leaves beyond, this pack "
                "cannot show."
            )

    def _span(self, place: int) -> Span:
        return next((span for span in self.spans if place < span.end), self.spans[-1])

    def _check_batch(self, batch: list[Entry]) -> None:
        """One kind of work at a time, which is a tenth faster; what comes of it is told entry by entry."""
        strays = [_stray(entry, self._span(entry.index)) for entry in batch]
        statements = [_read(entry) for entry in batch]
        self.keys.update(_keys_in(statements))
        forged = [self._forged(statement) for statement in statements]
        for entry, stray, statement, bad_signature in zip(batch, strays, statements, forged, strict=True):
            self.report.statements += 1
            if entry.index <= self.last:
                self._fault("The statements are not in the order of the log.", entry.index)
            self.last = entry.index
            if stray:
                self._fault(f"It is not in the log. {stray}", entry.index)
            if isinstance(statement, Statement):
                leaf = entry.index - self.spans[-1].first
                if not stray and leaf >= 0:
                    self.completeness.follow(statement, leaf, leaf_hash(entry.jws))
                self._check_statement(statement, entry, bad_signature)
            else:
                self._fault(f"It cannot be read. {statement}", entry.index)

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
            self._fault(str(error), entry.index, statement.jti)
        self._check_disclosures(statement, entry)
        if statement.event is not None:
            self.events.append(statement.event)

    def _judge(self, statement: Statement, index: int, bad_signature: TlogError | None) -> None:
        """Signature, audience, key standing, authority, ledger: what fails has no effect on what follows."""
        if statement.aud != (self.aud if index else self.aud.partition("#")[0]):
            raise CoffeeError("It was signed for another log.", field="aud")
        if self.completeness.is_bystander(statement, self.books.keys):
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

    def _check_disclosures(self, statement: Statement, entry: Entry) -> None:
        shown = {}
        for text in entry.disclosures:
            try:
                one = read_disclosure(text, statement)
                shown[one.name] = one
            except CoffeeError as error:
                self._fault(f"A disclosure does not belong to it. {error}", entry.index, statement.jti)
        self.documents |= digests_named(statement.body, shown.values())
        self.report.disclosures += len(shown)
        self.report.withheld += len(statement.withheld.keys() - shown.keys())

    # --- the whole ---

    def _check_completeness(self, checkpoint: Checkpoint) -> None:
        """Nothing that names a traced lot, no recall and no end of a key was left out: the log's index says so."""
        index = self.completeness.index
        if not self.pack.has_index:
            self.report.not_proved = "The pack holds no proof from the log's index that nothing was left out of it."
            return
        if index is None or index.upto != checkpoint.size - 1:
            self._fault("The pack lacks the index leaf that its checkpoint has to end in.", self.spans[-1].end - 1)
            return
        lacks = list(self.completeness.lacks(self.pack.listings()))
        for lack in lacks:
            self._fault(lack.what, None if lack.leaf is None else self.spans[-1].first + lack.leaf)
        if lacks:
            return
        if index.v == 1:
            self.report.not_proved = (
                "Its log's index was of version 1, which does not say what was registered: that no party, site, plot "
                "or key in the pack had been registered before, as somebody else's, rests on its operator's word."
            )
        elif len(self.spans) == 1:
            self.report.complete = index.upto
        else:
            self.report.not_proved = (
                f"By its own index nothing was left out since {checkpoint.origin} began, up to its leaf {index.upto}. "
                "That nothing was left out of what the logs before it hold rests on their operator's word."
            )

    def _check_lots(self) -> None:
        """The lots that the pack is about, and all they came from, began somewhere in it."""
        for lot in sorted(_closure(self.books, self.report.lots)):
            fact = self.books.lots.get(lot)
            if lot not in (self.books.traced or ()):
                self._fault(f"The pack does not say that it holds all statements about the lot {lot}.")
                self.report.complete = None
            elif fact is None:
                self._fault(f"No statement in the pack names the lot {lot}.")
            elif fact.made_by is None:
                self.report.notes.append(f"Nobody said how the lot {lot} began.")
            self._tell_flags(lot)
            for shortfall in self.books.shortfalls.values():
                if shortfall.lot == lot and shortfall.closed_by is None:
                    self.report.notes.append(
                        f"{shortfall.mass_mg / 1_000_000:g} kg more of {lot} were used at {shortfall.site} "
                        "than anybody said was there."
                    )
            for recall in self.books.recalls.get(lot, {}):
                self.report.notes.append(f"The lot {lot} is RECALLED ({recall}).")

    def _tell_flags(self, lot: str) -> None:
        """Weight that came from nowhere, where that happened; what was lacking once may have been explained since."""
        for flag in chain.from_iterable(self.books.flags.values()):
            if flag.lot == lot and flag.kind in _TOLD:
                self.report.notes.append(
                    f"Leaf {self.books.events[flag.event].leaf}, {flag.event}: "
                    + _TOLD[flag.kind].format(lot=lot, kg=f"{flag.mass_mg / 1_000_000:g}")
                )

    def _check_seals(self) -> None:
        for event, index in self.receipts.wrong.items():
            self._fault("Its root is not that of the receipts poured into the day-lot.", index, event)

    def _tell_disputes(self) -> None:
        """What a stolen key signed stands in the weights, and proves nothing."""
        for event in self.books.events.values():
            if is_disputed(self.books, event):
                self.report.notes.append(
                    f"Leaf {event.leaf}, {event.id}, is DISPUTED: its key was revoked for that time."
                )

    def _check_epcis(self) -> None:
        if self.pack.epcis_events() != self.events:
            self._fault("epcis.jsonld does not hold the very events that were signed.")

    def _check_attachments(self) -> None:
        for name, pieces in self.pack.attachments():
            digest = hashlib.sha256()
            for piece in pieces:
                digest.update(piece)
            if digest.hexdigest() != name:
                self._fault(f"The attachment {name} was changed.")
            if name not in self.documents:
                self._fault(f"No statement names the attachment {name}.")


def _genesis(entry: Entry) -> Genesis:
    try:
        body = parse(entry.jws).body
    except CoffeeError as error:
        raise UnusablePack(f"Leaf 0 cannot be read: {error}") from None
    if not isinstance(body, Genesis):
        raise UnusablePack("Leaf 0 is no genesis.")
    return body


def _keys(genesis: Genesis, number: int) -> list[VerifierKey]:
    """Of the ``number``-th successor of the first log, 0 for itself, as leaf 0 lists them."""
    try:
        return [parse_vkey(text) for text in genesis.vkeys[number]]
    except (TlogError, IndexError) as error:
        raise UnusablePack(f"Leaf 0 names no usable keys: {error}") from None


def _origin(genesis: Genesis, number: int) -> str:
    origin = genesis.origin
    for _ in range(number):
        origin = successor(origin)
    return origin


def _opened(note: bytes, keys: list[VerifierKey], origin: str) -> Checkpoint:
    try:
        return open_checkpoint(note, keys, origin=origin, every_key=True)[0]
    except TlogError as error:
        raise UnusablePack(f"The checkpoint is not signed with the keys that leaf 0 names: {error}") from None


def _retired(genesis: Genesis, notes: list[bytes]) -> list[Span]:
    """The logs that the pack's own succeeded: each ends at its last checkpoint."""
    spans: list[Span] = []
    for number, note in enumerate(notes):
        checkpoint = _opened(note, _keys(genesis, number), _origin(genesis, number))
        spans.append(Span(spans[-1].end if spans else 0, checkpoint))
    return spans


def _closure(books: Books, lots: tuple[str, ...]) -> set[str]:
    parents: dict[str, set[str]] = {}
    for edges in books.edges.values():
        for edge in edges:
            if edge.parent is not None:
                parents.setdefault(edge.child, set()).add(edge.parent)
    found: set[str] = set()
    waiting = list(lots)
    while waiting:
        lot = waiting.pop()
        if lot not in found:
            found.add(lot)
            waiting.extend(parents.get(lot, ()))
    return found


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


def _lots(manifest: Mapping[str, object], name: str) -> tuple[str, ...]:
    """Lots that the manifest names; whatever is no URI could write over the report on the reader's screen."""
    lots = manifest.get(name)
    try:
        if isinstance(lots, list) and lots:
            return tuple([check_uri(lot, field=name) for lot in lots])
    except (UnknownIdentifier, TypeError):
        pass
    raise UnusablePack(f"The manifest does not say in its member {name!r} which lots the pack is about.")
