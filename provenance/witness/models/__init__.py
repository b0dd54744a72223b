from provenance.witness.models.mirror import MirrorAlarm, MirroredLog, MirroredTile
from provenance.witness.models.witness import Contradiction, CosignedTree, WatchedLog, WitnessKey, address_of

__all__ = [
    "Contradiction",
    "CosignedTree",
    "MirrorAlarm",
    "MirroredLog",
    "MirroredTile",
    "WatchedLog",
    "WitnessKey",
    "address_of",
]
