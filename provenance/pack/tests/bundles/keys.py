"""Keys that do not stand."""

from collections.abc import Callable
from hashlib import sha256, sha512

from nacl import bindings as sodium

from provenance.coffee import strict_json
from provenance.coffee.acts import RegisterKey
from provenance.coffee.statement import b64url, sign_pop, thumbprint
from provenance.pack.tests.bundles.cases import mismatch
from provenance.pack.tests.bundles.world import (
    KOFI,
    OPERATOR,
    STATION,
    WOTE,
    BundleLog,
    Case,
    cherry,
    kid_of,
    new_cherry,
    registry,
    signer,
    uuid,
)

KEY = 3


def unkeyed() -> BundleLog:
    """Wote and the station are registered, no key of Wote's is."""
    log = BundleLog().begin()
    log.party(WOTE)
    log.site(STATION, WOTE)
    return log


def closed(log: BundleLog) -> Case:
    log.state(WOTE, new_cherry())
    log.index()
    return {"bundle": log.bundle()}


@mismatch("key_unknown", "statement", 3)
def key_never_registered() -> Case:
    return closed(unkeyed())


@mismatch("key_unknown", "statement", 3)
def key_registered_only_later() -> Case:
    log = unkeyed()
    log.state(WOTE, new_cherry())
    log.key(WOTE)
    log.index()
    return {"bundle": log.bundle()}


@mismatch("key_of_another", "statement", 5)
def key_of_another_party() -> Case:
    log = registry()
    log.party(KOFI)
    log.state(KOFI, new_cherry(), key="wote")
    log.index()
    return {"bundle": log.bundle()}


@mismatch("key_ended", "statement", 5)
def key_ended_before() -> Case:
    log = registry()
    log.revoke("wote")
    return closed(log)


@mismatch("key_ended", "statement", 6)
def key_ended_twice() -> Case:
    log = cherry()
    log.revoke("wote")
    log.revoke("wote")
    log.index()
    return {"bundle": log.bundle()}


@mismatch("key_taken", "statement", 5)
def key_registered_again_after_its_end() -> Case:
    """The bundle leaves its first registration out."""
    log = registry()
    log.revoke("wote")
    log.key(WOTE)
    log.index()
    bundle = log.bundle()
    bundle["statements"] = [one for one in bundle["statements"] if one["index"] != KEY]
    return {"bundle": bundle}


@mismatch("signature", "statement", 4)
def kid_of_a_registered_key_with_a_signature_by_another() -> Case:
    log = registry()
    payload, _ = log.payload(WOTE, new_cherry(), log.next_id())
    log.append(log.seal(payload, signer("somebody"), kid_of("wote")))
    log.index()
    return {"bundle": log.bundle()}


@mismatch("key_pop", "statement", KEY)
def key_that_did_not_agree() -> Case:
    log = unkeyed()
    stranger = signer("somebody")
    kid, registrar = kid_of("wote"), kid_of("operator")
    pop = sign_pop(stranger.sign, aud=log.aud, party=WOTE, kid=kid, registrar=registrar, jti=uuid(KEY))
    log.key(WOTE, pop=pop)
    return closed(log)


@mismatch("key_pop", "statement", KEY)
def key_that_agreed_to_another_party() -> Case:
    log = unkeyed()
    pop = sign_pop(
        signer("wote").sign,
        aud=log.aud,
        party=KOFI,
        kid=kid_of("wote"),
        registrar=kid_of("operator"),
        jti=uuid(KEY),
    )
    log.key(WOTE, pop=pop)
    return closed(log)


@mismatch("key_pop", "statement", KEY)
def key_that_agreed_under_another_text() -> Case:
    """Its signature is over the registration; the text before it is another."""
    log = unkeyed()
    kid, registrar = kid_of("wote"), kid_of("operator")
    pop = sign_pop(signer("wote").sign, aud=log.aud, party=WOTE, kid=kid, registrar=registrar, jti=uuid(KEY))
    header, payload, signature = pop.split(".")
    log.key(WOTE, pop=f"{header}.{payload[:-8]}AAAAAAAA.{signature}")
    return closed(log)


@mismatch("key_weak", "statement", KEY)
def key_under_another_thumbprint() -> Case:
    log = unkeyed()
    log.key(WOTE, kid=kid_of("somebody"))
    return closed(log)


def with_raw_key(raw: bytes, sign: Callable[[bytes], bytes]) -> Case:
    """A key whose bytes no honest program would register, with all that belongs to it."""
    log = unkeyed()
    kid = thumbprint(raw)
    pop = sign_pop(sign, aud=log.aud, party=WOTE, kid=kid, registrar=kid_of("operator"), jti=uuid(KEY))
    act = RegisterKey(party=WOTE, kid=kid, x=b64url(raw), custody="server", pop=pop)
    payload, _ = log.payload(OPERATOR, act, log.next_id())
    log.append(log.seal(strict_json.dumps(payload), signer("operator")))
    log.index()
    return {"bundle": log.bundle()}


@mismatch("key_weak", "statement", KEY)
def key_of_small_order() -> Case:
    return with_raw_key(b"\x01" + bytes(31), lambda message: b"\x01" + bytes(63))


@mismatch("key_weak", "statement", KEY)
def key_that_is_no_canonical_point() -> Case:
    return with_raw_key((2**255 - 19 + 4).to_bytes(32, "little"), lambda message: bytes(64))


@mismatch("key_weak", "statement", KEY)
def key_of_mixed_order() -> Case:
    """A key that signs well half of the time: its public point has a part of order two."""
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

    return with_raw_key(raw, sign)


@mismatch("key_taken", "statement", 5)
def key_of_two_parties() -> Case:
    log = registry()
    log.party(KOFI)
    log.key(KOFI, name="wote")
    log.index()
    return {"bundle": log.bundle()}
