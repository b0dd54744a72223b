from hashlib import sha256

import pytest

from provenance.coffee.check_code import ALPHABET, check_code_of, in_groups, read_check_code
from provenance.coffee.errors import UnknownIdentifier
from provenance.coffee.statement import parse
from provenance.coffee.tests.statements import DISPATCH, HARVEST, OTHER_JTI, payload_of, resealed, signed
from provenance.tlog.hashing import leaf_hash

STATEMENT, _ = signed()
CODE = "KDKJ-MY7V-V7YTG"


def luhn_32_holds(code: str) -> bool:
    """As the textbook has it, from the right, the check letter included."""
    values = [ALPHABET.index(letter) for letter in reversed(code)]
    doubled = [value * (1 + place % 2) for place, value in enumerate(values)]
    return sum(value // 32 + value % 32 for value in doubled) % 32 == 0


def test_the_code_is_the_first_sixty_bits_of_the_signed_words_in_base_32():
    code = check_code_of(STATEMENT)
    header, payload, _ = STATEMENT.jws.split(b".")
    digest = sha256(b"beantrail receipt 1\x00" + header + b"." + payload).digest()
    number = sum(ALPHABET.index(letter) << 5 * (11 - place) for place, letter in enumerate(code[:12]))
    assert in_groups(code) == CODE
    assert number == int.from_bytes(digest[:8]) >> 4
    assert luhn_32_holds(code)


def test_any_other_words_have_another_code():
    heavier = payload_of(STATEMENT)
    heavier["iat"] += 1
    others = [parse(resealed(heavier)), signed(jti=OTHER_JTI)[0], signed(HARVEST)[0]]
    assert len({check_code_of(STATEMENT), *map(check_code_of, others)}) == 4


def test_another_signature_of_the_same_words_keeps_the_code():
    header, payload, signature = STATEMENT.jws.split(b".")
    # Not a valid one: the code looks at the words alone, and whoever checks the statement looks at the signature.
    again = STATEMENT._replace(jws=b".".join([header, payload, signature[:-4] + b"AAAA"]))
    assert check_code_of(again) == check_code_of(STATEMENT)


def test_the_public_leaf_hash_does_not_give_the_code_away():
    code = check_code_of(STATEMENT)
    for public in (leaf_hash(STATEMENT.jws), sha256(STATEMENT.signing_input).digest(), sha256(STATEMENT.jws).digest()):
        number = int.from_bytes(public[:8]) >> 4
        assert code[:12] != "".join(ALPHABET[number >> 5 * (11 - place) & 31] for place in range(12))


@pytest.mark.parametrize(
    "typed", ["0123-4567-89ABT", "0123456789abt", "0123 4567 89abt", "oI23-4567-89aBt", "Ol23.4567.89ABT"]
)
def test_a_code_is_read_however_it_is_typed(typed):
    assert read_check_code(typed) == "0123456789ABT"


@pytest.mark.parametrize("typed", ["", "KDKJ", CODE + "7", "БDKJ-MY7V-V7YTG", "KDKJ-MY7V-V7YUG", "KDKJ\x00MY7VV7YTG"])
def test_what_cannot_be_a_code_is_told_so(typed):
    with pytest.raises(UnknownIdentifier):
        read_check_code(typed)


def test_every_single_wrong_letter_and_nearly_every_swap_is_found():
    code = CODE.replace("-", "")
    wrong = [code[:n] + letter + code[n + 1 :] for n in range(13) for letter in ALPHABET if letter != code[n]]
    swapped = [code[:n] + code[n + 1] + code[n] + code[n + 2 :] for n in range(12) if code[n] != code[n + 1]]
    assert len(wrong) == 13 * 31
    for typed in wrong + swapped:
        with pytest.raises(UnknownIdentifier, match="typing error"):
            read_check_code(typed)


def test_dispatches_of_one_lot_differ_by_their_ids():
    assert check_code_of(signed(DISPATCH, jti=OTHER_JTI)[0]) != check_code_of(STATEMENT)
