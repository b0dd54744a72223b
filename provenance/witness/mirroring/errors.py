"""Why a mirror did not go on. Nothing that was not proven is ever written."""

from provenance.witness.errors import WitnessError


class NotPulled(WitnessError):
    """The log could not be read, or what it gave does not belong together: nothing of it was taken in."""


class Fork(WitnessError):
    """The log signed two histories. Both notes are kept (``MirrorAlarm``)."""


class NotReplayed(WitnessError):
    """The entries are not those of a lawful log, or are not here: the mirror does not cosign."""
