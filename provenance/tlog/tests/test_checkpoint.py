from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.tlog.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint, sign_line, verify_lines
from provenance.tlog.cosignature import cosign, verify_cosignature
from provenance.tlog.errors import (
    BadSignature,
    MalformedCheckpoint,
    MalformedKey,
    MalformedNote,
    ProofRefused,
    TlogError,
    UntrustedCheckpoint,
)
from provenance.tlog.hashing import EMPTY_ROOT, leaf_hash, root_of
from provenance.tlog.keys import Ed25519Signer, KeyType, MLDSA44Signer, NamedSigner, VerifierKey, parse_vkey
from provenance.tlog.note import Note, Signature, parse_note
from provenance.tlog.proofs import check_consistency
from provenance.tlog.tests.vectors import TESTDATA, b64decode, hashes, load, shared
from provenance.tlog.tiles import decode_bundle, tile_path

ORIGIN = "coffee.example/log/trail/1"
CHECKPOINT = Checkpoint(ORIGIN, 3, leaf_hash(b"root"))
LOG = NamedSigner(ORIGIN, KeyType.ED25519, Ed25519Signer(bytes(32)))
LOG_MLDSA = NamedSigner(ORIGIN, KeyType.COSIGNATURE_MLDSA44, MLDSA44Signer(bytes(32)))
WITNESS = NamedSigner("w1.example", KeyType.COSIGNATURE_ED25519, Ed25519Signer(bytes([1]) * 32))
KEYS = [LOG.verifier, LOG_MLDSA.verifier]
NOON = 1_790_000_000


def demo_keys() -> dict:
    return {name: parse_vkey(vkey) for name, vkey in load(TESTDATA / "demo-log/vectors.json")["vkeys"].items()}


def test_the_tessera_log_is_signed_again_byte_for_byte():
    folder, meta = shared("tlog/tessera-log"), load(shared("tlog/tessera-log.meta.json"))
    name, key = meta["skey"].removeprefix("PRIVATE+KEY+").split("+", 2)[::2]
    log = NamedSigner(name, KeyType.ED25519, Ed25519Signer(b64decode(key)[1:]))
    leaves = [leaf_hash(entry.encode()) for entry in meta["entries"]]

    assert log.verifier.vkey == meta["vkey"]
    for size in range(16):
        stored = (folder / f"checkpoint.{size}").read_bytes()
        checkpoint = Checkpoint(name, size, root_of(leaves[:size]))
        assert sign_checkpoint(checkpoint, [log], NOON) == stored
        assert open_checkpoint(stored, [log.verifier], origin=name, every_key=True)[0] == checkpoint
        if size:
            assert (folder / tile_path(0, 0, size)).read_bytes() == b"".join(leaves[:size])
            bundle = (folder / tile_path(None, 0, size)).read_bytes()
            assert [leaf_hash(entry) for entry in decode_bundle(bundle)] == leaves[:size]


def test_all_four_lines_of_every_demo_checkpoint_verify():
    folder, keys = shared("tlog/demo-log"), demo_keys()
    for size in (1, 2, 3, 255, 256, 257, 300, 600):
        data = (folder / f"checkpoint.{size}").read_bytes()
        checkpoint, lines = open_checkpoint(data, list(keys.values()), every_key=True)
        assert (checkpoint.origin, checkpoint.size) == ("coffee.example/trail-2026h2", size)
        assert [(line.key, line.timestamp) for line in lines] == [
            (keys["log"], None),
            (keys["log_mldsa"], NOON),
            (keys["w1"], NOON),
            (keys["w1_mldsa"], NOON),
        ]


def test_a_real_checkpoint_of_the_go_checksum_database_verifies_although_its_origin_is_no_key_name():
    sumdb = load(shared("tlog/note/note_vectors.json"))["sumdb_checkpoint"]
    checkpoint, lines = open_checkpoint(sumdb["checkpoint"].encode(), [parse_vkey(sumdb["vkey"])])

    assert (checkpoint.origin, checkpoint.size) == ("go.sum database tree", 35_225_469)
    assert [line.key.name for line in lines] == ["sum.golang.org"]


def test_the_specifications_checkpoint_is_read_and_untrusted_without_its_keys():
    data = load(shared("tlog/note/note_vectors.json"))["c2sp_checkpoint_example"].encode()

    assert Checkpoint.parse(parse_note(data).text).size == 20_852_163
    with pytest.raises(UntrustedCheckpoint, match="No known key"):
        open_checkpoint(data, KEYS)


def test_a_witness_of_another_implementation_verifies_with_its_time():
    vkeys = load(shared("tlog/note/cosig_vkeys.json"))
    data = shared("tlog/note/sunlight_witness_checkpoint.txt").read_bytes()
    checkpoint, lines = open_checkpoint(data, [parse_vkey(vkeys["sunlight_witness"])])

    assert (checkpoint.origin, checkpoint.size) == ("rome2026h1.example.org", 300)
    assert [line.timestamp for line in lines] == [1_767_139_200]


def test_a_published_cosignature_carries_its_time_in_the_eight_bytes_before_the_signature():
    published = load(shared("tlog/note/cosig_vkeys.json"))["timestamp_sig"]
    data = b64decode(published["base64"])

    assert int.from_bytes(data[4:12], "big") == published["unix"]
    assert len(data) == 4 + 8 + 64


def requests(text: str):
    """The add-checkpoint requests of a litewitness script: old size, proof, note and the expected status."""
    for block in text.split("POST http")[1:]:
        body, answer = block.split("```\n")[1:]
        head, note = body.split("\n\n", 1)
        old, *proof = head.split("\n")
        yield int(old.removeprefix("old ")), hashes(proof), note.encode(), int(answer.split()[1])


def test_the_published_witness_requests_get_their_status():
    sigsum = bytes.fromhex("ffdc2d4d98e4124d3feaf788c0c2f9abfd796083d1f0495437f302ec79cf100f")
    origin = "sigsum.org/v1/tree/4d6d8825a6bb689d459628312889dfbb0bcd41b5211d9e1ce768b0ff0309e562"
    sumdb = load(shared("tlog/note/note_vectors.json"))["sumdb_checkpoint"]["vkey"]
    logs = {"go.sum database tree": parse_vkey(sumdb), origin: VerifierKey(origin, KeyType.ED25519, sigsum)}
    seen: dict[str, Checkpoint] = {}

    def add_checkpoint(old: int, proof: list[bytes], data: bytes) -> int:
        origin = data.decode().split("\n")[0]
        if origin not in logs:
            return 403
        try:
            checkpoint, _ = open_checkpoint(data, [logs[origin]], origin=origin, every_key=True)
        except (BadSignature, MalformedNote):
            # The request with a bad signature has stray bits in its base64 too, which the strict reader sees first.
            return 403
        known = seen.get(checkpoint.origin)
        if old != (known.size if known else 0):
            return 409
        if known:
            try:
                check_consistency(old, known.root, checkpoint.size, checkpoint.root, proof)
            except ProofRefused:
                return 422
        seen[checkpoint.origin] = checkpoint
        return 200

    asked = []
    for name in ("litewitness", "sumdb"):
        for old, proof, data, status in requests(shared(f"tlog/witness/{name}.txtar").read_text()):
            asked.append(status)
            assert add_checkpoint(old, proof, data) == status
    assert len(asked) == 10
    assert seen[origin].size == 5


@pytest.mark.parametrize(
    "text",
    [
        "",
        f"{ORIGIN}\n3\n",
        CHECKPOINT.text[:-1],
        CHECKPOINT.text + "\n",
        CHECKPOINT.text + "extension\n",
        "\n" + CHECKPOINT.text,
        CHECKPOINT.text.replace(ORIGIN, ""),
        CHECKPOINT.text.replace(ORIGIN, "o" * 256),
        CHECKPOINT.text.replace(ORIGIN, "a\tb"),
        CHECKPOINT.text.replace(ORIGIN, "\ud800"),
        *(CHECKPOINT.text.replace("\n3\n", f"\n{size}\n") for size in ("", "03", "+3", "-3", " 3", "3 ", "3_0", "٣")),
        *(CHECKPOINT.text.replace("\n3\n", f"\n{size}\n") for size in ("3.0", "0x3", str(2**63), "9" * 5_000)),
        CHECKPOINT.text.replace("\n3\n", "\n0\n"),
        CHECKPOINT.text.replace("=", ""),
        CHECKPOINT.text.replace("=", "=="),
        CHECKPOINT.text[:-3] + "B=\n",
        f"{ORIGIN}\n3\n\n",
        f"{ORIGIN}\n3\nAAAA\n",
    ],
)
def test_any_other_spelling_of_a_checkpoint_is_refused(text):
    with pytest.raises(MalformedCheckpoint):
        Checkpoint.parse(text)


@given(st.text(max_size=60))
def test_any_text_is_refused_or_written_back_as_it_was(text):
    for candidate in (text, CHECKPOINT.text.replace(ORIGIN, text), CHECKPOINT.text.replace("3", text)):
        try:
            checkpoint = Checkpoint.parse(candidate)
        except MalformedCheckpoint:
            continue
        assert checkpoint.text == candidate


def test_the_empty_log_has_a_checkpoint():
    empty = Checkpoint(ORIGIN, 0, EMPTY_ROOT)

    assert open_checkpoint(sign_checkpoint(empty, [LOG, LOG_MLDSA], NOON), KEYS, every_key=True)[0] == empty


def test_a_log_signs_with_both_keys_and_both_are_verified():
    data = sign_checkpoint(CHECKPOINT, [LOG, LOG_MLDSA], NOON)
    checkpoint, lines = open_checkpoint(data, KEYS, origin=ORIGIN, every_key=True)

    assert checkpoint == CHECKPOINT
    assert [(line.key.type, line.timestamp) for line in lines] == [(0x01, None), (0x06, NOON)]


def test_a_checkpoint_with_one_key_of_two_opens_only_where_one_is_enough():
    data = sign_checkpoint(CHECKPOINT, [LOG], NOON)

    assert [line.key for line in open_checkpoint(data, KEYS)[1]] == [LOG.verifier]
    with pytest.raises(UntrustedCheckpoint, match="not signed with the key"):
        open_checkpoint(data, KEYS, every_key=True)


def test_a_checkpoint_of_another_log_is_refused():
    data = sign_checkpoint(replace(CHECKPOINT, origin="other.example/log"), [LOG], NOON)

    with pytest.raises(UntrustedCheckpoint, match=r"of other\.example/log, not of coffee\.example"):
        open_checkpoint(data, KEYS, origin=ORIGIN)


def test_a_bad_line_of_a_known_key_is_not_outweighed_by_a_good_one():
    note = parse_note(sign_checkpoint(CHECKPOINT, [LOG, LOG_MLDSA], NOON))
    bad = sign_line(replace(CHECKPOINT, size=4), LOG_MLDSA, NOON)

    with pytest.raises(BadSignature):
        verify_lines(note.with_signatures(bad), CHECKPOINT, KEYS)


@pytest.mark.parametrize("signer", [WITNESS, LOG_MLDSA], ids=lambda signer: signer.type.name)
class TestCosignature:
    def test_it_verifies_with_its_time(self, signer):
        for time in (0, 1, NOON, 2**63 - 1):
            line = cosign(CHECKPOINT, signer, time)
            assert verify_cosignature(CHECKPOINT, signer.verifier, line.payload) == time

    def test_it_covers_origin_size_root_and_time(self, signer):
        payload = cosign(CHECKPOINT, signer, NOON).payload
        others = [
            replace(CHECKPOINT, origin=ORIGIN[:-1]),
            replace(CHECKPOINT, size=4),
            replace(CHECKPOINT, root=leaf_hash(b"another")),
        ]
        for other in others:
            with pytest.raises(BadSignature):
                verify_cosignature(other, signer.verifier, payload)
        with pytest.raises(BadSignature):
            verify_cosignature(CHECKPOINT, signer.verifier, (NOON + 1).to_bytes(8, "big") + payload[8:])

    def test_times_beyond_the_standard_are_refused(self, signer):
        for time in (-1, 2**63):
            with pytest.raises(MalformedCheckpoint, match="time"):
                cosign(CHECKPOINT, signer, time)
        with pytest.raises(BadSignature, match="time"):
            verify_cosignature(CHECKPOINT, signer.verifier, b"\xff" * 8 + cosign(CHECKPOINT, signer, 0).payload[8:])

    def test_payloads_of_another_length_are_refused(self, signer):
        payload = cosign(CHECKPOINT, signer, NOON).payload
        for cut in (b"", payload[:8], payload[:-1], payload + b"\0"):
            with pytest.raises(BadSignature, match="length"):
                verify_cosignature(CHECKPOINT, signer.verifier, cut)


def test_an_ml_dsa_cosignature_covers_the_cosigners_name():
    payload = cosign(CHECKPOINT, LOG_MLDSA, NOON).payload

    with pytest.raises(BadSignature):
        verify_cosignature(CHECKPOINT, replace(LOG_MLDSA.verifier, name="other"), payload)


def test_a_logs_plain_key_does_not_cosign():
    with pytest.raises(MalformedKey):
        cosign(CHECKPOINT, LOG, NOON)
    with pytest.raises(MalformedKey):
        verify_cosignature(CHECKPOINT, LOG.verifier, bytes(72))


def test_a_cosignature_is_no_note_signature_of_the_same_key():
    plain = NamedSigner("w1.example", KeyType.ED25519, WITNESS.signer)
    payload = cosign(CHECKPOINT, WITNESS, NOON).payload[8:]
    note = Note(CHECKPOINT.text, (Signature("w1.example", plain.verifier.key_id, payload),))

    with pytest.raises(BadSignature):
        verify_lines(note, CHECKPOINT, [plain.verifier])


def test_every_altered_byte_of_a_checkpoint_with_all_kinds_of_lines_is_noticed():
    data, keys = (TESTDATA / "demo-log/checkpoint.300").read_bytes(), list(demo_keys().values())
    open_checkpoint(data, keys, every_key=True)

    noticed = 0
    for at in range(len(data)):
        altered = data[:at] + bytes([data[at] ^ 1 << at % 8]) + data[at + 1 :]
        with pytest.raises(TlogError):
            open_checkpoint(altered, keys, every_key=True)
        noticed += 1
    assert noticed == len(data)


def test_a_checkpoint_cut_off_anywhere_is_noticed():
    data, keys = (TESTDATA / "demo-log/checkpoint.300").read_bytes(), list(demo_keys().values())

    for end in range(0, len(data), 5):
        with pytest.raises(TlogError):
            open_checkpoint(data[:end], keys, every_key=True)
