"""
The check code of a receipt: twelve letters made from the signed words themselves, and one that finds typing errors.

    first 60 bits of SHA-256("beantrail receipt 1" ‖ 0x00 ‖ header.payload), in Crockford's base 32, and Luhn's check

It is made of all but the signature, so a phone can print it before it meets the server, and a statement that is sent
again with another signature keeps it. Whoever has the log's entries can make it, too; the log's public hashes do not
give it away (docs/decisions/0072).
"""

from hashlib import sha256

from provenance.coffee.errors import UnknownIdentifier
from provenance.coffee.statement import Statement

# Without letters that are taken for a digit or for another one.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 13
_BITS = 60
_PREFIX = b"beantrail receipt 1\x00"
_TAKEN_FOR = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None, "–": None, ".": None})


def check_code_of(statement: Statement) -> str:
    """Thirteen letters of ``ALPHABET``."""
    digest = sha256(_PREFIX + statement.signing_input).digest()
    number = int.from_bytes(digest) >> (8 * len(digest) - _BITS)
    letters = "".join(ALPHABET[number >> shift & 31] for shift in range(_BITS - 5, -5, -5))
    return letters + _check_letter(letters)


def read_check_code(typed: str) -> str:
    """The code as it is kept, however it was typed. Raises ``UnknownIdentifier`` for what cannot be one."""
    letters = typed.upper().translate(_TAKEN_FOR)
    if len(letters) != LENGTH:
        raise UnknownIdentifier(f"A check code has {LENGTH} letters and digits.", field="code")
    if not set(letters) <= set(ALPHABET) or _check_letter(letters[:-1]) != letters[-1]:
        raise UnknownIdentifier("There is a typing error in this code.", field="code")
    return letters


def in_groups(code: str) -> str:
    """As it is printed: 7QK4-M2XD-9RTAW."""
    return f"{code[:4]}-{code[4:8]}-{code[8:]}"


def _check_letter(letters: str) -> str:
    """Luhn's algorithm modulo 32: it finds every single wrong letter, and all but one kind of swapped neighbours."""
    total = 0
    for place, letter in enumerate(reversed(letters)):
        doubled = ALPHABET.index(letter) * (2 if place % 2 == 0 else 1)
        total += doubled // 32 + doubled % 32
    return ALPHABET[-total % 32]
