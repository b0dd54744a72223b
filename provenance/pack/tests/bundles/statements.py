"""Statements that are not what was signed, or not in their one form."""

from collections.abc import Callable

from provenance.coffee import strict_json
from provenance.coffee.acts import Correct
from provenance.coffee.statement.envelope import b64url, decode_b64url
from provenance.pack.tests.bundles.cases import mismatch
from provenance.pack.tests.bundles.world import (
    NOON,
    OPERATOR,
    WOTE,
    BundleLog,
    Case,
    cherry,
    disclose,
    entry,
    honest,
    kid_of,
    new_cherry,
    registry,
    signer,
    uuid,
)

L = 2**252 + 27742317777372353535851937790883648493
TAKEN_IN = 4


def rewrite(segment: int, change: Callable[[bytes], bytes]) -> Case:
    """Change the decoded bytes of one segment of a statement that was logged as it should be."""
    bundle = honest().bundle()
    one = entry(bundle, TAKEN_IN)
    parts = one["jws"].split(".")
    parts[segment] = b64url(change(decode_b64url(parts[segment].encode(), "segment")))
    one["jws"] = ".".join(parts)
    return {"bundle": bundle}


def logged(change: Callable[[bytes], bytes]) -> Case:
    """Sign and log a payload of other bytes: only its form is wrong."""
    log = registry()
    payload, _ = log.payload(WOTE, new_cherry(), log.next_id())
    raw = change(strict_json.dumps(payload))
    log.append(log.seal(raw, signer("wote")))
    log.index()
    return {"bundle": log.bundle()}


def respelled(jws: str) -> str:
    """The same bytes in base64url with other idle bits in the last character."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return jws[:-1] + alphabet[alphabet.index(jws[-1]) + 1]


# The leaf hash is taken of the JWS: changed bytes are found at their place in the log already.


@mismatch("proof", "statement", TAKEN_IN)
def payload_byte_changed() -> Case:
    return rewrite(1, lambda payload: payload.replace(b"84.5", b"94.5"))


@mismatch("form", "statement", TAKEN_IN)
def payload_cut_in_the_middle() -> Case:
    return rewrite(1, lambda payload: payload[: len(payload) // 2])


@mismatch("proof", "statement", TAKEN_IN)
def signature_bit_changed() -> Case:
    return rewrite(2, lambda signature: bytes([signature[0] ^ 1]) + signature[1:])


@mismatch("form", "statement", TAKEN_IN)
def signature_too_short() -> Case:
    return rewrite(2, lambda signature: signature[:63])


@mismatch("form", "statement", TAKEN_IN)
def signature_respelled_in_its_last_character() -> Case:
    bundle = honest().bundle()
    one = entry(bundle, TAKEN_IN)
    one["jws"] = respelled(one["jws"])
    return {"bundle": bundle}


@mismatch("form", "statement", TAKEN_IN)
def signature_padded() -> Case:
    bundle = honest().bundle()
    entry(bundle, TAKEN_IN)["jws"] += "=="
    return {"bundle": bundle}


@mismatch("form", "statement", TAKEN_IN)
def a_fourth_segment() -> Case:
    bundle = honest().bundle()
    entry(bundle, TAKEN_IN)["jws"] += ".AAAA"
    return {"bundle": bundle}


@mismatch("form", "statement", TAKEN_IN)
def header_with_another_member() -> Case:
    return rewrite(0, lambda header: header[:-1] + b',"crit":[]}')


@mismatch("form", "statement", TAKEN_IN)
def header_of_another_type() -> Case:
    return rewrite(0, lambda header: header.replace(b"provenance-event+", b""))


@mismatch("form", "statement", TAKEN_IN)
def header_without_a_signature_algorithm() -> Case:
    return rewrite(0, lambda header: header.replace(b"Ed25519", b"none"))


def sealed(change: Callable[[bytes], bytes]) -> Case:
    """Sign it well, and change the signature before it is logged."""
    log = registry()
    payload, _ = log.payload(WOTE, new_cherry(), log.next_id())
    message, _, signature = log.seal(payload, signer("wote")).rpartition(b".")
    log.append(message + b"." + b64url(change(decode_b64url(signature, "signature"))).encode())
    log.index()
    return {"bundle": log.bundle()}


@mismatch("signature", "statement", TAKEN_IN)
def signature_bit_changed_before_it_was_logged() -> Case:
    return sealed(lambda signature: bytes([signature[0] ^ 1]) + signature[1:])


@mismatch("signature", "statement", TAKEN_IN)
def signature_with_s_beyond_the_order() -> Case:
    return sealed(
        lambda signature: signature[:32] + (int.from_bytes(signature[32:], "little") + L).to_bytes(32, "little")
    )


@mismatch("signature", "statement", TAKEN_IN)
def signature_with_r_of_small_order() -> Case:
    return sealed(lambda signature: b"\x01" + bytes(31) + signature[32:])


@mismatch("form", "statement", TAKEN_IN)
def signature_respelled_and_logged_so() -> Case:
    log = registry()
    payload, _ = log.payload(WOTE, new_cherry(), log.next_id())
    log.append(respelled(log.seal(payload, signer("wote")).decode()).encode())
    log.index()
    return {"bundle": log.bundle()}


@mismatch("form", "statement", TAKEN_IN)
def payload_with_a_name_twice() -> Case:
    return logged(lambda payload: payload.replace(b'"v":1,', b'"v":1,"v":1,'))


@mismatch("form", "statement", TAKEN_IN)
def payload_with_a_name_twice_behind_an_escape() -> Case:
    return logged(lambda payload: payload.replace(b'"v":1,', b'"v":1,"\\u0076":1,'))


@mismatch("form", "statement", TAKEN_IN)
def payload_with_an_escape_by_number() -> Case:
    return logged(lambda payload: payload.replace(b"KGM", b"\\u004bGM"))


@mismatch("form", "statement", TAKEN_IN)
def payload_with_an_exponent() -> Case:
    return logged(lambda payload: payload.replace(b"84.5", b"8.45e1"))


@mismatch("form", "statement", TAKEN_IN)
def payload_with_a_number_of_sixteen_digits() -> Case:
    return logged(lambda payload: payload.replace(b"84.5", b"8400000000000000"))


@mismatch("form", "statement", TAKEN_IN)
def payload_with_minus_zero() -> Case:
    return logged(lambda payload: payload.replace(b"84.5", b"-0.0"))


@mismatch("form", "statement", TAKEN_IN)
def payload_with_a_lone_surrogate() -> Case:
    return logged(lambda payload: payload.replace(b"KGM", b"\\ud800"))


@mismatch("form", "statement", TAKEN_IN)
def payload_with_decomposed_letters() -> Case:
    return logged(lambda payload: payload.replace(b"KGM", "e\u0301".encode()))


@mismatch("form", "statement", TAKEN_IN)
def payload_with_hidden_direction() -> Case:
    return logged(lambda payload: payload.replace(b"KGM", "\u202ekg".encode()))


@mismatch("form", "statement", TAKEN_IN)
def payload_not_in_utf8() -> Case:
    return logged(lambda payload: payload.replace(b"KGM", b"\xff"))


@mismatch("form", "statement", TAKEN_IN)
def payload_with_something_after_it() -> Case:
    return logged(lambda payload: payload + b"{}")


@mismatch("form", "statement", TAKEN_IN)
def payload_nested_too_deeply() -> Case:
    return logged(lambda payload: payload.replace(b"84.5", b"[" * 17 + b"1" + b"]" * 17))


@mismatch("form", "statement", TAKEN_IN)
def payload_of_another_version() -> Case:
    return logged(lambda payload: payload.replace(b'"v":1,', b'"v":2,'))


@mismatch("form", "statement", TAKEN_IN)
def payload_with_its_version_as_text() -> Case:
    return logged(lambda payload: payload.replace(b'"v":1,', b'"v":"1",'))


@mismatch("form", "statement", TAKEN_IN)
def event_under_another_id_than_the_statement() -> Case:
    return logged(lambda payload: payload.replace(b'"eventID":"urn:uuid:0', b'"eventID":"urn:uuid:f'))


@mismatch("form", "statement", TAKEN_IN)
def statement_with_event_and_subject() -> Case:
    return logged(lambda payload: payload.replace(b'"event":{', b'"subject":{},"event":{', 1))


@mismatch("form", "statement", TAKEN_IN)
def longer_than_16_kib() -> Case:
    bundle = honest().bundle()
    one = entry(bundle, TAKEN_IN)
    header, payload, signature = one["jws"].split(".")
    one["jws"] = f"{header}.{payload}{'A' * 16_384}.{signature}"
    return {"bundle": bundle}


@mismatch("another_log", "statement", TAKEN_IN)
def signed_for_another_log() -> Case:
    log = registry()
    log.state(WOTE, new_cherry(), change=lambda payload: payload.update(aud="b.example/log/main#0123456789abcdef"))
    log.index()
    return {"bundle": log.bundle()}


@mismatch("stands_twice", "statement", 5)
def stated_twice() -> Case:
    log = cherry()
    log.count -= 1
    log.state(WOTE, new_cherry(), note="Sun all day")
    log.index()
    return {"bundle": log.bundle()}


# --- corrections -----------------------------------------------------------------------------------------------------


def corrected(log: BundleLog, by: str = WOTE, **other: object) -> Case:
    original = strict_json.loads(decode_b64url(log.shown[TAKEN_IN]["jws"].split(".")[1].encode(), "payload"))
    event = original["event"]  # type: ignore[index, call-overload]
    act = Correct(declared_at=NOON, reason="did_not_occur", original_act="receive", original=event)
    log.state(by, act, change=lambda payload: payload["event"].update(other))
    log.index()
    return {"bundle": log.bundle()}


@mismatch("correction", "statement", 5)
def correction_that_repeats_something_else() -> Case:
    return corrected(cherry(), disposition="active")


@mismatch("not_allowed", "statement", 5)
def correction_by_somebody_else() -> Case:
    return corrected(cherry(), by=OPERATOR)


@mismatch("correction", "statement", 6)
def corrected_twice() -> Case:
    log = cherry()
    made = corrected(log)
    assert made
    return corrected(log) if log.shown.pop() and log.leaves.pop() else made


# --- disclosures -----------------------------------------------------------------------------------------------------


@mismatch("disclosure", "statement", TAKEN_IN)
def disclosure_of_another_value() -> Case:
    bundle = honest().bundle()
    entry(bundle, TAKEN_IN)["disclosures"] = [disclose(uuid(TAKEN_IN), "note", "Sun all day").text]
    return {"bundle": bundle}


@mismatch("disclosure", "statement", 5)
def disclosure_moved_to_another_statement() -> Case:
    bundle = honest().bundle()
    entry(bundle, 5)["disclosures"] = entry(bundle, TAKEN_IN)["disclosures"]
    return {"bundle": bundle}


def withholding(change: Callable[[dict], object], text: str) -> Case:
    log = registry()
    log.state(WOTE, new_cherry(), change=change)
    log.shown[-1]["disclosures"] = [text]
    log.index()
    return {"bundle": log.bundle()}


@mismatch("form", "statement", TAKEN_IN)
def several_digests_under_one_name() -> Case:
    cheap, dear = (disclose(uuid(TAKEN_IN), "price", text) for text in ("1 USD", "9 USD"))
    return withholding(
        lambda payload: payload.update(withheld={"price": {"_sd": [cheap.digest, dear.digest]}}), dear.text
    )


@mismatch("form", "statement", TAKEN_IN)
def a_digest_outside_of_what_is_withheld() -> Case:
    note = disclose(uuid(TAKEN_IN), "note", "2 USD")
    return withholding(lambda payload: payload["event"].update(_sd=[note.digest]), note.text)


@mismatch("disclosure", "statement", TAKEN_IN)
def disclosure_under_another_name() -> Case:
    note = disclose(uuid(TAKEN_IN), "note", "2 USD")
    return withholding(lambda payload: payload.update(withheld={"price": {"_sd": [note.digest]}}), note.text)


@mismatch("disclosure", "statement", TAKEN_IN)
def disclosure_of_another_statements_digest() -> Case:
    note = disclose(uuid(99), "note", "2 USD")
    return withholding(lambda payload: payload.update(withheld={"note": {"_sd": [note.digest]}}), note.text)


@mismatch("disclosure_form", "statement", TAKEN_IN)
def disclosure_with_a_short_salt() -> Case:
    text = b64url(strict_json.dumps([b64url(b"salt"), "value", {"jti": uuid(TAKEN_IN), "name": "note", "v": "2"}]))
    bundle = honest().bundle()
    entry(bundle, TAKEN_IN)["disclosures"] = [text]
    return {"bundle": bundle}


@mismatch("disclosure_form", "statement", TAKEN_IN)
def disclosure_that_cannot_be_read() -> Case:
    bundle = honest().bundle()
    entry(bundle, TAKEN_IN)["disclosures"] = ["WyJ4Il0"]
    return {"bundle": bundle}


@mismatch("key_unknown", "statement", TAKEN_IN)
def header_that_names_a_key_nobody_registered() -> Case:
    log = registry()
    payload, _ = log.payload(WOTE, new_cherry(), log.next_id())
    log.append(log.seal(payload, signer("wote"), kid_of("somebody")))
    log.index()
    return {"bundle": log.bundle()}
