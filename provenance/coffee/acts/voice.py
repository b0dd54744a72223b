"""What is said of other statements."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from provenance.coffee.acts.base import Act


@dataclass(frozen=True, kw_only=True)
class Correct(Act):
    """
    An EPCIS error declaration: takes back ``original`` (the event as it was signed).

    ``corrected_by`` are the ids of the events that say it right; empty where it did not occur.
    """

    name: ClassVar[str] = "correct"
    original: dict[str, object]
    original_act: str
    declared_at: datetime
    reason: str  # "did_not_occur" or "incorrect_data"
    corrected_by: tuple[str, ...] = ()
