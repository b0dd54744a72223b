"""Everything this package refuses, as one family: catch ``TlogError`` and show its sentence."""


class TlogError(ValueError):
    """Input that was refused. ``str(error)`` is a sentence for the reader."""


class MalformedNote(TlogError):
    """The bytes are no signed note in its one written form (C2SP signed-note)."""


class MalformedCheckpoint(TlogError):
    """The text is no checkpoint in its one written form (C2SP tlog-checkpoint)."""


class MalformedKey(TlogError):
    """A key, key name or vkey that cannot be used."""


class MalformedTile(TlogError):
    """A tile, tile path or entry bundle that breaks C2SP tlog-tiles."""


class MissingTile(TlogError):
    """A tile or entry bundle that a checkpoint speaks of is not where it should be."""


class MalformedProof(TlogError):
    """The bytes are no ``.tlog-proof`` in its one written form (C2SP tlog-proof)."""


class MalformedPolicy(TlogError):
    """The bytes are no trust policy (C2SP tlog-policy)."""


class BadSignature(TlogError):
    """A signature that claims a known key and does not verify with it."""


class ProofRefused(TlogError):
    """A Merkle proof that does not prove what it is said to prove."""


class UntrustedCheckpoint(TlogError):
    """A well-formed checkpoint that the given keys or policy do not vouch for."""
