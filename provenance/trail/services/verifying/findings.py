"""What a check of the trail found."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Fault:
    """Something that is not as it must be; event id and leaf where it belongs to one."""

    event: str | None
    index: int | None
    what: str

    def __str__(self) -> str:
        where = "" if self.event is None else f"{self.event}"
        if self.index is not None:
            where += f" (leaf {self.index})"
        return f"{where}: {self.what}" if where else self.what


@dataclass
class Findings:
    """The faults, how much was looked at, and what a reader should know although it is no fault."""

    faults: list[Fault] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)

    def fault(self, what: str, event: str | None = None, index: int | None = None) -> None:
        self.faults.append(Fault(event, index, what))

    def note(self, what: str) -> None:
        self.notes.append(what)
