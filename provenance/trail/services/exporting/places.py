"""
Where an exported log's files may lie: a directory that a web server serves, or a Django storage.

A tile is written once; found there with other bytes it is an alarm, and never overwritten. Nothing counts as written
before it would survive a power cut.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from django.core.files.base import ContentFile
from django.core.files.storage import Storage


class ExportFailed(Exception):
    """The export did not take all files, so nothing further is published until it has them. Says what to mend."""


class ExportContradicted(ExportFailed):
    """The export holds something that this log never wrote."""


class Place(Protocol):
    """One log's files. Paths are those below the log's prefix. Raises ``OSError`` where the place does not work."""

    @contextmanager
    def alone(self) -> Iterator[None]:
        """No other exporter writes here meanwhile, as far as the place can promise that."""

    def read(self, path: str) -> bytes | None:
        """The file's bytes, or None where there is none."""

    def add(self, path: str, data: bytes) -> None:
        """Write a file that never changes. Raises ``ExportContradicted`` where it is there with other bytes."""

    def settle(self) -> None:
        """Return when everything added is sure to stay."""

    def replace(self, path: str, data: bytes) -> bool:
        """Put the file in the place of the one read last. False where it changed since; then nothing was written."""

    def remove_partials(self, path: str) -> None:
        """Remove all partial tiles of the full tile at this path."""


class Directory:
    """
    A folder below ``root``, which a web server may serve as it stands.

    Each file is written aside, flushed, and only then named; a reader never sees half of one. One exporter at a time.
    """

    def __init__(self, root: Path, prefix: str) -> None:
        self.root = root
        self.home = root / prefix
        aside = root / f".{prefix.replace('/', '-')}"
        self._lock = aside.with_name(aside.name + ".lock")
        self._draft = aside.with_name(aside.name + ".new")
        self._unsettled: set[Path] = set()

    @contextmanager
    def alone(self) -> Iterator[None]:
        self.root.mkdir(parents=True, exist_ok=True)
        with open(self._lock, "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def read(self, path: str) -> bytes | None:
        try:
            return (self.home / path).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None

    def add(self, path: str, data: bytes) -> None:
        file = self.home / path
        # Also where it is all there already: the crash that left it may have come before its folders were flushed.
        self._open_folder(file.parent)
        held = self.read(path)
        if held is None:
            self._write(data)
            # Unlike a rename, a link never takes the place of a file.
            os.link(self._draft, file)
            self._draft.unlink()
        elif held != data:
            raise contradicted(path)

    def settle(self) -> None:
        while self._unsettled:
            flush_folder(self._unsettled.pop())

    def replace(self, path: str, data: bytes) -> bool:
        file = self.home / path
        self._open_folder(file.parent)
        self._write(data)
        os.replace(self._draft, file)
        self.settle()
        return True

    def remove_partials(self, path: str) -> None:
        shutil.rmtree(self.home / f"{path}.p", ignore_errors=True)

    def paths(self) -> Iterator[str]:
        """The paths of all tiles and bundles that are there."""
        for file in sorted((self.home / "tile").rglob("*")):
            if file.is_file():
                yield file.relative_to(self.home).as_posix()

    def _write(self, data: bytes) -> None:
        # What a killed exporter left may be a second name of a file that is served: unlinked, never opened again.
        self._draft.unlink(missing_ok=True)
        with open(self._draft, "xb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())

    def _open_folder(self, folder: Path) -> None:
        """The folder is there, and it and all above it will be flushed."""
        folder.mkdir(parents=True, exist_ok=True)
        while folder != self.root:
            self._unsettled.add(folder)
            folder = folder.parent
        self._unsettled.add(folder)


class StoredFiles:
    """
    Files in a Django storage that overwrites by name and answers when the bytes are safe.

    Such a storage knows no conditional write, so only one process may export to it.
    """

    def __init__(self, storage: Storage, prefix: str) -> None:
        self.storage = storage
        self.prefix = prefix

    @contextmanager
    def alone(self) -> Iterator[None]:
        yield

    def read(self, path: str) -> bytes | None:
        name = self._name(path)
        with _as_os_errors():
            if not self.storage.exists(name):
                return None
            with self.storage.open(name) as file:
                return bytes(file.read())

    def add(self, path: str, data: bytes) -> None:
        held = self.read(path)
        if held is None:
            self.replace(path, data)
        elif held != data:
            raise contradicted(path)

    def settle(self) -> None:
        """Saving waits for the storage."""

    def replace(self, path: str, data: bytes) -> bool:
        with _as_os_errors():
            saved = self.storage.save(self._name(path), ContentFile(data))
            if saved == self._name(path):
                return True
            self.storage.delete(saved)
        raise OSError(f"The storage does not overwrite {path}: set its option for that, such as file_overwrite.")

    def remove_partials(self, path: str) -> None:
        folder = self._name(f"{path}.p")
        with _as_os_errors():
            for name in self.storage.listdir(folder)[1]:
                self.storage.delete(f"{folder}/{name}")

    def _name(self, path: str) -> str:
        return f"{self.prefix}/{path}"


@contextmanager
def _as_os_errors() -> Iterator[None]:
    try:
        yield
    except OSError:
        raise
    except Exception as error:
        # Every storage has errors of its own; to who exports they are all "it does not work".
        raise OSError(f"{type(error).__name__}: {error}") from error


def contradicted(path: str) -> ExportContradicted:
    return ExportContradicted(
        f"The export holds {path} with other bytes than the log has. It is not overwritten. Run manage.py "
        "verify_trail; where it finds no fault, move the export away and have it written anew."
    )


def flush_folder(folder: Path) -> None:
    """The names in the folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
