"""
Which witnesses the operator's policy names, and what they have cosigned.

The policy is a C2SP tlog-policy file (setting WITNESS_POLICY) with ``witness``, ``group`` and ``quorum`` lines; ``log``
lines are never taken from it, each log adds its own. Without a file the policy asks for no witness, and says so.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from provenance.tlog.cosignature import TIMESTAMP_SIZE
from provenance.tlog.errors import MalformedPolicy, TlogError
from provenance.tlog.keys import VerifierKey
from provenance.tlog.note import parse_signature_lines
from provenance.tlog.policy import Policy, parse_policy
from provenance.trail.models import Checkpoint, Cosignature, Log

NO_WITNESSES = "quorum none\n"
# Columns hold this much; names in use are far shorter.
LONGEST_NAME = 110
LATEST = 253_402_300_799  # the last second of the year 9999


class PolicyUnusable(Exception):
    """The operator's policy file is missing, or it is not a policy. The sentence says which, and the mend."""


def policy_text(log: Log) -> bytes:
    """The operator's tlog-policy file for this log, as it is given to readers. Raises ``PolicyUnusable``."""
    logs = "".join(f"log {vkey}\n" for vkey in log.vkeys.splitlines())
    heading = f"# Keys of the log {log.origin}, as its operator gives them. Trust a file that you got elsewhere.\n"
    return (heading + logs + witness_lines()).encode("utf-8", "surrogateescape")


def check_policy() -> None:
    """Raise ``PolicyUnusable`` where the operator's file cannot be read. Asks no database."""
    witness_lines()


def policy_of(log: Log) -> Policy:
    """The policy that this server holds the log's checkpoints against. Raises ``PolicyUnusable``."""
    return _parsed(policy_text(log))


def names_witnesses(policy: Policy) -> bool:
    """Whether the policy asks for any cosignature at all."""
    return policy.quorum != "none"


def kid_of(key: VerifierKey) -> str:
    """How ``Cosignature.kid`` names a witness's key: the vkey without the key itself."""
    return f"{key.name}+{key.key_id.hex()}"


def cosigned(checkpoint: Checkpoint) -> str:
    """The note with a line of every witness that cosigned it, the newest of each. One query."""
    # One line that somebody changed must not make the whole note unreadable; verify_trail names it.
    rows = [row for row in checkpoint.cosignatures.all() if _time_of(row) is not None]
    return checkpoint.note + "".join(row.line for row in _newest(rows).values())


def witnesses_of(checkpoint: Checkpoint) -> dict[str, datetime]:
    """Name in the policy -> when that witness last cosigned the checkpoint, in or outside the quorum. One query."""
    return witnesses_among(policy_of(checkpoint.log), checkpoint.cosignatures.all())


def witnesses_among(policy: Policy, rows: Iterable[Cosignature]) -> dict[str, datetime]:
    """``witnesses_of`` for cosignatures of one checkpoint that were read already."""
    return _times(policy, _newest(rows))


def first_times(policy: Policy, rows: Iterable[Cosignature]) -> dict[str, datetime]:
    """Name in the policy -> when that witness first cosigned the checkpoint, in the policy's order."""
    return _times(policy, _oldest(rows))


def spoken(name: str) -> str:
    """
    A policy's name for a reader: ``Port_Cooperative/pq`` is "Port Cooperative".

    Spaces part the items of a policy; what follows the last slash tells the keys of one witness apart.
    """
    return (name.rpartition("/")[0] or name).replace("_", " ")


def _times(policy: Policy, rows: dict[str, Cosignature]) -> dict[str, datetime]:
    kids = {name: kid_of(witness.key) for name, witness in policy.witnesses.items()}
    times = {name: _time_of(rows[kid]) for name, kid in kids.items() if kid in rows}
    return {name: datetime.fromtimestamp(time, UTC) for name, time in times.items() if time is not None}


def _time_of(row: Cosignature) -> int | None:
    """When the witness says it signed: verified before it was stored. None for a line that was changed since."""
    try:
        (signature,) = parse_signature_lines(row.line.encode())
    except (TlogError, ValueError):
        return None
    time = int.from_bytes(signature.payload[:TIMESTAMP_SIZE], "big")
    return time if time <= LATEST else None


def _newest(rows: Iterable[Cosignature]) -> dict[str, Cosignature]:
    return {row.kid: row for row in sorted(rows, key=lambda row: (row.day, row.pk))}


def _oldest(rows: Iterable[Cosignature]) -> dict[str, Cosignature]:
    return {row.kid: row for row in sorted(rows, key=lambda row: (row.day, row.pk), reverse=True)}


def witness_lines() -> str:
    """The policy without any log: who the witnesses are and how many must cosign. Raises ``PolicyUnusable``."""
    if not settings.WITNESS_POLICY:
        return NO_WITNESSES
    file = Path(settings.WITNESS_POLICY)
    try:
        return _read(file, file.stat().st_mtime_ns)
    except OSError as error:
        raise PolicyUnusable(f"The policy file {file} (WITNESS_POLICY) cannot be read: {error.strerror}.") from None


@lru_cache(maxsize=8)
def _read(file: Path, changed: int) -> str:
    """The lines about witnesses. Comments stay with the operator, and the log's keys are not his to choose here."""
    text = file.read_bytes().decode("utf-8", "surrogateescape")
    kept = [line.strip() for line in text.split("\n") if line.split() and line.split()[0][0] != "#"]
    lines = "".join(f"{line}\n" for line in kept if line.split()[0] != "log")
    try:
        policy = parse_policy(lines.encode("utf-8", "surrogateescape"))
    except MalformedPolicy as error:
        raise PolicyUnusable(f"The policy file {file} (WITNESS_POLICY) is not a policy. {error}") from None
    for name, witness in policy.witnesses.items():
        if max(len(name), len(witness.key.name)) > LONGEST_NAME:
            raise PolicyUnusable(f"The policy file {file} has a name of over {LONGEST_NAME} letters: {name[:20]}…")
    return lines


@lru_cache(maxsize=64)
def _parsed(text: bytes) -> Policy:
    return parse_policy(text)
