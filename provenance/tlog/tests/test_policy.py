from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.tlog.checkpoint import Checkpoint, sign_checkpoint, sign_line
from provenance.tlog.errors import BadSignature, MalformedNote, MalformedPolicy, UntrustedCheckpoint
from provenance.tlog.hashing import leaf_hash
from provenance.tlog.keys import Ed25519Signer, KeyType, MLDSA44Signer, NamedSigner
from provenance.tlog.note import Note, format_note, parse_note
from provenance.tlog.policy import Group, parse_policy
from provenance.tlog.tests.vectors import TESTDATA, load

ORIGIN = "coffee.example/log/trail/1"
CHECKPOINT = Checkpoint(ORIGIN, 3, leaf_hash(b"root"))
LOG = NamedSigner(ORIGIN, KeyType.ED25519, Ed25519Signer(bytes(32)))
NOON = 1_790_000_000


def witness(number: int) -> NamedSigner:
    return NamedSigner(f"w{number}.example", KeyType.COSIGNATURE_ED25519, Ed25519Signer(bytes([number]) * 32))


W = {number: witness(number) for number in range(1, 7)}
V = {number: signer.verifier.vkey for number, signer in W.items()}
MLDSA = NamedSigner("w7.example", KeyType.COSIGNATURE_MLDSA44, MLDSA44Signer(bytes(32)))
LOG_LINE = f"log {LOG.verifier}\n"

TWO_LEVELS = f"""\
# the specification's example
{LOG_LINE}
witness X1 {V[1]}
\twitness  X2\t{V[2]}   https://x2.example/
witness X3 {V[3]}
group X-witnesses 2 X1 X2 X3

witness Y1 {V[4]}
witness Y2 {V[5]}
witness Y3 {V[6]}
group Y-witnesses any Y1 Y2 Y3

   # both sides
group X-and-Y all X-witnesses Y-witnesses
quorum X-and-Y
""".encode()


def signed(*witnesses: int, signers: tuple[NamedSigner, ...] = (LOG,), checkpoint: Checkpoint = CHECKPOINT) -> bytes:
    return sign_checkpoint(checkpoint, [*signers, *(W[number] for number in witnesses)], NOON)


def policy(lines: str):
    return parse_policy((LOG_LINE + lines).encode())


def test_a_policy_is_read_whole():
    read = parse_policy(TWO_LEVELS)

    assert [log.key for log in read.logs] == [LOG.verifier]
    assert {name: party.key for name, party in read.witnesses.items()} == {
        "X1": W[1].verifier,
        "X2": W[2].verifier,
        "X3": W[3].verifier,
        "Y1": W[4].verifier,
        "Y2": W[5].verifier,
        "Y3": W[6].verifier,
    }
    assert read.witnesses["X2"].url == "https://x2.example/"
    assert read.witnesses["X1"].url is None
    assert read.groups == {
        "X-witnesses": Group(2, ("X1", "X2", "X3")),
        "Y-witnesses": Group(1, ("Y1", "Y2", "Y3")),
        "X-and-Y": Group(2, ("X-witnesses", "Y-witnesses")),
    }
    assert read.quorum == "X-and-Y"


@pytest.mark.parametrize("witnesses", [(1, 2, 4), (1, 3, 6), (2, 3, 5), (1, 2, 3, 4, 5, 6)])
def test_enough_witnesses_make_a_checkpoint_trusted(witnesses):
    trusted = parse_policy(TWO_LEVELS).check(signed(*witnesses))
    names = {1: "X1", 2: "X2", 3: "X3", 4: "Y1", 5: "Y2", 6: "Y3"}

    assert trusted.checkpoint == CHECKPOINT
    assert [line.key for line in trusted.log_lines] == [LOG.verifier]
    assert trusted.witnesses == {names[number]: NOON for number in witnesses}


@pytest.mark.parametrize("witnesses", [(), (1,), (1, 2), (1, 2, 3), (4, 5, 6), (1, 4), (3, 4, 5, 6)])
def test_too_few_witnesses_do_not(witnesses):
    with pytest.raises(UntrustedCheckpoint, match="not witnessed by the quorum X-and-Y"):
        parse_policy(TWO_LEVELS).check(signed(*witnesses))


def test_one_witness_signing_twice_counts_once_with_its_latest_time():
    two = policy(f"witness a {V[1]}\nwitness b {V[2]}\ngroup both all a b\nquorum both\n")
    again = [sign_line(CHECKPOINT, W[1], time) for time in (NOON + 60, NOON - 60)]
    note = parse_note(signed(1)).with_signatures(*again)

    with pytest.raises(UntrustedCheckpoint):
        two.check(format_note(note))
    one = policy(f"witness a {V[1]}\nquorum a\n")
    assert one.check(format_note(note)).witnesses == {"a": NOON + 60}


def test_witnesses_do_not_stand_in_for_the_log():
    unsigned = format_note(Note(CHECKPOINT.text, (sign_line(CHECKPOINT, W[1], NOON),)))

    with pytest.raises(UntrustedCheckpoint, match="not signed by the log"):
        policy(f"witness a {V[1]}\nquorum a\n").check(unsigned)


def test_a_known_log_does_not_speak_for_another_origin():
    other = replace(CHECKPOINT, origin="other.example/log")

    with pytest.raises(UntrustedCheckpoint, match="does not know the log other"):
        policy("quorum none\n").check(signed(checkpoint=other))


def test_two_known_logs_do_not_sign_for_each_other():
    other = NamedSigner("other.example/log", KeyType.ED25519, Ed25519Signer(bytes([9]) * 32))

    with pytest.raises(UntrustedCheckpoint, match="not signed by the log"):
        policy(f"log {other.verifier}\nquorum none\n").check(signed(signers=(other,)))


def test_quorum_none_asks_for_the_logs_signature_only():
    trusted = policy("quorum none\n").check(signed(1))

    assert (trusted.checkpoint, trusted.witnesses) == (CHECKPOINT, {})


def test_a_policy_without_logs_trusts_no_checkpoint():
    with pytest.raises(UntrustedCheckpoint, match="does not know the log"):
        parse_policy(b"quorum none\n").check(signed())


def test_a_bad_line_of_a_known_witness_is_not_just_left_out():
    bad = sign_line(replace(CHECKPOINT, size=4), W[2], NOON)
    note = format_note(parse_note(signed(1)).with_signatures(bad))

    assert policy(f"witness a {V[1]}\nquorum a\n").check(note).witnesses == {"a": NOON}
    with pytest.raises(BadSignature):
        policy(f"witness a {V[1]}\nwitness b {V[2]}\nquorum a\n").check(note)


def test_a_malformed_note_is_refused_before_anything_else():
    with pytest.raises(MalformedNote):
        policy("quorum none\n").check(b"not a note")


def test_the_demo_logs_policy_with_both_kinds_of_keys_is_met():
    keys = load(TESTDATA / "demo-log/vectors.json")["vkeys"]
    both = parse_policy(
        f"log {keys['log']}\nlog {keys['log_mldsa']}\nwitness w {keys['w1']}\nwitness pq {keys['w1_mldsa']}\n"
        "group both all w pq\nquorum both\n".encode()
    )
    trusted = both.check((TESTDATA / "demo-log/checkpoint.300").read_bytes())

    assert trusted.checkpoint.size == 300
    assert [line.key.type for line in trusted.log_lines] == [0x01, 0x06]
    assert trusted.witnesses == {"w": NOON, "pq": NOON}


def test_names_are_octets_whether_or_not_they_are_text():
    read = parse_policy(b"witness \xff\xfe " + V[1].encode() + b"\nquorum \xff\xfe\n")

    assert read.has_quorum(read.witnesses)
    with pytest.raises(MalformedPolicy):
        parse_policy(b"witness \xff\xfe " + V[1].encode() + b"\nquorum \xff\xff\n")
    # A Kelvin sign is no K.
    with pytest.raises(MalformedPolicy):
        parse_policy(f"witness K {V[1]}\nquorum \u212a\n".encode())


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ("", "no quorum line"),
        ("quorum a\n", "not defined"),
        ("quorum none\nquorum none\n", "quorum line already"),
        ("quorum\n", "does not begin"),
        ("quorum none none\n", "does not begin"),
        ("quorum none # really\n", "does not begin"),
        ("Quorum none\n", "does not begin"),
        ("log\nquorum none\n", "does not begin"),
        (f"{LOG_LINE}quorum none\n", "listed twice"),
        (f"log {V[1]}\nquorum none\n", "type 0x04"),
        (f"witness a {LOG.verifier}\nquorum a\n", "type 0x01"),
        (f"witness a {V[1]} u v\nquorum a\n", "does not begin"),
        (f"witness a {V[1][:-4]}\nquorum a\n", "base64|key"),
        (f"witness none {V[1]}\nquorum none\n", "taken"),
        (f"witness a {V[1]}\nwitness a {V[2]}\nquorum a\n", "taken"),
        (f"witness a {V[1]}\nwitness b {V[1]}\nquorum a\n", "listed twice"),
        (f"witness a {V[1]}\ngroup a any a\nquorum a\n", "taken"),
        (f"witness a {V[1]}\ngroup none any a\nquorum a\n", "taken"),
        (f"witness a {V[1]}\ngroup g any\nquorum g\n", "at least one member"),
        (f"witness a {V[1]}\ngroup g any a b\nquorum g\n", "'b' is not defined"),
        (f"witness a {V[1]}\ngroup g any none\nquorum g\n", "'none' is not defined"),
        (f"witness a {V[1]}\ngroup g any a a\nquorum g\n", "in a group already"),
        (f"witness a {V[1]}\ngroup g any a\ngroup h any a g\nquorum h\n", "in a group already"),
        (f"group g any a\nwitness a {V[1]}\nquorum g\n", "not defined"),
        (f"witness a {V[1]}\ngroup g any g\nquorum g\n", "not defined"),
        *((f"witness a {V[1]}\ngroup g {k} a\nquorum g\n", "threshold") for k in ("0", "2", "01", "-1", "x", "١")),
        (f"quorum a\nwitness a {V[1]}\n", "not defined"),
        ("quorum none\r\n", "control character"),
        ("quorum none\n\x7f", "control character"),
        ("quorum none\n\x00", "control character"),
        ("# " + "x" * 1_048_576, "longer"),
    ],
)
def test_a_policy_that_breaks_a_rule_is_refused_with_the_reason(lines, reason):
    with pytest.raises(MalformedPolicy, match=reason):
        policy(lines)


def test_the_refusal_names_the_line():
    with pytest.raises(MalformedPolicy, match="Line 3 of the policy"):
        policy("\nwitness a\n")


def test_a_policy_of_32_logs_witnesses_and_groups_is_read():
    keys = [Ed25519Signer(bytes([number]) * 32) for number in range(64)]
    logs = [NamedSigner(f"log{n}", KeyType.ED25519, key).verifier for n, key in enumerate(keys[:32])]
    witnesses = [NamedSigner(f"w{n}", KeyType.COSIGNATURE_ED25519, key).verifier for n, key in enumerate(keys[32:])]
    lines = [f"log {key}" for key in logs] + [f"witness w{n} {key} https://w{n}/" for n, key in enumerate(witnesses)]
    lines += ["group g0 any w0"] + [f"group g{n} all g{n - 1} w{n}" for n in range(1, 32)]
    read = parse_policy("\n".join([*lines, f"witness pq {MLDSA.verifier}", "quorum g31"]).encode())

    assert (len(read.logs), len(read.witnesses), len(read.groups)) == (32, 33, 32)
    assert read.has_quorum({f"w{n}" for n in range(32)})
    assert not read.has_quorum({f"w{n}" for n in range(31)})


def test_the_quorum_is_as_old_as_the_newest_set_of_witnesses_that_is_enough():
    keys = "".join(f"witness w{n} {V[n]}\n" for n in (1, 2, 3))
    two_of_three = parse_policy(f"{keys}group two 2 w1 w2 w3\nquorum two\n".encode())

    assert two_of_three.quorum_time({"w1": 100, "w2": 90, "w3": 80}) == 90
    assert two_of_three.quorum_time({"w1": 100, "w2": 100}) == 100
    assert two_of_three.quorum_time({"w1": 100}) is None
    assert parse_policy(f"{keys}quorum none\n".encode()).quorum_time({"w1": 100}) is None


@given(st.binary(max_size=60))
def test_any_bytes_are_a_policy_or_are_refused(data):
    for candidate in (data, TWO_LEVELS + data, TWO_LEVELS.replace(b"X1", data)):
        try:
            parse_policy(candidate)
        except MalformedPolicy:
            continue
