"""What a page says, as values: templates branch on these and never on rows."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import sha256
from itertools import pairwise

from provenance.coffee.statement import Statement, b64url
from provenance.shelf.map import Drawing
from provenance.shelf.story.sentences import Named, Sentence, Signed, Words


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
class Weight:
    """So much of one lot. ``mass`` is signed, but where the page added up several figures."""

    mass: Words
    form: str
    lot: Signed


@dataclass(frozen=True)
class Fact:
    """A word and what is said."""

    word: Words
    text: Words


@dataclass(frozen=True)
class Evidence:
    """``code``: both_sides, instrument, third_party, one_side, nobody."""

    code: str
    mark: str
    words: Words
    why: Words


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
class Reply:
    """
    What somebody whom a step concerns answered. ``code``: confirm, contest. ``words``: as written, if disclosed.

    ``stands``: it is its signer's last about this, and its key is not in doubt.
    """

    code: str
    mark: str
    event: EventRef
    sentence: Sentence
    words: Named | None
    stands: bool = True


@dataclass(frozen=True)
class Step:
    """One step of the journey: one event, or several of one kind told together ("300 farmers delivered …")."""

    kind: str
    sentence: Sentence
    at: datetime | None
    until: datetime | None
    said_at: str | None
    place: tuple[Named | str, ...]
    events: tuple[EventRef, ...]
    evidence: Evidence
    signed_with: Words
    inputs: tuple[Weight, ...] = ()
    outputs: tuple[Weight, ...] = ()
    facts: tuple[Fact, ...] = ()
    withheld: tuple[str, ...] = ()
    remarks: tuple[Words, ...] = ()
    replies: tuple[Reply, ...] = ()
    taken_back: Words | None = None
    fault: str | None = None

    @property
    def title(self) -> str:
        return str(self.sentence)

    @property
    def contested(self) -> bool:
        return any(reply.code == "contest" for reply in self.standing)

    @property
    def standing(self) -> list[Reply]:
        return [reply for reply in self.replies if reply.stands]

    @property
    def set_aside(self) -> int:
        """How many replies count no longer."""
        return len(self.replies) - len(self.standing)

    @property
    def waiting(self) -> int:
        """How many of its events are not in the log yet."""
        return sum(event.index is None for event in self.events)

    @property
    def unplaced(self) -> list[EventRef]:
        return [event for event in self._told if event.index is None]

    @property
    def leaves(self) -> str:
        """The places of what it tells, with the replies, in order; each but the first as far as from the one before."""
        places = [event.index or 0 for event in self._placed]
        return " ".join(str(place - before) for before, place in pairwise([0, *places]))

    @property
    def digest(self) -> str:
        """Half of SHA-256 over the leaf hashes at these places, in base64url: one for a crowd of hundreds."""
        return b64url(sha256(b"".join(bytes.fromhex(event.leaf) for event in self._placed)).digest()[:16])

    @property
    def _told(self) -> list[EventRef]:
        return [*self.events, *(reply.event for reply in self.replies)]

    @property
    def _placed(self) -> list[EventRef]:
        return sorted((event for event in self._told if event.index is not None), key=lambda event: event.index or 0)

    @property
    def one_day(self) -> bool:
        """Whether all events of a crowd fell on one day."""
        return self.at is not None and self.until is not None and self.at.date() == self.until.date()

    @property
    def tone(self) -> str:
        """The class of the mark on the timeline."""
        if self.fault or self.contested:
            return "alarm"
        return "agreed" if self.evidence.code in ("both_sides", "third_party", "instrument") else "one-side"


@dataclass(frozen=True)
class Source:
    """
    A part of the coffee. ``name`` None: nobody says where it comes from.

    ``growers``: who grew it, by name where it was one who lets himself be named, else "312 farmers"; ``people``: how
    many they are, as far as they are known. ``place``: from the village to the country. ``declared_by``: who named the
    place when the coffee reached them; what came before is not recorded.
    """

    key: Hashable
    permyriad: int
    name: Words | None
    growers: Words | None = None
    people: int = 0
    unnamed: Words | None = None
    place: tuple[Named | str, ...] = ()
    country: str = ""
    declared_by: Named | None = None


@dataclass(frozen=True)
class Chapter:
    """A part of the journey: one source's way, or (without ``source``) what happened after several came together."""

    source: Source | None
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Recalled:
    sentence: Sentence
    own: bool  # the bag's own lot, not one it was made from


@dataclass(frozen=True)
class Verdict:
    """
    ``code``: agreed, one_side, nobody, contested, mismatch. ``more``: what else the first screen has to say;
    ``reasons``: what stands behind it, for whoever asks how it was checked.
    """

    code: str
    mark: str
    words: Words
    more: tuple[Words, ...] = ()
    reasons: tuple[Words, ...] = ()


@dataclass(frozen=True)
class Earned:
    """
    What the growers got. ``prices`` as agreed or paid; empty with ``withheld``, or where nobody says.

    ``factor``: how much of what they sold becomes a kilogram of roasted coffee.
    """

    prices: tuple[Words, ...] = ()
    withheld: bool = False
    so_far: bool = True
    factor: Words | None = None
    of_a_part: bool = False


@dataclass(frozen=True)
class Certified:
    """A certificate that holds on the day the page is told: scheme, who issued it, for what, and until when."""

    scheme: str
    issuer: Named
    scope: Words
    valid_to: date
    chain: str


@dataclass(frozen=True)
class Voice:
    """What a grower says in his own words, and beside what."""

    who: Named
    words: Named
    about: Sentence
    at: datetime | None


@dataclass(frozen=True)
class Story:
    """
    ``known``: somebody says that this lot was made. ``sources_at``: by site the source that grew or was gathered there.
    ``blend``: the headline of several sources.
    """

    lot_uri: str
    lot_code: str
    known: bool
    sources: tuple[Source, ...]
    sources_at: Mapping[str, Source]
    blend: Words | None
    coffee: tuple[Words, ...]
    verdict: Verdict
    weakest: Step | None
    earned: Earned
    details: tuple[Fact, ...]
    steps: tuple[Step, ...]
    chapters: tuple[Chapter, ...]
    drawing: Drawing | None
    recalls: tuple[Recalled, ...]
    remarks: tuple[Words, ...]
    voices: tuple[Voice, ...]
    certificates: tuple[Certified, ...]
    claims: tuple[str, ...]
    packed: int | None
    net: str
    pack_root: str
    one_installation: bool

    @property
    def waiting(self) -> int:
        return sum(step.waiting for step in self.steps)
