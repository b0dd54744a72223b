from base64 import b64decode, b64encode

import pytest

from provenance.tlog.errors import BadSignature, MalformedKey
from provenance.tlog.keys import (
    Ed25519Signer,
    KeyType,
    MLDSA44PublicKey,
    MLDSA44Signer,
    NamedSigner,
    PublicKey,
    VerifierKey,
    check_enrolment,
    check_name,
    parse_vkey,
)
from provenance.tlog.tests.judges import accepts
from provenance.tlog.tests.vectors import TESTDATA, load, shared

SEED = bytes(range(32))
WEAK = {"low_order_A", "low_order_R", "non_canonical_A", "non_canonical_R"}


def verifies(key: bytes, signature: bytes, message: bytes) -> bool:
    return accepts(PublicKey(key).verify, signature, message)


def test_all_151_wycheproof_ed25519_cases_get_their_result():
    cases = [
        (bytes.fromhex(group["publicKey"]["pk"]), case)
        for group in load(shared("security/wycheproof/ed25519_test.json"))["testGroups"]
        for case in group["tests"]
    ]
    wrong = [
        case["tcId"]
        for key, case in cases
        if verifies(key, bytes.fromhex(case["sig"]), bytes.fromhex(case["msg"])) != (case["result"] == "valid")
    ]
    assert len(cases) == 151
    assert wrong == []


def test_no_low_order_and_no_non_canonical_point_is_ever_accepted():
    cases = load(shared("security/cctv-ed25519/ed25519vectors.json"))
    accepted = [
        set(case["flags"] or ())
        for case in cases
        if verifies(bytes.fromhex(case["key"]), bytes.fromhex(case["sig"]), case["msg"].encode())
    ]
    assert len(cases) == 914
    assert len(accepted) == 43
    assert [flags for flags in accepted if flags & WEAK] == []


def test_enrolment_refuses_all_886_keys_that_are_not_of_prime_order():
    cases = load(shared("security/cctv-ed25519/ed25519vectors.json"))
    refused = [case for case in cases if not accepts(check_enrolment, bytes.fromhex(case["key"]))]

    assert len(refused) == 886
    impure = {"low_order_A", "low_order_component_A", "non_canonical_A"}
    assert refused == [case for case in cases if set(case["flags"] or ()) & impure]


@pytest.mark.parametrize("key", [b"", bytes(31), bytes(33), b"\1" + bytes(31), bytes(32), b"\xff" * 32])
def test_enrolment_refuses_what_is_no_key(key):
    with pytest.raises(MalformedKey):
        check_enrolment(key)


def test_enrolment_takes_keys_that_are_made_here():
    check_enrolment(Ed25519Signer.generate().public.raw)


def test_all_180_wycheproof_ml_dsa_44_cases_get_their_result():
    answered = 0
    wrong = []
    for group in load(shared("tlog/mldsa/wycheproof_mldsa_44_verify_test.json"))["testGroups"]:
        for case in group["tests"]:
            answered += 1
            context = bytes.fromhex(case.get("ctx", ""))
            signature, message = bytes.fromhex(case["sig"]), bytes.fromhex(case["msg"])
            try:
                MLDSA44PublicKey(bytes.fromhex(group["publicKey"])).verify(signature, message, context)
                result = "valid"
            except (BadSignature, MalformedKey):
                result = "invalid"
            wrong += [case["tcId"]] if result != case["result"] else []
    assert answered == 180
    assert wrong == []


@pytest.mark.parametrize("kind", [Ed25519Signer, MLDSA44Signer])
def test_what_a_signer_signs_its_public_key_verifies_and_nothing_else(kind):
    signer = kind(SEED)
    signature = signer.sign(b"84.5 kg of cherries")

    signer.public.verify(signature, b"84.5 kg of cherries")
    assert signer.seed == SEED
    assert SEED.hex() not in repr(signer)
    for forged, message in [(signature, b"84.6 kg of cherries"), (signature[:-1], b"84.5 kg of cherries"), (b"", b"")]:
        with pytest.raises(BadSignature):
            signer.public.verify(forged, message)
    with pytest.raises(BadSignature):
        kind(bytes(32)).public.verify(signature, b"84.5 kg of cherries")


@pytest.mark.parametrize("kind", [Ed25519Signer, MLDSA44Signer])
def test_generated_keys_differ_and_seeds_have_32_bytes(kind):
    assert kind.generate().seed != kind.generate().seed
    with pytest.raises(MalformedKey):
        kind(bytes(31))


def test_published_vkeys_are_read_and_written_back():
    notes = load(shared("tlog/note/note_vectors.json"))
    cosigners = load(shared("tlog/note/cosig_vkeys.json"))
    log = load(TESTDATA / "demo-log/vectors.json")["vkeys"]
    published = {
        notes["c2sp_spec"]["vkey"]: KeyType.ED25519,
        notes["sumdb_checkpoint"]["vkey"]: KeyType.ED25519,
        **dict.fromkeys(notes["go_x_mod"]["vkeys"], KeyType.ED25519),
        cosigners["type04"]: KeyType.COSIGNATURE_ED25519,
        cosigners["sunlight_witness"]: KeyType.COSIGNATURE_ED25519,
        log["log_mldsa"]: KeyType.COSIGNATURE_MLDSA44,
        log["w1_mldsa"]: KeyType.COSIGNATURE_MLDSA44,
    }
    for vkey, key_type in published.items():
        key = parse_vkey(vkey)
        assert (key.type, key.vkey, str(key)) == (key_type, vkey, vkey)
    for vkey in notes["go_x_mod"]["bad_vkeys"]:
        with pytest.raises(MalformedKey):
            parse_vkey(vkey)


def test_a_published_ml_dsa_vkey_with_a_key_id_of_its_own_is_refused():
    # transparency-dev/formats never compares this ID; C2SP tlog-cosignature says how it MUST be computed.
    vkey = load(shared("tlog/note/cosig_vkeys.json"))["mldsa44_type06"]
    name, _, encoded = vkey.split("+", 2)
    key = VerifierKey(name, KeyType.COSIGNATURE_MLDSA44, b64decode(encoded)[1:])

    with pytest.raises(MalformedKey, match="key ID"):
        parse_vkey(vkey)
    assert parse_vkey(vkey.replace("5893dc2c", "31236897")) == key


def encoded(key_type: int, raw: bytes) -> str:
    return b64encode(bytes([key_type]) + raw).decode()


GOOD = VerifierKey("coffee.example/log", KeyType.ED25519, Ed25519Signer(SEED).public.raw)


@pytest.mark.parametrize(
    "vkey",
    [
        "",
        "coffee.example/log",
        GOOD.vkey + "\n",
        GOOD.vkey + "=",
        " " + GOOD.vkey,
        GOOD.vkey.replace("coffee", "coffeé"),
        GOOD.vkey.replace("coffee", "cof fee"),
        GOOD.vkey.replace("coffee", "\udcff"),
        GOOD.vkey.replace(GOOD.key_id.hex(), GOOD.key_id.hex().upper()),
        GOOD.vkey.replace(GOOD.key_id.hex(), "00000000"),
        f"+{GOOD.key_id.hex()}+{encoded(1, GOOD.raw)}",
        f"{GOOD.name}+{GOOD.key_id.hex()}+",
        f"{GOOD.name}+{GOOD.key_id.hex()}+{encoded(2, GOOD.raw)}",
        f"{GOOD.name}+{GOOD.key_id.hex()}+{encoded(1, GOOD.raw[1:])}",
        f"{GOOD.name}+{GOOD.key_id.hex()}+{encoded(6, GOOD.raw)}",
    ],
)
def test_any_other_spelling_of_a_vkey_is_refused(vkey):
    with pytest.raises(MalformedKey):
        parse_vkey(vkey)


@pytest.mark.parametrize(
    "name", ["", "a b", "a+b", "a\n", "a\u00a0b", "a\u2028b", "a\u3000b", "\x00", "\ud800", "n" * 256]
)
def test_names_that_would_break_a_line_are_refused(name):
    with pytest.raises(MalformedKey):
        check_name(name)


def test_names_may_be_of_any_script():
    for name in ("coffee.example/log/trail/1", "የቡና", "n" * 255):
        check_name(name)


def test_one_key_under_two_names_or_types_has_different_ids():
    raw = Ed25519Signer(SEED).public.raw
    keys = [VerifierKey("a", KeyType.ED25519, raw), VerifierKey("b", KeyType.ED25519, raw)]
    keys.append(VerifierKey("a", KeyType.COSIGNATURE_ED25519, raw))

    assert len({key.key_id for key in keys}) == 3


def test_a_signer_of_another_kind_than_its_type_is_refused():
    with pytest.raises(MalformedKey):
        NamedSigner("w1", KeyType.COSIGNATURE_MLDSA44, Ed25519Signer(SEED))
    with pytest.raises(MalformedKey):
        NamedSigner("w1", KeyType.ED25519, MLDSA44Signer(SEED))
