"""The mass ledger: what every statement does to coffee's weights, and what follows for shares, claims and flags."""

from provenance.coffee.ledger.apportion import apportion
from provenance.coffee.ledger.booking import apply
from provenance.coffee.ledger.books import (
    BalanceKey,
    Balances,
    Books,
    Edge,
    Effects,
    EventFact,
    Flag,
    FlagKind,
    Handover,
    KeyFact,
    LotFact,
    Needs,
    PartyFact,
    PlotFact,
    Posting,
    Shortfall,
    Signed,
    SiteFact,
    is_transit,
)
from provenance.coffee.ledger.naming import needs
from provenance.coffee.ledger.replay import replay
from provenance.coffee.ledger.shares import (
    Share,
    ancestors,
    attributes,
    claims,
    edges_of,
    shares,
    shortfall_flags,
)

__all__ = [
    "BalanceKey",
    "Balances",
    "Books",
    "Edge",
    "Effects",
    "EventFact",
    "Flag",
    "FlagKind",
    "Handover",
    "KeyFact",
    "LotFact",
    "Needs",
    "PartyFact",
    "PlotFact",
    "Posting",
    "Share",
    "Shortfall",
    "Signed",
    "SiteFact",
    "ancestors",
    "apply",
    "apportion",
    "attributes",
    "claims",
    "edges_of",
    "is_transit",
    "needs",
    "replay",
    "shares",
    "shortfall_flags",
]
