from provenance.witness.models.witness import Contradiction, CosignedTree, WatchedLog, WitnessKey, address_of

__all__ = ["Contradiction", "CosignedTree", "WatchedLog", "WitnessKey", "address_of"]
