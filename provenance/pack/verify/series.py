"""The logs of the pack's series: whose keys sign them, where each ends, and how one was handed over to the next."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import NamedTuple

from provenance.coffee.acts import Genesis, Succession
from provenance.coffee.errors import CoffeeError
from provenance.coffee.statement import parse, successor
from provenance.pack.format import Entry, UnusablePack
from provenance.pack.trust import Trust
from provenance.pack.verify.report import Report
from provenance.tlog.checkpoint import Checkpoint, open_checkpoint
from provenance.tlog.errors import TlogError
from provenance.tlog.hashing import leaf_hash
from provenance.tlog.keys import VerifierKey, parse_vkey
from provenance.tlog.note import parse_note
from provenance.tlog.policy import Party, Policy


class Span(NamedTuple):
    """Where a log's leaves stand in the series, and the checkpoint that their proofs lead to."""

    first: int
    checkpoint: Checkpoint

    @property
    def end(self) -> int:
        return self.first + self.checkpoint.size


def genesis_of(entry: Entry) -> Genesis:
    try:
        body = parse(entry.jws).body
    except CoffeeError as error:
        raise UnusablePack(f"Leaf 0 cannot be read: {error}") from None
    if not isinstance(body, Genesis):
        raise UnusablePack("Leaf 0 is no genesis.")
    return body


def keys_of(genesis: Genesis, number: int) -> list[VerifierKey]:
    """Of the ``number``-th successor of the first log, 0 for itself, as leaf 0 lists them."""
    try:
        return [parse_vkey(text) for text in genesis.vkeys[number]]
    except (TlogError, IndexError) as error:
        raise UnusablePack(f"Leaf 0 names no usable keys: {error}") from None


def origin_of(genesis: Genesis, number: int) -> str:
    origin = genesis.origin
    for _ in range(number):
        origin = successor(origin)
    return origin


def opened(note: bytes, keys: list[VerifierKey], origin: str) -> Checkpoint:
    try:
        return open_checkpoint(note, keys, origin=origin, every_key=True)[0]
    except TlogError as error:
        raise UnusablePack(f"The checkpoint is not signed with the keys that leaf 0 names: {error}") from None


def retired_spans(genesis: Genesis, notes: list[bytes]) -> list[Span]:
    """The logs that the pack's own succeeded: each ends at its last checkpoint."""
    spans: list[Span] = []
    for number, note in enumerate(notes):
        checkpoint = opened(note, keys_of(genesis, number), origin_of(genesis, number))
        spans.append(Span(spans[-1].end if spans else 0, checkpoint))
    return spans


def check_checkpoint(
    report: Report, note: bytes, genesis: Genesis, first: Entry, number: int, trust: Trust | None
) -> Checkpoint:
    """
    The pack's checkpoint, of the ``number``-th successor of the first log.

    Without trust it is opened with the pack's own keys, which shows consistency only.
    """
    keys = keys_of(genesis, number)
    checkpoint = opened(note, keys, origin_of(genesis, number))
    if trust is None:
        return checkpoint
    policy = trust.policy
    if number and leaf_hash(first.jws) == trust.genesis:
        # Leaf 0, which the reader trusts, lists the keys of the logs that follow.
        policy = replace(policy, logs=tuple(Party(key) for key in keys))
    try:
        witnessed = policy.check(note)
    except TlogError as error:
        report.fault(f"The checkpoint is not one that you trust. {error}")
        return checkpoint
    if {line.key for line in witnessed.log_lines} != set(keys):
        report.fault("The log's keys are not those of your trust file.")
    else:
        report.trusted = True
    report.witnesses = witnessed.witnesses
    report.witnessed_at = policy.quorum_time(witnessed.witnesses)
    report.unwitnessed = policy.has_quorum(())
    return checkpoint


def compare_genesis(report: Report, first: Entry, trust: Trust | None) -> None:
    if trust is not None and leaf_hash(first.jws) != trust.genesis:
        report.fault("Leaf 0 is not the one in your trust file.", 0)
        report.trusted = False


def check_successions(
    report: Report, genesis: Genesis, spans: Sequence[Span], quoted: Sequence[Succession], trust: Trust | None
) -> None:
    """Each retired log handed over to the next by its operator, who quoted the very checkpoint in the pack."""
    for number in range(len(quoted), len(spans) - 1):
        follower = spans[number + 1].checkpoint.origin
        report.fault(f"The pack does not hold the leaf by which {follower} succeeds the log before it.")
    for number, (span, said) in enumerate(zip(spans, quoted, strict=False)):
        if parse_note(said.retired.encode()).text != span.checkpoint.text:
            report.fault(f"The succession of {span.checkpoint.origin} quotes another checkpoint than the pack.")
        if said.lost:
            report.notes.append(
                f"{span.checkpoint.origin} was retired at {span.checkpoint.size} leaves; its operator says that "
                f"{said.lost} further ones were lost."
            )
        if trust is not None and not trust.policy.has_quorum(()):
            policy = replace(trust.policy, logs=tuple(map(Party, keys_of(genesis, number))))
            _tell_last_witnessed(report, policy, said.retired.encode(), span.checkpoint)


def _tell_last_witnessed(report: Report, policy: Policy, note: bytes, retired: Checkpoint) -> None:
    """Witnesses of the newest log say nothing about where the operator ended the one before."""
    try:
        at = policy.quorum_time(policy.check(note).witnesses) or 0
    except TlogError:
        report.notes.append(
            f"{retired.origin} was retired at a checkpoint without the cosignatures that you demand: "
            "that others were shown the same history of it rests on its operator's word."
        )
    else:
        report.notes.append(
            f"{retired.origin} was retired at {retired.size} leaves, which your witnesses cosigned at "
            f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%S} UTC. Whether it had leaves beyond, this pack "
            "cannot show."
        )
