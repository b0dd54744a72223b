"""What a run of statements changed."""

from dataclasses import dataclass, field

from provenance.coffee.ledger import (
    BalanceKey,
    Edge,
    Effects,
    Flag,
    Handover,
    KeyFact,
    LotFact,
    PartyFact,
    PlotFact,
    Posting,
    Shortfall,
    SiteFact,
)


@dataclass
class Changes:
    """What a run of statements changed, each thing as it is after the last of them."""

    parties: dict[str, PartyFact] = field(default_factory=dict)
    keys: dict[str, KeyFact] = field(default_factory=dict)
    sites: dict[str, SiteFact] = field(default_factory=dict)
    plots: dict[str, PlotFact] = field(default_factory=dict)
    lots: dict[str, LotFact] = field(default_factory=dict)
    balances: dict[BalanceKey, int] = field(default_factory=dict)
    holders: dict[str, set[str]] = field(default_factory=dict)
    handovers: dict[str, Handover] = field(default_factory=dict)
    recalls: dict[str, dict[str, str]] = field(default_factory=dict)
    shortfalls: dict[tuple[str, str], Shortfall] = field(default_factory=dict)
    postings: dict[str, tuple[Posting, ...]] = field(default_factory=dict)
    edges: dict[str, tuple[Edge, ...]] = field(default_factory=dict)
    flags: dict[str, tuple[Flag, ...]] = field(default_factory=dict)
    subjects: dict[str, set[tuple[str, str]]] = field(default_factory=dict)
    voided: dict[str, str] = field(default_factory=dict)  # event id -> the correction's
    registered_by: dict[str, str] = field(default_factory=dict)  # URI or kid -> the event that first named it

    def add(self, effects: Effects) -> None:
        """Take in one statement's effects, in order."""
        event = effects.event.id
        for name in ("parties", "keys", "sites", "plots"):
            for uri in getattr(effects, name):
                self.registered_by.setdefault(uri, event)
        for name in (
            "parties",
            "keys",
            "sites",
            "plots",
            "lots",
            "balances",
            "handovers",
            "recalls",
            "shortfalls",
        ):
            getattr(self, name).update(getattr(effects, name))
        for lot, parties in effects.holders.items():
            self.holders.setdefault(lot, set()).update(parties)
        self.postings[event] = effects.postings
        self.edges[event] = effects.edges
        self.flags[event] = effects.flags
        self.subjects[event] = effects.subjects
        for voided in effects.voided:
            self.voided[voided] = event
            self.edges[voided] = self.flags[voided] = ()
