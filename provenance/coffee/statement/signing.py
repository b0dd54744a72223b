"""Makes statements: what a form, an import or a server-held key does; a phone does the same in JavaScript."""

from collections.abc import Mapping

from provenance.coffee import epcis, strict_json
from provenance.coffee.acts import REGISTRY_ACTS, Act
from provenance.coffee.statement.disclosures import Disclosure, make_disclosure
from provenance.coffee.statement.envelope import STATEMENT_TYPE, Signer, seal, signing_input
from provenance.coffee.statement.reading import VERSION, Statement, parse


def new_event_id() -> str:
    """A fresh ``urn:uuid:`` of the time in milliseconds and 74 random bits (RFC 9562, version 7)."""
    # Imported here: the offline verifier makes no events, and starts sooner without.
    from secrets import randbits
    from time import time_ns
    from uuid import UUID

    # The version stands before the first 12 random bits, the variant before the other 62.
    digits = f"{time_ns() // 1_000_000:012x}{7 << 12 | randbits(12):04x}{0b10 << 62 | randbits(62):016x}"
    return f"urn:uuid:{UUID(digits)}"


def sign(
    act: Act,
    *,
    iss: str,
    aud: str,
    iat: int,
    kid: str,
    signer: Signer,
    jti: str | None = None,
    withheld: Mapping[str, str] | None = None,
    dseq: int | None = None,
    dprev: str | None = None,
    seen: Mapping[str, object] | None = None,
) -> tuple[Statement, list[Disclosure]]:
    """
    State an act, with the values of its withheld fields by name; returns the disclosures that open them.

    ``iat`` is in seconds since 1970. Raises ``MalformedAct``, ``BadDisclosure`` or ``MalformedStatement``: whatever
    this returns, ``parse`` accepts.
    """
    jti = jti or new_event_id()
    disclosures = [make_disclosure(jti, name, value) for name, value in (withheld or {}).items()]
    payload: dict[str, object] = {"v": VERSION, "jti": jti, "iss": iss, "aud": aud, "iat": iat, "act": act.name}
    if act.name in REGISTRY_ACTS:
        payload["subject"] = epcis.subject_of(act)
    else:
        payload["event"] = epcis.event_of(act, event_id=jti)
    if disclosures:
        payload["withheld"] = {each.name: {"_sd": [each.digest]} for each in disclosures}
    device = {"dseq": dseq, "dprev": dprev, "seen": seen and dict(seen)}
    payload |= {name: value for name, value in device.items() if value is not None}
    message = signing_input(kid, STATEMENT_TYPE, strict_json.dumps(payload))
    return parse(seal(message, signer)), disclosures
