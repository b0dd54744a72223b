"""
The signed statement: one event as an SD-JWT (RFC 9901) whose JWS is kept as the bytes the signer made.

``docs/trail-format.md`` says the format byte by byte, with a worked example.
"""

from provenance.coffee.statement.disclosures import WITHHELD, Disclosure, make_disclosure, read_disclosure
from provenance.coffee.statement.envelope import MAX_STATEMENT_BYTES, b64url, decode_b64url, thumbprint
from provenance.coffee.statement.pop import check_pop, sign_pop
from provenance.coffee.statement.reading import Statement, parse, verify
from provenance.coffee.statement.series import audience, successor
from provenance.coffee.statement.signing import new_event_id, sign

__all__ = [
    "MAX_STATEMENT_BYTES",
    "WITHHELD",
    "Disclosure",
    "Statement",
    "audience",
    "b64url",
    "check_pop",
    "decode_b64url",
    "make_disclosure",
    "new_event_id",
    "parse",
    "read_disclosure",
    "sign",
    "sign_pop",
    "successor",
    "thumbprint",
    "verify",
]
