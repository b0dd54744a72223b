"""A key is bound to a party only by its own signature over just that binding."""

from base64 import urlsafe_b64decode

import pytest

from provenance.coffee.errors import MalformedStatement
from provenance.coffee.statement import audience, check_pop, sign_pop, thumbprint
from provenance.coffee.tests.statements import ALMAZ, AUD, JTI, KEY, KID, OTHER_JTI, SIGNER, WOTE, signed
from provenance.tlog.keys import Ed25519Signer

REGISTRAR = thumbprint(Ed25519Signer(bytes(32)).public.raw)
BINDING = {"aud": AUD, "party": ALMAZ, "kid": KID, "registrar": REGISTRAR, "jti": JTI}


def refused(pop: str, raw: bytes = KEY, **binding: str) -> str:
    with pytest.raises(MalformedStatement) as error:
        check_pop(pop, raw, **BINDING | binding)
    assert error.value.field == "pop"
    return str(error.value)


def test_the_keys_own_signature_over_the_binding_is_accepted() -> None:
    pop = sign_pop(SIGNER.sign, **BINDING)
    check_pop(pop, KEY, **BINDING)
    header, payload, _ = pop.split(".")
    assert urlsafe_b64decode(header + "==") == f'{{"alg":"Ed25519","kid":"{KID}","typ":"key-pop+jwt"}}'.encode()
    assert urlsafe_b64decode(payload + "==") == (
        f'{{"aud":"{AUD}","party":"{ALMAZ}","kid":"{KID}","registrar":"{REGISTRAR}","jti":"{JTI}"}}'.encode()
    )


@pytest.mark.parametrize(
    "other",
    [
        {"aud": AUD.replace("demo", "other")},
        {"party": WOTE},
        {"kid": REGISTRAR},
        {"registrar": KID},
        {"jti": OTHER_JTI},
    ],
    ids=lambda other: next(iter(other)),
)
def test_a_signature_over_another_binding_is_refused(other: dict[str, str]) -> None:
    assert "something else" in refused(sign_pop(SIGNER.sign, **BINDING | other))
    assert "something else" in refused(sign_pop(SIGNER.sign, **BINDING), **other)


def test_somebody_elses_signature_is_refused() -> None:
    assert "does not verify" in refused(sign_pop(Ed25519Signer(bytes(32)).sign, **BINDING))


def test_somebody_elses_key_is_refused() -> None:
    assert "something else" in refused(sign_pop(SIGNER.sign, **BINDING), raw=Ed25519Signer(bytes(32)).public.raw)


def test_a_key_of_low_order_is_refused_though_its_signature_verifies_for_every_message() -> None:
    raw = bytes([1]) + bytes(31)
    binding = {"kid": thumbprint(raw)}
    pop = sign_pop(lambda message: raw + bytes(32), **BINDING | binding)
    assert "prime order" in refused(pop, raw=raw, **binding)


def test_no_other_spelling_is_accepted() -> None:
    pop = sign_pop(SIGNER.sign, **BINDING)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    for last in alphabet.replace(pop[-1], ""):
        refused(pop[:-1] + last)
    for other in (
        "",
        ".",
        pop + "=",
        pop + "\n",
        " " + pop,
        pop + ".",
        pop.rpartition(".")[0],
        pop + "\ud800",
        "é" + pop,
    ):
        refused(other)


def test_a_statement_is_no_proof_of_possession() -> None:
    refused(signed()[0].jws.decode())


def test_the_audience_names_the_series_by_its_genesis() -> None:
    assert audience("localhost:8000/log/demo/0") == "localhost:8000/log/demo"
    assert audience("localhost:8000/log/demo/0", b"abc") == "localhost:8000/log/demo#ba7816bf8f01cfea"
    assert audience("localhost:8000/log/demo/1", b"abc") == "localhost:8000/log/demo#ba7816bf8f01cfea"
