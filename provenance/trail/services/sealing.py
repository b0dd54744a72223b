"""The key over each party's personal data, itself sealed under the master key."""

import secrets

from provenance.keyring import KEY_SIZE, seal_secret, unseal_secret
from provenance.trail.models import SubjectKey


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
