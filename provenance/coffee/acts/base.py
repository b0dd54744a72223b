"""What acts are made of: lots with their weights and attributes, named differences, rows of files."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import ClassVar

from provenance.coffee.errors import LinesDoNotAddUp

MG_PER_KG = 1_000_000


class Form(StrEnum):
    """What a lot is made of. By-products stand last; they keep their origins and can be sold."""

    CHERRY = "CHERRY"
    FLOATERS = "FLOATERS"
    DRIED_CHERRY = "DRIED_CHERRY"
    WET_PARCHMENT = "WET_PARCHMENT"
    DRY_PARCHMENT = "DRY_PARCHMENT"
    WET_GREEN = "WET_GREEN"
    GREEN_UNGRADED = "GREEN_UNGRADED"
    GREEN = "GREEN"
    GREEN_DECAF = "GREEN_DECAF"
    ROASTED = "ROASTED"
    GROUND = "GROUND"
    PACKED = "PACKED"
    PULP = "PULP"
    PARCHMENT_HUSK = "PARCHMENT_HUSK"
    CHERRY_HUSK = "CHERRY_HUSK"
    TRIAGE = "TRIAGE"
    CHAFF = "CHAFF"
    SWEEPINGS = "SWEEPINGS"


class LossKind(StrEnum):
    """Where weight went, or came from. A gain (moisture taken up, a scale's error) uses the same words."""

    WATER = "water"
    MUCILAGE = "mucilage"
    ROAST_GAS = "roast_gas"
    SPILLAGE = "spillage"
    SAMPLE = "sample"
    REJECT = "reject"
    THEFT = "theft"
    WEIGHING_DIFFERENCE = "weighing_difference"
    UNEXPLAINED = "unexplained"


class Basis(StrEnum):
    WEIGHED = "weighed"
    COMPUTED = "computed"
    ESTIMATED = "estimated"


@dataclass(frozen=True, kw_only=True)
class LotMass:
    """So much of a lot that exists (or, in a receipt, begins here)."""

    lot: str
    mass_mg: int


@dataclass(frozen=True, kw_only=True)
class Attributes:
    """What a lot is said to be, beyond its form. All optional; nothing here is personal."""

    country: str | None = None  # ISO 3166-1 alpha-2
    region: str | None = None
    species: str | None = None  # "arabica", "robusta"
    variety: tuple[str, ...] = ()
    process: str | None = None  # washed, natural, honey, wet-hulled, anaerobic ...
    grade: str | None = None
    altitude_m: tuple[int, int] | None = None  # lowest, highest
    harvest_start: date | None = None
    harvest_end: date | None = None
    roast_degree: str | None = None
    best_before: date | None = None
    claims: tuple[str, ...] = ()  # certification schemes claimed by the signer: "organic", "fairtrade" ...


NOTHING_SAID = Attributes()


@dataclass(frozen=True, kw_only=True)
class NewLot:
    """A lot that this act makes, or adds to (a day-lot, a silo)."""

    lot: str
    mass_mg: int
    form: Form
    attributes: Attributes = NOTHING_SAID


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A loss or a gain: weight that no lot holds."""

    kind: LossKind
    mass_mg: int
    basis: Basis = Basis.COMPUTED


@dataclass(frozen=True, kw_only=True)
class FileRow:
    """Where a declared fact was read: the imported file's SHA-256 (hex) and its record number, from 1."""

    sha256: str
    row: int


@dataclass(frozen=True, kw_only=True)
class Act:
    """Base of all acts; ``name`` is the word in the statement's ``act`` member."""

    name: ClassVar[str] = ""


def check_lines(
    *,
    inputs: tuple[LotMass, ...],
    outputs: tuple[LotMass | NewLot, ...],
    losses: tuple[Difference, ...] = (),
    gains: tuple[Difference, ...] = (),
) -> None:
    """Inputs + gains = outputs + losses, to the milligram; raises ``LinesDoNotAddUp`` naming the difference."""
    came_mg = sum(line.mass_mg for line in inputs) + sum(gain.mass_mg for gain in gains)
    went_mg = sum(line.mass_mg for line in outputs) + sum(loss.mass_mg for loss in losses)
    if rest_mg := came_mg - went_mg:
        word = "are not accounted for: name a loss" if rest_mg > 0 else "come from nowhere: name a gain"
        raise LinesDoNotAddUp(
            f"{abs(rest_mg) // MG_PER_KG}.{abs(rest_mg) % MG_PER_KG:06d} kg {word}.",
            field="losses" if rest_mg > 0 else "gains",
        )
