"""What a page says, as values: templates branch on these and never on rows."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from provenance.coffee.statement import Statement
from provenance.shelf.story.drawing import Drawing


@dataclass(frozen=True)
class Opened:
    """A withheld value that anybody may read, and the digest of it that was signed."""

    value: str
    digest: str
    text: str


@dataclass(frozen=True)
class Telling:
    """
    One event as it is stored. ``statement`` is None where the stored bytes cannot be read any more.

    ``leaf`` is the leaf hash of the bytes as they are now; ``index`` their place in the series of logs, if any.
    """

    event_id: str
    act: str
    jws: bytes
    leaf: bytes
    index: int | None
    recorded_at: datetime
    statement: Statement | None
    opened: Mapping[str, Opened] = field(default_factory=dict)


@dataclass(frozen=True)
class Named:
    """A name as a page shows it. With ``digest`` it is a disclosed value; without, it is our word for somebody."""

    text: str
    digest: str | None = None


@dataclass(frozen=True)
class Weight:
    """``said``: the figure as it stands in the signed bytes; None where the page added up several."""

    text: str
    what: str
    lot: str
    lot_uri: str
    said: str | None


@dataclass(frozen=True)
class Fact:
    """A word and what is said; ``said`` as it stands in the signed bytes, ``digest`` for a disclosed value."""

    word: str
    text: str
    said: str | None = None
    digest: str | None = None


@dataclass(frozen=True)
class Evidence:
    """``code``: both_sides, instrument, third_party, one_side, nobody."""

    code: str
    mark: str
    words: str
    why: str


@dataclass(frozen=True)
class EventRef:
    event_id: str
    leaf: str  # hex
    index: int | None
    said_at: str  # as it stands in the signed bytes
    at: datetime
    summary: str

    @property
    def uuid(self) -> str:
        return self.event_id.removeprefix("urn:uuid:")


@dataclass(frozen=True)
class Step:
    """
    One step of the journey: one event, or several of one kind told together ("300 farmers delivered …").

    ``before`` and ``after`` stand around the other party's name in the title: who, before, other, after.
    """

    kind: str
    who: Named
    before: str
    other: Named | None
    after: str
    at: datetime | None
    until: datetime | None
    said_at: str | None
    place: Named | None
    village: Named | None
    country: str
    events: tuple[EventRef, ...]
    evidence: Evidence
    signed_with: str
    inputs: tuple[Weight, ...] = ()
    outputs: tuple[Weight, ...] = ()
    differences: tuple[Fact, ...] = ()
    facts: tuple[Fact, ...] = ()
    withheld: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    taken_back: str | None = None
    fault: str | None = None

    @property
    def title(self) -> str:
        parts = (self.who.text, self.before, self.other.text if self.other else "", self.after)
        return " ".join(part for part in parts if part)

    @property
    def waiting(self) -> int:
        """How many of its events are not in the log yet."""
        return sum(event.index is None for event in self.events)

    @property
    def one_day(self) -> bool:
        """Whether all events of a crowd fell on one day."""
        return self.at is not None and self.until is not None and self.at.date() == self.until.date()

    @property
    def tone(self) -> str:
        """The class of the mark on the timeline."""
        if self.fault:
            return "alarm"
        return "agreed" if self.evidence.code in ("both_sides", "third_party", "instrument") else "one-side"


@dataclass(frozen=True)
class Source:
    """
    A part of the blend. ``name`` None: nobody says where it comes from.

    ``declared_by``: who named the place when the coffee reached them; what came before is not recorded.
    """

    key: Hashable
    permyriad: int
    name: Named | None
    village: Named | None = None
    country: str = ""
    growers: str = ""
    unnamed: str = ""
    declared_by: Named | None = None

    @property
    def percent(self) -> str:
        return f"{self.permyriad / 100:.1f}".removesuffix(".0") + " %"


@dataclass(frozen=True)
class Chapter:
    """A part of the journey: one source's way, or (without ``source``) what happened after several came together."""

    source: Source | None
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Recalled:
    lot: str
    reason: str
    who: Named
    at: datetime
    own: bool  # the bag's own lot, not one it was made from


@dataclass(frozen=True)
class Verdict:
    """``code``: agreed, one_side, nobody, mismatch."""

    code: str
    mark: str
    words: str
    more: str


@dataclass(frozen=True)
class Story:
    """``known``: somebody says that this lot was made. ``headline``: for a blend; else the one source is it."""

    lot_uri: str
    lot_code: str
    known: bool
    sources: tuple[Source, ...]
    headline: str
    coffee: str
    verdict: Verdict
    weakest: Step | None
    price: Fact
    price_is_of_a_part: bool
    steps: tuple[Step, ...]
    chapters: tuple[Chapter, ...]
    drawing: Drawing | None
    recalls: tuple[Recalled, ...]
    remarks: tuple[str, ...]
    claims: tuple[str, ...]
    best_before: date | None
    packed: int | None
    net: str
    pack_root: str
    one_installation: bool

    @property
    def waiting(self) -> int:
        return sum(step.waiting for step in self.steps)
