"""What a bundle rests on: what was said of its lot, and the checkpoints that it carries."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from provenance.shelf.keeping.grounds import Grounds
from provenance.trail.models import Checkpoint, Log
from provenance.trail.services.cosigning import cosigned, witness_lines
from provenance.trail.services.queries import checkpoint_for, latest_checkpoint


@dataclass(frozen=True)
class Standing:
    """
    Proves later that a bundle is the one that would be made then.

    ``grounds``: what was said. ``notes``: of the checkpoints that it carries, with the lines of their witnesses.
    ``newest``: by log, the last leaf of the lot's own, which decides what checkpoints these are.
    """

    grounds: Grounds
    newest: Mapping[int, int]
    policy: str
    notes: Sequence[str]

    def holds(self) -> bool:
        """Four queries where the log was begun once, five with witnesses."""
        if witness_lines() != self.policy:
            return False
        notes = [cosigned(checkpoint) for checkpoint in checkpoints_of(series_of(self.newest), self.newest)]
        return notes == self.notes and self.grounds.stand

    @property
    def size(self) -> int:
        return self.grounds.size + sum(map(len, self.notes))


def series_of(logs: Iterable[int]) -> list[Log]:
    """All logs of the series that these belong to, the oldest first."""
    names = Log.objects.filter(pk__in=logs).values("name")
    return list(Log.objects.filter(name__in=names).order_by("number"))


def checkpoints_of(series: Iterable[Log], newest: Mapping[int, int]) -> list[Checkpoint]:
    """One of each log, up to the newest that has any: of the retired ones the last."""
    found = []
    for log in series:
        retired = log.state == Log.State.RETIRED
        checkpoint = latest_checkpoint(log) if retired else checkpoint_for(log, newest.get(log.pk, 0))
        if checkpoint is None:
            break
        checkpoint.log = log
        found.append(checkpoint)
    return found
