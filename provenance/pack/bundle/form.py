"""
The outer form of a bundle. It is not signed: whatever is amiss with it is a fault on the way, and no fraud.

A statement is written as "kid.signature.payload", the payload as it was before base64url: so it compresses far better.
Whatever has not the form that this can be undone of is its JWS as it stands in the log.
"""

import re
from collections.abc import Callable, Mapping

from provenance.coffee.errors import CoffeeError
from provenance.coffee.statement.envelope import STATEMENT_TYPE, open_statement, signing_input

VERSION = 3

_READABLE = re.compile(r"([\w-]{43})\.([\w-]{86})\.(\{.*)", re.ASCII | re.DOTALL)
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def readable(jws: bytes) -> str:
    """The statement as bundles write it; ``jws_of`` is the inverse."""
    try:
        kid, payload, _ = open_statement(jws)
        text = f"{kid}.{jws.rpartition(b'.')[2].decode()}.{payload.decode()}"
    except (CoffeeError, UnicodeDecodeError):
        text = ""
    return text if jws_of(text).encode() == jws else jws.decode("ascii", "replace")


def jws_of(text: str) -> str:
    """The JWS of a statement that a bundle brings: not verified, and of whatever form."""
    match = _READABLE.fullmatch(text)
    if match is None:
        return text
    kid, signature, payload = match.groups()
    # As browsers encode what is no Unicode text.
    signed = signing_input(kid, STATEMENT_TYPE, _LONE_SURROGATE.sub("\ufffd", payload).encode())
    return f"{signed.decode()}.{signature}"


Test = Callable[[object], bool]


def _text(value: object) -> bool:
    return isinstance(value, str)


def _text_or_nothing(value: object) -> bool:
    return value is None or isinstance(value, str)


def _place(value: object) -> bool:
    return type(value) is int and 0 <= value < 2**53


def _place_or_nothing(value: object) -> bool:
    return value is None or _place(value)


def _list(test: Test) -> Test:
    return lambda value: isinstance(value, list) and all(map(test, value))


def _object(members: Mapping[str, Test]) -> Test:
    return lambda value: (
        isinstance(value, dict) and all(name in value and test(value[name]) for name, test in members.items())
    )


_ENTRY = {"log": _place, "index": _place_or_nothing, "statement": _text, "proof": _text, "disclosures": _list(_text)}
_LISTING = {"kind": _text, "id": _text, "leaves": _list(_place), "others": _text, "proof": _text}

has_form = _object(
    {
        "v": lambda value: type(value) is int and value == VERSION,
        "origin": _text,
        "lot": _text,
        "lots": _list(_text),
        "policy": _text,
        "retired": _list(_text),
        "checkpoint": _text_or_nothing,
        "statements": _list(_object(_ENTRY)),
        "index": _list(_object(_LISTING)),
    }
)
