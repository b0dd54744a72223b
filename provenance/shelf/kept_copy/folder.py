"""
A folder that is written beside the one that stands, and takes its place when it is whole.

A file with the same bytes as before is a second name of the old one, so that who copies the folder on sends only what
changed. Killed at any line, either the old folder stands or the new one; at worst the next run renames it.
"""

import fcntl
import filecmp
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

MARKER = "kept-copy.txt"
# Of one file; ext4 takes 65,000, NTFS 1,024.
MOST_NAMES = 1_000


class FolderRefused(Exception):
    """Nothing may be written there; says why, and what to do."""


class Unkeepable(Exception):
    """No file can have this address."""


class Folder:
    """``home`` is written; ``before`` is what stood there until now. Paths are relative, with slashes."""

    def __init__(self, home: Path, before: Path) -> None:
        self.home, self.before = home, before
        self.changed = 0
        self._newest: dict[str, Path] = {}

    def has(self, path: str) -> bool:
        return (self.home / path).exists()

    def write(self, path: str, pieces: Iterable[bytes]) -> None:
        """Raises ``Unkeepable``; ``OSError`` where the disk does not take it."""
        file = self._place(path)
        with open(file, "xb") as stream:
            for piece in pieces:
                stream.write(piece)
        held = self.before / path
        if not held.is_file() or not filecmp.cmp(held, file, shallow=False):
            self.changed += 1
        elif held.stat().st_nlink < MOST_NAMES:
            file.unlink()
            os.link(held, file)

    def name_again(self, path: str, other: str) -> None:
        """The same bytes under another path. Raises ``Unkeepable``."""
        place, named = self._place(other), self._newest.get(path, self.home / path)
        if named.stat().st_nlink < MOST_NAMES:
            os.link(named, place)
        else:
            # From here on another file with the same bytes gets the names.
            shutil.copyfile(named, place)
            self._newest[path] = place

    def take_over(self, path: str) -> None:
        """All files that stood below the path stand there again."""
        if (self.before / path).is_dir():
            shutil.copytree(self.before / path, self.home / path, copy_function=os.link)

    def size(self) -> tuple[int, int]:
        """How many names there are, and the bytes of what they name, each once."""
        found = [os.lstat(os.path.join(place, name)) for place, _, names in os.walk(self.home) for name in names]
        return len(found), sum({each.st_ino: each.st_size for each in found}.values())

    def _place(self, path: str) -> Path:
        names = path.split("/")
        if any(name in ("", ".", "..") for name in names) or any(name.startswith("index.") for name in names[:-1]):
            raise Unkeepable(path)
        file = self.home / path
        file.parent.mkdir(parents=True, exist_ok=True)
        return file


@contextmanager
def replacing(folder: Path, marker: str) -> Iterator[Folder]:
    """
    A new folder, which takes the place of ``folder`` at the end. After an error the old one stands, untouched.

    Raises ``FolderRefused`` where ``folder`` holds anything but what was written so, or a symbolic link.
    """
    folder = Path(os.path.abspath(folder))
    draft, old = folder.with_name(f".{folder.name}.new"), folder.with_name(f".{folder.name}.old")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _alone_in(folder.parent):
        if _is_ours(old) and not folder.exists():
            old.rename(folder)
        for left in (draft, old):
            if _is_ours(left):
                shutil.rmtree(left)
        _is_ours(folder)
        draft.mkdir(mode=0o755)
        try:
            new = Folder(draft, folder)
            new.write(MARKER, [marker.encode()])
            yield new
            os.sync()
            _swap(draft, folder, old)
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise


def _swap(draft: Path, folder: Path, old: Path) -> None:
    try:
        if folder.exists():
            folder.rename(old)
        draft.rename(folder)
    except OSError as error:
        if old.exists() and not folder.exists():
            old.rename(folder)
        raise FolderRefused(
            f"{folder} cannot be replaced ({error.strerror}). Where it is a mounted volume, name a folder inside it."
        ) from error
    os.sync()
    shutil.rmtree(old, ignore_errors=True)


def _is_ours(folder: Path) -> bool:
    """False where there is nothing. Raises ``FolderRefused`` where there is anything but a copy."""
    if folder.is_symlink():
        raise FolderRefused(f"{folder} is a symbolic link. Name the folder itself.")
    if not folder.exists():
        return False
    if not folder.is_dir():
        raise FolderRefused(f"{folder} is a file. Name a folder that is empty, or not there yet.")
    if any(folder.iterdir()) and not (folder / MARKER).is_file():
        raise FolderRefused(
            f"{folder} holds something else: it has no {MARKER}. Nothing was written. Name a folder that is empty, "
            "or not there yet, or one that this command wrote."
        )
    for place, folders, files in os.walk(folder):
        for name in (*folders, *files):
            if os.path.islink(os.path.join(place, name)):
                raise FolderRefused(f"{place}/{name} is a symbolic link, which this command never makes. Take it away.")
    return True


@contextmanager
def _alone_in(parent: Path) -> Iterator[None]:
    descriptor = os.open(parent, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise FolderRefused(f"Another export_shelf is writing into {parent}. Wait for its end.") from None
    finally:
        os.close(descriptor)
