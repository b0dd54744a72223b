import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.tlog.errors import BadSignature, MalformedKey, MalformedNote
from provenance.tlog.keys import Ed25519Signer, KeyType, NamedSigner, parse_vkey
from provenance.tlog.note import (
    MAX_NOTE_BYTES,
    Note,
    Signature,
    format_note,
    parse_note,
    parse_signature_lines,
    sign,
    verify_note,
)
from provenance.tlog.tests.vectors import b64decode, load, shared

ALMAZ = NamedSigner("almaz.example/farm", KeyType.ED25519, Ed25519Signer(bytes(32)))
KOFI = NamedSigner("kofi.example/roastery", KeyType.ED25519, Ed25519Signer(bytes([1]) * 32))
TEXT = "Lot 7 left the farm.\n"
NOTE = Note(TEXT, (sign(TEXT, ALMAZ),))
BYTES = format_note(NOTE)


def test_the_specifications_example_verifies():
    example = load(shared("tlog/note/note_vectors.json"))["c2sp_spec"]
    note = parse_note(example["note"].encode())

    assert note.text == "This is an example message.\n"
    assert verify_note(note, [parse_vkey(example["vkey"])]) == list(note.signatures)
    assert format_note(note) == example["note"].encode()


def test_the_notes_of_go_verify_and_are_signed_again_byte_for_byte():
    example = load(shared("tlog/note/note_vectors.json"))["go_x_mod"]
    data = (example["text"] + "\n" + "".join(example["sig_lines"])).encode()
    note, keys = parse_note(data), [parse_vkey(vkey) for vkey in example["vkeys"]]
    seed = b64decode(example["skey"].split("+", 4)[4])[1:]
    peter = NamedSigner("PeterNeumann", KeyType.ED25519, Ed25519Signer(seed))

    assert verify_note(note, keys) == list(note.signatures)
    assert verify_note(note, keys[1:]) == list(note.signatures[1:])
    assert sign(example["text"], peter).line == example["sig_lines"][0]


def test_what_is_written_is_read_back():
    note = NOTE.with_signatures(sign(TEXT, KOFI))

    assert parse_note(format_note(note)) == note
    assert verify_note(note, [ALMAZ.verifier, KOFI.verifier]) == list(note.signatures)
    assert parse_signature_lines("".join(s.line for s in note.signatures).encode()) == note.signatures


def test_text_may_hold_empty_lines_of_its_own():
    text = "one\n\n\ntwo\n\n"
    note = Note(text, (sign(text, ALMAZ),))

    assert parse_note(format_note(note)) == note


LINE = NOTE.signatures[0].line.encode()
DATA = LINE.split(b" ")[2].strip()


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\n", id="a newline"),
        pytest.param(TEXT.encode(), id="no signature block"),
        pytest.param(TEXT.encode() + b"\n", id="no signature"),
        pytest.param(TEXT.encode() + LINE, id="no blank line"),
        pytest.param(b"\n" + LINE, id="no text"),
        pytest.param(BYTES[:-1], id="no newline at the end"),
        pytest.param(BYTES + b"\n", id="blank line at the end"),
        pytest.param(b"\x01" + BYTES, id="control character"),
        pytest.param(BYTES.replace(b"\n", b"\r\n"), id="carriage returns"),
        pytest.param(b"\t" + BYTES, id="tab"),
        pytest.param(b"\xff" + BYTES, id="not UTF-8"),
        pytest.param(b"\xed\xa0\x80" + BYTES, id="a lone surrogate in UTF-8"),
        pytest.param(BYTES + b"trailing\n", id="a line that is no signature"),
        pytest.param(BYTES.replace("— ".encode(), b"- "), id="hyphen"),
        pytest.param(BYTES.replace("— ".encode(), "—  ".encode()), id="two spaces"),
        pytest.param(BYTES.replace(b"/farm ", b" farm "), id="space in the name"),
        pytest.param(BYTES.replace(b"/farm ", b"+farm "), id="plus in the name"),
        pytest.param(BYTES.replace(b"/farm ", "\u00a0 ".encode()), id="hard space in the name"),
        pytest.param(BYTES.replace(b"almaz.example/farm", b""), id="no name"),
        pytest.param(BYTES.replace(DATA, b""), id="no signature bytes"),
        pytest.param(BYTES.replace(DATA, b"AAAAAA=="), id="a key ID and nothing else"),
        pytest.param(BYTES.replace(DATA, b"AAAAAB=="), id="stray bits"),
        pytest.param(BYTES.replace(DATA, DATA + b"="), id="too much padding"),
        pytest.param(BYTES.replace(DATA, DATA.rstrip(b"=")[:-2]), id="too little padding"),
        pytest.param(BYTES.replace(DATA, b"-_" + DATA[2:]), id="base64url"),
        pytest.param(BYTES + LINE * 100, id="more than 100 signatures"),
        pytest.param(b"x" * MAX_NOTE_BYTES + BYTES, id="too long"),
    ],
)
def test_malformed_notes_are_refused(data):
    with pytest.raises(MalformedNote):
        parse_note(data)


@given(st.binary(max_size=80) | st.text(max_size=80).map(lambda text: text.encode("utf-8", "ignore")))
def test_any_bytes_are_refused_or_written_back_as_they_were(data):
    for candidate in (data, data + BYTES, BYTES + data, BYTES.replace(b" ", data)):
        try:
            note = parse_note(candidate)
        except MalformedNote:
            continue
        assert format_note(note) == candidate


def test_a_note_without_newline_or_signature_is_not_written():
    for note in (Note("no newline", NOTE.signatures), Note(TEXT), Note("", NOTE.signatures), Note("\x01\n")):
        with pytest.raises(MalformedNote):
            format_note(note)


def test_a_note_of_unknown_keys_only_is_refused():
    with pytest.raises(BadSignature, match="No known key"):
        verify_note(NOTE, [KOFI.verifier])
    with pytest.raises(BadSignature, match="No known key"):
        verify_note(NOTE, [])


def test_lines_that_share_only_a_name_or_only_an_id_are_ignored():
    line = NOTE.signatures[0]
    others = (Signature(line.name, b"\0\0\0\0", b"x"), Signature("somebody", line.key_id, b"x"))

    assert verify_note(NOTE.with_signatures(*others), [ALMAZ.verifier]) == [line]


def test_one_bad_line_of_a_known_key_spoils_the_note():
    line = NOTE.signatures[0]
    bad = Signature(line.name, line.key_id, bytes(64))

    for signatures in ((line, bad), (bad, line)):
        with pytest.raises(BadSignature, match="does not verify"):
            verify_note(Note(TEXT, signatures), [ALMAZ.verifier])


def test_every_altered_bit_of_a_signed_note_is_noticed():
    noticed = 0
    for at in range(len(BYTES)):
        for bit in range(8):
            altered = BYTES[:at] + bytes([BYTES[at] ^ 1 << bit]) + BYTES[at + 1 :]
            with pytest.raises((MalformedNote, BadSignature)):
                verify_note(parse_note(altered), [ALMAZ.verifier])
            noticed += 1
    assert noticed == 8 * len(BYTES)


def test_a_line_is_not_added_twice_and_others_can_be_left_out():
    both = NOTE.with_signatures(sign(TEXT, KOFI), NOTE.signatures[0])

    assert [s.name for s in both.signatures] == ["almaz.example/farm", "kofi.example/roastery"]
    assert both.only_from([ALMAZ.verifier]) == NOTE
    assert both.signatures[1].claims(KOFI.verifier)
    assert not both.signatures[1].claims(ALMAZ.verifier)


def test_cosigners_do_not_sign_or_verify_bare_text():
    witness = NamedSigner("w1", KeyType.COSIGNATURE_ED25519, Ed25519Signer(bytes(32)))

    with pytest.raises(MalformedKey, match="0x01"):
        sign(TEXT, witness)
    with pytest.raises(MalformedKey, match="0x01"):
        verify_note(Note(TEXT, (Signature("w1", witness.verifier.key_id, bytes(72)),)), [witness.verifier])


def test_signature_lines_that_stand_alone_are_read_as_strictly():
    assert parse_signature_lines(b"") == ()
    for data in (LINE[:-1], b"\n" + LINE, LINE + b"\n", b"\xff", b"x" * (MAX_NOTE_BYTES + 1)):
        with pytest.raises(MalformedNote):
            parse_signature_lines(data)
