"""
The ways out of a frozen log: thaw it when nothing contradicts it any more, refill it from a copy, or retire it.

Each is a decision of the operator's, taken by a command of its own (docs/operations.md, "Drills").
"""

from provenance.trail.services.recovering.refilling import Refilled, refill
from provenance.trail.services.recovering.succeeding import Outlook, outlook, succeed
from provenance.trail.services.recovering.thawing import NotMended, accept_fence, thaw

__all__ = ["NotMended", "Outlook", "Refilled", "accept_fence", "outlook", "refill", "succeed", "thaw"]
