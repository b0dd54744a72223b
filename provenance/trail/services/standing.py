"""How far an event has come: recorded, published (in the log), witnessed; in the words that every door shows."""

from dataclasses import dataclass
from itertools import groupby

from django.db.models import Max

from provenance.trail.models import Checkpoint, Cosignature, Event, Leaf, Log
from provenance.trail.services.cosigning import names_witnesses, policy_of, witnesses_among
from provenance.trail.services.queries import witnessed_checkpoint
from provenance.trail.services.witnessing.words import Vouched, vouched

__all__ = ["Standing", "Standings", "Vouched", "vouchers_of"]


@dataclass(frozen=True)
class Standing:
    """The three ticks of one event. ``state`` is the word of the API, ``words`` that of a page."""

    in_log: bool
    witnessed: bool

    @property
    def state(self) -> str:
        if self.witnessed:
            return "witnessed"
        return "published" if self.in_log else "recorded"

    @property
    def words(self) -> str:
        if self.witnessed:
            return "in the log and witnessed"
        return "in the log, not witnessed yet" if self.in_log else "recorded, not in the log yet"


class Standings:
    """Judges many events: what each log's newest released and newest witnessed checkpoints cover is read once."""

    def __init__(self) -> None:
        released = Checkpoint.objects.filter(release__isnull=False).values("log").annotate(size=Max("size"))
        self._released: dict[int, int] = {row["log"]: row["size"] for row in released}
        self._witnessed: dict[int, int] = {}

    def of(self, event: Event) -> Standing:
        index = event.index
        if index is None:
            return Standing(in_log=False, witnessed=False)
        released = self._released.get(event.leaf.log_id, 0)
        return Standing(index < released, index < self._witnessed_size(event.leaf.log_id))

    def _witnessed_size(self, log: int) -> int:
        if log not in self._witnessed:
            newest = witnessed_checkpoint(Log.objects.get(pk=log))
            self._witnessed[log] = newest.size if newest else 0
        return self._witnessed[log]


def vouchers_of(leaf: Leaf) -> Vouched | None:
    """Who first vouched for this leaf and all before it, and when; None while the quorum has not. One query."""
    rows = Cosignature.objects.filter(
        checkpoint__log=leaf.log_id, checkpoint__release__isnull=False, checkpoint__size__gt=leaf.index
    )
    found = rows.select_related("checkpoint__log").order_by("checkpoint__size").iterator(chunk_size=100)
    for checkpoint, cosignatures in groupby(found, key=lambda row: row.checkpoint):
        policy, those = policy_of(checkpoint.log), list(cosignatures)
        if names_witnesses(policy) and policy.has_quorum(witnesses_among(policy, those)):
            return vouched(checkpoint, those)
    return None
