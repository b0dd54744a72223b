"""Secrets at rest: AES-256-GCM, under a key of their own or under the master key that this installation holds."""

from provenance.keyring.masters import MasterKey, master_key, seal_secret, unseal_secret
from provenance.keyring.sealing import KEY_SIZE, Unsealable, seal, unseal

__all__ = ["KEY_SIZE", "MasterKey", "Unsealable", "master_key", "seal", "seal_secret", "unseal", "unseal_secret"]
