"""
Withheld fields: what a statement commits to by a digest, shown only to whom it is disclosed (RFC 9901).

A disclosure is ``[salt, "value", {"jti": …, "name": …, "v": …}]``. Naming statement and field inside it keeps it from
being shown beside another statement, or under another field.
"""

import secrets
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING
from unicodedata import normalize

from provenance.coffee import strict_json
from provenance.coffee.errors import BadDisclosure, MalformedStatement
from provenance.coffee.statement.envelope import b64url, decode_b64url

if TYPE_CHECKING:
    from provenance.coffee.statement.reading import Statement

SALT_BYTES = 16

WITHHELD = frozenset(
    {
        "name",  # of a registered party, site or plot
        "owner_name",  # of the coffee's owner, where a custodian signs
        "phone",  # of a registered person
        "place",  # village and address of a site
        "plot",  # boundary as GeoJSON
        "producer",  # party URI of the farmer whose coffee was delivered
        "counterparty",  # who bought or sold, as their papers name them
        "buyer",  # to whom a sale outside the trail went
        "mill",  # which processed the coffee, as the source names it
        "price",  # amount, currency and unit
        "payee",  # party URI of whoever was paid
        "amount",  # that was paid, with its currency: "412.50 USD"
        "certificate",  # its number
        "words",  # a person's own
        "recipe",  # of a blend, as its roaster states it
        "lot_number",  # by which the signer's own books name the lot
        "ico_mark",  # International Coffee Organization's mark: country, exporter, lot
        "photo",  # SHA-256 of the picture
        "note",  # free text
        "entered",  # the figures and units as typed, before conversion
        "source_row",  # the imported file's row, as it was read
    }
)


@dataclass(frozen=True)
class Disclosure:
    """The value of one withheld field of the statement ``jti``, and the 16 bytes of salt that hide it."""

    jti: str
    name: str
    value: str
    salt: bytes

    @cached_property
    def json(self) -> bytes:
        """The array, in the one spelling that is accepted."""
        member = {"jti": self.jti, "name": self.name, "v": self.value}
        return strict_json.dumps([b64url(self.salt), "value", member])

    @cached_property
    def text(self) -> str:
        """What travels: base64url of the array."""
        return b64url(self.json)

    @cached_property
    def digest(self) -> str:
        """What is signed: base64url SHA-256 of ``text`` (RFC 9901, 4.2.3)."""
        return b64url(sha256(self.text.encode()).digest())


def make_disclosure(jti: str, name: str, value: str) -> Disclosure:
    """Withhold a value behind a fresh salt, in Unicode NFC with plain newlines. Raises ``BadDisclosure``."""
    if name not in WITHHELD:
        raise BadDisclosure(f"There is no withheld field {name}.", field=name)
    value = normalize("NFC", value.replace("\r\n", "\n"))
    disclosure = Disclosure(jti, name, value, secrets.token_bytes(SALT_BYTES))
    try:
        strict_json.check_text(value)
        strict_json.loads(disclosure.json)
    except strict_json.MalformedJson as error:
        raise BadDisclosure(str(error), field=name) from None
    return disclosure


def read_disclosure(text: str, statement: "Statement") -> Disclosure:
    """Read a disclosure shown beside a statement. Raises ``BadDisclosure`` unless the statement withholds just this."""
    disclosure = _read(text)
    if disclosure.jti != statement.jti:
        raise BadDisclosure("The disclosure belongs to another statement.", field="jti")
    if statement.withheld.get(disclosure.name) != disclosure.digest:
        raise BadDisclosure("The statement does not withhold this value under this name.", field=disclosure.name)
    return disclosure


def _read(text: str) -> Disclosure:
    try:
        array = strict_json.loads(decode_b64url(text.encode(errors="replace"), "disclosure"))
        match array:
            case [str(salt), "value", {"jti": str(jti), "name": str(name), "v": str(value)}]:
                disclosure = Disclosure(jti, name, value, decode_b64url(salt.encode(), "salt"))
            case _:
                raise BadDisclosure("A disclosure is an array of salt, the word value, and jti, name and v.")
    except (MalformedStatement, strict_json.MalformedJson) as error:
        raise BadDisclosure(str(error)) from None
    if len(disclosure.salt) != SALT_BYTES or disclosure.text != text:
        raise BadDisclosure("The disclosure is not in its one written form.")
    return disclosure
