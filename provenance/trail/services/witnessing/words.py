"""What witnesses did, in a reader's words."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from provenance.trail.models import Checkpoint, Cosignature
from provenance.trail.services.cosigning import first_times, policy_of, spoken


@dataclass(frozen=True)
class Vouched:
    """Who cosigned a checkpoint, and when the last of them did so for the first time."""

    by: tuple[str, ...]
    at: datetime

    @property
    def names(self) -> str:
        """A, B and C"""
        return " and ".join([", ".join(self.by[:-1]), self.by[-1]] if len(self.by) > 1 else self.by)

    @property
    def words(self) -> str:
        """ "witnessed by Port Cooperative and ACME Importers on 22 November 2026, 14:03" (UTC)"""
        return f"witnessed by {self.names} on {self.at.day} {self.at:%B %Y, %H:%M}"


def vouched(checkpoint: Checkpoint, cosignatures: Iterable[Cosignature] | None = None) -> Vouched:
    """
    For a checkpoint that the quorum cosigned. The Ed25519 and the ML-DSA key of one witness are one name.

    ``cosignatures``: its own, where they were read already.
    """
    rows = checkpoint.cosignatures.all() if cosignatures is None else cosignatures
    times = first_times(policy_of(checkpoint.log), rows)
    return Vouched(tuple(dict.fromkeys(map(spoken, times))), max(times.values()))
