"""
Trust policy files (C2SP tlog-policy): which logs are accepted, and which witnesses must have cosigned.

    log coffee.example/log/trail/1+a97da226+AZsf...
    witness port roasters.example/w1+11bdb9d3+BLDv...
    witness buyers importers.example/w2+3c55a0d1+BPz1...
    group two all port buyers
    quorum two
"""

import re
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field

from provenance.tlog.checkpoint import Checkpoint, VerifiedLine, verify_lines
from provenance.tlog.errors import MalformedKey, MalformedPolicy, UntrustedCheckpoint
from provenance.tlog.keys import KeyType, VerifierKey, parse_vkey
from provenance.tlog.note import parse_note

MAX_POLICY_BYTES = 1024 * 1024

_LOG_TYPES = (KeyType.ED25519, KeyType.COSIGNATURE_MLDSA44)
_WITNESS_TYPES = (KeyType.COSIGNATURE_ED25519, KeyType.COSIGNATURE_MLDSA44)
_NO_WITNESS = "none"

_FORBIDDEN_OCTET = re.compile(rb"[^\t\n\x20-\x7e\x80-\xff]")
_THRESHOLD = re.compile(r"[1-9][0-9]{0,5}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Party:
    """A log or witness of the policy: its key and, where given, its address."""

    key: VerifierKey
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Witnesses a checkpoint when at least ``threshold`` of its members (witnesses or groups, by name) do."""

    threshold: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WitnessedCheckpoint:
    """A checkpoint the policy trusts: the log's verified lines, and when each known witness that signed did so."""

    checkpoint: Checkpoint
    log_lines: tuple[VerifiedLine, ...]
    witnesses: Mapping[str, int]
    """Name of the witness in the policy -> POSIX seconds of its latest cosignature, in or outside the quorum."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Logs and witnesses that are known, and the quorum: the name of a witness or group, or ``none``."""

    logs: tuple[Party, ...]
    witnesses: Mapping[str, Party]
    groups: Mapping[str, Group]
    quorum: str

    def check(self, note: bytes) -> WitnessedCheckpoint:
        """
        The checkpoint, when a listed log signed it under its own origin and the quorum cosigned it.

        Raises ``UntrustedCheckpoint`` when it is not, ``BadSignature`` when a known key's line does not verify, and
        ``MalformedNote`` or ``MalformedCheckpoint``.
        """
        parsed = parse_note(note)
        checkpoint = Checkpoint.parse(parsed.text)
        log_keys = [log.key for log in self.logs if log.key.name == checkpoint.origin]
        if not log_keys:
            raise UntrustedCheckpoint(f"The policy does not know the log {checkpoint.origin}.")
        log_lines = verify_lines(parsed, checkpoint, log_keys)
        if not log_lines:
            raise UntrustedCheckpoint(f"The checkpoint is not signed by the log {checkpoint.origin}.")
        names = {witness.key: name for name, witness in self.witnesses.items()}
        times: dict[str, int] = {}
        for line in verify_lines(parsed, checkpoint, names):
            times[names[line.key]] = max(line.timestamp or 0, times.get(names[line.key], 0))
        if not self.has_quorum(times):
            raise UntrustedCheckpoint(
                f"The checkpoint of {checkpoint.origin} is not witnessed by the quorum {self.quorum}."
            )
        return WitnessedCheckpoint(checkpoint, tuple(log_lines), times)

    def has_quorum(self, witnesses: Container[str]) -> bool:
        """Whether these witnesses, by their names in the policy, are enough."""
        return self.quorum == _NO_WITNESS or self._witnessed(self.quorum, witnesses)

    def quorum_time(self, times: Mapping[str, int]) -> int | None:
        """
        Since when the quorum has cosigned last: one witness that signs again and again makes nothing newer.

        ``times``: POSIX seconds by the names in the policy. None where these are not enough, or none is asked for.
        """
        if self.quorum == _NO_WITNESS:
            return None
        newest_first = sorted(set(times.values()), reverse=True)
        enough = (since for since in newest_first if self.has_quorum([n for n, at in times.items() if at >= since]))
        return next(enough, None)

    def _witnessed(self, name: str, witnesses: Container[str]) -> bool:
        group = self.groups.get(name)
        if group is None:
            return name in witnesses
        return sum(self._witnessed(member, witnesses) for member in group.members) >= group.threshold


def parse_policy(data: bytes) -> Policy:
    """Read a policy file; ``MalformedPolicy`` names the line it stumbles over."""
    if len(data) > MAX_POLICY_BYTES:
        raise MalformedPolicy(f"The policy is longer than {MAX_POLICY_BYTES} bytes.")
    if _FORBIDDEN_OCTET.search(data):
        raise MalformedPolicy("The policy holds a control character other than tab and newline.")
    reader = _Reader()
    # Names are opaque octets to the policy; surrogateescape keeps those that are not UTF-8 apart.
    for number, line in enumerate(data.decode("utf-8", "surrogateescape").split("\n"), start=1):
        items = re.findall(r"[^ \t]+", line)
        if items and not items[0].startswith("#"):
            try:
                reader.read(items)
            except (MalformedPolicy, MalformedKey) as error:
                raise MalformedPolicy(f"Line {number} of the policy: {error}") from None
    return reader.policy()


@dataclass(slots=True)
class _Reader:
    logs: list[Party] = field(default_factory=list)
    witnesses: dict[str, Party] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    members: set[str] = field(default_factory=set)
    quorum: str | None = None

    def read(self, items: list[str]) -> None:
        match items:
            case ["log", vkey, *url] if len(url) <= 1:
                self.logs.append(_party(vkey, url, _LOG_TYPES, self.logs))
            case ["witness", name, vkey, *url] if len(url) <= 1:
                self._check_new(name)
                self.witnesses[name] = _party(vkey, url, _WITNESS_TYPES, self.witnesses.values())
            case ["group", name, threshold, *members]:
                self._check_new(name)
                self.groups[name] = self._group(threshold, members)
            case ["quorum", name]:
                self._set_quorum(name)
            case [keyword, *_]:
                raise MalformedPolicy(f"{keyword!a} does not begin a log, witness, group or quorum line.")

    def policy(self) -> Policy:
        if self.quorum is None:
            raise MalformedPolicy("The policy has no quorum line.")
        return Policy(tuple(self.logs), self.witnesses, self.groups, self.quorum)

    def _check_new(self, name: str) -> None:
        if name == _NO_WITNESS or self._defined(name):
            raise MalformedPolicy(f"The name {name!a} is taken already.")

    def _defined(self, name: str) -> bool:
        return name in self.witnesses or name in self.groups

    def _group(self, threshold: str, members: list[str]) -> Group:
        if not members:
            raise MalformedPolicy("A group has at least one member.")
        for member in members:
            if not self._defined(member):
                raise MalformedPolicy(f"The member {member!a} is not defined on a line before.")
            # Otherwise one witness could count twice towards the quorum.
            if member in self.members:
                raise MalformedPolicy(f"The member {member!a} is in a group already.")
            self.members.add(member)
        return Group(_threshold(threshold, len(members)), tuple(members))

    def _set_quorum(self, name: str) -> None:
        if self.quorum is not None:
            raise MalformedPolicy("There is a quorum line already.")
        if name != _NO_WITNESS and not self._defined(name):
            raise MalformedPolicy(f"The quorum {name!a} is not defined on a line before.")
        self.quorum = name


def _threshold(text: str, members: int) -> int:
    match text:
        case "any":
            return 1
        case "all":
            return members
        case _ if _THRESHOLD.fullmatch(text) and int(text) <= members:
            return int(text)
    raise MalformedPolicy("A group's threshold is any, all or a number from 1 to the number of its members.")


def _party(vkey: str, url: list[str], types: Container[KeyType], others: Iterable[Party]) -> Party:
    key = parse_vkey(vkey)
    if key.type not in types:
        raise MalformedPolicy(f"A key of type 0x{key.type:02x} cannot be used here.")
    if any(key.raw == other.key.raw for other in others):
        raise MalformedPolicy("The same public key is listed twice.")
    return Party(key, url[0] if url else None)
