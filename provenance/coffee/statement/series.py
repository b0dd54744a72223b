"""Which log a statement is for, and whether a registration's key agrees: asked by recorder and verifiers alike."""

from hashlib import sha256

from provenance.coffee.acts import RegisterKey
from provenance.coffee.errors import MalformedStatement
from provenance.coffee.statement.envelope import decode_b64url
from provenance.coffee.statement.pop import check_pop
from provenance.coffee.statement.reading import Statement


def audience(origin: str, genesis: bytes | None = None) -> str:
    """
    The ``aud`` of a log series: ``<host>/log/<name>#`` and 16 hex digits of SHA-256 over leaf 0's bytes.

    Without ``genesis`` it is what leaf 0 itself names, up to the ``#``. ``origin`` ends in the log's number.
    """
    series = origin.rpartition("/")[0]
    return series if genesis is None else f"{series}#{sha256(genesis).hexdigest()[:16]}"


def check_registration(statement: Statement) -> None:
    """Raise ``MalformedStatement`` unless the key that a ``register_key`` binds has itself signed the binding."""
    if not isinstance(statement.body, RegisterKey):
        raise MalformedStatement("Only register_key binds a key.", field="act")
    body = statement.body
    check_pop(
        body.pop,
        decode_b64url(body.x.encode(), "x"),
        aud=statement.aud,
        party=body.party,
        kid=body.kid,
        registrar=statement.kid,
        jti=statement.jti,
    )
