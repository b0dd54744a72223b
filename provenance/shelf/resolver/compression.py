"""
Reads compressed Digital Links (GS1 Digital Link: Compression 1.0). We never write them.

A compressed link is the path's values as one string of bits in URI-safe base64: each application identifier in
binary-coded decimal, its value by the format that GS1 gives it. Common sequences have a code of their own.
"""

import math
import re
from functools import cache
from urllib.parse import quote

from provenance.coffee.errors import UnknownIdentifier

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_COMPRESSED = re.compile(r"[A-Za-z0-9_-]{3,120}")
_COMPONENT = re.compile(r"([NXYZ])(\.\.)?(\d+)")

# The qualifiers of a GTIN, in the order in which they stand in a path.
_PATH = ("01", "22", "10", "21", "235")

# One code for a sequence that is common.
_SEQUENCES = (
    {"0A": "01 22", "0B": "01 10", "0C": "01 21", "0D": "01 17", "0E": "01 7003", "0F": "01 30"}
    | {"1A": "01 10 21 17", "1B": "01 15", "1C": "01 11", "1D": "01 16", "1E": "01 91", "1F": "01 10 15"}
    | {f"2{code}": f"01 310{places}" for places, code in enumerate("ABCDEF")}
    | {f"3{code}": f"01 320{places}" for places, code in enumerate("ABCDEF")}
    | {"9A": "8010 8011", "9B": "8017 8019", "9C": "8018 8019", "9D": "414 254"}
    | {f"A{places}": f"01 392{places}" for places in range(10)}
    | {f"C{places}": f"255 390{places}" for places in range(10)}
    | {f"C{code}": f"255 394{places}" for places, code in enumerate("ABCD")}
)


class _Bits:
    def __init__(self, text: str) -> None:
        self._bits = "".join(f"{_ALPHABET.index(letter):06b}" for letter in text)
        self._at = 0

    @property
    def left(self) -> int:
        return len(self._bits) - self._at

    def take(self, count: int) -> int:
        if count > self.left:
            raise UnknownIdentifier("This compressed link ends too early.", field="link")
        self._at += count
        return int(self._bits[self._at - count : self._at] or "0", 2)

    def letters(self, count: int, width: int, alphabet: str) -> str:
        return "".join(alphabet[self.take(width)] for _ in range(count))


def decompressed(path: str) -> str:
    """
    ``/AQnYUc1gmiCNV4JG`` or ``/01/05412345000013/EEarwSM…`` as the link that it stands for, path and query.

    Raises ``UnknownIdentifier`` for what is no compressed link.
    """
    *open_part, last = path.strip("/").split("/")
    if len(open_part) % 2:
        raise UnknownIdentifier("This is not a compressed Digital Link.", field="link")
    values = {ai: quote(value, safe="") for ai, value in values_in(last).items()}
    values |= dict(zip(open_part[::2], open_part[1::2], strict=True))
    named = "".join(f"/{ai}/{values.pop(ai)}" for ai in _PATH if ai in values)
    return named + ("?" if values else "") + "&".join(f"{key}={value}" for key, value in values.items())


def values_in(compressed: str) -> dict[str, str]:
    """The values by their application identifiers. Raises ``UnknownIdentifier``."""
    if not _COMPRESSED.fullmatch(compressed):
        raise UnknownIdentifier("This is not a compressed Digital Link.", field="link")
    bits, values = _Bits(compressed), {}
    while bits.left > 8:
        code = f"{bits.take(8):02X}"
        if code.isdecimal():
            ai = _whole_ai(code, bits)
            values[ai] = _value(bits, ai)
        elif code in _SEQUENCES:
            values |= {ai: _value(bits, ai) for ai in _SEQUENCES[code].split()}
        elif code[0] == "F":
            length = int(code[1], 16) << 3 | bits.take(3)
            key, way = bits.letters(length, 6, _ALPHABET), bits.take(3)
            values[key] = _text(bits, way, bits.take(7))
        else:
            raise UnknownIdentifier("This compressed link uses a code that nobody has defined.", field="link")
    return values


def _whole_ai(ai: str, bits: _Bits) -> str:
    while not _formats(ai):
        ai += f"{bits.take(4):X}"
        if len(ai) > 4:
            raise UnknownIdentifier("This compressed link holds an identifier that GS1 does not know.", field="link")
    return ai


@cache
def _formats(ai: str) -> tuple[tuple[str, bool, int], ...]:
    """The components of an identifier's value: its kind, whether its length varies, at most how long."""
    from biip import ParseError
    from biip.gs1_application_identifiers import GS1ApplicationIdentifier

    try:
        known = GS1ApplicationIdentifier.extract(ai)
    except ParseError:
        return ()
    if known.ai != ai:
        return ()
    components = [
        (kind, bool(variable), int(most)) for kind, variable, most in _COMPONENT.findall(known.format.partition("+")[2])
    ]
    if all(kind == "N" and not variable for kind, variable, _ in components):
        # Digits side by side are one number.
        return (("N", False, sum(most for _, _, most in components)),)
    return tuple(components)


def _value(bits: _Bits, ai: str) -> str:
    return "".join(_component(bits, *component) for component in _formats(ai))


def _component(bits: _Bits, kind: str, variable: bool, most: int) -> str:
    way = 0 if kind == "N" else bits.take(3)
    length = bits.take(math.ceil(math.log2(most) + 0.01)) if variable else most
    return _text(bits, way, length)


def _text(bits: _Bits, way: int, length: int) -> str:
    match way:
        case 0:
            return str(bits.take(math.ceil(length * math.log2(10) + 0.01))).zfill(length) if length else ""
        case 1:
            return bits.letters(length, 4, "0123456789abcdef")
        case 2:
            return bits.letters(length, 4, "0123456789ABCDEF")
        case 3:
            return bits.letters(length, 6, _ALPHABET)
        case 4:
            return bits.letters(length, 7, "".join(map(chr, range(128))))
    raise UnknownIdentifier("This compressed link is written in a way that nobody has defined.", field="link")
