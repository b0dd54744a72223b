"""Coffee comes into being at a farm, and changes its place, its keeper or its owner."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from provenance.coffee.acts.base import Act, Difference, FileRow, LotMass, NewLot


@dataclass(frozen=True, kw_only=True)
class Harvest(Act):
    name: ClassVar[str] = "harvest"
    at: datetime
    site: str
    output: NewLot
    owner: str | None = None  # the signer, unless a collector signs for the farmer


@dataclass(frozen=True, kw_only=True)
class Dispatch(Act):
    """Sends lots to a named party; they are in transit until received, refused or declared lost."""

    name: ClassVar[str] = "dispatch"
    at: datetime
    site: str
    lines: tuple[LotMass, ...]
    to_party: str
    to_site: str | None = None
    title: bool = True  # ownership passes when it is received
    owner: str | None = None  # whose stock, where the custodian holds several owners'
    bags: int | None = None


@dataclass(frozen=True, kw_only=True)
class Receive(Act):
    """
    Takes in lots, on a dispatch or as the first anybody says of them.

    ``lines`` are the receiver's own weights. ``into`` names the open day-lot they are poured into; its ``mass_mg``
    equals the sum of the lines. ``taken`` says how much of the dispatch this uses up, where that differs: the
    difference stands in ``losses`` and ``gains``. Without a dispatch, a lot nobody named before begins here
    (``begins`` gives its form and attributes) and what came before is "not recorded".
    """

    name: ClassVar[str] = "receive"
    at: datetime
    site: str
    lines: tuple[LotMass, ...]
    from_party: str | None = None
    dispatch: str | None = None  # event id
    taken: tuple[LotMass, ...] = ()  # as the lines, where empty
    into: NewLot | None = None
    begins: tuple[NewLot, ...] = ()
    losses: tuple[Difference, ...] = ()
    gains: tuple[Difference, ...] = ()
    title: bool = True
    bags: int | None = None
    moisture_permille: int | None = None
    declared_from: FileRow | None = None


@dataclass(frozen=True, kw_only=True)
class Refuse(Act):
    """Sends a dispatch, or part of it, back to who sent it."""

    name: ClassVar[str] = "refuse"
    at: datetime
    site: str
    dispatch: str
    lines: tuple[LotMass, ...]
    reason: str  # quality, weight, moisture, documents, not_ordered, other


@dataclass(frozen=True, kw_only=True)
class TransferTitle(Act):
    """Changes the owner of coffee that stays where it is."""

    name: ClassVar[str] = "transfer_title"
    at: datetime
    site: str
    lines: tuple[LotMass, ...]
    to_party: str
    custodian: str | None = None  # who holds it; the signer where None
