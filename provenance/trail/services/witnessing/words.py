"""What witnesses did, in a reader's words."""

from dataclasses import dataclass
from datetime import datetime

from provenance.tlog.policy import Policy
from provenance.trail.models import Checkpoint
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


def vouched(checkpoint: Checkpoint) -> Vouched:
    """For a checkpoint that the quorum cosigned. The Ed25519 and the ML-DSA key of one witness are one name."""
    policy = policy_of(checkpoint.log)
    times = first_times(policy, checkpoint.cosignatures.all())
    names = dict.fromkeys(_name_of(name, policy) for name in times)
    return Vouched(tuple(map(spoken, names)), max(times.values()))


def _name_of(name: str, policy: Policy) -> str:
    """Of a witness with several keys: the group that holds nothing else, or its first key's name."""
    keys = {each: witness.key.name for each, witness in policy.witnesses.items()}
    for title, group in policy.groups.items():
        signers = {keys.get(member) for member in group.members}
        if len(group.members) > 1 and name in group.members and signers == {keys[name]}:
            return title
    return next(each for each, key_name in keys.items() if key_name == keys[name])
