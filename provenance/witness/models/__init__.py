from provenance.witness.models.witness import Contradiction, CosignedTree, WatchedLog, WitnessKey

__all__ = ["Contradiction", "CosignedTree", "WatchedLog", "WitnessKey"]
