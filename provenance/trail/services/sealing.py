"""AES-256-GCM over what must not be read from the database alone."""

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from provenance.trail.models import SubjectKey

NONCE_SIZE = 12
KEY_SIZE = 32


class Unsealable(Exception):
    """The sealed bytes were changed, moved to another row, or sealed under another key."""


def seal(key: bytes, value: bytes, bound_to: str) -> bytes:
    """Nonce and ciphertext; ``bound_to`` is authenticated, so the bytes open in their own row only."""
    nonce = secrets.token_bytes(NONCE_SIZE)
    return nonce + AESGCM(key).encrypt(nonce, value, bound_to.encode())


def unseal(key: bytes, sealed: bytes, bound_to: str) -> bytes:
    """The value; raises ``Unsealable``."""
    sealed = bytes(sealed)
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_SIZE], sealed[NONCE_SIZE:], bound_to.encode())
    except (InvalidTag, ValueError):
        raise Unsealable(f"What is sealed for {bound_to} does not open with this KEY_ENCRYPTION_KEY.") from None


def seal_secret(value: bytes, bound_to: str) -> bytes:
    """Seal under the installation's own key."""
    return seal(settings.KEY_ENCRYPTION_KEY, value, bound_to)


def unseal_secret(sealed: bytes, bound_to: str) -> bytes:
    return unseal(settings.KEY_ENCRYPTION_KEY, sealed, bound_to)


def subject_keys(parties: set[str]) -> dict[str, bytes]:
    """The key over each party's personal data; made where there is none yet. At most three queries."""
    keys = _read(parties)
    if missing := parties - keys.keys():
        SubjectKey.objects.bulk_create(
            [
                SubjectKey(party=party, sealed=seal_secret(secrets.token_bytes(KEY_SIZE), f"subject {party}"))
                for party in sorted(missing)
            ],
            ignore_conflicts=True,  # somebody else may make it at the same moment; theirs is then read
        )
        keys |= _read(missing)
    return keys


def _read(parties: set[str]) -> dict[str, bytes]:
    rows = SubjectKey.objects.filter(party__in=parties)
    return {row.party: open_subject_key(row.party, row.sealed) for row in rows}


def open_subject_key(party: str, sealed: bytes) -> bytes:
    """The key over one party's personal data."""
    return unseal_secret(sealed, f"subject {party}")
