"""Proof of possession: a new key signs what it is being bound to, so that nobody enrols another's key."""

from provenance.coffee import strict_json
from provenance.coffee.errors import MalformedStatement
from provenance.coffee.statement.envelope import POP_TYPE, Signer, decode_b64url, seal, signing_input, thumbprint
from provenance.tlog.errors import TlogError
from provenance.tlog.keys import PublicKey, check_enrolment


def sign_pop(signer: Signer, *, aud: str, party: str, kid: str, registrar: str, jti: str) -> str:
    """
    Sign, with the new key ``kid``, that ``party`` holds it.

    ``registrar`` is the kid that will sign the ``register_key`` statement, ``jti`` and ``aud`` are that statement's.
    """
    return seal(_message(aud, party, kid, registrar, jti), signer).decode()


def check_pop(pop: str, raw_public: bytes, *, aud: str, party: str, kid: str, registrar: str, jti: str) -> None:
    """
    Raise ``MalformedStatement`` (field ``pop``) unless the new key signed exactly this binding.

    The key must have the thumbprint ``kid`` and be fit for enrolment: a canonical point of prime order.
    """
    try:
        check_enrolment(raw_public)
        message, _, signature = pop.encode(errors="replace").rpartition(b".")
        if thumbprint(raw_public) != kid or message != _message(aud, party, kid, registrar, jti):
            raise MalformedStatement("The key's own signature is over something else than this registration.")
        PublicKey(raw_public).verify(decode_b64url(signature, "signature"), message)
    except (TlogError, MalformedStatement) as error:
        raise MalformedStatement(str(error), field="pop") from None


def _message(aud: str, party: str, kid: str, registrar: str, jti: str) -> bytes:
    claims = {"aud": aud, "party": party, "kid": kid, "registrar": registrar, "jti": jti}
    return signing_input(kid, POP_TYPE, strict_json.dumps(claims))
