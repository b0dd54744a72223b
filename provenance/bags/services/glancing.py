"""
What a scan of a code shows first, for doors that print codes.

The shelf tells it, and no other door may import the shelf; so it registers here, and what is printed beside a code can
never say another thing than the page behind the code.
"""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Glance:
    """
    The verdict of a lot's page, and everything on it that a shopper should know before buying.

    ``code``: recalled, agreed, one_side, nobody, contested, mismatch. ``flags``: sentences, the gravest first.
    """

    code: str
    mark: str
    verdict: str
    flags: tuple[str, ...]


Teller = Callable[[str], Glance | None]
_tellers: list[Teller] = []


def tells_glances(teller: Teller) -> None:
    """Register who tells what the page of a lot (its URI) says; None where there is no such page."""
    _tellers[:] = [teller]


def glance_at(lot_uri: str) -> Glance | None:
    """None where nobody has recorded the lot."""
    return _tellers[0](lot_uri) if _tellers else None
