"""
What a person has sent and not signed yet.

A browser sends a file once, and what is signed is read back first. So a file that may be kept is stored at once, and a
token, the digests of its sizes, travels through the pages in its place.
"""

import re
from dataclasses import dataclass

from provenance.coffee.photos import Photo, PhotoFile
from provenance.trail.services.attaching.cleaning import (
    PDF,
    WEBP,
    UnusableFile,
    clean_document,
    clean_picture,
    size_in_pixels,
)
from provenance.trail.services.attaching.storing import Unreadable, fetch, store
from provenance.trail.services.attaching.tying import Stored

_TOKEN = re.compile(r"[0-9a-f]{64}(-[0-9a-f]{64})?")


@dataclass(frozen=True)
class Taken:
    """Stored files of one picture, the smaller first, or of one paper. ``sizes``: width and height of each."""

    files: tuple[Stored, ...]
    sizes: tuple[tuple[int, int], ...]

    @property
    def is_picture(self) -> bool:
        return self.files[0].media_type == WEBP

    def photo(self, *, shows: str, caption: str = "") -> Photo:
        """What the withheld field ``photo`` says of a picture."""
        sizes = zip(self.files, self.sizes, strict=True)
        return Photo(shows, caption, tuple(PhotoFile(file.sha256, WEBP, *size) for file, size in sizes))


def take_picture(party: str, data: bytes) -> str:
    """Make a picture anew and store it for the party; returns the token. Raises ``UnusableFile``, ``NoRoom``."""
    return "-".join(store(party, file.data) for file in clean_picture(data).files)


def take_document(party: str, data: bytes) -> str:
    """The same for a paper: a PDF, or a picture of it."""
    return store(party, clean_document(data).data)


def taken(party: str, token: str) -> Taken:
    """What the party sent before. Raises ``UnusableFile`` where it is not here any more, or never was."""
    if not _TOKEN.fullmatch(token):
        raise UnusableFile("Choose the file again.", field="file")
    files, sizes = [], []
    for digest in token.split("-"):
        try:
            data = fetch(party, digest)
        except Unreadable:
            raise UnusableFile("The file is not here any more. Choose it again.", field="file") from None
        is_pdf = data.startswith(b"%PDF-")
        files.append(Stored(party, digest, PDF if is_pdf else WEBP, len(data)))
        sizes.append((0, 0) if is_pdf else size_in_pixels(data))
    return Taken(tuple(files), tuple(sizes))
