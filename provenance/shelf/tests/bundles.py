"""
Bundles for ``verify.js``: a small log made with the trail's own formats, and its damaged twins.

Each case is named after its damage: {name, bundle, memory, shown, outcome, step, said, kept}: ``said`` stands in the
reason, ``kept`` says whether the next visit is held against this one. Statements whose damage lies inside
the signed bytes are signed and logged like honest ones, so that only the check named by the case can find them.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from decimal import Decimal
from hashlib import sha256, sha512
from pathlib import Path
from typing import Any

from nacl import bindings as sodium

from provenance.coffee import strict_json
from provenance.coffee.statement.disclosures import make_disclosure
from provenance.coffee.statement.envelope import (
    STATEMENT_TYPE,
    b64url,
    decode_b64url,
    seal,
    signing_input,
    thumbprint,
)
from provenance.coffee.statement.pop import sign_pop
from provenance.coffee.statement.series import audience
from provenance.tlog.checkpoint import Checkpoint, sign_checkpoint
from provenance.tlog.cosignature import cosign
from provenance.tlog.hashing import leaf_hash, root_of
from provenance.tlog.keys import Ed25519Signer, KeyType, MLDSA44Signer, NamedSigner, VerifierKey
from provenance.tlog.note import Signature
from provenance.tlog.proofs import consistency_proof, inclusion_proof

HOST = "https://beans.example/epcis"
ORIGIN = "beans.example/log/main/1"
OPERATOR, WOTE, KOFI = (f"{HOST}/party/{name}" for name in ("operator", "wote", "kofi"))
LOT = f"{HOST}/class/cherry.W-1"
L = 2**252 + 27742317777372353535851937790883648493

RECEIVED = "Wote took in cherry"
ROASTED = "Kofi roasted"
LOG = "the log's first entry"
CHECKPOINT = "the log's checkpoint"


def signer(name: str) -> Ed25519Signer:
    return Ed25519Signer(sha256(name.encode()).digest())


@dataclass
class SmallLog:
    """A log in memory. ``log_key`` and ``operator`` are its two keys; statements are appended by ``state``."""

    origin: str = ORIGIN
    log_key: str = "log"
    vkeys: list[str] | None = None
    operator: Ed25519Signer = field(default_factory=lambda: signer("operator"))
    entries: list[bytes] = field(default_factory=list)
    shown: list[dict[str, Any]] = field(default_factory=list)
    aud: str = ""

    def __post_init__(self) -> None:
        subject = {
            "origin": self.origin,
            "operator": OPERATOR,
            "operator_jwk": b64url(self.operator.public.raw),
            "vkeys": [self.vkeys or [one.verifier.vkey for one in self.signers]],
            "entries": "auditors",
        }
        payload = {
            "v": 1,
            "jti": uuid(0),
            "iss": OPERATOR,
            "aud": audience(self.origin),
            "iat": 1,
            "act": "genesis",
            "subject": subject,
        }
        self.append(self.seal(strict_json.dumps(payload), self.operator), "genesis")
        self.aud = audience(self.origin, self.entries[0])

    @property
    def signers(self) -> list[NamedSigner]:
        post_quantum = MLDSA44Signer(sha256(self.log_key.encode() + b" ml-dsa").digest())
        return [
            NamedSigner(self.origin, KeyType.ED25519, signer(self.log_key)),
            NamedSigner(self.origin, KeyType.COSIGNATURE_MLDSA44, post_quantum),
        ]

    def seal(self, payload: bytes, key: Ed25519Signer, kid: str | None = None) -> bytes:
        return seal(signing_input(kid or thumbprint(key.public.raw), STATEMENT_TYPE, payload), key.sign)

    def append(self, jws: bytes, title: str, disclosures: list[str] | None = None, *, logged: bool = True) -> int:
        self.entries.append(jws)
        index = len(self.entries) - 1
        self.shown.append({"index": index, "title": title, "jws": jws.decode(), "disclosures": disclosures or []})
        if not logged:
            self.entries.pop()
            self.shown[-1]["index"] = None
        return index

    def payload(
        self, iss: str, act: str, n: int, withheld: dict[str, str] | None = None, **content: Any
    ) -> tuple[dict, list]:
        jti = uuid(n)
        disclosures = [make_disclosure(jti, name, value) for name, value in (withheld or {}).items()]
        payload = {"v": 1, "jti": jti, "iss": iss, "aud": self.aud, "iat": 1_772_000_000, "act": act, **content}
        if disclosures:
            payload["withheld"] = {one.name: {"_sd": [one.digest]} for one in disclosures}
        return payload, [one.text for one in disclosures]

    def register_key(
        self, party: str, key: Ed25519Signer, n: int, *, pop: str | None = None, raw: bytes | None = None
    ) -> None:
        raw = raw or key.public.raw
        kid, registrar = thumbprint(raw), thumbprint(self.operator.public.raw)
        pop = pop or sign_pop(key.sign, aud=self.aud, party=party, kid=kid, registrar=registrar, jti=uuid(n))
        subject = {"party": party, "kid": kid, "x": b64url(raw), "custody": "server", "pop": pop}
        payload, _ = self.payload(OPERATOR, "register_key", n, subject=subject)
        self.append(self.seal(strict_json.dumps(payload), self.operator), f"The key of {party.rpartition('/')[2]}")

    def revoke_key(self, key: Ed25519Signer, n: int) -> None:
        subject = {
            "kid": thumbprint(key.public.raw),
            "since": "2026-01-01T00:00:00Z",
            "from_index": 1,
            "reason": "lost",
        }
        payload, _ = self.payload(OPERATOR, "revoke_key", n, subject=subject)
        self.append(self.seal(strict_json.dumps(payload), self.operator), "A key ended")

    def receive(self, n: int = 10, *, aud: str | None = None, key: str = "wote", iss: str = WOTE, **extra: Any) -> None:
        payload, texts = self.payload(iss, "receive", n, {"note": "Rain all day"}, event=event(n, "84.5"), **extra)
        payload["aud"] = aud or payload["aud"]
        self.append(self.seal(strict_json.dumps(payload), signer(key)), RECEIVED, texts)

    def roast(self, n: int = 11, *, logged: bool = True) -> None:
        payload, texts = self.payload(KOFI, "process", n, {"name": "Kofi’s roastery"}, event=event(n, "12"))
        self.append(self.seal(strict_json.dumps(payload), signer("kofi")), ROASTED, texts, logged=logged)

    def append_raw(self, payload: bytes) -> None:
        """A statement of Wote's with exactly this payload."""
        self.append(self.seal(payload, signer("wote")), RECEIVED)

    def root(self, size: int) -> bytes:
        return root_of(leaf_hash(entry) for entry in self.entries[:size])

    def hash(self, level: int, index: int) -> bytes:
        start = index << level
        return root_of(leaf_hash(entry) for entry in self.entries[start : start + (1 << level)])

    def note(self) -> str:
        size = len(self.entries)
        return sign_checkpoint(Checkpoint(self.origin, size, self.root(size)), self.signers, 1_772_000_100).decode()

    def memory(self, size: int) -> dict[str, Any]:
        return {"genesis": leaf_hash(self.entries[0]).hex(), "size": size, "root": b64(self.root(size))}

    def bundle(self, since: int | None = None) -> dict[str, Any]:
        size = len(self.entries)
        statements = [
            {
                **one,
                "proof": [b64(h) for h in inclusion_proof(one["index"], size, self.hash)]
                if one["index"] is not None
                else [],
            }
            for one in self.shown
        ]
        consistency = since and [b64(each) for each in consistency_proof(since, size, self.hash)]
        return {
            "v": 1,
            "origin": self.origin,
            "lot": LOT,
            "checkpoint": self.note(),
            "genesis": statements[0],
            "statements": statements[1:],
            "consistency": consistency or None,
        }


def uuid(n: int) -> str:
    return f"urn:uuid:00000000-0000-4000-8000-{n:012}"


def b64(data: bytes) -> str:
    return b64encode(data).decode()


def event(n: int, kg: str) -> dict[str, Any]:
    return {
        "type": "ObjectEvent",
        "eventID": uuid(n),
        "eventTime": "2026-03-02T14:20:00.000+03:00",
        "quantityList": [{"epcClass": LOT, "quantity": Decimal(kg), "uom": "KGM"}],
    }


def small_log() -> SmallLog:
    log = SmallLog()
    log.register_key(WOTE, signer("wote"), 1)
    log.register_key(KOFI, signer("kofi"), 2)
    return log


def honest_log() -> SmallLog:
    log = small_log()
    log.receive()
    log.roast()
    return log


def shown_of(log: SmallLog) -> dict[str, Any]:
    """What an honest page over the log's two events says."""
    received, roasted = (one for one in log.shown if one["title"] in (RECEIVED, ROASTED))
    name = strict_json.loads(decode_b64url(roasted["disclosures"][0].encode(), "disclosure"))
    return {
        "lot": LOT,
        "steps": [
            {
                "title": RECEIVED,
                "events": [{"id": uuid(10), "leaf": leaf_hash(received["jws"].encode()).hex()}],
                "said": ["84.5"],
            },
            {
                "title": ROASTED,
                "events": [{"id": uuid(11), "leaf": leaf_hash(roasted["jws"].encode()).hex()}],
                "said": ["12"],
            },
        ],
        "disclosed": [
            {
                "digest": b64url(sha256(roasted["disclosures"][0].encode()).digest()),
                "text": name[2]["v"],  # type: ignore[index]
            }
        ],
    }


Case = dict[str, Any]
_cases: list[tuple[str, str, str | None, Callable[[], Case]]] = []


def case(outcome: str, step: str | None = None) -> Callable[[Callable[[], Case]], Callable[[], Case]]:
    def add(make: Callable[[], Case]) -> Callable[[], Case]:
        _cases.append((make.__name__.replace("_", " "), outcome, step, make))
        return make

    return add


def cases() -> Iterator[Case]:
    for name, outcome, step, make in _cases:
        usual = {"memory": None, "shown": None, "said": "", "kept": outcome == "checked"}
        yield {**usual, **make(), "name": name, "outcome": outcome, "step": step}


def statement(bundle: dict[str, Any], title: str) -> dict[str, Any]:
    return next(one for one in bundle["statements"] if one["title"] == title)


def respelled(jws: str) -> str:
    """The same bytes in base64url with other idle bits in the last character."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return jws[:-1] + alphabet[alphabet.index(jws[-1]) + 1]


def rewrite(bundle: dict[str, Any], title: str, segment: int, change: Callable[[bytes], bytes]) -> Case:
    """Change the decoded bytes of one segment of a statement's JWS."""
    one = statement(bundle, title)
    parts = one["jws"].split(".")
    parts[segment] = b64url(change(decode_b64url(parts[segment].encode(), "segment")))
    one["jws"] = ".".join(parts)
    return {"bundle": bundle}


# --- what is whole ---------------------------------------------------------------------------------------------------


@case("checked")
def whole() -> Case:
    return {"bundle": honest_log().bundle()}


@case("checked")
def the_page_shows_what_was_signed() -> Case:
    log = honest_log()
    return {"bundle": log.bundle(), "shown": shown_of(log)}


@case("checked")
def nothing_new_since_the_last_visit() -> Case:
    log = honest_log()
    return {"bundle": log.bundle(), "memory": log.memory(5)}


@case("checked")
def grown_since_the_last_visit() -> Case:
    log = honest_log()
    return {"bundle": log.bundle(since=3), "memory": log.memory(3)}


@case("checked")
def grown_from_a_power_of_two() -> Case:
    log = honest_log()
    return {"bundle": log.bundle(since=4), "memory": log.memory(4)}


@case("checked")
def a_key_revoked_after_it_signed() -> Case:
    log = honest_log()
    log.revoke_key(signer("wote"), 12)
    return {"bundle": log.bundle()}


# --- statements ------------------------------------------------------------------------------------------------------


@case("mismatch", RECEIVED)
def payload_byte_changed() -> Case:
    return rewrite(honest_log().bundle(), RECEIVED, 1, lambda payload: payload.replace(b"84.5", b"94.5"))


@case("mismatch", RECEIVED)
def payload_cut_in_the_middle() -> Case:
    return rewrite(honest_log().bundle(), RECEIVED, 1, lambda payload: payload[: len(payload) // 2])


@case("mismatch", ROASTED)
def signature_bit_changed() -> Case:
    return rewrite(honest_log().bundle(), ROASTED, 2, lambda signature: bytes([signature[0] ^ 1]) + signature[1:])


@case("mismatch", ROASTED)
def signature_with_s_beyond_the_order() -> Case:
    def malleate(signature: bytes) -> bytes:
        return signature[:32] + (int.from_bytes(signature[32:], "little") + L).to_bytes(32, "little")

    return rewrite(honest_log().bundle(), ROASTED, 2, malleate)


@case("mismatch", ROASTED)
def signature_too_short() -> Case:
    return rewrite(honest_log().bundle(), ROASTED, 2, lambda signature: signature[:63])


@case("mismatch", ROASTED)
def signature_respelled_in_its_last_character() -> Case:
    bundle = honest_log().bundle()
    one = statement(bundle, ROASTED)
    one["jws"] = respelled(one["jws"])
    return {"bundle": bundle}


@case("mismatch", RECEIVED)
def signature_respelled_and_logged_so() -> Case:
    log = small_log()
    payload, _ = log.payload(WOTE, "receive", 10, event=event(10, "84.5"))
    log.append(respelled(log.seal(strict_json.dumps(payload), signer("wote")).decode()).encode(), RECEIVED)
    return {"bundle": log.bundle()}


@case("mismatch", ROASTED)
def signature_padded() -> Case:
    bundle = honest_log().bundle()
    statement(bundle, ROASTED)["jws"] += "=="
    return {"bundle": bundle}


@case("mismatch", RECEIVED)
def header_with_another_member() -> Case:
    return rewrite(honest_log().bundle(), RECEIVED, 0, lambda header: header[:-1] + b',"crit":[]}')


@case("mismatch", RECEIVED)
def header_of_another_type() -> Case:
    return rewrite(honest_log().bundle(), RECEIVED, 0, lambda header: header.replace(b"provenance-event+", b""))


@case("mismatch", RECEIVED)
def header_without_a_signature_algorithm() -> Case:
    return rewrite(honest_log().bundle(), RECEIVED, 0, lambda header: header.replace(b"Ed25519", b"none"))


@case("mismatch", RECEIVED)
def a_fourth_segment() -> Case:
    bundle = honest_log().bundle()
    statement(bundle, RECEIVED)["jws"] += ".AAAA"
    return {"bundle": bundle}


def raw_case(change: Callable[[bytes], bytes]) -> Case:
    log = small_log()
    payload, _ = log.payload(WOTE, "receive", 10, event=event(10, "84.5"))
    log.append_raw(change(strict_json.dumps(payload)))
    return {"bundle": log.bundle()}


@case("mismatch", RECEIVED)
def payload_with_a_name_twice() -> Case:
    return raw_case(lambda payload: payload.replace(b'"v":1,', b'"v":1,"v":1,'))


@case("mismatch", RECEIVED)
def payload_with_a_name_twice_behind_an_escape() -> Case:
    return raw_case(lambda payload: payload.replace(b'"v":1,', b'"v":1,"\\u0076":1,'))


@case("mismatch", RECEIVED)
def payload_with_an_exponent() -> Case:
    return raw_case(lambda payload: payload.replace(b"84.5", b"8.45e1"))


@case("mismatch", RECEIVED)
def payload_with_a_number_of_sixteen_digits() -> Case:
    return raw_case(lambda payload: payload.replace(b"84.5", b"8400000000000000"))


@case("mismatch", RECEIVED)
def payload_with_minus_zero() -> Case:
    return raw_case(lambda payload: payload.replace(b"84.5", b"-0.0"))


@case("mismatch", RECEIVED)
def payload_with_a_lone_surrogate() -> Case:
    return raw_case(lambda payload: payload.replace(b"KGM", b"\\ud800"))


@case("mismatch", RECEIVED)
def payload_with_decomposed_letters() -> Case:
    return raw_case(lambda payload: payload.replace(b"KGM", "e\u0301".encode()))


@case("mismatch", RECEIVED)
def payload_with_hidden_direction() -> Case:
    return raw_case(lambda payload: payload.replace(b"KGM", "\u202ekg".encode()))


@case("mismatch", RECEIVED)
def payload_not_in_utf8() -> Case:
    return raw_case(lambda payload: payload.replace(b"KGM", b"\xff"))


@case("mismatch", RECEIVED)
def payload_with_something_after_it() -> Case:
    return raw_case(lambda payload: payload + b"{}")


@case("mismatch", RECEIVED)
def payload_nested_too_deeply() -> Case:
    return raw_case(lambda payload: payload.replace(b"84.5", b"[" * 17 + b"1" + b"]" * 17))


@case("mismatch", RECEIVED)
def payload_of_another_version() -> Case:
    return raw_case(lambda payload: payload.replace(b'"v":1,', b'"v":2,'))


@case("mismatch", RECEIVED)
def longer_than_16_kib() -> Case:
    return raw_case(lambda payload: payload.replace(b"KGM", b"K" * 16_384))


@case("mismatch", RECEIVED)
def signed_for_another_log() -> Case:
    log = small_log()
    log.receive(aud="beans.example/log/main#0123456789abcdef")
    return {"bundle": log.bundle()}


@case("mismatch", RECEIVED)
def stated_twice() -> Case:
    log = honest_log()
    log.receive()
    return {"bundle": log.bundle()}


# --- keys ------------------------------------------------------------------------------------------------------------


@case("mismatch", RECEIVED)
def key_never_registered() -> Case:
    log = small_log()
    log.receive(key="somebody")
    return {"bundle": log.bundle()}


@case("mismatch", RECEIVED)
def key_of_another_party() -> Case:
    log = small_log()
    log.receive(key="kofi")
    return {"bundle": log.bundle()}


@case("mismatch", RECEIVED)
def key_registered_only_later() -> Case:
    log = SmallLog()
    log.receive()
    log.register_key(WOTE, signer("wote"), 1)
    return {"bundle": log.bundle()}


@case("mismatch", RECEIVED)
def key_revoked_before() -> Case:
    log = small_log()
    log.revoke_key(signer("wote"), 12)
    log.receive()
    return {"bundle": log.bundle()}


@case("mismatch", RECEIVED)
def kid_of_a_registered_key_with_a_signature_by_another() -> Case:
    log = small_log()
    payload, _ = log.payload(WOTE, "receive", 10, event=event(10, "84.5"))
    kid = thumbprint(signer("wote").public.raw)
    log.append(log.seal(strict_json.dumps(payload), signer("somebody"), kid), RECEIVED)
    return {"bundle": log.bundle()}


@case("mismatch", "The key of wote")
def key_that_did_not_agree() -> Case:
    log = SmallLog()
    stranger = signer("somebody")
    pop = sign_pop(
        stranger.sign, aud=log.aud, party=WOTE, kid=thumbprint(signer("wote").public.raw), registrar="x", jti=uuid(1)
    )
    log.register_key(WOTE, signer("wote"), 1, pop=pop)
    return {"bundle": log.bundle()}


@case("mismatch", "The key of wote")
def key_under_another_thumbprint() -> Case:
    log = SmallLog()
    key, kid = signer("wote"), thumbprint(signer("somebody").public.raw)
    registrar = thumbprint(log.operator.public.raw)
    pop = sign_pop(key.sign, aud=log.aud, party=WOTE, kid=kid, registrar=registrar, jti=uuid(1))
    subject = {"party": WOTE, "kid": kid, "x": b64url(key.public.raw), "custody": "server", "pop": pop}
    payload, _ = log.payload(OPERATOR, "register_key", 1, subject=subject)
    log.append(log.seal(strict_json.dumps(payload), log.operator), "The key of wote")
    return {"bundle": log.bundle()}


@case("mismatch", "The key of wote")
def key_of_small_order() -> Case:
    log = SmallLog()
    log.register_key(WOTE, signer("wote"), 1, raw=b"\x01" + bytes(31))
    return {"bundle": log.bundle()}


@case("mismatch", "The key of wote")
def key_of_mixed_order() -> Case:
    """A key that signs well half of the time: its public point has a part of order two."""
    log = SmallLog()
    raw, sign = mixed_order_key()
    kid, registrar = thumbprint(raw), thumbprint(log.operator.public.raw)
    pop = sign_pop(sign, aud=log.aud, party=WOTE, kid=kid, registrar=registrar, jti=uuid(1))
    log.register_key(WOTE, signer("wote"), 1, pop=pop, raw=raw)
    return {"bundle": log.bundle()}


def mixed_order_key() -> tuple[bytes, Callable[[bytes], bytes]]:
    order_two = (2**255 - 20).to_bytes(32, "little")  # the point (0, -1)
    secret = sha256(b"mixed order").digest()
    scalar = sodium.crypto_core_ed25519_scalar_reduce(secret + bytes(32))
    raw = sodium.crypto_core_ed25519_add(sodium.crypto_scalarmult_ed25519_base_noclamp(scalar), order_two)

    def sign(message: bytes) -> bytes:
        # R + [k]A holds without a cofactor only where k is even.
        for attempt in range(256):
            nonce = sodium.crypto_core_ed25519_scalar_reduce(sha512(secret + bytes([attempt]) + message).digest())
            point = sodium.crypto_scalarmult_ed25519_base_noclamp(nonce)
            challenge = sodium.crypto_core_ed25519_scalar_reduce(sha512(point + raw + message).digest())
            if challenge[0] % 2 == 0:
                product = sodium.crypto_core_ed25519_scalar_mul(challenge, scalar)
                return point + sodium.crypto_core_ed25519_scalar_add(nonce, product)
        raise AssertionError("no even challenge in 256 attempts")

    return raw, sign


@case("mismatch", "The key of kofi")
def key_of_two_parties() -> Case:
    log = SmallLog()
    log.register_key(WOTE, signer("wote"), 1)
    log.register_key(KOFI, signer("wote"), 2)
    return {"bundle": log.bundle()}


# --- disclosures -----------------------------------------------------------------------------------------------------


@case("mismatch", ROASTED)
def disclosure_of_another_value() -> Case:
    bundle = honest_log().bundle()
    one = statement(bundle, ROASTED)
    jti = uuid(11)
    one["disclosures"] = [make_disclosure(jti, "name", "Somebody else’s roastery").text]
    return {"bundle": bundle}


@case("mismatch", ROASTED)
def disclosure_moved_to_another_statement() -> Case:
    bundle = honest_log().bundle()
    statement(bundle, ROASTED)["disclosures"] = statement(bundle, RECEIVED)["disclosures"]
    return {"bundle": bundle}


@case("mismatch", RECEIVED)
def disclosure_with_several_digests_under_one_name() -> Case:
    log = small_log()
    cheap, dear = (make_disclosure(uuid(10), "price", text) for text in ("1 USD", "9 USD"))
    payload, _ = log.payload(WOTE, "receive", 10, event=event(10, "84.5"))
    payload["withheld"] = {"price": {"_sd": [cheap.digest, dear.digest]}}
    log.append(log.seal(strict_json.dumps(payload), signer("wote")), RECEIVED, [dear.text])
    return {"bundle": log.bundle()}


@case("mismatch", RECEIVED)
def disclosure_under_another_name() -> Case:
    log = small_log()
    note = make_disclosure(uuid(10), "note", "2 USD")
    payload, _ = log.payload(WOTE, "receive", 10, event=event(10, "84.5"))
    payload["withheld"] = {"price": {"_sd": [note.digest]}}
    log.append(log.seal(strict_json.dumps(payload), signer("wote")), RECEIVED, [note.text])
    return {"bundle": log.bundle()}


# --- the log ---------------------------------------------------------------------------------------------------------


@case("mismatch", RECEIVED)
def proof_of_another_leaf() -> Case:
    bundle = honest_log().bundle()
    statement(bundle, RECEIVED)["proof"] = statement(bundle, ROASTED)["proof"]
    return {"bundle": bundle}


@case("mismatch", RECEIVED)
def proof_too_short() -> Case:
    bundle = honest_log().bundle()
    statement(bundle, RECEIVED)["proof"].pop()
    return {"bundle": bundle}


@case("mismatch", RECEIVED)
def proof_too_long() -> Case:
    bundle = honest_log().bundle()
    statement(bundle, RECEIVED)["proof"].append(b64(bytes(32)))
    return {"bundle": bundle}


@case("mismatch", ROASTED)
def index_beyond_the_log() -> Case:
    bundle = honest_log().bundle()
    statement(bundle, ROASTED)["index"] = 5
    return {"bundle": bundle}


@case("mismatch", ROASTED)
def index_not_a_whole_number() -> Case:
    bundle = honest_log().bundle()
    statement(bundle, ROASTED)["index"] = 4.5
    return {"bundle": bundle}


@case("mismatch", CHECKPOINT)
def checkpoint_root_changed() -> Case:
    log = honest_log()
    bundle = log.bundle()
    bundle["checkpoint"] = bundle["checkpoint"].replace(b64(log.root(5)), b64(log.root(4)))
    return {"bundle": bundle}


@case("mismatch", CHECKPOINT)
def checkpoint_signed_with_another_key() -> Case:
    bundle, forged = honest_log().bundle(), honest_log()
    forged.log_key = "forger"
    bundle["checkpoint"] = forged.note()
    return {"bundle": bundle}


@case("mismatch", CHECKPOINT)
def checkpoint_without_the_logs_own_line() -> Case:
    bundle = honest_log().bundle()
    lines = bundle["checkpoint"].splitlines(keepends=True)
    bundle["checkpoint"] = "".join(lines[:4] + lines[5:])
    return {"bundle": bundle}


@case("mismatch", CHECKPOINT)
def checkpoint_with_a_further_line_of_text() -> Case:
    bundle = honest_log().bundle()
    bundle["checkpoint"] = bundle["checkpoint"].replace("\n\n", "\nand more\n\n")
    return {"bundle": bundle}


@case("mismatch", CHECKPOINT)
def checkpoint_of_another_log() -> Case:
    log, other = honest_log(), honest_log()
    other.origin = "beans.example/log/main/2"
    bundle = log.bundle()
    bundle["checkpoint"] = other.note()
    return {"bundle": bundle}


@case("mismatch", LOG)
def genesis_of_another_log() -> Case:
    bundle = honest_log().bundle()
    bundle["genesis"] = SmallLog(origin="beans.example/log/other/1").bundle()["genesis"]
    return {"bundle": bundle}


@case("mismatch", LOG)
def genesis_that_is_not_leaf_0() -> Case:
    bundle = honest_log().bundle()
    other = SmallLog()
    payload, _ = other.payload(
        OPERATOR,
        "genesis",
        99,
        subject={
            "origin": ORIGIN,
            "operator": OPERATOR,
            "operator_jwk": b64url(other.operator.public.raw),
            "vkeys": [[one.verifier.vkey for one in other.signers]],
        },
    )
    bundle["genesis"]["jws"] = other.seal(strict_json.dumps(payload), other.operator).decode()
    return {"bundle": bundle}


@case("mismatch", CHECKPOINT)
def log_key_under_a_wrong_number() -> Case:
    vkey = SmallLog().signers[0].verifier.vkey
    name, _, key = vkey.split("+", 2)
    log = SmallLog(vkeys=[f"{name}+00000000+{key}"])
    bundle = log.bundle()
    key_id = bytes.fromhex(vkey.split("+")[1])
    line = next(line for line in bundle["checkpoint"].splitlines() if b64(key_id)[:5] in line)
    renumbered = b64(bytes(4) + b64decode(line.split(" ")[2])[4:])
    bundle["checkpoint"] = bundle["checkpoint"].replace(line, f"— {ORIGIN} {renumbered}")
    return {"bundle": bundle}


# --- what the phone remembers ----------------------------------------------------------------------------------------


@case("mismatch", CHECKPOINT)
def same_size_with_another_root() -> Case:
    log = honest_log()
    return {"bundle": log.bundle(), "memory": {**log.memory(5), "root": b64(log.root(4))}}


@case("mismatch", CHECKPOINT)
def another_first_entry_than_remembered() -> Case:
    log = honest_log()
    return {"bundle": log.bundle(), "memory": {**log.memory(5), "genesis": "00" * 32}}


@case("mismatch", CHECKPOINT)
def history_rewritten_since_the_last_visit() -> Case:
    log = honest_log()
    return {"bundle": log.bundle(since=3), "memory": {**log.memory(3), "root": b64(log.root(2))}}


@case("mismatch", CHECKPOINT)
def consistency_proof_cut_short() -> Case:
    log = honest_log()
    bundle = log.bundle(since=3)
    bundle["consistency"].pop()
    return {"bundle": bundle, "memory": log.memory(3)}


# --- what the page shows ---------------------------------------------------------------------------------------------


def page_case(change: Callable[[dict[str, Any]], object]) -> Case:
    log = honest_log()
    shown = deepcopy(shown_of(log))
    change(shown)
    return {"bundle": log.bundle(), "shown": shown}


@case("mismatch", ROASTED)
def page_leaves_a_step_out() -> Case:
    return page_case(lambda shown: shown["steps"].pop())


@case("mismatch", "Kofi prayed")
def page_shows_a_step_that_nobody_signed() -> Case:
    step = {"title": "Kofi prayed", "events": [{"id": uuid(12), "leaf": "00" * 32}], "said": []}
    return page_case(lambda shown: shown["steps"].append(step))


@case("mismatch", RECEIVED)
def page_shows_another_weight() -> Case:
    return page_case(lambda shown: shown["steps"][0].update(said=["94.5"]))


@case("mismatch", RECEIVED)
def page_was_made_from_other_bytes() -> Case:
    return page_case(lambda shown: shown["steps"][0]["events"][0].update(leaf="00" * 32))


@case("mismatch", "“Another roastery”")
def page_shows_another_name() -> Case:
    return page_case(lambda shown: shown["disclosed"][0].update(text="Another roastery"))


@case("mismatch", "this page")
def page_of_another_lot() -> Case:
    return page_case(lambda shown: shown.update(lot=LOT + "0"))


# --- witnesses -------------------------------------------------------------------------------------------------------

WITNESSES = "the log's witnesses"
MARCH = 1_772_500_000  # 3 March 2026, 01:06:40 UTC
PORT, ACME, LAB = "Port_Cooperative", "ACME_Importers", "Lab"


def witness(name: str) -> NamedSigner:
    return NamedSigner(f"{name.lower()}.example/w", KeyType.COSIGNATURE_ED25519, signer(f"witness {name}"))


def quantum_safe(name: str) -> NamedSigner:
    seed = sha256(f"witness {name} ml-dsa".encode()).digest()
    return NamedSigner(f"{name.lower()}.example/w", KeyType.COSIGNATURE_MLDSA44, MLDSA44Signer(seed))


def policy(quorum: str = "two", *further: str) -> str:
    """Port and ACME as a group of two, the Lab beside it."""
    names = {name: witness(name).verifier.vkey for name in (PORT, ACME, LAB)}
    lines = [f"witness {name} {vkey} https://{name.lower()}.example" for name, vkey in names.items()]
    return "\n".join([*lines, f"group two all {PORT} {ACME}", *further, f"quorum {quorum}", ""])


def cosigned(log: SmallLog, *signers: NamedSigner, at: int = MARCH, size: int | None = None) -> dict[str, Any]:
    """The log's bundle with these witnesses' lines, made for the checkpoint of ``size`` leaves."""
    size = size or len(log.entries)
    checkpoint = Checkpoint(log.origin, size, log.root(size))
    lines = "".join(cosign(checkpoint, one, at).line for one in signers)
    bundle = log.bundle()
    return {**bundle, "checkpoint": bundle["checkpoint"] + lines, "policy": policy()}


BOTH_VOUCH = "witnessed by Port Cooperative and ACME Importers on 03 Mar 2026 01:06 UTC"


@case("checked")
def witnessed_by_two() -> Case:
    """Without a page, as a saved proof is: that may be old."""
    return {"bundle": cosigned(honest_log(), witness(PORT), witness(ACME)), "said": BOTH_VOUCH}


@case("checked")
def witnessed_by_one_of_two() -> Case:
    return {"bundle": cosigned(honest_log(), witness(PORT)), "said": "5 entries, not witnessed yet", "kept": False}


@case("checked")
def witnessed_by_nobody() -> Case:
    return {"bundle": cosigned(honest_log()), "said": "5 entries, not witnessed yet", "kept": False}


@case("checked")
def not_witnessed_yet_and_not_in_the_way_of_what_was() -> Case:
    log = honest_log()
    bundle = {**cosigned(log, witness(PORT)), "consistency": log.bundle(since=3)["consistency"]}
    return {"bundle": bundle, "memory": {**log.memory(3), "witnessed": True}, "kept": False}


@case("checked")
def witnesses_asked_for_by_no_policy() -> Case:
    bundle = {**cosigned(honest_log(), witness(PORT)), "policy": policy("none")}
    return {"bundle": bundle, "said": "5 entries, no witness is asked for"}


@case("checked")
def witnessed_by_one_where_one_is_enough() -> Case:
    any_of = policy("one", f"group one any two {LAB}")
    bundle = {**cosigned(honest_log(), witness(LAB)), "policy": any_of}
    return {"bundle": bundle, "said": "witnessed by Lab on"}


@case("checked")
def witnessed_by_a_number_of_a_group() -> Case:
    two_of = policy("most", f"group most 1 two {LAB}")
    bundle = {**cosigned(honest_log(), witness(ACME)), "policy": two_of}
    return {"bundle": bundle, "said": "not witnessed yet", "kept": False}


@case("checked")
def witnessed_by_a_key_that_a_browser_cannot_check() -> Case:
    pq = quantum_safe(LAB)
    bundle = cosigned(honest_log(), pq)
    bundle["policy"] = f"witness {LAB} {pq.verifier.vkey} https://lab.example\nquorum {LAB}\n"
    return {
        "bundle": bundle,
        "said": "not witnessed yet, or by Lab only, whose ML-DSA a browser cannot check",
        "kept": False,
    }


@case("checked")
def witnessed_by_one_witness_with_two_keys() -> Case:
    both = f"witness The_Lab/ed {witness(LAB).verifier.vkey}\nwitness The_Lab/pq {quantum_safe(LAB).verifier.vkey}\n"
    bundle = cosigned(honest_log(), witness(LAB), quantum_safe(LAB))
    bundle["policy"] = f"{both}group lab any The_Lab/ed The_Lab/pq\nquorum lab\n"
    return {"bundle": bundle, "said": "witnessed by The Lab on"}


@case("checked")
def witnessed_by_one_of_a_group_of_one() -> Case:
    bundle = cosigned(honest_log(), witness(LAB))
    return {"bundle": {**bundle, "policy": policy("needed", f"group needed all {LAB}")}, "said": "witnessed by Lab on"}


@case("checked")
def witnessed_by_strangers_only() -> Case:
    return {
        "bundle": cosigned(honest_log(), witness("Eve"), witness("Mallory")),
        "said": "not witnessed yet",
        "kept": False,
    }


@case("mismatch", WITNESSES)
def cosignature_of_an_earlier_checkpoint() -> Case:
    return {"bundle": cosigned(honest_log(), witness(PORT), witness(ACME), size=4)}


@case("mismatch", WITNESSES)
def cosignature_with_another_time() -> Case:
    bundle = cosigned(honest_log(), witness(PORT), witness(ACME))
    *rest, last = bundle["checkpoint"].splitlines(keepends=True)
    mark, name, line = last.split()
    data = bytearray(b64decode(line))
    data[11] ^= 1
    return {"bundle": {**bundle, "checkpoint": "".join(rest) + f"{mark} {name} {b64(bytes(data))}\n"}}


@case("mismatch", WITNESSES)
def cosignature_too_short() -> Case:
    bundle = cosigned(honest_log(), witness(PORT))
    mark, name, line = bundle["checkpoint"].splitlines()[-1].split()
    short = f"{mark} {name} {b64(b64decode(line)[:10])}"
    return {"bundle": {**bundle, "checkpoint": bundle["checkpoint"].replace(f"{mark} {name} {line}", short)}}


@case("mismatch", WITNESSES)
def witness_key_of_small_order() -> Case:
    weak = VerifierKey("weak.example/w", KeyType.COSIGNATURE_ED25519, b"\1" + bytes(31))
    payload = MARCH.to_bytes(8, "big") + b"\1" + bytes(63)
    bundle = cosigned(honest_log())
    line = Signature(weak.name, weak.key_id, payload).line
    weak_policy = f"witness Weak {weak.vkey}\nquorum Weak\n"
    return {"bundle": {**bundle, "checkpoint": bundle["checkpoint"] + line, "policy": weak_policy}}


@case("mismatch", WITNESSES)
def witness_key_under_a_wrong_number() -> Case:
    wrong = policy().replace(witness(LAB).verifier.key_id.hex(), "00000000")
    return {"bundle": {**cosigned(honest_log(), witness(PORT), witness(ACME)), "policy": wrong}}


@case("unchecked")
def witnesses_dropped_since_the_last_visit() -> Case:
    log = honest_log()
    return {"bundle": log.bundle(), "memory": {**log.memory(5), "witnessed": True}}


@case("unchecked")
def last_witnessed_over_a_week_ago() -> Case:
    log = honest_log()
    bundle = cosigned(log, witness(PORT), witness(ACME))
    return {"bundle": bundle, "shown": shown_of(log), "said": f"for over a week: it was last {BOTH_VOUCH}"}


@case("unchecked")
def last_witnessed_over_a_week_ago_but_for_one_who_signs_again() -> Case:
    log = honest_log()
    bundle = cosigned(log, witness(PORT), witness(ACME))
    checkpoint = Checkpoint(log.origin, len(log.entries), log.root(len(log.entries)))
    bundle["checkpoint"] += cosign(checkpoint, witness(LAB), 4_000_000_000).line
    bundle["policy"] = policy("most", f"group most 2 two {LAB} Nobody").replace(
        "group two", f"witness Nobody {witness('Nobody').verifier.vkey}\ngroup two"
    )
    return {"bundle": bundle, "shown": shown_of(log), "said": "for over a week: it was last witnessed by Port"}


# --- a log that succeeded another ------------------------------------------------------------------------------------

NEXT = "beans.example/log/main/2"


def in_two_logs(
    *, quoted: SmallLog | None = None, by: str = OPERATOR, origin: str = NEXT, handed_over: bool = True
) -> Case:
    """Wote took in under the first number, which was retired; Kofi roasted under the second."""
    after = SmallLog(origin=origin, log_key="log 2")
    log = SmallLog(vkeys=[one.verifier.vkey for one in (*SmallLog().signers, *after.signers)])
    log.register_key(WOTE, signer("wote"), 1)
    log.register_key(KOFI, signer("kofi"), 2)
    log.receive()
    after.entries, after.shown, after.aud = [], [], log.aud
    subject = {"origin": origin, "keys": [], "retired": (quoted or log).note(), "lost": 0}
    payload, _ = after.payload(by, "succession" if handed_over else "index", 20, subject=subject)
    key = log.operator if by == OPERATOR else signer("wote")
    after.append(after.seal(strict_json.dumps(payload), key), "the succession")
    after.roast()
    first, second = log.bundle(), after.bundle()
    later = [{**one, "log": 1} for one in (second["genesis"], *second["statements"])]
    bundle = {**first, "retired": [first["checkpoint"]], "checkpoint": second["checkpoint"]}
    return {"bundle": {**bundle, "statements": [*first["statements"], *later]}, "log": log, "after": after}


def without_logs(made: Case, **more: Any) -> Case:
    return {"bundle": made["bundle"], **more}


@case("checked")
def two_logs_of_one_series() -> Case:
    return without_logs(in_two_logs(), said="5 signed statements, each in the log of 6 entries")


@case("checked")
def two_logs_where_the_phone_knows_the_first() -> Case:
    made = in_two_logs()
    return without_logs(made, memory=made["log"].memory(4))


@case("mismatch", CHECKPOINT)
def two_logs_where_the_phone_saw_another_end_of_the_first() -> Case:
    made = in_two_logs()
    return without_logs(made, memory={**made["log"].memory(4), "root": b64(bytes(32))})


@case("unchecked")
def two_logs_where_entries_of_the_first_were_lost() -> Case:
    made = in_two_logs()
    return without_logs(made, memory={**made["log"].memory(4), "size": 9})


@case("checked")
def two_logs_where_the_phone_knows_the_second() -> Case:
    made = in_two_logs()
    genesis = leaf_hash(made["log"].entries[0]).hex()
    return without_logs(made, memory={**made["after"].memory(2), "genesis": genesis, "log": 1})


@case("unchecked")
def successor_withheld_from_a_phone_that_knows_it() -> Case:
    log = honest_log()
    return {"bundle": log.bundle(), "memory": {**log.memory(5), "log": 1}}


@case("mismatch", LOG)
def succession_that_quotes_another_end() -> Case:
    other = small_log()
    return without_logs(in_two_logs(quoted=other))


@case("mismatch", LOG)
def succession_by_somebody_else() -> Case:
    return without_logs(in_two_logs(by=WOTE))


@case("mismatch", LOG)
def succession_that_nobody_said() -> Case:
    return without_logs(in_two_logs(handed_over=False))


@case("mismatch", CHECKPOINT)
def successor_under_a_wrong_number() -> Case:
    return without_logs(in_two_logs(origin="beans.example/log/main/3"))


@case("mismatch", RECEIVED)
def entry_of_the_first_log_said_to_lie_in_the_second() -> Case:
    made = in_two_logs()
    statement(made["bundle"], RECEIVED)["log"] = 1
    return without_logs(made)


# --- what cannot be found out ----------------------------------------------------------------------------------------


@case("unchecked")
def not_in_the_log_yet() -> Case:
    log = small_log()
    log.receive()
    log.roast(logged=False)
    return {"bundle": log.bundle(), "kept": True}


@case("unchecked")
def nothing_published_yet() -> Case:
    return {"bundle": {**honest_log().bundle(), "checkpoint": None}}


@case("unchecked")
def smaller_than_remembered() -> Case:
    log = honest_log()
    return {"bundle": log.bundle(since=3), "memory": {**log.memory(5), "size": 6}}


@case("unchecked")
def growth_not_proven() -> Case:
    log = honest_log()
    return {"bundle": log.bundle(), "memory": log.memory(3)}


@case("unchecked")
def no_bundle_at_all() -> Case:
    return {"bundle": None}


@case("unchecked")
def an_error_page_instead() -> Case:
    return {"bundle": {"detail": "Not found."}}


@case("unchecked")
def a_bundle_of_a_later_version() -> Case:
    return {"bundle": {**honest_log().bundle(), "v": 2}}


def write_cases(path: Path) -> int:
    made = list(cases())
    path.write_text(json.dumps(made), encoding="utf-8")
    return len(made)
