"""
The cases by name. Each function makes one; what it is called says what was done to the bundle.

A case is {bundle, memory?, tiles?, live?, now?}; ``case`` says what a verifier has to find: outcome, step, the leaf
that is named, and the reason's code.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from provenance.pack.tests.bundles.world import Case

Make = Callable[[], Case]


class Expected(NamedTuple):
    """``at``: (log, index) of the leaf to be named. ``kept``: whether the next bundle is held against this one."""

    outcome: str
    code: str
    step: str | None = None
    at: tuple[int, int | None] | None = None
    kept: bool = False


_MADE: dict[str, tuple[Expected, Make]] = {}


def checked(code: str = "checked", *, kept: bool = True) -> Callable[[Make], Make]:
    return _case(Expected("checked", code, kept=kept))


def unchecked(code: str, *, kept: bool = False) -> Callable[[Make], Make]:
    return _case(Expected("unchecked", code, kept=kept))


def mismatch(code: str, step: str, at: int | None = None, log: int = 0) -> Callable[[Make], Make]:
    """``at``: the leaf's index; a step that is about a leaf always names one."""
    return _case(Expected("mismatch", code, step, None if at is None else (log, at)))


def _case(expected: Expected) -> Callable[[Make], Make]:
    def add(make: Make) -> Make:
        name = make.__name__.replace("_", " ")
        assert name not in _MADE, name
        _MADE[name] = (expected, make)
        return make

    return add


def cases() -> Iterator[tuple[str, Expected, Make]]:
    """All of them, in the order in which they are written."""
    from provenance.pack.tests.bundles import keys, law, left_out, log, memory, statements, unread, whole, witnesses

    assert all((keys, law, left_out, log, memory, statements, unread, whole, witnesses))
    for name, (expected, make) in _MADE.items():
        yield name, expected, make
