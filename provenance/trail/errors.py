"""What the trail refuses. All of it is a ``CoffeeError``, so that a door can show the sentence to its person."""

from collections.abc import Sequence
from dataclasses import dataclass

from provenance.coffee.errors import CoffeeError


class RecordingStopped(CoffeeError):
    """Nothing is recorded at the moment, whoever asks."""


class LogFrozen(RecordingStopped):
    """The log is read-only until its operator has looked."""


class NoRoom(RecordingStopped):
    """Too much waits, or the disk is nearly full: the same will be taken in later."""


class NoLog(RecordingStopped):
    """There is no such log: ``manage.py create_log`` makes one."""


class EventTaken(CoffeeError):
    """Another statement already has this event id."""


class NoServerKey(CoffeeError):
    """The server holds no key that may sign for this party."""


class Corrupt(Exception):
    """What the database holds contradicts itself: signing it would make it look true."""


class ClockBehind(Exception):
    """This machine's clock is earlier than the last checkpoint: signing now would order them wrongly."""


@dataclass(frozen=True)
class Problem:
    """What is wrong with one statement of a batch; ``position`` counts from 0."""

    position: int
    error: CoffeeError


class RecordRefused(CoffeeError):
    """Nothing of the batch was recorded. ``problems`` names each statement that was refused, and why."""

    def __init__(self, problems: Sequence[Problem], total: int) -> None:
        first = problems[0]
        where = f"Statement {first.position + 1} of {total}: " if total > 1 else ""
        super().__init__(f"{where}{first.error}", field=first.error.field)
        self.problems = list(problems)
