"""How far an event has come: recorded, in the log, witnessed."""

from dataclasses import dataclass

from django.db.models import Max, Q

from provenance.trail.models import Checkpoint, Event


@dataclass(frozen=True)
class Standing:
    """The three ticks of one event."""

    in_log: bool
    witnessed: bool

    @property
    def words(self) -> str:
        if self.witnessed:
            return "in the log and witnessed"
        return "in the log, not witnessed yet" if self.in_log else "recorded, not in the log yet"


class Standings:
    """Judges many events: the sizes of each log's checkpoints are read once."""

    def __init__(self) -> None:
        released = Checkpoint.objects.filter(release__isnull=False).values("log")
        sizes = released.annotate(released=Max("size"), witnessed=Max("size", filter=Q(cosignatures__isnull=False)))
        self._sizes = {row["log"]: (row["released"], row["witnessed"] or 0) for row in sizes}

    def of(self, event: Event) -> Standing:
        released, witnessed = self._sizes.get(event.log_id, (0, 0))
        index = event.index
        return Standing(index is not None and index < released, index is not None and index < witnessed)
