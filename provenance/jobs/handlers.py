"""
The kinds of jobs there are, and who does each.

An app registers its kinds in its ``tasks.py``, which every process imports at start-up::

    @handler("labels")
    def draw_labels(job: Job, report: Report) -> Outcome:
        for n, bag in enumerate(bags_of(job.payload), start=1):
            ...
            report(n)
        return Outcome("240 labels", "labels.pdf", pdf)

A handler may be run again from the start after a crash, so what it writes must be found again by a key of its own.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from provenance.jobs.models import Job


class JobFailed(Exception):
    """The work cannot be done; the sentence is for the person who ordered it. It is not tried again by itself."""


class Postponed(Exception):
    """Not at this moment: the job goes back into the queue for a while, and the sentence says why it waits."""


class Interrupted(Exception):
    """The worker is being stopped. The job goes back into the queue."""


class LeaseLost(Exception):
    """Another worker has taken the job over. This one stops and writes nothing more."""


@dataclass(frozen=True)
class Outcome:
    """What came of a job: a sentence and, where there is one, a file."""

    message: str = ""
    file_name: str = ""
    content: bytes = b""


class Report(Protocol):
    """
    Tell how far the work has come, and keep the lease.

    Call it at least every twenty seconds, outside a transaction that stays open (or nobody sees it). Raises Interrupted
    or LeaseLost, which the handler lets pass.
    """

    def __call__(self, done: int, *, total: int | None = None, message: str | None = None) -> None: ...


Handler = Callable[[Job, Report], Outcome | None]
_handlers: dict[str, Handler] = {}


def handler(kind: str) -> Callable[[Handler], Handler]:
    """Register who does the jobs of this kind."""

    def register(do: Handler) -> Handler:
        if _handlers.setdefault(kind, do) is not do:
            raise ValueError(f"Jobs of kind {kind!r} already have a handler.")
        return do

    return register


def handler_of(kind: str) -> Handler:
    """Raises JobFailed for a kind that nobody does."""
    try:
        return _handlers[kind]
    except KeyError:
        raise JobFailed(f"Nobody here does jobs of kind {kind!r}.") from None


def is_known(kind: str) -> bool:
    return kind in _handlers
