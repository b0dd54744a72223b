"""
The code itself. ISO/IEC 18004: error level M, quiet zone of 4 modules.

Sheets are encoded by zxing-cpp, thirty times as fast as pure Python (docs/decisions/0067); a single code, as a file
for a printing house, by qrcode.
"""

import re
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from urllib.parse import urlsplit

import qrcode
import zxingcpp
from qrcode.constants import ERROR_CORRECT_M
from qrcode.image.svg import SvgPathFillImage

QUIET_MODULES = 4
DARK = re.compile(b"\x00+")
# What a QR code writes in five and a half bits a letter instead of eight.
ALPHANUMERIC = re.compile(r"[0-9A-Z $%*+\-./:]*")


@dataclass(frozen=True)
class Symbol:
    """``side`` modules in a row, without quiet zone; ``modules`` row by row from the top, 0 is dark."""

    side: int
    modules: bytes

    @property
    def whole_side(self) -> int:
        """With the quiet zone on both sides."""
        return self.side + 2 * QUIET_MODULES

    @cached_property
    def bars(self) -> str:
        """
        PDF operators that draw the dark modules, one module a unit, from the lower left corner of the quiet zone.

        Dark modules that touch in a row are one rectangle.
        """
        top = self.side + QUIET_MODULES - 1
        return "\n".join(
            f"{QUIET_MODULES + bar.start()} {top - row} {bar.end() - bar.start()} 1 re"
            for row in range(self.side)
            for bar in DARK.finditer(self.modules[row * self.side : (row + 1) * self.side])
        )


def encode(url: str) -> Symbol:
    """Raises UnicodeEncodeError for what is no address: a QR code names no alphabet that scanners agree on."""
    url.encode("ascii")
    image = zxingcpp.create_barcode(url, zxingcpp.BarcodeFormat.QRCode, ec_level="M").to_image(
        scale=1, add_quiet_zones=False
    )
    return Symbol(image.shape[0], bytes(memoryview(image)))


def in_capitals(url: str) -> str:
    """
    A Digital Link as GS1 allows it in capitals: a smaller code, which a few old apps refuse.

    Scheme and host become capitals. What follows keeps its letters: a lot number with small letters is another one.
    """
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".upper() + url.removeprefix(f"{parts.scheme}://{parts.netloc}")


def is_small(url: str) -> bool:
    """Whether every letter is one that takes less room."""
    return ALPHANUMERIC.fullmatch(url) is not None


def code_svg(url: str) -> bytes:
    """One code with its quiet zone, black on white, for a printing house."""
    return bytes(_single(url).make_image(image_factory=SvgPathFillImage).to_string(encoding="unicode").encode())


def code_png(url: str, *, dots: int = 20) -> bytes:
    """One code with its quiet zone; ``dots`` a module: at 600 dpi and 20 dots it is 4 cm wide or so."""
    file = BytesIO()
    code = _single(url)
    code.box_size = dots
    code.make_image().save(file, "PNG")
    return file.getvalue()


def _single(url: str) -> qrcode.QRCode:
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=QUIET_MODULES)
    code.add_data(url)
    code.make(fit=True)
    return code
