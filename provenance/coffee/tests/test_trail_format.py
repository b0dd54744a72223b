"""The worked example in docs/trail-format.md is recomputed byte by byte."""

import re
from hashlib import sha256
from pathlib import Path

import pytest

from provenance.coffee.acts import Correct, RegisterSite, Succession
from provenance.coffee.indexing import keys_in, names_in
from provenance.coffee.statement import WITHHELD, check_pop, decode_b64url, parse, read_disclosure, sign_pop, verify
from provenance.coffee.statement import disclosures as statement_disclosures
from provenance.coffee.tests.statements import (
    ALMAZ,
    AT,
    AUD,
    CHERRY,
    FARM,
    IAT,
    JTI,
    KEY,
    KID,
    OTHER_JTI,
    SIGNER,
    signed,
)
from provenance.tlog.checkpoint import Checkpoint, sign_checkpoint
from provenance.tlog.index import Growth, Index, check_proof, key_of
from provenance.tlog.keys import Ed25519Signer, KeyType, NamedSigner

PAGE = Path(__file__).resolve().parents[3] / "docs" / "trail-format.md"
SALTS = (bytes(range(16)), bytes(range(16, 32)))


def blocks() -> dict[str, str]:
    """The page's examples: what stands, indented, below each line that begins with "Example:"."""
    found = re.findall(r"^Example: (.+)\n\n((?:    .*\n)+)", PAGE.read_text(), re.MULTILINE)
    return {title: re.sub(r"^    ", "", block, flags=re.MULTILINE).rstrip("\n") for title, block in found}


def recomputed(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    salts = iter(SALTS)
    monkeypatch.setattr(statement_disclosures.secrets, "token_bytes", lambda size: next(salts))
    statement, [entered, _price] = signed(withheld={"entered": "412,5 kg", "price": "120 ETB/kg"})
    header, payload, _ = (statement_disclosures.decode_b64url(part, "part") for part in statement.jws.split(b"."))
    leaf_hash = sha256(b"\x00" + statement.jws).digest()
    correction, _ = signed(
        Correct(original=statement.event, original_act="dispatch", declared_at=AT, reason="did_not_occur"),
        jti=OTHER_JTI,
    )
    registration, _ = signed(RegisterSite(site=FARM, party=ALMAZ, kind="farm", country="ET"), jti=OTHER_JTI)
    index, growth, lot = Index(), Growth(), key_of("lot", CHERRY)
    growth.add(keys_in(statement.jws), 0, leaf_hash)
    index.grow(growth)
    record = check_proof(lot, index.prove(lot), index.root)
    checkpoint = Checkpoint(f"{AUD.partition('#')[0]}/1", 1, leaf_hash)
    ended, begun = (
        NamedSigner(f"localhost:8000/log/demo/{n}", KeyType.ED25519, Ed25519Signer(bytes([n]) * 32)) for n in (1, 2)
    )
    retired = sign_checkpoint(checkpoint, [ended], IAT).decode()
    succession, _ = signed(
        Succession(origin=begun.verifier.name, keys=(begun.verifier.vkey,), retired=retired, lost=3), jti=OTHER_JTI
    )
    binding = {"aud": AUD, "party": ALMAZ, "kid": KID, "registrar": KID, "jti": JTI}
    return {
        "public key (hexadecimal)": KEY.hex(),
        "header": header.decode(),
        "payload": payload.decode(),
        "statement": statement.jws.decode(),
        "leaf hash, SHA-256(0x00 ‖ statement) (hexadecimal)": leaf_hash.hex(),
        "disclosure of `entered`": entered.json.decode(),
        "disclosure of `entered` as it travels": entered.text,
        "digest of `entered`": entered.digest,
        "thumbprint of the key above": KID,
        "pop, for the party of the example, registered by the same key, in the statement of the example": sign_pop(
            SIGNER.sign, **binding
        ),
        "a checkpoint's text (the tree of one leaf, the statement above)": checkpoint.text.rstrip("\n"),
        "vkey of the log that is retired": ended.verifier.vkey,
        "its last checkpoint": retired.rstrip("\n"),
        "payload of the succession": decode_b64url(succession.jws.split(b".")[1], "payload").decode(),
        "names in the statement above": names_text(statement.jws),
        "names in a registration of its site by the same farm": names_text(registration.jws),
        "key of this registration (hexadecimal)": key_of("registered", FARM).hex(),
        "key of its lot (hexadecimal)": lot.hex(),
        "record of its lot, in an index over that one statement as leaf 0 (hexadecimal)": (
            lot + record.leaves.to_bytes(8, "big") + record.head
        ).hex(),
        "root of this index (hexadecimal)": index.root.hex(),
        "payload of a correction of the statement above": statement_disclosures.decode_b64url(
            correction.jws.split(b".")[1], "payload"
        ).decode(),
        "names in the correction": names_text(correction.jws),
    }


def names_text(leaf: bytes) -> str:
    return "\n".join(f"{kind} {name}" for kind, name in sorted(names_in(leaf)))


def test_every_example_on_the_page_is_recomputed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert blocks() == recomputed(monkeypatch)


def test_the_examples_as_printed_verify() -> None:
    printed = blocks()
    statement = parse(printed["statement"].encode())
    verify(statement, bytes.fromhex(printed["public key (hexadecimal)"]))
    disclosure = read_disclosure(printed["disclosure of `entered` as it travels"], statement)
    assert (disclosure.name, disclosure.value) == ("entered", "412,5 kg")
    pop = printed["pop, for the party of the example, registered by the same key, in the statement of the example"]
    check_pop(pop, KEY, aud=statement.aud, party=statement.iss, kid=statement.kid, registrar=KID, jti=statement.jti)


def test_the_page_lists_the_names_that_can_be_withheld() -> None:
    table = PAGE.read_text().partition("| name | what it withholds |")[2].partition("\n\n")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == WITHHELD
