"""
Group commit: statements that come in at the same moment share one durable transaction.

Whoever finds the pen free takes it and writes all that waits, its own and its neighbours'. What comes in meanwhile
waits for the next commit, so a batch is as large as the load makes it, and no timer holds anybody up.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Work = TypeVar("Work")
Result = TypeVar("Result")


@dataclass(eq=False)
class Turn(Generic[Work, Result]):
    """What one caller brings, and what it is answered: a result, or the error that it raises."""

    work: Work
    weight: int
    since: float
    result: Result | None = None
    error: BaseException | None = None
    is_over: bool = field(default=False, init=False)

    def outcome(self) -> Result:
        if self.error is not None:
            raise self.error
        if self.result is None:
            raise AssertionError("Whoever wrote left this turn without an answer.")
        return self.result


class Pen(Generic[Work, Result]):
    """
    One pen for all threads of a process.

    ``write`` gets the turns that are to be written now, in the order in which they came, and gives each a result or an
    error. What it raises is the error of every turn that it gave neither. Nobody is answered before it has returned.
    """

    def __init__(self, write: Callable[[Sequence[Turn[Work, Result]]], None], *, most: int) -> None:
        """``most``: the weight that one writing may carry, unless a single turn weighs more."""
        self._write, self._most = write, most
        self._waiting: deque[Turn[Work, Result]] = deque()
        self._is_taken = False
        self._changed = threading.Condition()

    def put_down(self, work: Work, *, weight: int) -> Result:
        """Have the work written, by this thread or by another, and return its result."""
        turn: Turn[Work, Result] = Turn(work, weight, time.monotonic())
        with self._changed:
            self._waiting.append(turn)
        # The turns ahead of this one may be all that one writing can carry: then the pen is taken more than once.
        while turns := self._take_unless_over(turn):
            self._write_all(turns)
        return turn.outcome()

    def waiting(self) -> tuple[int, float]:
        """The weight that waits for the pen, and for how many seconds its oldest turn has done so."""
        with self._changed:
            turns = list(self._waiting)
        return sum(turn.weight for turn in turns), time.monotonic() - turns[0].since if turns else 0.0

    def _take_unless_over(self, turn: Turn[Work, Result]) -> list[Turn[Work, Result]]:
        """Take the pen and what it shall write; nothing, once somebody else has written this turn."""
        with self._changed:
            # One condition for both, that a turn is over and that the pen is free: no news can fall between the two.
            self._changed.wait_for(lambda: turn.is_over or not self._is_taken)
            if turn.is_over:
                return []
            self._is_taken = True
            taken = [self._waiting.popleft()]
            weight = taken[0].weight
            while self._waiting and weight + self._waiting[0].weight <= self._most:
                taken.append(self._waiting.popleft())
                weight += taken[-1].weight
            return taken

    def _write_all(self, turns: Sequence[Turn[Work, Result]]) -> None:
        try:
            self._write(turns)
        except BaseException as error:
            for turn in turns:
                if turn.result is None and turn.error is None:
                    turn.error = error
            # An error is its callers' business; what ends this thread ends it also where it wrote for others only.
            if not isinstance(error, Exception):
                raise
        finally:
            with self._changed:
                self._is_taken = False
                for turn in turns:
                    turn.is_over = True
                self._changed.notify_all()
