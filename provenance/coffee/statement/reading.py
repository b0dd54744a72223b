"""Reads a statement strictly, and checks who signed it. Nothing is ever serialised again to check anything."""

import re
from collections.abc import Callable, Collection
from typing import NamedTuple, cast

from provenance.coffee import epcis, identifiers, strict_json
from provenance.coffee.acts import ACTS, REGISTRY_ACTS, Act
from provenance.coffee.errors import MalformedStatement, UnknownIdentifier
from provenance.coffee.statement.disclosures import WITHHELD
from provenance.coffee.statement.envelope import SHA256_B64URL, open_statement, signing_input_of, thumbprint
from provenance.tlog.errors import BadSignature
from provenance.tlog.keys import PublicKey

VERSION = 1

_REQUIRED = frozenset({"v", "jti", "iss", "aud", "iat", "act"})
_KNOWN = _REQUIRED | {"event", "subject", "withheld", "dseq", "dprev", "seen"}

_HOST = r"[a-z0-9](?:[a-z0-9.-]{0,252}[a-z0-9])?(?::[1-9][0-9]{0,4})?"
_SHA256 = re.compile(SHA256_B64URL)
_SERIES = rf"{_HOST}/log/[a-z0-9][a-z0-9-]{{0,62}}"
_AUD = re.compile(rf"{_SERIES}#[0-9a-f]{{16}}")
_AUD_OF_GENESIS = re.compile(_SERIES)

_LATEST = 253_402_300_799  # 9999-12-31T23:59:59Z
_COUNT_LIMIT = 2**48


class Statement(NamedTuple):
    """
    A statement in its one form. Whether ``kid`` signed it, ``verify`` says; whether it may, ``rules``.

    ``jws`` are the log's leaf bytes. ``iat`` is in seconds since 1970. ``withheld`` maps names to base64url SHA-256
    digests. ``dseq``, ``dprev`` and ``seen`` come from devices: place in the device's own chain, digest of the
    previous statement's signing input (absent at 1), size and root of the last checkpoint it saw.
    """

    jws: bytes
    kid: str
    signature: bytes
    jti: str
    iss: str
    aud: str
    iat: int
    act: str
    body: Act
    event: dict[str, object] | None
    subject: dict[str, object] | None
    withheld: dict[str, str]
    dseq: int | None
    dprev: str | None
    seen: dict[str, object] | None

    @property
    def signing_input(self) -> bytes:
        """All but the signature (RFC 7515, 5.1): two statements of one jti are the same where this is."""
        return signing_input_of(self.jws)


def parse(jws: bytes) -> Statement:
    """Read a statement without checking its signature. ``MalformedStatement``, or ``MalformedAct`` for its act."""
    kid, payload, signature = open_statement(jws)
    members = _members(payload)
    jti = _identifier(members, "jti", identifiers.check_event_id)
    act = _act(members)
    kind, content = _content(members, act, jti)
    withheld = _withheld(members)
    _refuse_other_digests(payload, len(withheld))
    dseq, dprev = _device_chain(members)
    return Statement(
        jws=jws,
        kid=kid,
        signature=signature,
        jti=jti,
        iss=_identifier(members, "iss", identifiers.check_uri),
        aud=_matching(members, "aud", _AUD_OF_GENESIS if act == "genesis" else _AUD),
        iat=_whole(members["iat"], "iat", 0, _LATEST),
        act=act,
        body=epcis.act_of(act, content) if kind == "event" else epcis.act_of_subject(act, content),
        event=content if kind == "event" else None,
        subject=content if kind == "subject" else None,
        withheld=withheld,
        dseq=dseq,
        dprev=dprev,
        seen=_seen(members),
    )


def verify(statement: Statement, public_key_raw: bytes) -> None:
    """Raise ``BadSignature`` unless the raw Ed25519 key is the one that ``kid`` names, and signed the statement."""
    if thumbprint(public_key_raw) != statement.kid:
        raise BadSignature("The statement was signed with another key.")
    PublicKey(public_key_raw).verify(statement.signature, statement.signing_input)


def _members(payload: bytes) -> dict[str, object]:
    try:
        members = strict_json.loads(payload)
    except strict_json.MalformedJson as error:
        raise MalformedStatement(str(error), field=error.field or "payload") from None
    if not isinstance(members, dict):
        raise MalformedStatement("The payload is a JSON object.", field="payload")
    if not _REQUIRED <= members.keys() <= _KNOWN:
        _refuse("is missing", _REQUIRED - members.keys())
        _refuse("is not known here", members.keys() - _KNOWN)
    if type(members["v"]) is not int or members["v"] != VERSION:
        raise MalformedStatement(f"Statements are of version {VERSION}.", field="v")
    return members


def _refuse(what: str, names: Collection[str]) -> None:
    for name in sorted(names):
        raise MalformedStatement(f"The member {name} {what}.", field=name)


def _matching(members: dict[str, object], name: str, pattern: re.Pattern[str]) -> str:
    value = members[name]
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise MalformedStatement(f"The member {name} is not in its one form.", field=name)
    return value


def _identifier(members: dict[str, object], name: str, check: Callable[..., str]) -> str:
    value = members[name]
    if not isinstance(value, str):
        raise MalformedStatement(f"The member {name} is text.", field=name)
    try:
        return check(value, field=name)
    except UnknownIdentifier as error:
        raise MalformedStatement(str(error), field=name) from None


def _whole(value: object, name: str, lowest: int, highest: int) -> int:
    # True is an int to Python, and to nobody else.
    if type(value) is not int or not lowest <= value <= highest:
        raise MalformedStatement(f"{name} is a whole number from {lowest} to {highest}.", field=name)
    return value


def _act(members: dict[str, object]) -> str:
    act = members["act"]
    if not isinstance(act, str) or act not in ACTS:
        raise MalformedStatement("There is no such act.", field="act")
    return act


def _content(members: dict[str, object], act: str, jti: str) -> tuple[str, dict[str, object]]:
    name, other = ("subject", "event") if act in REGISTRY_ACTS else ("event", "subject")
    content = members.get(name)
    if not isinstance(content, dict):
        raise MalformedStatement(f"The act {act} has an object {name}.", field=name)
    if other in members:
        raise MalformedStatement(f"The act {act} has no {other}.", field=other)
    if name == "subject":
        return name, content
    # A correction is an EPCIS error declaration: it repeats the identifier of the event it takes back.
    if (content.get("eventID") == jti) is (act == "correct"):
        raise MalformedStatement("eventID equals jti, but for a correction.", field="eventID")
    return name, content


def _withheld(members: dict[str, object]) -> dict[str, str]:
    if "withheld" not in members:
        return {}
    withheld = members["withheld"]
    if not isinstance(withheld, dict) or not withheld:
        raise MalformedStatement("withheld is an object that is not empty.", field="withheld")
    _refuse("cannot be withheld", withheld.keys() - WITHHELD)
    return {name: _digest(name, value) for name, value in withheld.items()}


def _digest(name: str, value: object) -> str:
    match value:
        case {"_sd": [str(digest)], **rest} if not rest and _SHA256.fullmatch(digest):
            return digest
    raise MalformedStatement("A withheld field has exactly one digest under _sd.", field=name)


def _refuse_other_digests(payload: bytes, expected: int) -> None:
    # Events and subjects are closed objects without room for a digest. This holds even where one is opened, and
    # no text that is accepted needs an escape by number, behind which a name could hide.
    if payload.count(b'_sd"') != expected or (b"\\" in payload and b"\\u" in payload):
        raise MalformedStatement("Digests stand under withheld only.", field="_sd")


def _device_chain(members: dict[str, object]) -> tuple[int | None, str | None]:
    if "dseq" not in members:
        _refuse("comes with dseq", {"dprev"} & members.keys())
        return None, None
    dseq = _whole(members["dseq"], "dseq", 1, _COUNT_LIMIT)
    if (dseq == 1) is ("dprev" in members):
        raise MalformedStatement("A device's statements name the one before, from the second on.", field="dprev")
    return dseq, _matching(members, "dprev", _SHA256) if dseq > 1 else None


def _seen(members: dict[str, object]) -> dict[str, object] | None:
    if "seen" not in members:
        return None
    match members["seen"]:
        case {"size": size, "root": str(root), **rest} if not rest and _SHA256.fullmatch(root):
            _whole(size, "seen", 1, _COUNT_LIMIT)
            return cast(dict[str, object], members["seen"])
    raise MalformedStatement("seen has a size and a root of 32 bytes in base64url.", field="seen")
