"""
Readers of one cell each. None guesses silently: what is left out, converted or doubted comes back as a ``Note``.

A note's sentence never repeats the cell's text, which may be somebody's telephone number: pages show it from the
sealed row.
"""

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Note:
    """Something a person should know of a cell. ``code`` names it for filters and counts."""

    code: str
    sentence: str


@dataclass(frozen=True)
class Cell(Generic[T]):
    """What a cell says, None where it says nothing usable, and what to know about it."""

    value: T | None = None
    notes: tuple[Note, ...] = ()


class CellRefused(Exception):
    """The row cannot be taken in because of this cell."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.note = Note(code, sentence)


def left_out(code: str, sentence: str) -> Cell:
    """The cell's own part of the lot stays unsaid; the lot itself is taken in."""
    return Cell(None, (Note(code, sentence),))
