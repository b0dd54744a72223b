"""What this process told in the last minute, each with the proof that has to hold before it is given again."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from provenance.shelf.keeping.flights import Flights

GREATEST_AGE = 60.0  # seconds; what was erased since lies in no memory for longer

Value = TypeVar("Value")


def never() -> bool:
    """The proof of what must not be given again."""
    return False


@dataclass(frozen=True)
class Told(Generic[Value]):
    """
    ``size``: in bytes, with what the proof holds. ``holds`` asks the trail whether the same would be told now.

    Whatever was recorded after the first thing that was read for ``value`` must fail the proof, or be in the value.
    """

    value: Value
    size: int = 0
    holds: Callable[[], bool] = never
    since: float = field(default_factory=time.monotonic)

    @property
    def is_over(self) -> bool:
        return time.monotonic() - self.since > GREATEST_AGE


class Memory(Generic[Value]):
    """At most ``most_bytes`` of what was told in a minute. Of many who ask at once for the same one tells."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._lock = threading.Lock()
        self._told: OrderedDict[Hashable, Told[Value]] = OrderedDict()
        self._flights: Flights[Told[Value]] = Flights()

    @property
    def size(self) -> int:
        return sum(told.size for told in self._told.values())

    def __len__(self) -> int:
        return len(self._told)

    def take(self, key: Hashable, tell: Callable[[], Told[Value]]) -> Value:
        """What was told of ``key`` where its proof holds, else what ``tell`` says."""
        told = self._told.get(key)
        if told is None or told.is_over or not told.holds():
            told = self._flights.take(key, lambda: self._remembered(key, tell()), lambda told: told.holds())
        return told.value

    def forget(self) -> None:
        with self._lock:
            self._told.clear()

    def _remembered(self, key: Hashable, told: Told[Value]) -> Told[Value]:
        with self._lock:
            self._told.pop(key, None)
            if told.holds is not never:
                self._told[key] = told
            while self._told and (self.size > self._most_bytes or next(iter(self._told.values())).is_over):
                self._told.popitem(last=False)
        return told
