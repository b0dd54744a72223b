"""What a statement says, read from its members: no more than a phone understands of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import Any

from provenance.coffee import strict_json
from provenance.coffee.errors import CoffeeError
from provenance.coffee.statement.envelope import b64url, decode_b64url, open_statement, signing_input_of
from provenance.pack.bundle.law import LAW, Row
from provenance.pack.bundle.outcome import Mismatch
from provenance.tlog.hashing import leaf_hash

_TEXTS = ("jti", "iss", "aud", "act")
_NO_ROW: Row = {}


@dataclass
class Said:
    """A statement in its one form; nothing is verified. ``log`` and ``index``: where the bundle says that it stands."""

    jws: bytes
    kid: str
    signature: bytes
    payload: Mapping[str, Any]
    log: int = 0
    index: int | None = None
    leaf: bytes = b""
    row: Row = field(default_factory=dict)

    @property
    def signed(self) -> bytes:
        return signing_input_of(self.jws)

    @property
    def jti(self) -> str:
        return str(self.payload["jti"])

    @property
    def iss(self) -> str:
        return str(self.payload["iss"])

    @property
    def aud(self) -> str:
        return str(self.payload["aud"])

    @property
    def act(self) -> str:
        return str(self.payload["act"])

    @cached_property
    def event(self) -> Mapping[str, Any]:
        return _object(self.payload.get("event"))

    @cached_property
    def subject(self) -> Mapping[str, Any]:
        return _object(self.payload.get("subject"))

    @cached_property
    def about(self) -> set[str]:
        """Lots that it takes from or speaks of."""
        return set(self._lots_under(["quantityList", "inputQuantityList"]))

    @cached_property
    def begins(self) -> set[str]:
        return set(self._lots_under(["coffee:begins"]))

    @cached_property
    def makes(self) -> set[str]:
        """Lots that it pours into; it may, where these are the signer's own."""
        return set(self._lots_under(self.row.get("makes", []))) - self.begins

    @cached_property
    def uses(self) -> set[str]:
        """Lots that the coffee it pours into others comes from."""
        return set(self._lots_under(self.row.get("uses", []))) if self.makes else set()

    @property
    def lots(self) -> set[str]:
        return self.about | self.makes | self.begins

    @cached_property
    def parties(self) -> set[str]:
        """The signer, and whoever gives, takes or owns."""
        named = {self.iss}
        for member, name in (("sourceList", "source"), ("destinationList", "destination")):
            named |= {
                str(one[name])
                for one in _objects(self.event.get(member))
                if one.get("type") in ("possessing_party", "owning_party") and isinstance(one.get(name), str)
            }
        return named

    @cached_property
    def addressee(self) -> str | None:
        """To whom it sends."""
        for one in _objects(self.event.get("destinationList")):
            if one.get("type") == "possessing_party" and isinstance(one.get("destination"), str):
                return str(one["destination"])
        return None

    @cached_property
    def site(self) -> str | None:
        site = _object(self.event.get("readPoint")).get("id")
        return site if isinstance(site, str) else None

    @cached_property
    def refers(self) -> str | None:
        """The event that it is about."""
        if self.act == "correct":
            return str(self.event.get("eventID"))
        for one in _objects(self.event.get("bizTransactionList")):
            if one.get("type") == "upevt" and isinstance(one.get("bizTransaction"), str):
                return str(one["bizTransaction"])
        return None

    def _lots_under(self, members: object) -> Iterator[str]:
        for member in members if isinstance(members, list) else ():
            value = self.event.get(member)
            if isinstance(value, str):
                yield value
            for one in _objects(value if isinstance(value, list) else [value]):
                for name in ("epcClass", "coffee:lot"):
                    if isinstance(one.get(name), str):
                        yield one[name]


def read(jws: str, log: int = 0, index: int | None = None) -> Said:
    """Take a statement apart. Raises ``Mismatch`` unless it is in the one form that every statement has."""
    try:
        entry = jws.encode("ascii")
        kid, raw, signature = open_statement(entry)
        payload = strict_json.loads(raw)
    except (CoffeeError, UnicodeEncodeError):
        raise Mismatch("form") from None
    if not isinstance(payload, dict) or not _is_formed(payload, raw):
        raise Mismatch("form")
    return Said(entry, kid, signature, payload, log, index, leaf_hash(entry), LAW.get(payload["act"], _NO_ROW))


def _is_formed(payload: dict[str, Any], raw: bytes) -> bool:
    if type(payload.get("v")) is not int or payload["v"] != 1:
        return False
    if not all(isinstance(payload.get(name), str) for name in _TEXTS):
        return False
    content = [payload[name] for name in ("event", "subject") if name in payload]
    if len(content) != 1 or not isinstance(content[0], dict):
        return False
    if "event" in payload and (content[0].get("eventID") == payload["jti"]) is (payload["act"] == "correct"):
        return False
    withheld = payload.get("withheld", {})
    if not isinstance(withheld, dict) or not all(_is_digest(value) for value in withheld.values()):
        return False
    return raw.count(b'_sd"') == len(withheld) and b"\\u" not in raw


def _is_digest(value: object) -> bool:
    match value:
        case {"_sd": [str()], **rest}:
            return not rest
    return False


def opened(said: Said, text: object) -> tuple[str, str]:
    """Name and value of a disclosure shown beside the statement. Raises ``Mismatch`` unless it is signed there."""
    if not isinstance(text, str):
        raise Mismatch("disclosure_form")
    try:
        array = strict_json.loads(decode_b64url(text.encode(errors="replace"), "disclosure"))
    except CoffeeError:
        raise Mismatch("disclosure_form") from None
    match array:
        case [str(salt), "value", {"jti": str(jti), "name": str(name), "v": str(value), **rest}] if not rest:
            pass
        case _:
            raise Mismatch("disclosure_form")
    if len(_bytes(salt)) != 16:
        raise Mismatch("disclosure_form")
    digest = b64url(sha256(text.encode()).digest())
    if jti != said.jti or said.payload.get("withheld", {}).get(name) != {"_sd": [digest]}:
        raise Mismatch("disclosure", name=name)
    return name, value


def _bytes(text: str) -> bytes:
    try:
        return decode_b64url(text.encode(errors="replace"), "salt")
    except CoffeeError:
        raise Mismatch("disclosure_form") from None


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _objects(value: object) -> Iterator[Mapping[str, Any]]:
    for one in value if isinstance(value, list) else ():
        if isinstance(one, dict):
            yield one
