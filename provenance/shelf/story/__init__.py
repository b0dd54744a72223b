"""
What a shopper is told of a lot: pure, from signed bytes.

``read`` checks and replays the statements and chooses those on the lot's way; ``tell`` makes the page's value of them,
with the disclosures that anybody may read.
"""

from provenance.shelf.story.journey import Reading, read
from provenance.shelf.story.telling import tell
from provenance.shelf.story.values import Opened, Source, Step, Story, Telling

__all__ = ["Opened", "Reading", "Source", "Step", "Story", "Telling", "read", "tell"]
