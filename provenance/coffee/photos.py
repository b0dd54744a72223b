"""
What the withheld field ``photo`` says: which picture, what it shows, and what its signer writes under it.

Nothing of a picture stands in the signed bytes, not even its digest, so that once it is erased the log does not name it
any more. The value is one JSON object with exactly the members ``shows``, ``caption`` and ``files``:

    {"shows":"farm","caption":"Our farm in May","files":[{"sha256":"<64 hex>","mediaType":"image/webp",
     "width":960,"height":640}, …]}

``files`` are the same picture in one or two sizes, the smaller first.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from provenance.coffee import strict_json
from provenance.coffee.acts import Act, AttachDocument
from provenance.coffee.errors import BadDisclosure
from provenance.coffee.statement import Disclosure

SHOWS = frozenset({"farm", "plot", "harvest", "portrait", "place", "coffee"})
MEDIA_TYPES = frozenset({"image/webp"})
MAX_CAPTION = 200
MAX_SIDE = 8192

_HEX_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class PhotoFile:
    """One size of a picture, in pixels."""

    sha256: str
    media_type: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Photo:
    """``files``: one or two sizes, the smaller first. ``shows``: a word of ``SHOWS``."""

    shows: str
    caption: str
    files: tuple[PhotoFile, ...]

    @property
    def text(self) -> str:
        """The value of the withheld field."""
        files = [
            {"sha256": file.sha256, "mediaType": file.media_type, "width": file.width, "height": file.height}
            for file in self.files
        ]
        return strict_json.dumps({"shows": self.shows, "caption": self.caption, "files": files}).decode()


def read_photo(text: str) -> Photo:
    """Read the value of a withheld ``photo``. Raises ``BadDisclosure``."""
    try:
        value = strict_json.loads(text.encode(errors="replace"))
    except strict_json.MalformedJson as error:
        raise BadDisclosure(f"The picture's description cannot be read. {error}", field="photo") from None
    match value:
        case {"shows": str(shows), "caption": str(caption), "files": list(files), **more} if not more:
            photo = Photo(shows, caption, tuple(map(_file, files)))
        case _:
            raise BadDisclosure("A picture's description says shows, caption and files.", field="photo")
    if shows not in SHOWS or len(caption) > MAX_CAPTION or not 1 <= len(files) <= 2 or photo.text != text:
        raise BadDisclosure("The picture's description is not in its one written form.", field="photo")
    return photo


def _file(value: object) -> PhotoFile:
    match value:
        case {
            "sha256": str(digest),
            "mediaType": str(media_type),
            "width": int(width),
            "height": int(height),
            **more,
        } if not more and _HEX_SHA256.fullmatch(digest) and media_type in MEDIA_TYPES and _is_side(width, height):
            return PhotoFile(digest, media_type, width, height)
    raise BadDisclosure("A picture's file says sha256, mediaType, width and height.", field="photo")


def _is_side(*pixels: int) -> bool:
    # To Python, true is a whole number too.
    return all(type(side) is int and 1 <= side <= MAX_SIDE for side in pixels)


def digests_named(act: Act, disclosures: Iterable[Disclosure]) -> set[str]:
    """SHA-256 (hex) of every file that a statement names: openly, or in a ``photo`` that is disclosed."""
    named = {act.sha256} if isinstance(act, AttachDocument) and act.sha256 else set()
    for one in disclosures:
        if one.name == "photo":
            try:
                named |= {file.sha256 for file in read_photo(one.value).files}
            except BadDisclosure:
                continue
    return named
