"""What a verifier found in a pack."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that does not match. ``index`` and ``event`` say where, unless it is about the whole pack."""

    what: str
    index: int | None = None
    event: str | None = None

    def __str__(self) -> str:
        where = f"leaf {self.index}" + (f", {self.event}" if self.event else "") if self.index is not None else "pack"
        return f"{where}: {self.what}"


@dataclass(slots=True)
class Report:
    """
    What was found. ``trusted``: the checkpoint is one that the reader's own trust file accepts; ``unwitnessed``:
    that file asks for no witness, so that nobody but the operator says that there is one history only.

    Of the withheld fields, ``disclosures`` are shown, ``withheld`` are kept from this reader, and ``erased`` are no
    more, as somebody says on the log who may.

    ``complete``: nothing about the traced lots was left out up to this leaf, nor any recall or end of a key;
    ``not_proved`` says why that cannot be said, where the pack brings no proof of it. A false proof is a fault.
    """

    lots: tuple[str, ...] = ()
    origin: str = ""
    size: int = 0
    statements: int = 0
    disclosures: int = 0
    withheld: int = 0
    erased: int = 0
    trusted: bool = False
    unwitnessed: bool = False
    complete: int | None = None
    not_proved: str = ""
    witnesses: Mapping[str, int] = field(default_factory=dict)
    witnessed_at: int | None = None  # POSIX seconds of the newest quorum
    faults: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def fault(self, what: str, index: int | None = None, event: str | None = None) -> None:
        """Something does not match; at this leaf, in this event, unless it is about the whole pack."""
        self.faults.append(Fault(what, index, event))
