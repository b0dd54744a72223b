"""
JSON (RFC 8259) in the one way in which every reader understands it alike, and the writer of it.

Refused: duplicate names, exponents, NaN, Infinity, minus zero, numbers beyond 15 digits, lone surrogates, text outside
Unicode NFC, control characters other than tab and newline, characters that turn the direction of writing, a byte order
mark, encodings other than UTF-8, and nesting beyond 16. Fractions are read as ``Decimal``, never as ``float``.
"""

import re
from decimal import Decimal
from json import JSONDecoder
from json.encoder import encode_basestring
from typing import Never
from unicodedata import is_normalized

from provenance.coffee.errors import CoffeeError

MAX_BYTES = 65_536
MAX_DEPTH = 16
MAX_DIGITS = 15  # what an IEEE 754 double, hence JavaScript, keeps exactly

_FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


class MalformedJson(CoffeeError):
    """The bytes are not JSON, or JSON that two readers could understand in two ways."""


def loads(data: bytes) -> object:
    """Read one JSON value: dict, list, str, int, Decimal, bool or None. Raises ``MalformedJson``."""
    if len(data) > MAX_BYTES:
        raise MalformedJson(f"JSON text is at most {MAX_BYTES} bytes long.")
    try:
        text = data.decode()
        value = _DECODER.decode(text)
    except UnicodeDecodeError:
        raise MalformedJson("JSON text is written in UTF-8.") from None
    except RecursionError:
        raise MalformedJson(_TOO_DEEP) from None
    except MalformedJson:
        raise
    except ValueError as error:
        raise MalformedJson(f"This is not JSON: {error}.") from None
    if text.count("{") + text.count("[") > MAX_DEPTH:
        _check_depth(value, MAX_DEPTH)
    if not _is_plain(text):
        _check_texts(value)
    return value


def dumps(value: object) -> bytes:
    """
    Write compact UTF-8 JSON, names in the order given and decimals without exponent or idle zeros.

    A value that has no place in our JSON (``float`` above all) is a mistake of the caller: ``TypeError``.
    """
    return _written(value).encode()


def check_text(text: str) -> None:
    """Raise ``MalformedJson`` unless this may stand in our JSON: composed, without control or direction characters."""
    if _FORBIDDEN.search(text):
        raise MalformedJson("Text holds a control character, or one that turns the direction of writing.")
    if not is_normalized("NFC", text):
        raise MalformedJson("Text is written in Unicode's composed form (NFC).")


_TOO_DEEP = f"JSON is nested at most {MAX_DEPTH} deep."


def _is_plain(text: str) -> bool:
    # Nearly every signed payload is: then nothing is left to look at in its strings.
    return text.isascii() and "\\" not in text and "\x7f" not in text


def _check_depth(value: object, room: int) -> None:
    if isinstance(value, (dict, list)):
        if not room:
            raise MalformedJson(_TOO_DEEP)
        for member in value.values() if isinstance(value, dict) else value:
            _check_depth(member, room - 1)


def _check_texts(value: object) -> None:
    if isinstance(value, str):
        check_text(value)
    elif isinstance(value, list):
        for member in value:
            _check_texts(member)
    elif isinstance(value, dict):
        for name, member in value.items():
            check_text(name)
            _check_texts(member)


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise MalformedJson("A name stands twice in one object.", field=twice)
    return members


def _integer(text: str) -> int:
    if len(text) > MAX_DIGITS + 1 or text == "-0":
        _refuse_number(text)
    value = int(text)
    if not -(10**MAX_DIGITS) < value < 10**MAX_DIGITS:
        _refuse_number(text)
    return value


def _fraction(text: str) -> Decimal:
    # Minus and point are no digits.
    if "e" in text or "E" in text or len(text) - text.startswith("-") - 1 > MAX_DIGITS:
        _refuse_number(text)
    value = Decimal(text)
    if value.is_zero() and value.is_signed():
        _refuse_number(text)
    return value


def _refuse_number(text: str) -> Never:
    raise MalformedJson(f"A number has at most {MAX_DIGITS} digits, no exponent, and is not minus zero: {text[:20]}.")


_DECODER = JSONDecoder(
    object_pairs_hook=_object, parse_int=_integer, parse_float=_fraction, parse_constant=_refuse_number
)


def _written(value: object) -> str:
    if isinstance(value, str):
        return encode_basestring(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{_name(name)}:{_written(member)}" for name, member in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(map(_written, value)) + "]"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, Decimal) and value.is_finite():
        return _number(value)
    raise TypeError(f"{type(value).__name__} has no place in our JSON.")


def _name(name: object) -> str:
    if not isinstance(name, str):
        raise TypeError("The names in a JSON object are strings.")
    return encode_basestring(name)


def _number(value: Decimal) -> str:
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
