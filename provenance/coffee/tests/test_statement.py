"""A statement has one written form; whatever differs by one bit is refused, or its signature fails."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from uuid import RFC_4122, UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.coffee import acts, strict_json
from provenance.coffee.errors import CoffeeError, MalformedAct, MalformedStatement
from provenance.coffee.statement import (
    MAX_STATEMENT_BYTES,
    WITHHELD,
    Statement,
    envelope,
    new_event_id,
    parse,
    read_disclosure,
    sign,
    thumbprint,
    verify,
)
from provenance.coffee.tests.statements import (
    ALMAZ,
    ALMAZ_REGISTERED,
    AT,
    AUD,
    CHERRY,
    DISPATCH,
    FARM,
    HARVEST,
    IAT,
    JTI,
    KEY,
    KID,
    OTHER_JTI,
    SIGNER,
    WOTE,
    payload_of,
    resealed,
    signed,
)
from provenance.tlog.errors import BadSignature
from provenance.tlog.keys import Ed25519Signer

ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
DIGEST = "9ZP03Nu8GrXPAUkbKNxHOKBzxPX83SShgFkRNK-f2lw"


def refused_field(jws: bytes) -> str:
    with pytest.raises(MalformedStatement) as refused:
        parse(jws)
    return refused.value.field


def test_a_signed_act_is_read_as_it_was_stated() -> None:
    statement, disclosures = signed(
        withheld={"price": "120 ETB/kg"}, dseq=2, dprev=DIGEST, seen={"size": 9, "root": DIGEST}
    )
    verify(statement, KEY)
    assert statement.body == DISPATCH
    assert statement.event is not None and statement.event["eventID"] == JTI
    assert (statement.kid, statement.jti, statement.iss, statement.aud, statement.iat) == (KID, JTI, ALMAZ, AUD, IAT)
    assert (statement.act, statement.subject) == ("dispatch", None)
    assert statement.withheld == {"price": disclosures[0].digest}
    assert (statement.dseq, statement.dprev, statement.seen) == (2, DIGEST, {"size": 9, "root": DIGEST})
    header, payload, signature = statement.jws.split(b".")
    assert urlsafe_b64decode(header + b"==") == (
        b'{"alg":"Ed25519","kid":"' + KID.encode() + b'","typ":"provenance-event+sd-jwt"}'
    )
    assert statement.signing_input == header + b"." + payload
    assert statement.signature == urlsafe_b64decode(signature + b"==")


@pytest.mark.parametrize("act", [DISPATCH, HARVEST, ALMAZ_REGISTERED], ids=lambda act: act.name)
def test_reading_the_bytes_again_gives_the_same_statement(act: acts.Act) -> None:
    statement, _ = signed(act)
    assert parse(statement.jws) == statement
    assert statement.body == act


def test_a_registry_act_travels_as_a_subject() -> None:
    statement, disclosures = signed(ALMAZ_REGISTERED, withheld={"name": "Almaz Bekele"})
    assert statement.event is None
    assert statement.subject is not None and statement.subject["party"] == ALMAZ
    assert b"Almaz" not in urlsafe_b64decode(statement.jws.split(b".")[1] + b"===")
    assert [each.value for each in disclosures] == ["Almaz Bekele"]


def test_an_event_gets_a_fresh_identifier_where_none_is_given() -> None:
    first, _ = signed(jti=None)
    second, _ = signed(jti=None)
    assert first.jti != second.jti
    assert first.event is not None and first.event["eventID"] == first.jti


def test_a_fresh_identifier_is_of_version_7_and_tells_the_millisecond(monkeypatch: pytest.MonkeyPatch) -> None:
    # The example of RFC 9562, A.6: 22 February 2022, 19:22:22 UTC.
    monkeypatch.setattr("time.time_ns", lambda: 1_645_557_742_000_999_999)
    made = [UUID(new_event_id()) for _ in range(100)]
    assert {(uuid.version, uuid.variant) for uuid in made} == {(7, RFC_4122)}
    assert {uuid.hex[:12] for uuid in made} == {"017f22e279b0"}
    assert len({uuid.hex[12:] for uuid in made}) == 100


def test_a_correction_keeps_the_identifier_of_what_it_takes_back() -> None:
    original, _ = signed()
    correction = acts.Correct(original=original.event, original_act="dispatch", declared_at=AT, reason="did_not_occur")
    statement, _ = signed(correction, jti=OTHER_JTI)
    assert statement.event is not None
    assert (statement.jti, statement.event["eventID"]) == (OTHER_JTI, JTI)
    assert statement.body == correction
    with pytest.raises(MalformedStatement) as refused:
        signed(correction, jti=JTI)
    assert refused.value.field == "eventID"


def test_the_thumbprint_is_that_of_rfc_8037() -> None:
    raw = urlsafe_b64decode("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo=")
    assert thumbprint(raw) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


def test_another_key_does_not_verify() -> None:
    statement, _ = signed()
    with pytest.raises(BadSignature, match="another key"):
        verify(statement, Ed25519Signer(bytes(32)).public.raw)
    forged, _ = signed(signer=Ed25519Signer(bytes(32)).sign)
    with pytest.raises(BadSignature, match="does not verify"):
        verify(forged, KEY)


# --- the payload's members -------------------------------------------------------------------------------------------

WRONG_MEMBERS = {
    "v": [0, 2, "1", True, None, 1.0],
    "jti": [
        JTI.upper(),
        JTI[9:],
        JTI + "0",
        JTI + "\n",
        "urn:uuid:5c0ace96-718b-1e06-82b0-2c61988816cb",
        "urn:uuid:5c0ace96-718b-4e06-c2b0-2c61988816cb",
        "",
        7,
        None,
    ],
    "iss": [
        "",
        "almaz",
        "http://localhost:8000/epcis/party/a",
        ALMAZ + " ",
        ALMAZ + "\n",
        ALMAZ + "?a",
        "https:///a",
        ["a"],
    ],
    "aud": [
        "",
        "localhost:8000/log/demo",
        AUD + "0",
        AUD.upper(),
        AUD + "\n",
        "https://" + AUD,
        "localhost:8000/log/demo/0#00112233445566aa",
        1,
    ],
    "iat": [-1, 253_402_300_800, "1793700000", True, None],
    "act": ["", "Dispatch", "steal", None, ["dispatch"], {}],
    "event": [None, [], "dispatch", 1],
    "withheld": [None, {}, [], "name"],
    "seen": [
        None,
        {},
        {"size": 1},
        {"root": DIGEST},
        {"size": 0, "root": DIGEST},
        {"size": True, "root": DIGEST},
        {"size": 1, "root": DIGEST + "="},
        {"size": 1, "root": DIGEST[:-1] + "x"},
        {"size": 1, "root": DIGEST, "origin": "x"},
    ],
}
WRONG_CASES = [(name, value) for name, values in WRONG_MEMBERS.items() for value in values]


@pytest.mark.parametrize(("name", "value"), WRONG_CASES, ids=lambda part: repr(part)[:40])
def test_a_member_that_is_not_in_its_one_form_is_refused_by_name(name: str, value: object) -> None:
    members = payload_of(signed()[0])
    # JSON itself, for our own writer knows no float.
    jws = resealed(json.dumps(strict_json.loads(strict_json.dumps(members)) | {name: value}, default=float).encode())
    assert refused_field(jws) == name


@pytest.mark.parametrize("name", ["v", "jti", "iss", "aud", "iat", "act", "event"])
def test_a_missing_member_is_refused_by_name(name: str) -> None:
    members = payload_of(signed()[0])
    del members[name]
    assert refused_field(resealed(members)) == name


@pytest.mark.parametrize("name", ["_sd", "_sd_alg", "...", "cnf", "exp", "sub", "recordTime", "role", "", "V", "é"])
def test_an_unknown_member_is_refused_by_name(name: str) -> None:
    assert refused_field(resealed(payload_of(signed()[0]) | {name: 1})) == name


def test_an_event_has_no_subject_and_a_subject_no_event() -> None:
    event, subject = payload_of(signed()[0]), payload_of(signed(ALMAZ_REGISTERED)[0])
    assert refused_field(resealed(event | {"subject": subject["subject"]})) == "subject"
    assert refused_field(resealed(subject | {"event": event["event"]})) == "event"
    assert refused_field(resealed({**subject, "act": "dispatch"})) == "event"
    assert refused_field(resealed({**event, "act": "register_party"})) == "subject"


def test_the_event_bears_the_statements_own_identifier() -> None:
    members = payload_of(signed()[0])
    for wrong in (OTHER_JTI, None, "", [JTI]):
        members["event"]["eventID"] = wrong
        assert refused_field(resealed(members)) == "eventID"
    del members["event"]["eventID"]
    assert refused_field(resealed(members)) == "eventID"


def test_only_genesis_has_an_audience_without_its_own_leaf() -> None:
    assert refused_field(resealed(payload_of(signed()[0]) | {"aud": "localhost:8000/log/demo"})) == "aud"
    genesis = acts.Genesis(
        origin="localhost:8000/log/demo/1",
        operator=WOTE,
        operator_jwk=envelope.b64url(KEY),
        vkeys=(("demo/1+00000000+AQ==",), ("demo/2+00000000+AQ==",), ("demo/3+00000000+AQ==",)),
    )
    statement, _ = signed(genesis, iss=WOTE, aud="localhost:8000/log/demo")
    assert statement.body == genesis
    with pytest.raises(MalformedStatement) as refused:
        signed(genesis, iss=WOTE)
    assert refused.value.field == "aud"


def test_the_act_inside_is_read_strictly_too() -> None:
    members = payload_of(signed()[0])
    members["event"]["recordTime"] = "2026-11-03T09:30:00Z"
    with pytest.raises(MalformedAct):
        parse(resealed(members))


@pytest.mark.parametrize(
    ("device", "field"),
    [
        ({"dseq": 0}, "dseq"),
        ({"dseq": True}, "dseq"),
        ({"dseq": "1"}, "dseq"),
        ({"dseq": 1, "dprev": DIGEST}, "dprev"),
        ({"dseq": 2}, "dprev"),
        ({"dprev": DIGEST}, "dprev"),
        ({"dseq": 2, "dprev": DIGEST[:-1]}, "dprev"),
        ({"dseq": 2, "dprev": DIGEST[:-1] + "x"}, "dprev"),
        ({"dseq": 2, "dprev": None}, "dprev"),
    ],
)
def test_a_devices_chain_has_no_gap_in_its_form(device: dict, field: str) -> None:
    assert refused_field(resealed(payload_of(signed()[0]) | device)) == field


def test_the_first_statement_of_a_device_names_none_before() -> None:
    statement, _ = signed(dseq=1)
    assert (statement.dseq, statement.dprev) == (1, None)


# --- withheld fields -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(WITHHELD))
def test_every_name_of_the_closed_list_can_be_withheld(name: str) -> None:
    statement, [disclosure] = signed(withheld={name: "x"})
    assert statement.withheld == {name: disclosure.digest}


@pytest.mark.parametrize(
    "value",
    [
        {"_sd": []},
        {"_sd": [DIGEST, DIGEST]},
        {"_sd": DIGEST},
        {"_sd": [DIGEST], "_sd_alg": "sha-256"},
        {"_sd": [DIGEST], "value": "120"},
        {"_sd": [[DIGEST]]},
        {"_sd": [{"...": DIGEST}]},
        {"_sd": [DIGEST[:-1]]},
        {"_sd": [DIGEST + "="]},
        {"_sd": [DIGEST[:-1] + "x"]},
        {"_sd": [None]},
        {"value": "120"},
        {"...": DIGEST},
        [DIGEST],
        DIGEST,
        {},
    ],
    ids=repr,
)
def test_a_withheld_field_is_one_digest_and_nothing_else(value: object) -> None:
    assert refused_field(resealed(payload_of(signed()[0]) | {"withheld": {"price": value}})) == "price"


def test_a_name_outside_the_closed_list_is_refused() -> None:
    assert refused_field(resealed(payload_of(signed()[0]) | {"withheld": {"salary": {"_sd": [DIGEST]}}})) == "salary"


def test_no_digest_stands_outside_withheld() -> None:
    members = payload_of(signed()[0])
    for place in ("event", "readPoint"):
        altered = deepcopy(members)
        (altered["event"] if place == "event" else altered["event"][place])["_sd"] = [DIGEST]
        assert refused_field(resealed(altered)) == "_sd"
    hidden = strict_json.dumps(members | {"event": members["event"] | {"_sd": [DIGEST]}}).replace(b"_sd", rb"\u005fsd")
    assert refused_field(resealed(hidden)) == "_sd"


# --- bytes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "header",
    [
        '{"alg":"EdDSA","kid":"KID","typ":"provenance-event+sd-jwt"}',
        '{"alg":"none","kid":"KID","typ":"provenance-event+sd-jwt"}',
        '{"alg":"HS256","kid":"KID","typ":"provenance-event+sd-jwt"}',
        '{"kid":"KID","alg":"Ed25519","typ":"provenance-event+sd-jwt"}',
        '{"alg":"Ed25519","kid":"KID","typ":"provenance-event+sd-jwt","b64":false,"crit":["b64"]}',
        '{"alg":"Ed25519","kid":"KID","typ":"provenance-event+sd-jwt","jwk":{}}',
        '{"alg":"Ed25519","kid":"KID","typ":"key-pop+jwt"}',
        '{"alg":"Ed25519","kid":"KID"}',
        '{"alg":"Ed25519","kid":"KID", "typ":"provenance-event+sd-jwt"}',
        '{"alg":"Ed25519","kid":"KID","typ":"provenance-event+sd-jwt"}\n',
        '{"alg":"Ed25519","kid":"","typ":"provenance-event+sd-jwt"}',
        '{"alg":"Ed25519","kid":"KIDA","typ":"provenance-event+sd-jwt"}',
        '{"alg":"Ed25519","kid":"KID","kid":"KID","typ":"provenance-event+sd-jwt"}',
        "",
    ],
)
def test_any_other_header_is_refused(header: str) -> None:
    _, payload, _ = signed()[0].jws.split(b".")
    message = envelope.b64url(header.replace("KID", KID).encode()).encode() + b"." + payload
    assert refused_field(envelope.seal(message, SIGNER.sign)) == "header"


def spellings_accepted(read: Callable[[bytes], Statement]) -> int:
    """How many of the 63 other last characters of a statement, and other respellings, are accepted."""
    jws = signed()[0].jws
    header, payload, signature = jws.split(b".")
    respelled = [jws[:-1] + bytes([character]) for character in ALPHABET if character != jws[-1]]
    respelled += [jws + b"=", jws + b"==", jws + b"\n", b" " + jws, jws[:-10] + b"\n" + jws[-10:]]
    respelled += [header + b"=." + payload + b"." + signature, header + b"." + payload + b"=." + signature]
    respelled += [jws.replace(b"-", b"+").replace(b"_", b"/")] if b"-" in jws or b"_" in jws else []
    accepted = 0
    for other in respelled:
        try:
            verify(read(other), KEY)
        except (CoffeeError, BadSignature):
            continue
        accepted += 1
    return accepted


@given(st.text("AQgwBz-_+/=!\n09é", max_size=9).map(str.encode))
def test_base64url_is_read_in_the_spelling_that_is_written(text: bytes) -> None:
    try:
        data = urlsafe_b64decode(text + b"=" * (-len(text) % 4))
    except ValueError:
        data = None
    if data is not None and urlsafe_b64encode(data).rstrip(b"=") == text:
        assert envelope.decode_b64url(text, "signature") == data
    else:
        with pytest.raises(MalformedStatement):
            envelope.decode_b64url(text, "signature")


def test_no_other_spelling_of_the_same_bytes_is_accepted() -> None:
    assert spellings_accepted(parse) == 0


def test_planted_bug_a_reader_without_canonical_base64_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def lax(text: bytes, field: str) -> bytes:
        try:
            return urlsafe_b64decode(text + b"=" * (-len(text) % 4))
        except ValueError:
            raise MalformedStatement("Not base64url.", field=field) from None

    monkeypatch.setattr(envelope, "decode_b64url", lax)
    monkeypatch.setattr(envelope, "_kid_in", envelope._kid_in.__wrapped__)
    assert spellings_accepted(parse) >= 15


def test_every_flipped_bit_is_refused_or_fails_the_signature() -> None:
    jws = signed(withheld={"price": "120"})[0].jws
    for position in range(len(jws)):
        for bit in range(8):
            flipped = bytearray(jws)
            flipped[position] ^= 1 << bit
            with pytest.raises((CoffeeError, BadSignature)):
                verify(parse(bytes(flipped)), KEY)


def test_every_shortened_statement_is_refused() -> None:
    jws = signed()[0].jws
    for length in range(len(jws)):
        with pytest.raises(CoffeeError):
            parse(jws[:length])


def test_three_segments_and_no_more() -> None:
    jws = signed()[0].jws
    assert refused_field(jws + b".") == "jws"
    assert refused_field(jws + b"~") == "signature"
    assert refused_field(jws.rpartition(b".")[0]) == "jws"
    assert refused_field(jws.rpartition(b".")[0] + b".") == "signature"


def test_a_statement_of_16_kib_is_read_and_a_longer_one_refused() -> None:
    spaces = b" " * 8_000
    members = strict_json.dumps(payload_of(signed()[0]))
    assert parse(resealed(members + spaces)).jti == JTI
    longer = resealed(members + spaces + b" " * 8_000)
    assert len(longer) > MAX_STATEMENT_BYTES
    assert refused_field(longer) == "jws"


@pytest.mark.parametrize("payload", [b"", b"null", b"[]", b'"v"', b"{", b'{"v":1,"v":1}', b"\xff", b'{"v":1e0}'])
def test_a_payload_that_is_no_strict_json_object_is_refused(payload: bytes) -> None:
    assert refused_field(resealed(payload)) in {"payload", "v"}


def test_wycheproofs_other_algorithms_are_all_refused(shared: Path) -> None:
    suite = json.loads((shared / "vectors/security/wycheproof/json_web_signature_test.json").read_bytes())
    cases = [case for group in suite["testGroups"] for case in group["tests"]]
    assert len(cases) == 401
    for case in cases:
        with pytest.raises(MalformedStatement):
            parse(case["jws"].encode())


def test_wycheproofs_altered_envelopes_are_refused_over_our_own_statement(shared: Path) -> None:
    """Wycheproof has no Ed25519 JWS: each of its headers replaces ours, over a payload signed truly."""
    suite = json.loads((shared / "vectors/security/wycheproof/json_web_signature_test.json").read_bytes())
    headers = {case["jws"].partition(".")[0] for group in suite["testGroups"] for case in group["tests"]}
    payload = signed()[0].jws.split(b".")[1]
    assert len(headers) == 37
    for header in headers:
        with pytest.raises(MalformedStatement):
            parse(envelope.seal(header.encode() + b"." + payload, SIGNER.sign))


@given(
    masses=st.lists(st.integers(1, 999_999_999_999_999), min_size=1, max_size=8),
    iat=st.integers(0, 253_402_300_799),
    bags=st.none() | st.integers(1, 10_000),
    title=st.booleans(),
    withheld=st.dictionaries(st.sampled_from(sorted(WITHHELD)), st.text('aéй咖☕"\\\n{}0-9', max_size=40), max_size=4),
)
def test_whatever_is_signed_is_read_back(
    masses: list[int], iat: int, bags: int | None, title: bool, withheld: dict
) -> None:
    lines = tuple(acts.LotMass(lot=f"{CHERRY}-{i}", mass_mg=mass) for i, mass in enumerate(masses))
    act = acts.Dispatch(at=AT, site=FARM, lines=lines, to_party=WOTE, title=title, bags=bags)
    statement, disclosures = sign(
        act, iss=ALMAZ, aud=AUD, iat=iat, kid=KID, signer=SIGNER.sign, jti=new_event_id(), withheld=withheld
    )
    again = parse(statement.jws)
    verify(again, KEY)
    assert again == statement
    assert (again.body, again.iat) == (act, iat)
    assert {each.name: each.value for each in disclosures} == withheld
    assert [read_disclosure(each.text, again) for each in disclosures] == disclosures


@given(st.binary(max_size=200) | st.text("eyJ.-_A=", max_size=80).map(str.encode))
def test_any_bytes_are_refused_in_our_own_words(jws: bytes) -> None:
    with pytest.raises(MalformedStatement):
        parse(jws)


def test_an_unsigned_guess_at_a_payload_never_breaks_the_reader() -> None:
    members = strict_json.dumps(payload_of(signed()[0]))
    for position in range(len(members)):
        for byte in b'\x00"{}[],:\\-9\xff':
            altered = members[:position] + bytes([byte]) + members[position + 1 :]
            try:
                parse(resealed(altered))
            except CoffeeError:
                continue
