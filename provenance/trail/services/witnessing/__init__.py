"""
Our log before witnesses (C2SP tlog-witness): who is asked when, what their answers mean, and what they vouch for.

Asking is a duty of ``keep`` with a thread of its own. A witness that is away, slow or talks nonsense is a trouble noted
and tried again; only an answer that contradicts our history stops the log, and then at once.
"""

from provenance.trail.services.cosigning import (
    PolicyUnusable,
    cosigned,
    names_witnesses,
    policy_of,
    policy_text,
    spoken,
    witnesses_of,
)
from provenance.trail.services.witnessing.asking import ask_due, ask_now
from provenance.trail.services.witnessing.demanding import demand
from provenance.trail.services.witnessing.desks import Desk, desks_of
from provenance.trail.services.witnessing.words import Vouched, vouched

__all__ = [
    "Desk",
    "PolicyUnusable",
    "Vouched",
    "ask_due",
    "ask_now",
    "cosigned",
    "demand",
    "desks_of",
    "names_witnesses",
    "policy_of",
    "policy_text",
    "spoken",
    "vouched",
    "witnesses_of",
]
