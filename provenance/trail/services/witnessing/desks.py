"""Where witnesses are asked."""

from collections.abc import Mapping
from dataclasses import dataclass

from provenance.tlog.keys import VerifierKey
from provenance.tlog.policy import Policy


@dataclass(frozen=True)
class Desk:
    """
    One address of the policy and all keys that sign there: an Ed25519 and an ML-DSA-44 key answer one question.

    ``keys``: name in the policy -> key. ``name``: the first of those, by which ``WitnessContact`` knows the desk.
    """

    url: str
    keys: Mapping[str, VerifierKey]

    @property
    def name(self) -> str:
        return next(iter(self.keys))

    @property
    def add_checkpoint(self) -> str:
        """C2SP tlog-witness: the address of a witness in a policy is its submission prefix."""
        return f"{self.url.rstrip('/')}/add-checkpoint"


def desks_of(policy: Policy) -> list[Desk]:
    """Every address once, in the policy's order. A witness without an address is not asked by us."""
    keys: dict[str, dict[str, VerifierKey]] = {}
    for name, witness in policy.witnesses.items():
        if witness.url:
            keys.setdefault(witness.url, {})[name] = witness.key
    return [Desk(url, found) for url, found in keys.items()]
