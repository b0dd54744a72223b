"""Whether enough witnesses vouch for a checkpoint, as far as a browser can tell: by their Ed25519 lines."""

from collections.abc import Container, Iterator
from dataclasses import dataclass, field
from itertools import combinations

from provenance.pack.bundle.outcome import Mismatch
from provenance.tlog.checkpoint import Checkpoint
from provenance.tlog.cosignature import verify_cosignature
from provenance.tlog.errors import TlogError
from provenance.tlog.keys import KeyType
from provenance.tlog.note import Note
from provenance.tlog.policy import Policy, parse_policy

# Compared by trying all sets of witnesses: a policy with more is not found as strong as another.
MOST_COMPARED = 10


@dataclass
class Quorum:
    """
    ``met``: None where the policy asks for nobody. ``at``: since when, in POSIX seconds. ``names``: of the witnesses
    that signed; ``beyond``: of those whose ML-DSA line alone is there, which a browser cannot check.
    """

    met: bool | None
    at: int | None = None
    names: list[str] = field(default_factory=list)
    beyond: list[str] = field(default_factory=list)

    def told(self) -> dict[str, object]:
        """The parameters of the words for it."""
        if self.met is None:
            return {"vouched": "none"}
        if self.met:
            return {"vouched": "witnessed", "names": self.names, "at": self.at}
        return {"vouched": "beyond" if self.beyond else "not_yet", "names": self.beyond}


def read_policy(text: str) -> Policy:
    """A C2SP tlog-policy file. Raises ``Mismatch``."""
    try:
        return parse_policy(text.encode())
    except (TlogError, UnicodeEncodeError):
        raise Mismatch("policy") from None


def judge_quorum(note: Note, checkpoint: Checkpoint, policy: Policy) -> Quorum:
    """Who of the policy's witnesses signed. Raises ``Mismatch`` where a line in the name of one is not its own."""
    times: dict[str, int] = {}
    beyond = []
    for name, witness in policy.witnesses.items():
        for line in note.signatures:
            if not line.claims(witness.key):
                continue
            if witness.key.type != KeyType.COSIGNATURE_ED25519:
                beyond.append(name)
                continue
            try:
                times[name] = max(times.get(name, 0), verify_cosignature(checkpoint, witness.key, line.payload))
            except TlogError:
                raise Mismatch("cosignature", name=_spoken(name)) from None
    if policy.quorum == "none":
        return Quorum(None)
    at = policy.quorum_time(times)
    if at is None:
        return Quorum(False, beyond=list(dict.fromkeys(map(_spoken, beyond))))
    return Quorum(True, at, list(dict.fromkeys(map(_spoken, times))))


def is_as_strong(offered: Policy, kept: Policy) -> bool:
    """Whether whatever satisfies the policy offered satisfies the one kept: keys count, not what they are called."""
    if kept.quorum == "none":
        return True
    if offered.quorum == "none" or len(offered.witnesses) > MOST_COMPARED:
        return False
    return all(_is_met(kept, signers) for signers in _enough(offered))


def _enough(policy: Policy) -> Iterator[set[bytes]]:
    """Every set of the policy's witnesses, by their keys, that is a quorum of it."""
    names = list(policy.witnesses)
    for count in range(len(names) + 1):
        for some in combinations(names, count):
            if policy.has_quorum(some):
                yield {policy.witnesses[name].key.raw for name in some}


def _is_met(policy: Policy, signers: Container[bytes]) -> bool:
    return policy.has_quorum([name for name, witness in policy.witnesses.items() if witness.key.raw in signers])


def _spoken(name: str) -> str:
    """What follows a name's last slash tells its keys apart."""
    return (name.rpartition("/")[0] or name).replace("_", " ")
