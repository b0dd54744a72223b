"""Coffee leaves the trail, or is called back."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from provenance.coffee.acts.base import Act, LotMass


@dataclass(frozen=True, kw_only=True)
class Sell(Act):
    """Coffee leaves the trail: over the counter, or to a buyer who is not on it."""

    name: ClassVar[str] = "sell"
    at: datetime
    site: str
    lines: tuple[LotMass, ...]
    owner: str | None = None


@dataclass(frozen=True, kw_only=True)
class Dispose(Act):
    name: ClassVar[str] = "dispose"
    at: datetime
    site: str
    lines: tuple[LotMass, ...]
    reason: str  # spoiled, contaminated, expired, composted, theft, other
    owner: str | None = None


@dataclass(frozen=True, kw_only=True)
class Recall(Act):
    name: ClassVar[str] = "recall"
    at: datetime
    site: str
    lots: tuple[str, ...]
    reason: str  # contamination, foreign_body, allergen, labelling, quality, other


@dataclass(frozen=True, kw_only=True)
class LiftRecall(Act):
    name: ClassVar[str] = "lift_recall"
    at: datetime
    site: str
    lots: tuple[str, ...]
    recall: str  # event id of the recall
