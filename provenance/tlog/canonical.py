"""Texts that have one written form each: decimals and base64. Any other spelling of the same value is refused."""

import base64
import binascii
import re

from provenance.tlog.errors import TlogError

MAX_SIZE = 2**63 - 1

# int() alone also takes " 42 ", "4_2" and other scripts' digits.
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


def parse_decimal(text: str, what: str, error: type[TlogError]) -> int:
    """Read an ASCII decimal without leading zeroes, at most 2**63 - 1. ``what`` names it in the refusal."""
    if not _DECIMAL.fullmatch(text) or int(text) > MAX_SIZE:
        raise error(f"The {what} is not a decimal number in its one written form.")
    return int(text)


def parse_base64(text: str, what: str, error: type[TlogError]) -> bytes:
    """Read standard base64 (RFC 4648 section 4) with its padding and without stray bits."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error):
        raise error(f"The {what} is not valid base64.") from None
    # Python ignores the unused bits of the last character, so several texts would mean the same bytes.
    if format_base64(data) != text:
        raise error(f"The {what} is not base64 in its one written form.")
    return data


def format_base64(data: bytes) -> str:
    """Write standard base64 with padding."""
    return base64.b64encode(data).decode("ascii")


def encode_utf8(text: str, what: str, error: type[TlogError]) -> bytes:
    """Encode, refusing lone surrogates, which have no UTF-8 form."""
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        raise error(f"The {what} is not valid Unicode text.") from None
