"""
The fence: beside the database, on another volume where there is one, the latest note that was cosigned of each log.

A database restored from a backup knows less than the fence, so a witness that forgot is found out before it signs.
"""

import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from provenance.tlog.checkpoint import Checkpoint
from provenance.tlog.errors import TlogError
from provenance.tlog.note import parse_note
from provenance.witness.errors import NotReady
from provenance.witness.models import WatchedLog

logger = logging.getLogger(__name__)


def path_of(log: WatchedLog) -> Path:
    """A small file: empty until something is cosigned, then a note."""
    return Path(settings.FENCE_DIR) / "witness" / log.address


def begin(log: WatchedLog) -> None:
    """Make the file of a log of which nothing was cosigned. One that is there stays as it is."""
    path_of(log).parent.mkdir(parents=True, exist_ok=True)
    path_of(log).touch()


def read(log: WatchedLog) -> tuple[str, Checkpoint | None]:
    """The latest note and what it says, "" and None before the first. Raises ``NotReady``."""
    path = path_of(log)
    try:
        note = path.read_text()
        return note, Checkpoint.parse(parse_note(note.encode()).text) if note else None
    except FileNotFoundError:
        raise NotReady(f"The fence of this log, {path.name}, is gone.") from None
    except (OSError, UnicodeDecodeError, TlogError) as error:
        raise NotReady(f"The fence of this log, {path.name}, cannot be read: {error}") from None


def check(log: WatchedLog) -> None:
    """Raise ``NotReady`` where less, or something else, is in the row than was cosigned."""
    try:
        _, cosigned = read(log)
        if cosigned is None:
            return
        if log.size is None or log.size < cosigned.size:
            raise NotReady(
                f"This log was cosigned here at size {cosigned.size}, and the database of this witness knows it up to "
                f"{log.size or 0}: it is an old copy."
            )
        if log.size == cosigned.size and bytes(log.root or b"") != cosigned.root:
            raise NotReady(f"At size {log.size} the database of this witness has another root than was cosigned.")
    except NotReady as error:
        logger.critical(
            "%s is not cosigned any more: %s See operations.md, When a witness has forgotten.", log.origin, error
        )
        raise


def advance(log: WatchedLog) -> None:
    """Put the row's note, which is committed, on the disk. Raises ``NotReady`` where that fails."""
    try:
        with _locked(log):
            # Two requests may come here in the other order than they were committed in.
            _, cosigned = read(log)
            if cosigned is None or cosigned.size < (log.size or 0):
                _write(log)
    except OSError as error:
        logger.critical("the fence of %s cannot be written: %s", log.origin, error)
        raise NotReady("The fence of this log cannot be written.") from None


def replace(log: WatchedLog) -> None:
    """Make the file hold the row's note, whatever it held: an operator's decision."""
    with _locked(log):
        _write(log)


@contextmanager
def _locked(log: WatchedLog) -> Iterator[None]:
    path_of(log).parent.mkdir(parents=True, exist_ok=True)
    with open(path_of(log).with_suffix(".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _write(log: WatchedLog) -> None:
    draft = path_of(log).with_suffix(".new")
    with open(draft, "w") as stream:
        stream.write(log.note)
        stream.flush()
        os.fsync(stream.fileno())
    os.replace(draft, path_of(log))
    folder = os.open(draft.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
