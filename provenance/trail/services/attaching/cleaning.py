"""
Takes a picture or a paper that somebody sends, and gives back bytes that may be kept.

A picture is decoded and made anew from its pixels, so nothing that came along goes on: no place and time of the camera,
no comment, no second file behind the first. A PDF cannot be made anew; it is kept as it is, and never shown in a page.
"""

import threading
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO

from PIL import Image, ImageOps

from provenance.coffee.errors import CoffeeError

MOST_BYTES = 10 * 1024 * 1024
MOST_PIXELS = 25_000_000
LEAST_SIDE = 200
LONGEST_STRIP = 4  # times as long as wide

PAGE_WIDTH = 960
MOST_PAGE_BYTES = 60 * 1024
LARGEST_SIDE = 2048
WEBP, PDF = "image/webp", "application/pdf"

_FORMATS = ("JPEG", "PNG", "WEBP")
# What a picture of a farm needs at most, and what one of leaves and gravel falls back to.
_PAGE_QUALITIES = (76, 66, 56, 46)
_PAGE_WIDTHS = (PAGE_WIDTH, 720, 540, 400)
_LARGE_QUALITY = 80
_HEIC_BRANDS = {b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1", b"avif", b"avis"}

# A file of a hundred kilobytes may hold 25 million points: whoever sends many at once must not take all memory.
_one_at_a_time = threading.Lock()

_TOO_LARGE = f"The file is larger than {MOST_BYTES // 1024 // 1024} MB."
_NO_PICTURE = "This is no picture that can be read here. Send a photo as JPEG, PNG or WebP."
_FEWER = f"Send it in a smaller size: {MOST_PIXELS // 10**6} million are taken."
_DAMAGED = "The picture is damaged or not complete. Choose it again, or take a new one."


class UnusableFile(CoffeeError):
    """The file cannot be kept; ``str()`` of it is a sentence for the person who sent it."""


@dataclass(frozen=True)
class CleanFile:
    """Bytes that may be kept. ``width`` and ``height`` in pixels; 0 for a paper."""

    data: bytes
    media_type: str
    width: int = 0
    height: int = 0


@dataclass(frozen=True)
class CleanPicture:
    """One picture for a page and, where that had to be made smaller, one as large as is kept; the smaller first."""

    files: tuple[CleanFile, ...]


def clean_picture(data: bytes) -> CleanPicture:
    """
    Decode and make anew, upright, as WebP: at most 960 pixels wide and 60 KiB, and at most 2048 pixels a side.

    Raises ``UnusableFile``.
    """
    image = _decoded(data)
    page = _page(image)
    if (page.width, page.height) == image.size:
        return CleanPicture((page,))
    return CleanPicture((page, _large(image)))


def clean_document(data: bytes) -> CleanFile:
    """A PDF as it is, or a picture of a paper made anew. Raises ``UnusableFile``."""
    if data[:5] != b"%PDF-":
        return _large(_decoded(data))
    _check_size(data)
    if b"%%EOF" not in data[-1024:]:
        raise UnusableFile("The PDF is not complete. Save it again and choose it anew.", field="file")
    return CleanFile(data, PDF)


def size_in_pixels(data: bytes) -> tuple[int, int]:
    """Of a picture that was made here."""
    with Image.open(BytesIO(data), formats=["WEBP"]) as image:
        return image.size


def _check_size(data: bytes) -> None:
    if len(data) > MOST_BYTES:
        raise UnusableFile(_TOO_LARGE, field="file")
    if not data:
        raise UnusableFile("The file is empty. Choose it again.", field="file")


def _decoded(data: bytes) -> Image.Image:
    """The picture upright, in plain RGB, with nothing but its pixels."""
    _check_size(data)
    if data[4:8] == b"ftyp" and data[8:12] in _HEIC_BRANDS:
        raise UnusableFile(
            "This is Apple's HEIC format, which not everybody can read. Send it as JPEG: in the phone's settings under "
            "Camera, Formats, choose Most Compatible.",
            field="file",
        )
    try:
        image = Image.open(BytesIO(data), formats=_FORMATS)
        width, height = image.size
    except Image.DecompressionBombError:
        raise UnusableFile(f"The picture has far too many points. {_FEWER}", field="file") from None
    except Exception:
        # A hostile file makes each of the readers fail in a way of its own.
        raise UnusableFile(_NO_PICTURE, field="file") from None
    # A phone's JPEG may hold a second picture, of how far things were away; it is left out.
    _check_shape(width, height, 1 if image.format == "MPO" else getattr(image, "n_frames", 1))
    try:
        with _one_at_a_time:
            return _plain(image)
    except Exception:
        raise UnusableFile(_DAMAGED, field="file") from None


def _check_shape(width: int, height: int, frames: int) -> None:
    """Before a single pixel is decoded."""
    if width * height > MOST_PIXELS:
        raise UnusableFile(f"The picture has {width * height / 1e6:,.0f} million points. {_FEWER}", field="file")
    if min(width, height) < LEAST_SIDE:
        raise UnusableFile(
            f"The picture is too small to be seen: {width} × {height} points. Each side needs {LEAST_SIDE}.",
            field="file",
        )
    if max(width, height) > LONGEST_STRIP * min(width, height):
        raise UnusableFile(
            "The picture is too long and narrow to be shown. Cut out the part that matters.", field="file"
        )
    if frames > 1:
        raise UnusableFile("This is a moving picture. Send a still one.", field="file")


def _plain(image: Image.Image) -> Image.Image:
    # A JPEG can be decoded at half or quarter size at once; it asks for no more memory than is needed.
    image.draft("RGB", (LARGEST_SIDE, LARGEST_SIDE))
    image.load()
    _turn_upright(image)
    plain = _in_colours(image)
    # Made smaller first: of 25 million points each further copy takes 100 MB.
    plain.thumbnail((LARGEST_SIDE, LARGEST_SIDE), Image.Resampling.LANCZOS)
    if plain.mode == "RGBA":
        plain = Image.alpha_composite(Image.new("RGBA", plain.size, "white"), plain).convert("RGB")
    # Pixels alone: ``info`` still holds what came with them.
    return Image.frombytes("RGB", plain.size, plain.tobytes())


def _in_colours(image: Image.Image) -> Image.Image:
    """In RGB, or in RGBA where one can see through; itself if it is."""
    if image.mode.startswith("I") or image.mode == "F":
        image = image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    mode = "RGBA" if image.has_transparency_data else "RGB"
    return image if image.mode == mode and "transparency" not in image.info else image.convert(mode)


def _turn_upright(image: Image.Image) -> None:
    """Turned as the camera says it was held; as it lies where the camera's notes are damaged."""
    with suppress(Exception):
        ImageOps.exif_transpose(image, in_place=True)


def _page(image: Image.Image) -> CleanFile:
    for width in _PAGE_WIDTHS:
        small = _no_wider(image, width)
        for quality in _PAGE_QUALITIES:
            data = _webp(small, quality)
            if len(data) <= MOST_PAGE_BYTES:
                return CleanFile(data, WEBP, *small.size)
    raise UnusableFile("The picture has too many details to be shown small. Take another.", field="file")


def _no_wider(image: Image.Image, width: int) -> Image.Image:
    """At most so many points on its longer side."""
    small = image.copy()
    small.thumbnail((width, width), Image.Resampling.LANCZOS)
    return small


def _large(image: Image.Image) -> CleanFile:
    return CleanFile(_webp(image, _LARGE_QUALITY), WEBP, *image.size)


def _webp(image: Image.Image, quality: int) -> bytes:
    out = BytesIO()
    image.save(out, "WEBP", quality=quality, method=4, exif=b"", icc_profile=b"", xmp=b"")
    return out.getvalue()
