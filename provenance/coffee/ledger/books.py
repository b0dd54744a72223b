"""
What the ledger knows: the state that every statement is judged by and changes.

The recorder fills a ``Books`` with the little that one statement needs (``needs``); a verifier fills one with a whole
log series, leaf by leaf. Masses are integer milligrams, leaves are places in the series, everything else is a URI.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple, Protocol

from provenance.coffee.acts import Act, Attributes, Form


class Signed(Protocol):
    """The part of a statement that the ledger reads (``statement.Statement`` has it)."""

    @property
    def jti(self) -> str: ...
    @property
    def iss(self) -> str: ...
    @property
    def aud(self) -> str: ...
    @property
    def kid(self) -> str: ...
    @property
    def act(self) -> str: ...
    @property
    def body(self) -> Act: ...
    @property
    def event(self) -> Mapping[str, object] | None: ...


# --- who and where ---------------------------------------------------------------------------------------------------


class PartyFact(NamedTuple):
    uri: str
    kind: str
    roles: tuple[str, ...] = ()
    country: str | None = None
    guardian: str | None = None
    registered_by: str | None = None  # event id; None: only named as the operator, by genesis


class LogFact(NamedTuple):
    """
    The log that speaks now. ``kid``: the operator's key that signed its leaf 0. ``vkeys``: of it and of those that may
    follow it, as leaf 0 of the series lists them.

    Leaves are counted through the series: those of retired logs, all of them, come before ``first_leaf``.
    """

    origin: str
    kid: str
    vkeys: tuple[tuple[str, ...], ...]
    first_leaf: int = 0


class KeyFact(NamedTuple):
    """A leaf is None while the event is recorded but not published; ``revoked_by`` (event id) is set at once."""

    kid: str
    party: str
    x: str
    custody: str  # "device" or "server"
    registrar: str  # party that signed the registration
    from_leaf: int | None = None
    revoked_by: str | None = None
    revoked_leaf: int | None = None
    disputed_from: int | None = None  # leaves in [disputed_from, revoked_leaf) are disputed


class SiteFact(NamedTuple):
    uri: str
    party: str
    kind: str
    country: str | None = None
    geo: str | None = None


class PlotFact(NamedTuple):
    uri: str
    site: str
    country: str
    area_m2: int
    geo: str | None = None


# --- what ------------------------------------------------------------------------------------------------------------


class LotFact(NamedTuple):
    """
    A lot. ``opened_by`` is the party whose URI it is; None where it was only ever drawn from (nobody said it began).

    ``made_by`` is the event that first filled it; None when that event was corrected away. A lot with ``origin``
    began in the trail (harvest, first receipt) and never has parents other than the unknown. ``poured_mg`` and
    ``pours`` count what was poured into it from other lots, for ``close``.
    """

    uri: str
    form: Form | None = None
    opened_by: str | None = None
    made_by: str | None = None
    attributes: Attributes = Attributes()
    origin: bool = False
    day_lot: bool = False
    closed: bool = False
    poured_mg: int = 0
    pours: int = 0
    net_mg: int | None = None  # of one bag, for pack lots
    count: int | None = None  # type: ignore[assignment]  # bags; what a tuple calls count is not missed
    gtin: str | None = None
    gained_ppm: int = 0  # of its weight, as far as coffee that only gained says (``gains``)
    gained_by: str | None = None  # event id: what brought that
    other_gain_ppm: int = 0  # the most that any other event brought


class BalanceKey(NamedTuple):
    """Whose coffee lies where. In transit the site is the dispatch's event id."""

    lot: str
    site: str
    owner: str
    custodian: str


def is_transit(site: str) -> bool:
    """Whether a balance's site is a dispatch: on the way, at no place."""
    return site.startswith("urn:uuid:")


class Balances(dict[BalanceKey, int]):
    """
    Milligrams by balance key, which also finds a lot's rows without looking through all of them.

    Rows come by assignment and go by ``del``: a dict's other ways would leave them unfound.
    """

    def __init__(self) -> None:
        self._rows: dict[str, set[BalanceKey]] = {}

    def __setitem__(self, key: BalanceKey, mass_mg: int) -> None:
        self._rows.setdefault(key.lot, set()).add(key)
        super().__setitem__(key, mass_mg)

    def __delitem__(self, key: BalanceKey) -> None:
        super().__delitem__(key)
        self._rows[key.lot].discard(key)

    def rows(self, lot: str) -> list[BalanceKey]:
        """The keys of all rows of a lot, sorted."""
        return sorted(self._rows.get(lot, ()))


class Posting(NamedTuple):
    key: BalanceKey
    mass_mg: int  # signed


class Edge(NamedTuple):
    """
    ``mass_mg`` of what the event poured into ``child`` came from ``parent`` (None: unknown origin).

    ``held_mg`` is what the child still held just before: older coffee that the new is mixed with. The edges of one
    child in one event sum exactly to what that event poured into it.
    """

    event: str
    parent: str | None
    child: str
    mass_mg: int
    held_mg: int = 0


class Shortfall(NamedTuple):
    """More of a lot was taken at a site than was ever said to be there: ``mass_mg`` is what its rows lack together."""

    lot: str
    site: str
    mass_mg: int
    opened_by: str  # event id
    closed_by: str | None = None  # event id


class FlagKind(StrEnum):
    """What is remarkable about an event and was recorded all the same."""

    ABOVE_CEILING = "above_ceiling"  # more than the step, or all gains, can give: the excess has no known origin
    ABOVE_USUAL = "above_usual"
    BELOW_USUAL = "below_usual"
    STEP_UNUSUAL = "step_unusual"  # these forms do not go into, or come out of, this step
    CLOSE_DIFFERS = "close_differs"  # the seal states another count or mass than was poured
    POOL = "pool"  # refilled before it was empty: "mixed store"
    FORM_DIFFERS = "form_differs"  # poured into a lot of another form
    SHORTFALL = "shortfall"


class Flag(NamedTuple):
    event: str
    lot: str
    kind: FlagKind
    mass_mg: int = 0  # how much of the lot it is about, where that is known


class Handover(NamedTuple):
    """A dispatch and what became of it. ``rest``: what is still in transit, by lot."""

    dispatch: str
    from_party: str
    from_site: str
    to_party: str
    to_site: str | None
    title: bool
    rest: Mapping[str, int]
    received_mg: int = 0
    refused_mg: int = 0
    withdrawn: bool = False  # the dispatch was corrected away

    @property
    def state(self) -> str:
        """``open``, ``part``, ``received``, ``refused``, ``lost`` (declared so) or ``withdrawn``."""
        if self.withdrawn:
            return "withdrawn"
        settled = self.received_mg or self.refused_mg
        if any(mass_mg > 0 for mass_mg in self.rest.values()):
            return "part" if settled else "open"
        if self.received_mg:
            return "received"
        return "refused" if self.refused_mg else "lost"


class EventFact(NamedTuple):
    """
    An event that had an effect. ``payload`` is the EPCIS event as signed (empty for registry acts).

    ``refers``: the event it is about — the dispatch of a receive or refuse, the recall of a lift, the original of a
    correct, what a reply answers, the certificate that is withdrawn. ``covers``: the deliveries that a payment is for.
    ``title_to``: whose the coffee is by then, where the event passes its title. ``leaf`` is None until published.
    """

    id: str
    iss: str
    kid: str
    act: str
    lots: tuple[str, ...]
    parties: tuple[str, ...]
    payload: Mapping[str, object]
    refers: str | None = None
    covers: tuple[str, ...] = ()
    title_to: str | None = None
    corrected_by: str | None = None
    leaf: int | None = None


@dataclass(slots=True)
class Books:
    """
    The whole state. Balances of zero are not kept. ``edges`` and ``flags`` of corrected events are gone from it,
    their ``postings`` stay beside the reversal's.
    """

    operator: str | None = None
    log: LogFact | None = None
    parties: dict[str, PartyFact] = field(default_factory=dict)
    keys: dict[str, KeyFact] = field(default_factory=dict)
    sites: dict[str, SiteFact] = field(default_factory=dict)
    plots: dict[str, PlotFact] = field(default_factory=dict)
    lots: dict[str, LotFact] = field(default_factory=dict)
    balances: Balances = field(default_factory=Balances)
    holders: dict[str, set[str]] = field(default_factory=dict)  # lot -> present and past owners and custodians
    handovers: dict[str, Handover] = field(default_factory=dict)  # by the dispatch's event id
    recalls: dict[str, dict[str, str]] = field(default_factory=dict)  # lot -> {recall's event id: who recalled}
    events: dict[str, EventFact] = field(default_factory=dict)
    postings: dict[str, tuple[Posting, ...]] = field(default_factory=dict)  # by event id
    edges: dict[str, tuple[Edge, ...]] = field(default_factory=dict)  # by event id
    flags: dict[str, tuple[Flag, ...]] = field(default_factory=dict)  # by event id
    shortfalls: dict[tuple[str, str], Shortfall] = field(default_factory=dict)  # by (lot, site); closed ones stay
    erased: dict[str, str] = field(default_factory=dict)  # digest of a withheld value -> the event that says so
    void: dict[str, str] = field(default_factory=dict)  # event id -> why its statement has no effect (replay only)
    # Lots whose every statement stands in these Books; None: all do. Of others a pack cannot know who had which right.
    traced: frozenset[str] | None = None


class Needs(NamedTuple):
    """
    What must stand in the Books before ``authorise`` and ``apply``.

    The operator always, and the log for what it says about itself. A **site** brings its party; a **plot** its site; a
    **lot** its fact, all its balances, holders, recalls, shortfalls and the parties its balances name; an **event** its
    fact, postings, edges, flags, the handover of every dispatch that its postings name as their site, and the lots
    these name; a **kid** its key and that key's party.
    """

    kids: frozenset[str] = frozenset()
    parties: frozenset[str] = frozenset()
    sites: frozenset[str] = frozenset()
    plots: frozenset[str] = frozenset()
    lots: frozenset[str] = frozenset()
    events: frozenset[str] = frozenset()


@dataclass(slots=True)
class Effects:
    """
    Everything one statement changed, as it is now.

    ``balances`` holds the new value of each touched row (0: the row is gone); ``postings``, ``edges`` and ``flags``
    are this event's own; the edges and flags of ``voided`` events no longer count.
    """

    event: EventFact
    operator: str | None = None
    log: LogFact | None = None
    parties: dict[str, PartyFact] = field(default_factory=dict)
    keys: dict[str, KeyFact] = field(default_factory=dict)
    sites: dict[str, SiteFact] = field(default_factory=dict)
    plots: dict[str, PlotFact] = field(default_factory=dict)
    lots: dict[str, LotFact] = field(default_factory=dict)
    balances: dict[BalanceKey, int] = field(default_factory=dict)
    holders: dict[str, set[str]] = field(default_factory=dict)  # newly added
    handovers: dict[str, Handover] = field(default_factory=dict)
    recalls: dict[str, dict[str, str]] = field(default_factory=dict)  # lot -> its open recalls
    erased: tuple[str, ...] = ()  # digests
    postings: tuple[Posting, ...] = ()
    edges: tuple[Edge, ...] = ()
    flags: tuple[Flag, ...] = ()
    shortfalls: dict[tuple[str, str], Shortfall] = field(default_factory=dict)
    voided: tuple[str, ...] = ()

    @property
    def subjects(self) -> set[tuple[str, str]]:
        """What the event is about: ("party", "site", "lot", "plot" or "event", URI; "value", digest).

        A certificate, or its end, that is about a place or a party has this as its "scope".
        """
        event = self.event
        parties = {*event.parties, *(party for key in self.balances for party in (key.owner, key.custodian))}
        sites = {*self.sites, *(key.site for key in self.balances if not is_transit(key.site))}
        return (
            {("party", uri) for uri in parties}
            | {("lot", uri) for uri in {*event.lots, *self.lots}}
            | {("site", uri) for uri in sites}
            | {("plot", uri) for uri in self.plots}
            | {("value", digest) for digest in self.erased}
            | {("event", uri) for uri in (event.refers, *event.covers) if uri}
            | {("scope", uri) for uri in _scope(event)}
        )


def _scope(event: EventFact) -> tuple[str, ...]:
    if event.act in ("certify", "withdraw"):
        match event.payload:
            case {"readPoint": {"id": str(uri)}} | {"coffee:scope": {"party": str(uri)}}:
                return (uri,)
    return ()
