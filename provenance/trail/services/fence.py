"""
The fence: a small file on another volume that holds the largest size and root this log ever released.

A database restored from a backup knows less than its fence, so the fork is seen before anything is signed.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from provenance.tlog.checkpoint import Checkpoint
from provenance.tlog.errors import TlogError
from provenance.trail.models import Log, LogHead


class FenceBroken(Exception):
    """The fence contradicts the database: nothing may be signed."""


@dataclass(frozen=True)
class Fence:
    """The fence file of one log. Its content is the text of a checkpoint: origin, size, root."""

    path: Path

    @classmethod
    def of(cls, log: Log) -> "Fence":
        return cls(Path(settings.FENCE_DIR) / f"{log.name}-{log.number}")

    def read(self) -> Checkpoint | None:
        """What was last released, or None where there is no file. Raises ``FenceBroken`` for a damaged one."""
        try:
            return Checkpoint.parse(self.path.read_text())
        except FileNotFoundError:
            return None
        except (TlogError, UnicodeDecodeError) as error:
            raise FenceBroken(f"The fence file {self.path.name} cannot be read: {error}") from None

    def check(self, log: Log, head: LogHead, released: Checkpoint | None, *, ever: bool) -> None:
        """
        Raise ``FenceBroken`` unless the head is at, or beyond, what the fence says was released.

        ``ever``: the database has released something before, so a missing file is a lost one, not a first start.
        """
        if released is None:
            if ever:
                raise FenceBroken(f"The log has released checkpoints but its fence file {self.path.name} is gone.")
            return
        if released.origin != log.origin:
            raise FenceBroken(f"The fence is of {released.origin}, not of {log.origin}.")
        if released.size > head.size:
            raise FenceBroken(f"{released.size} leaves were released, the database holds {head.size}: an old copy.")
        if released.size == head.size and released.root != bytes(head.root):
            raise FenceBroken(f"At size {head.size} another root was released than the database holds.")

    def advance(self, released: Checkpoint) -> None:
        """Make the file hold this checkpoint, unless it holds a larger one. On return it is on the disk."""
        with self._locked():
            # Two publishers may release at once; the smaller one must not overwrite the larger.
            present = self.read()
            if present is None or present.size < released.size:
                self._write(released)

    def replace(self, released: Checkpoint) -> None:
        """Make the file hold this checkpoint, whatever it held: an operator's decision."""
        with self._locked():
            self._write(released)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with open(self.path.with_suffix(".lock"), "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _write(self, released: Checkpoint) -> None:
        draft = self.path.with_suffix(".new")
        with open(draft, "w") as stream:
            stream.write(released.text)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(draft, self.path)
        directory = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
