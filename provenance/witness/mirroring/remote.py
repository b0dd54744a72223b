"""Reads a log from its server."""

from collections.abc import Mapping

from provenance import outside
from provenance.tlog.note import MAX_NOTE_BYTES
from provenance.tlog.proven import Read
from provenance.tlog.tiles import MAX_ENTRY_BYTES, TILE_WIDTH
from provenance.witness.mirroring.errors import NotPulled

TIMEOUT = 30.0  # seconds
LONGEST_TILE = TILE_WIDTH * 32
LONGEST_BUNDLE = TILE_WIDTH * (MAX_ENTRY_BYTES + 2)


def reader_of(url: str, token: str = "") -> Read:
    """``read`` of ``tlog.proven`` over the prefix ``url``; with a token for its entries. Raises ``NotPulled``."""

    def read(path: str) -> bytes | None:
        is_bundle = path.startswith("tile/entries/")
        headers: Mapping[str, str] = {"Authorization": f"Token {token}"} if is_bundle and token else {}
        limit = LONGEST_BUNDLE if is_bundle else LONGEST_TILE if path.startswith("tile/") else MAX_NOTE_BYTES
        try:
            answer = outside.fetch(f"{url}/{path}", limit=limit, timeout=TIMEOUT, headers=headers)
        except outside.OutsideError as error:
            raise NotPulled(f"{url}/{path} could not be read: {error}") from None
        match answer.status:
            case 200:
                return answer.body
            case 404 | 410:
                return None
            case 401 | 403:
                raise NotPulled(f"{url} keeps {path} for auditors: ask its operator for a token (--entries-token-…).")
        raise NotPulled(f"{url}/{path} was answered with the status {answer.status}.")

    return read
