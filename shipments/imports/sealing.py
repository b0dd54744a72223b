"""An importer's originals: under the importer's own key, so that they are gone when it is."""

import hmac
import json
from hashlib import sha256

from provenance.keyring import seal, unseal
from provenance.trail.services.sealing import subject_keys
from shipments.imports.models import ImportFile, ImportRow


class Vault:
    """What one party's files and rows are sealed with. Raises ``Unsealable`` for what another key has sealed."""

    def __init__(self, party: str) -> None:
        self._key = subject_keys({party})[party]

    def seal_content(self, content: bytes, digest: str) -> bytes:
        return seal(self._key, content, f"import {digest}")

    def content_of(self, file: ImportFile) -> bytes:
        return unseal(self._key, bytes(file.sealed), f"import {file.sha256}")

    def seal_cells(self, cells: tuple[str, ...], file: ImportFile, number: int) -> bytes:
        return seal(self._key, json.dumps(cells).encode(), f"import {file.sha256} record {number}")

    def cells_of(self, row: ImportRow, file: ImportFile) -> tuple[str, ...]:
        """The row as it was read."""
        text = unseal(self._key, bytes(row.sealed), f"import {file.sha256} record {row.number}")
        return tuple(json.loads(text))

    def digest(self, *texts: str) -> str:
        """A hash that says nothing to whoever has not the key."""
        return hmac.new(self._key, json.dumps(texts).encode(), sha256).hexdigest()
