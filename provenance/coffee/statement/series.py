"""Which log a statement is for."""

from hashlib import sha256


def audience(origin: str, genesis: bytes | None = None) -> str:
    """
    The ``aud`` of a log series: ``<host>/log/<name>#`` and 16 hex digits of SHA-256 over leaf 0's bytes.

    Without ``genesis`` it is what leaf 0 itself names, up to the ``#``. ``origin`` ends in the log's number.
    """
    series = origin.rpartition("/")[0]
    return series if genesis is None else f"{series}#{sha256(genesis).hexdigest()[:16]}"


def successor(origin: str) -> str:
    """The origin of the log that follows in the series."""
    series, _, number = origin.rpartition("/")
    return f"{series}/{int(number) + 1}"
