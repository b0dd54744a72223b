"""One telling at a time, in this process, of what many ask for at once."""

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TookTooLong
from typing import Generic, TypeVar

LONGEST_WAIT = 20.0  # seconds; after that one tells it oneself

Told = TypeVar("Told")


class Flights(Generic[Told]):
    """
    The first who asks tells; the others wait for it, and look whether it still holds when they have it.

    A telling that began before somebody asked may be older than what was recorded before that.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._begun = 0
        self._under_way: dict[Hashable, tuple[int, Future[Told]]] = {}

    def take(self, key: Hashable, tell: Callable[[], Told], holds: Callable[[Told], bool]) -> Told:
        asked = self._begun
        while True:
            with self._lock:
                number, flight = self._under_way.get(key, (0, None))
                if flight is None:
                    self._begun += 1
                    own: Future[Told] = Future()
                    self._under_way[key] = self._begun, own
            if flight is None:
                return self._fly(key, own, tell)
            try:
                told = flight.result(timeout=LONGEST_WAIT)
            except TookTooLong:
                return tell()
            if number > asked or holds(told):
                return told

    def _fly(self, key: Hashable, flight: "Future[Told]", tell: Callable[[], Told]) -> Told:
        try:
            told = tell()
        except BaseException as error:
            self._land(key)
            flight.set_exception(error)
            raise
        self._land(key)
        flight.set_result(told)
        return told

    def _land(self, key: Hashable) -> None:
        with self._lock:
            del self._under_way[key]
