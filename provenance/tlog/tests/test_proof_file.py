from base64 import b64encode
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.tlog.errors import (
    BadSignature,
    MalformedNote,
    MalformedProof,
    ProofRefused,
    TlogError,
    UntrustedCheckpoint,
)
from provenance.tlog.hashing import leaf_hash
from provenance.tlog.policy import parse_policy
from provenance.tlog.proof_file import TlogProof, check_proof, format_proof, parse_proof
from provenance.tlog.tests.vectors import TESTDATA, b64decode, load

DEMO = load(TESTDATA / "demo-log/vectors.json")
DATA = (TESTDATA / "demo-log/entry-300.tlog-proof").read_bytes()
PROOF = parse_proof(DATA)
LEAF = next(leaf_hash(b64decode(case["leaf"])) for case in DEMO["inclusion"] if case["index"] == 300)
V = DEMO["vkeys"]
POLICY = parse_policy(f"log {V['log']}\nwitness w {V['w1']}\nquorum w\n".encode())
HEAD, NOTE = DATA.split(b"\n\n", 1)


def test_the_demo_logs_proof_shows_entry_300():
    trusted = check_proof(PROOF, LEAF, POLICY)

    assert (PROOF.index, trusted.checkpoint.size, PROOF.extra) == (300, 600, None)
    assert trusted.witnesses == {"w": 1_790_000_000}


def test_a_proof_is_written_as_it_was_read():
    assert format_proof(PROOF) == DATA
    extra = replace(PROOF, extra=b"leaf")
    assert parse_proof(format_proof(extra)) == extra
    assert format_proof(extra).split(b"\n")[:3] == [b"c2sp.org/tlog-proof@v1", b"extra bGVhZg==", b"index 300"]


def test_another_leaf_another_index_or_another_path_is_refused():
    for proof, leaf in [
        (PROOF, leaf_hash(b"another entry")),
        (replace(PROOF, index=301), LEAF),
        (replace(PROOF, index=600), LEAF),
        (replace(PROOF, hashes=PROOF.hashes[:-1]), LEAF),
        (replace(PROOF, hashes=()), LEAF),
        (replace(PROOF, hashes=(*PROOF.hashes, bytes(32))), LEAF),
    ]:
        with pytest.raises(ProofRefused):
            check_proof(proof, leaf, POLICY)


def test_a_proof_under_an_untrusted_checkpoint_is_refused_however_right_its_path():
    with pytest.raises(UntrustedCheckpoint):
        check_proof(PROOF, LEAF, parse_policy(b"quorum none\n"))


def test_every_altered_byte_of_a_proof_before_its_signatures_is_noticed():
    # test_checkpoint alters every byte of the signature lines.
    end = DATA.index("— ".encode())
    for at in range(end):
        for mask in (1, 0x20):
            altered = DATA[:at] + bytes([DATA[at] ^ mask]) + DATA[at + 1 :]
            with pytest.raises(TlogError):
                check_proof(parse_proof(altered), LEAF, POLICY)


def test_a_proof_cut_off_before_its_signatures_is_refused():
    for end in range(DATA.index("— ".encode()) + 100):
        with pytest.raises(TlogError):
            check_proof(parse_proof(DATA[:end]), LEAF, POLICY)


def test_a_forged_line_of_a_known_key_spoils_the_proof():
    forged = DATA.replace(b"Eb250wAAAABq", b"Eb250wAAAABr")

    assert forged != DATA
    with pytest.raises(BadSignature):
        check_proof(parse_proof(forged), LEAF, POLICY)


def head(*lines: str) -> bytes:
    return "\n".join(lines).encode() + b"\n\n" + NOTE


HASH = b64encode(bytes(32)).decode()
FIRST = "c2sp.org/tlog-proof@v1"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        HEAD,
        HEAD + b"\n" + NOTE,
        b"\n" + DATA,
        b"\xef\xbb\xbf" + DATA,
        DATA.replace(b"\n", b"\r\n"),
        head("c2sp.org/tlog-proof@v2", "index 1"),
        head(FIRST),
        head(FIRST, HASH),
        head(FIRST, "index 1", "extra AAAA"),
        head(FIRST, "extra ", "index 1"),
        head(FIRST, "extra AAB=", "index 1"),
        head(FIRST, "extra AAAA", "extra AAAA", "index 1"),
        *(
            head(FIRST, f"index {index}")
            for index in ("", "01", "-1", "+1", " 1", "1 ", "1_0", str(2**63), "9" * 5_000)
        ),
        head(FIRST, "index ١"),
        head(FIRST, "index 1", HASH[:-1]),
        head(FIRST, "index 1", HASH[:-2] + "B="),
        head(FIRST, "index 1", "AAAA"),
        head(FIRST, "index 1", " " + HASH),
        head(FIRST, "index 1", *[HASH] * 64),
        head(FIRST, "extra " + "AAAA" * 30_000, "index 1"),
        DATA + b"x" * 500_000,
    ],
)
def test_any_other_spelling_of_a_proof_is_refused(data):
    with pytest.raises(MalformedProof):
        parse_proof(data)


def test_a_proof_whose_checkpoint_is_no_note_is_refused():
    with pytest.raises(MalformedNote):
        parse_proof(HEAD + b"\n\nnot a note\n")


def test_a_proof_of_a_leaf_alone_in_its_tree_has_no_hashes():
    assert parse_proof(head(FIRST, "index 0")) == TlogProof(0, (), NOTE)


def test_proofs_that_could_not_be_read_back_are_not_made():
    for broken in ({"index": -1}, {"index": 2**63}, {"hashes": (b"short",)}, {"hashes": (bytes(32),) * 64}):
        with pytest.raises(MalformedProof):
            replace(PROOF, **broken)
    for extra in (b"", bytes(65_537)):
        with pytest.raises(MalformedProof):
            replace(PROOF, extra=extra)


@given(st.binary(max_size=60))
def test_any_bytes_are_refused_or_written_back_as_they_were(data):
    for candidate in (data, data + DATA, DATA.replace(b"index 300", data), HEAD + b"\n" + data + b"\n\n" + NOTE):
        try:
            proof = parse_proof(candidate)
        except TlogError:
            continue
        assert format_proof(proof) == candidate
