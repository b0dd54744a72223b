"""A withheld value is shown with the one statement and under the one name that it was withheld by."""

from base64 import urlsafe_b64decode
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.coffee import strict_json
from provenance.coffee.errors import BadDisclosure
from provenance.coffee.statement import Disclosure, Statement, make_disclosure, parse, read_disclosure
from provenance.coffee.statement.envelope import b64url
from provenance.coffee.tests.statements import JTI, OTHER_JTI, payload_of, resealed, signed

SALT = bytes(range(16))


def withholding(**digests: str) -> Statement:
    """A statement whose signer wrote these digests, wherever they came from."""
    withheld = {name: {"_sd": [digest]} for name, digest in digests.items()}
    return parse(resealed(payload_of(signed()[0]) | {"withheld": withheld}))


def test_a_disclosure_is_written_in_one_form() -> None:
    disclosure = Disclosure(jti=JTI, name="price", value="120 ETB/kg", salt=SALT)
    expected = f'["AAECAwQFBgcICQoLDA0ODw","value",{{"jti":"{JTI}","name":"price","v":"120 ETB/kg"}}]'
    assert urlsafe_b64decode(disclosure.text + "==") == expected.encode()
    assert disclosure.digest == b64url(sha256(disclosure.text.encode()).digest())


def test_each_disclosure_has_a_salt_of_its_own() -> None:
    first, second = make_disclosure(JTI, "price", "120"), make_disclosure(JTI, "price", "120")
    assert len(first.salt) == len(second.salt) == 16
    assert first.salt != second.salt
    assert first.digest != second.digest


def test_text_is_composed_and_its_newlines_made_plain() -> None:
    assert make_disclosure(JTI, "note", "Cafe\u0301\r\nwashed").value == "Café\nwashed"


@pytest.mark.parametrize("value", ["\u0000", "a\u202eb", "\ud800", "\x7f", "\b", "x" * 70_000])
def test_a_value_that_could_not_be_read_is_not_withheld(value: str) -> None:
    with pytest.raises(BadDisclosure) as refused:
        make_disclosure(JTI, "note", value)
    assert refused.value.field == "note"


def test_only_names_of_the_closed_list_can_be_withheld() -> None:
    with pytest.raises(BadDisclosure) as refused:
        make_disclosure(JTI, "salary", "1")
    assert refused.value.field == "salary"


def test_a_disclosure_is_read_beside_its_own_statement() -> None:
    statement, disclosures = signed(withheld={"price": "120", "note": "ripe"})
    assert [read_disclosure(each.text, statement) for each in disclosures] == disclosures
    assert [each.value for each in disclosures] == ["120", "ripe"]


def swaps_accepted(read: Callable[[str, Statement], Disclosure]) -> set[str]:
    """Which of the ways to show a true disclosure in a false place are accepted."""
    elsewhere = Disclosure(OTHER_JTI, "price", "90", SALT)
    here = Disclosure(JTI, "price", "120", SALT)
    tried = {
        "another statement's value, its digest copied": (elsewhere, withholding(price=elsewhere.digest)),
        "another field's value, its digest copied": (here, withholding(note=here.digest)),
        "another field's value, both fields withheld": (
            here,
            withholding(note=here.digest, price=Disclosure(JTI, "price", "1", SALT).digest),
        ),
        "a value that was not signed": (replace(here, value="1"), withholding(price=here.digest)),
        "another salt": (replace(here, salt=bytes(16)), withholding(price=here.digest)),
        "nothing withheld": (here, signed()[0]),
    }
    accepted = set()
    for what, (disclosure, statement) in tried.items():
        try:
            read(disclosure.text, statement)
        except BadDisclosure:
            continue
        accepted.add(what)
    return accepted


def test_no_disclosure_can_be_moved_to_another_place() -> None:
    assert swaps_accepted(read_disclosure) == set()


def jti_in(text: str) -> str:
    array = strict_json.loads(urlsafe_b64decode(text + "=="))
    return array[2]["jti"]


def test_planted_bug_a_reader_that_ignores_jti_is_caught() -> None:
    def careless(text: str, statement: Statement) -> Disclosure:
        return read_disclosure(text, statement._replace(jti=jti_in(text)))

    assert swaps_accepted(careless) == {"another statement's value, its digest copied"}


def test_planted_bug_a_reader_that_looks_the_digest_up_under_any_name_is_caught() -> None:
    class UnderAnyName(dict):
        def get(self, name, default=None):  # noqa: ANN001, ANN202
            return here if (here := Disclosure(JTI, "price", "120", SALT).digest) in self.values() else default

    def careless(text: str, statement: Statement) -> Disclosure:
        return read_disclosure(text, statement._replace(withheld=UnderAnyName(statement.withheld)))

    assert swaps_accepted(careless) == {
        "another field's value, its digest copied",
        "another field's value, both fields withheld",
    }


RIGHT = f'["AAECAwQFBgcICQoLDA0ODw","value",{{"jti":"{JTI}","name":"price","v":"120"}}]'


@pytest.mark.parametrize(
    "array",
    [
        RIGHT.replace(",", ", "),
        RIGHT.replace('"price"', '"pri\\u0063e"'),
        RIGHT.replace('"v":"120"', '"v":120'),
        RIGHT.replace('"v":"120"', '"v":{"_sd":[]}'),
        RIGHT.replace('"v":"120"', '"v":"120","w":1'),
        RIGHT.replace('"v":"120"', '"v":"120","v":"120"'),
        RIGHT.replace('"name":"price","v":"120"', '"v":"120","name":"price"'),
        RIGHT.replace('"value"', '"price"'),
        RIGHT.replace('"value",', ""),
        RIGHT.replace("AAECAwQFBgcICQoLDA0ODw", "AAECAwQFBgcICQoLDA0OD"),
        RIGHT.replace("AAECAwQFBgcICQoLDA0ODw", "AAECAwQFBgcICQoLDA0ODx"),
        RIGHT.replace("AAECAwQFBgcICQoLDA0ODw", "AAECAwQFBgcICQoLDA0O"),
        RIGHT.replace("AAECAwQFBgcICQoLDA0ODw", "é"),
        RIGHT[:-1] + ",1]",
        "{}",
        "null",
        "",
    ],
)
def test_any_other_form_is_refused_even_when_its_digest_was_signed(array: str) -> None:
    text = b64url(array.encode())
    statement = withholding(price=b64url(sha256(text.encode()).digest()))
    with pytest.raises(BadDisclosure):
        read_disclosure(text, statement)


def test_the_right_form_is_accepted_when_its_digest_was_signed() -> None:
    text = b64url(RIGHT.encode())
    statement = withholding(price=b64url(sha256(text.encode()).digest()))
    assert read_disclosure(text, statement).value == "120"


def test_no_other_spelling_of_a_disclosure_is_accepted() -> None:
    statement, [disclosure] = signed(withheld={"price": "120"})
    for other in (
        disclosure.text + "=",
        disclosure.text + "\n",
        " " + disclosure.text,
        disclosure.text + "é",
        "\ud800",
    ):
        with pytest.raises(BadDisclosure):
            read_disclosure(other, statement)


@given(st.text(max_size=60) | st.binary(max_size=60).map(b64url))
def test_any_text_is_refused_in_our_own_words(text: str) -> None:
    statement, _ = signed(withheld={"price": "120"})
    with pytest.raises(BadDisclosure):
        read_disclosure(text, statement)
