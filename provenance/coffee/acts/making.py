"""Coffee is made into other coffee."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from provenance.coffee.acts.base import Act, Difference, LotMass, NewLot


@dataclass(frozen=True, kw_only=True)
class Close(Act):
    """Seals a day-lot: so many receipts, so much, and the Merkle root of their leaf hashes."""

    name: ClassVar[str] = "close"
    at: datetime
    site: str
    lot: str
    receipts: int
    mass_mg: int
    receipts_root: str  # hex


@dataclass(frozen=True, kw_only=True)
class Process(Act):
    """One step of making (``steps``): several lots in, several out, by-products among them, differences named."""

    name: ClassVar[str] = "process"
    at: datetime
    site: str
    step: str
    inputs: tuple[LotMass, ...]
    outputs: tuple[NewLot, ...]
    losses: tuple[Difference, ...] = ()
    gains: tuple[Difference, ...] = ()
    owner: str | None = None


@dataclass(frozen=True, kw_only=True)
class Split(Act):
    name: ClassVar[str] = "split"
    at: datetime
    site: str
    input: LotMass
    outputs: tuple[NewLot, ...]
    owner: str | None = None


@dataclass(frozen=True, kw_only=True)
class Pack(Act):
    """Fills bags. The recipe belongs to the pack lot; serials stay secret behind the root of their salted hashes."""

    name: ClassVar[str] = "pack"
    at: datetime
    site: str
    inputs: tuple[LotMass, ...]
    output: NewLot
    count: int
    net_mg: int  # of one bag
    serials_root: str  # hex
    gtin: str | None = None
    losses: tuple[Difference, ...] = ()
    gains: tuple[Difference, ...] = ()
    owner: str | None = None
