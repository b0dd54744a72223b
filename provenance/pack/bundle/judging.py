"""The verdict on a bundle, step by step as the phone finds it (docs/verify.md)."""

from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from provenance.coffee.statement import audience, successor
from provenance.pack.bundle import completeness, growth
from provenance.pack.bundle.form import has_form, jws_of
from provenance.pack.bundle.outcome import Mismatch, Unchecked
from provenance.pack.bundle.quorum import Quorum, is_as_strong, judge_quorum, read_policy
from provenance.pack.bundle.said import Said, opened, read
from provenance.pack.bundle.standing import Standing
from provenance.pack.bundle.tree import Tree
from provenance.tlog.checkpoint import Checkpoint, open_checkpoint
from provenance.tlog.errors import ProofRefused, TlogError
from provenance.tlog.keys import KeyType, parse_vkey
from provenance.tlog.note import Note, parse_note

# What reading members fails with that are missing, of another kind, too deep or too large.
UNREADABLE = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)

WEEK = 7 * 86_400  # seconds
NO_WITNESSES = "quorum none\n"


@dataclass
class Verdict:
    """
    ``outcome``: checked, mismatch or unchecked. ``step``: genesis, checkpoint, witnesses, statement or index, where
    one is to blame; ``at``: the leaf (of which log, at which index) that it is about. ``code`` says why, with
    ``params``. ``memory``: what to hold the next bundle of this log against, where this one may be remembered.
    ``contradiction``: two checkpoints that no honest log signs both.
    """

    outcome: str
    code: str
    step: str | None = None
    at: tuple[int, int | None] | None = None
    params: Mapping[str, object] = field(default_factory=dict)
    memory: dict[str, Any] | None = None
    contradiction: tuple[str, str] | None = None


@dataclass
class Log:
    """One log of the series: its checkpoint, the place of its first leaf in the series, and what is proved of it."""

    note: str
    parsed: Note
    checkpoint: Checkpoint
    first: int
    tree: Tree


def judge(
    bundle: object,
    *,
    memory: Mapping[str, Any] | None = None,
    read_tile: growth.ReadTile = growth.no_tiles,
    now: float = 0,
    live: bool = False,
) -> Verdict:
    """
    Judge a bundle as it was parsed from JSON.

    ``memory``: of an earlier verdict on the same log. ``read_tile``: gives a tile's bytes by its path below the origin,
    or None where it cannot be had. ``live``: the bundle was just served, so that its witnesses have to be recent at
    ``now`` (POSIX seconds); a saved one may be old.
    """
    check = _Check(memory or {}, read_tile, now, live)
    try:
        return check.run(bundle)
    except Mismatch as error:
        return Verdict("mismatch", error.code, check.step, check.at, error.params, contradiction=check.contradiction)
    except Unchecked as error:
        return Verdict("unchecked", error.code, params=error.params)


class _Check:
    def __init__(self, memory: Mapping[str, Any], read_tile: growth.ReadTile, now: float, live: bool) -> None:
        self.memory = memory
        self.read_tile = read_tile
        self.now = now
        self.live = live
        self.step: str | None = None
        self.at: tuple[int, int | None] | None = None
        self.contradiction: tuple[str, str] | None = None
        self.logs: list[Log] = []
        self.said: list[Said] = []

    @contextmanager
    def within(self, step: str, at: tuple[int, int | None] | None = None) -> Iterator[None]:
        self.step, self.at = step, at
        try:
            yield
        except UNREADABLE:
            # Members that are missing or of another kind: whatever they break, the bundle is not in its form.
            raise Mismatch("form") from None
        self.step = self.at = None

    def run(self, bundle: Any) -> Verdict:
        if not has_form(bundle):
            raise Unchecked("bundle_form")
        if not bundle["checkpoint"] or not bundle["statements"]:
            raise Unchecked("not_published")
        standing = Standing(frozenset(bundle["lots"]))
        genesis = self._begin(bundle, standing)
        self._open_logs(bundle, genesis)
        with self.within("checkpoint"):
            self._compare_with_memory(genesis)
        quorum, policy = self._ask_witnesses(bundle)
        self._judge_statements(bundle, genesis, standing)
        with self.within("genesis"):
            self._check_successions(genesis)
        with self.within("index"):
            completeness.check_lots(bundle["lot"], standing.lots, self.said, standing.corrected)
        indexed = self._check_completeness(bundle, standing)
        newest = self.logs[-1]
        kept = None
        if indexed and quorum.met is not False:
            kept = {
                "genesis": genesis.leaf.hex(),
                "log": len(self.logs) - 1,
                "size": newest.checkpoint.size,
                "root": b64encode(newest.checkpoint.root).decode(),
                "note": newest.note,
                "policy": policy,
                "at": quorum.at,
            }
        waiting = sum(said.index is None for said in self.said)
        total = len(self.said)
        if waiting:
            return Verdict("unchecked", "waiting", params={"waiting": waiting, "statements": total}, memory=kept)
        if not indexed:
            return Verdict("unchecked", "not_indexed")
        entries = newest.first + newest.checkpoint.size
        params = {"statements": total, "entries": entries, **quorum.told()}
        if newest.first:
            # The indexes of logs that ended are not asked.
            return Verdict("checked", "checked_anew", params={**params, "first": newest.first}, memory=kept)
        return Verdict("checked", "checked", params=params, memory=kept)

    def _begin(self, bundle: Mapping[str, Any], standing: Standing) -> Said:
        with self.within("genesis"):
            first = bundle["statements"][0]
            genesis = read(jws_of(first["statement"]), 0, 0)
            subject = genesis.subject
            if genesis.act != "genesis" or (first["log"], first["index"]) != (0, 0):
                raise Mismatch("another_log")
            if subject.get("origin") != bundle["origin"] or subject.get("operator") != genesis.iss:
                raise Mismatch("another_log")
            standing.begin(genesis)
            return genesis

    # --- the log -----------------------------------------------------------------------------------------------------

    def _open_logs(self, bundle: Mapping[str, Any], genesis: Said) -> None:
        with self.within("checkpoint"):
            origin, first = str(genesis.subject["origin"]), 0
            vkeys = [vkey for keys in genesis.subject["vkeys"] for vkey in keys]
            for note in (*bundle["retired"], bundle["checkpoint"]):
                log = _open(note, origin, vkeys, first)
                self.logs.append(log)
                origin, first = successor(origin), first + log.checkpoint.size

    def _compare_with_memory(self, genesis: Said) -> None:
        memory = self.memory
        if not memory:
            return
        if memory["genesis"] != genesis.leaf.hex():
            raise Mismatch("another_log_than_before")
        if memory["log"] >= len(self.logs):
            raise Unchecked("successor_withheld")
        log = self.logs[memory["log"]]
        size, root = log.checkpoint.size, b64decode(memory["root"])
        if size < memory["size"]:
            raise Unchecked("entries_withheld", size=size, remembered=memory["size"])
        before = (
            log.checkpoint.root
            if size == memory["size"]
            else growth.roots(log.checkpoint, memory["size"], self.read_tile)
        )
        if before != root:
            self.contradiction = (str(memory.get("note", "")), log.note)
            raise Mismatch("another_history")

    def _ask_witnesses(self, bundle: Mapping[str, Any]) -> tuple[Quorum, str]:
        with self.within("witnesses"):
            offered = bundle["policy"] or NO_WITNESSES
            quorum = judge_quorum(self.logs[-1].parsed, self.logs[-1].checkpoint, read_policy(offered))
            kept = self.memory.get("policy")
            if kept and not is_as_strong(read_policy(offered), read_policy(kept)):
                # Both have to be satisfied: a server must not talk a phone out of the witnesses that it knows.
                offered = kept
                quorum = judge_quorum(self.logs[-1].parsed, self.logs[-1].checkpoint, read_policy(kept))
                if not quorum.met:
                    raise Unchecked("policy_weaker")
            since = quorum.at if quorum.met else self.memory.get("at") if quorum.met is False else None
            if self.live and since and self.now - since > WEEK:
                raise Unchecked("proof_withheld", since=since)
            return quorum, offered

    # --- the statements ----------------------------------------------------------------------------------------------

    def _judge_statements(self, bundle: Mapping[str, Any], genesis: Said, standing: Standing) -> None:
        aud = audience(self.logs[0].checkpoint.origin, genesis.jws)
        known: set[str] = set()
        for entry in sorted(bundle["statements"], key=self._place):
            log, index = entry["log"], entry["index"]
            with self.within("statement", (log, index)):
                said = read(jws_of(entry["statement"]), log, index)
                if said.aud != (aud.partition("#")[0] if said.act == "genesis" else aud):
                    raise Mismatch("another_log")
                if said.jti in known:
                    raise Mismatch("stands_twice")
                known.add(said.jti)
                if index is not None:
                    self._prove(said, entry["proof"])
                if said.leaf == genesis.leaf:
                    pass
                elif standing.is_bystander(said):
                    standing.pass_by(said)
                else:
                    standing.judge(said)
                for text in entry["disclosures"]:
                    opened(said, text)
                self.said.append(said)

    def _place(self, entry: Mapping[str, Any]) -> float:
        """Where the entry stands in the series; what has no place yet comes last."""
        log, index = entry["log"], entry["index"]
        if index is None:
            return float("inf")
        with self.within("statement", (log, index)):
            if log >= len(self.logs):
                raise Mismatch("proof")
        return float(self.logs[log].first + index)

    def _prove(self, said: Said, proof: str) -> None:
        hashes = completeness.hashes(proof)
        try:
            self.logs[said.log].tree.prove(said.index or 0, said.leaf, hashes)
        except ProofRefused:
            raise Mismatch("proof") from None

    def _check_successions(self, genesis: Said) -> None:
        for number, log in enumerate(self.logs[:-1], start=1):
            follows = [said for said in self.said if (said.log, said.index, said.act) == (number, 0, "succession")]
            if not follows or not str(follows[0].subject.get("retired")).startswith(f"{log.parsed.text}\n"):
                raise Mismatch("not_handed_over")

    def _check_completeness(self, bundle: Mapping[str, Any], standing: Standing) -> bool:
        """Whether the checkpoint ends in an index leaf, by which nothing is left out."""
        number = len(self.logs) - 1
        last = self.logs[-1].checkpoint.size - 1
        index = next((s for s in self.said if (s.log, s.index, s.act) == (number, last, "index")), None)
        if index is None:
            return False
        with self.within("index", (number, last)):
            completeness.check(bundle["index"], index, self.said, standing, self._blame)
        return True

    def _blame(self, leaf: int) -> None:
        self.at = (len(self.logs) - 1, leaf)


def _open(note: Any, origin: str, vkeys: list[str], first: int) -> Log:
    """The checkpoint of this log, once all its Ed25519 keys have signed it: a browser checks no others."""
    try:
        named = [parse_vkey(vkey) for vkey in vkeys]
        keys = [key for key in named if key.name == origin and key.type == KeyType.ED25519]
        parsed = parse_note(note.encode())
        own = replace(parsed, signatures=tuple(s for s in parsed.signatures if any(s.claims(key) for key in keys)))
        checkpoint = Checkpoint.parse(parsed.text)
    except TlogError:
        raise Mismatch("form") from None
    if checkpoint.origin != origin:
        raise Mismatch("another_log")
    if not keys or len(own.signatures) != len(keys):
        raise Mismatch("checkpoint_unsigned")
    try:
        open_checkpoint(note.encode(), keys, origin=origin, every_key=True)
    except TlogError:
        raise Mismatch("checkpoint_unsigned") from None
    return Log(note, parsed, checkpoint, first, Tree(checkpoint.size, checkpoint.root))
