"""JSON is read in one way or not at all."""

import json
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.coffee import strict_json
from provenance.coffee.strict_json import MalformedJson, dumps, loads

# Files that RFC 8259 allows and our bounds do not: exponents, minus zero, duplicates, control characters.
BEYOND_OUR_BOUNDS = {
    "y_number",
    "y_number_0e+1",
    "y_number_0e1",
    "y_number_double_close_to_zero",
    "y_number_int_with_exp",
    "y_number_minus_zero",
    "y_number_negative_zero",
    "y_number_real_capital_e",
    "y_number_real_capital_e_neg_exp",
    "y_number_real_capital_e_pos_exp",
    "y_number_real_exponent",
    "y_number_real_fraction_exponent",
    "y_number_real_neg_exp",
    "y_number_real_pos_exponent",
    "y_object_duplicated_key",
    "y_object_duplicated_key_and_value",
    "y_object_escaped_null_in_key",
    "y_object_extreme_numbers",
    "y_string_allowed_escapes",
    "y_string_escaped_control_character",
    "y_string_null_escape",
    "y_string_unescaped_char_delete",
    "y_string_with_del_character",
}

TWO_WAYS_TO_READ_IT = {
    "a name twice": b'{"lot":"A","lot":"B"}',
    "a name twice, once escaped": rb'{"lot":"A","l\u006ft":"B"}',
    "a name twice, deep": b'{"a":[{"b":{"c":1,"c":1}}]}',
    "NaN": b'{"a":NaN}',
    "Infinity": b'{"a":-Infinity}',
    "beyond a double": b'{"a":1e400}',
    "exponent": b'{"a":1e2}',
    "capital exponent": b'{"a":1.5E2}',
    "beyond 2^53": b'{"a":9007199254740993}',
    "sixteen digits": b'{"a":1000000000000000}',
    "sixteen digits below zero": b'{"a":-1000000000000000}',
    "sixteen digits with a point": b'{"a":0.000000000000001}',
    "minus zero": b'{"a":-0}',
    "minus zero with a point": b'{"a":-0.00}',
    "leading zero": b'{"a":01}',
    "no digit before the point": b'{"a":.5}',
    "no digit after the point": b'{"a":5.}',
    "plus": b'{"a":+5}',
    "byte order mark": b'\xef\xbb\xbf{"a":1}',
    "UTF-16": '{"a":1}'.encode("utf-16"),
    "Latin-1": '{"a":"é"}'.encode("latin-1"),
    "overlong UTF-8": b'{"a":"\xc0\xaf"}',
    "surrogate in UTF-8": b'{"a":"\xed\xa0\x80"}',
    "lone surrogate in a value": rb'{"a":"\ud800"}',
    "lone surrogate in a name": rb'{"\udead":1}',
    "surrogates in the wrong order": rb'{"a":"\udd1e\ud834"}',
    "not composed": '{"a":"Cafe\u0301"}'.encode(),
    "not composed, escaped": rb'{"a":"Cafe\u0301"}',
    "control character, escaped": rb'{"a":"\u0007"}',
    "backspace": rb'{"a":"\b"}',
    "carriage return": rb'{"a":"\r\n"}',
    "delete": b'{"a":"\x7f"}',
    "C1 control": '{"a":"\u0085"}'.encode(),
    "writing direction overridden": '{"a":"\u202egnp.exe"}'.encode(),
    "writing direction isolated": rb'{"a":"\u2066x"}',
    "trailing comma": b'{"a":1,}',
    "comment": b'{"a":1/**/}',
    "two values": b"{}{}",
    "nothing": b"",
}


@pytest.mark.parametrize("data", TWO_WAYS_TO_READ_IT.values(), ids=TWO_WAYS_TO_READ_IT.keys())
def test_what_two_readers_could_read_in_two_ways_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedJson):
        loads(data)


def test_numbers_are_exact() -> None:
    value = loads(b'{"a":999999999999999,"b":-999999999999999,"c":0.1,"d":123456789.012345,"e":0,"f":60.0}')
    assert value == {
        "a": 999_999_999_999_999,
        "b": -999_999_999_999_999,
        "c": Decimal("0.1"),
        "d": Decimal("123456789.012345"),
        "e": 0,
        "f": 60,
    }
    assert [type(member) for member in value.values()] == [int, int, Decimal, Decimal, int, Decimal]


def test_text_of_every_script_is_read() -> None:
    text = 'ቡና · قهوة · 咖啡 · Café · ☕ · tab\tand\nnewline · "quoted" \\ /'
    assert loads(dumps({"a": text, text: [text]})) == {"a": text, text: [text]}


def test_a_name_that_stands_twice_is_named() -> None:
    with pytest.raises(MalformedJson) as refused:
        loads(b'{"iss":1,"lot":2,"lot":3}')
    assert refused.value.field == "lot"


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_sixteen_levels_are_read_and_seventeen_refused(opening: str, closing: str) -> None:
    def nested(depth: int) -> bytes:
        return (opening * depth + "1" + closing * depth).encode()

    assert loads(nested(16))
    for depth in (17, 500, 5_000):
        with pytest.raises(MalformedJson, match="nested"):
            loads(nested(depth))


def test_many_objects_side_by_side_are_not_deep() -> None:
    assert loads(dumps([{"a": [i]} for i in range(100)])) == [{"a": [i]} for i in range(100)]


def test_65536_bytes_are_read_and_one_more_refused() -> None:
    assert len(loads(b'"' + b"a" * 65_534 + b'"')) == 65_534
    with pytest.raises(MalformedJson, match="65536"):
        loads(b'"' + b"a" * 65_535 + b'"')


def test_the_writer_is_compact_keeps_order_and_writes_no_exponent() -> None:
    value = {"z": Decimal("412.500"), "a": [Decimal("1E+3"), Decimal("0.000001"), Decimal("-0.0"), True, None, ()]}
    assert dumps(value) == b'{"z":412.5,"a":[1000,0.000001,0,true,null,[]]}'
    assert dumps('é"\\\n\x01') == b'"\xc3\xa9\\"\\\\\\n\\u0001"'


@pytest.mark.parametrize("value", [1.5, Decimal("NaN"), Decimal("Infinity"), b"bytes", {1: "one"}, {"a": {2}}])
def test_the_writer_refuses_what_has_no_place_in_json(value: object) -> None:
    with pytest.raises(TypeError):
        dumps(value)


def suite(shared: Path) -> dict[str, bytes]:
    files = (shared / "vectors/security/json-test-suite/test_parsing").glob("*.json")
    return {file.stem: file.read_bytes() for file in files}


def accepted(files: dict[str, bytes], read) -> set[str]:  # noqa: ANN001
    names = set()
    for name, data in files.items():
        try:
            read(data)
        except (MalformedJson, json.JSONDecodeError, UnicodeDecodeError, RecursionError):
            continue
        names.add(name)
    return names


def test_jsontestsuite_is_met_but_for_our_bounds(shared: Path) -> None:
    files = suite(shared)
    assert len(files) == 318
    assert accepted(files, loads) == {name for name in files if name[0] == "y"} - BEYOND_OUR_BOUNDS


def test_planted_bug_pythons_own_reader_is_caught(shared: Path) -> None:
    read_loosely = accepted(suite(shared), json.loads)
    assert {"n_number_NaN", "n_number_infinity"} <= read_loosely
    assert "y_object_duplicated_key" in read_loosely


def test_planted_bug_a_reader_that_looks_at_plain_text_only_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strict_json, "_is_plain", lambda text: True)
    let_through = set()
    for name, data in TWO_WAYS_TO_READ_IT.items():
        try:
            loads(data)
        except MalformedJson:
            continue
        let_through.add(name)
    assert {"not composed", "delete", "lone surrogate in a value", "writing direction overridden"} <= let_through


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**15) + 1, 10**15 - 1)
    | st.decimals(-(10**8), 10**8, allow_nan=False, allow_infinity=False, places=6).filter(bool)
    | st.text('aé☕ "\\\n\t/{['),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text('abcé"'), inner, max_size=5),
    max_leaves=20,
)


@given(VALUES)
def test_what_was_written_is_read_back(value: object) -> None:
    assert loads(dumps(value)) == value


@given(st.binary(max_size=60) | st.text('{}[]":,0.-e\\u\x7fé\u0301\u202e', max_size=60).map(str.encode))
def test_any_bytes_are_read_like_everybody_reads_them_or_refused(data: bytes) -> None:
    try:
        value = loads(data)
    except MalformedJson:
        return
    assert value == json.loads(data, parse_float=Decimal)
