"""
Logs that follow each other: ``<host>/log/<name>/<n>`` ends where the next number begins.

Whoever cosigned the later one cosigns nothing more of the earlier: not a leaf, and not its last checkpoint anew, which
would make a reader believe that the log still stands where it was left.
"""

import re
from collections.abc import Iterable

_NUMBERED = re.compile(r"(.+/log/[^/]+)/([1-9][0-9]{0,8})")


def later_than(origin: str, others: Iterable[str]) -> str | None:
    """The one of these origins that is of the same series and furthest beyond ``origin``, if any is."""
    own = _NUMBERED.fullmatch(origin)
    if own is None:
        return None
    numbers = {other: int(found[2]) for other in others if (found := _NUMBERED.fullmatch(other)) and found[1] == own[1]}
    last = max(numbers, key=numbers.__getitem__, default=origin)
    return last if numbers.get(last, 0) > int(own[2]) else None
