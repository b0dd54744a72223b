"""The outer form of a bundle. It is not signed: whatever is amiss with it is a fault on the way, and no fraud."""

from collections.abc import Callable, Mapping

VERSION = 2

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


_ENTRY = {"log": _place, "index": _place_or_nothing, "jws": _text, "proof": _text, "disclosures": _list(_text)}
_LISTING = {"kind": _text, "id": _text, "leaves": _list(_place), "bucket": _text, "path": _text}

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
