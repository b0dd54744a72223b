"""Who else vouches for the checkpoint, and what the phone knew of that."""

from base64 import b64decode

from provenance.pack.tests.bundles.cases import checked, mismatch, unchecked
from provenance.pack.tests.bundles.world import (
    ACME,
    LAB,
    MARCH,
    PORT,
    BundleLog,
    Case,
    b64,
    honest,
    policy,
    quantum_safe,
    quantum_safe_line,
    signer,
    witness,
)
from provenance.tlog.checkpoint import Checkpoint
from provenance.tlog.cosignature import cosign
from provenance.tlog.keys import KeyType, NamedSigner, VerifierKey
from provenance.tlog.note import Signature

DAY = 86_400


def cosigned(log: BundleLog, *names: str, at: int = MARCH, size: int | None = None, text: str | None = None) -> Case:
    """The log's bundle with these witnesses' lines, made for the checkpoint of ``size`` leaves."""
    checkpoint = Checkpoint(log.origin, size or log.size, log.root(size))
    lines = "".join(cosign(checkpoint, witness(name), at).line for name in names)
    bundle = log.bundle()
    return {**bundle, "checkpoint": bundle["checkpoint"] + lines, "policy": text or policy()}


@checked()
def witnessed_by_two() -> Case:
    return {"bundle": cosigned(honest(), PORT, ACME), "live": True, "now": MARCH + 6 * DAY}


@checked(kept=False)
def witnessed_by_one_of_two() -> Case:
    return {"bundle": cosigned(honest(), PORT)}


@checked(kept=False)
def witnessed_by_nobody() -> Case:
    return {"bundle": cosigned(honest())}


@checked(kept=False)
def not_witnessed_yet_and_not_in_the_way_of_what_was() -> Case:
    log = honest()
    memory = log.memory(4, policy=policy(), at=MARCH)
    return {"bundle": cosigned(log, PORT), "memory": memory, "tiles": log.tiles(), "live": True, "now": MARCH + DAY}


@checked()
def witnesses_asked_for_by_no_policy() -> Case:
    return {"bundle": cosigned(honest(), PORT, text=policy("none"))}


@checked()
def witnessed_by_one_where_one_is_enough() -> Case:
    return {"bundle": cosigned(honest(), LAB, text=policy("one", f"group one any two {LAB}"))}


@checked(kept=False)
def witnessed_by_fewer_than_the_number_of_a_group() -> Case:
    return {"bundle": cosigned(honest(), ACME, text=policy("most", f"group most 2 two {LAB}"))}


@checked(kept=False)
def witnessed_by_a_key_that_a_browser_cannot_check() -> Case:
    bundle = honest().bundle()
    bundle["checkpoint"] += quantum_safe_line(LAB)
    bundle["policy"] = f"witness {LAB} {quantum_safe(LAB).verifier.vkey} https://lab.example\nquorum {LAB}\n"
    return {"bundle": bundle}


@checked()
def witnessed_by_one_witness_with_two_keys() -> Case:
    both = f"witness The_Lab/ed {witness(LAB).verifier.vkey}\nwitness The_Lab/pq {quantum_safe(LAB).verifier.vkey}\n"
    bundle = cosigned(honest(), LAB, text=f"{both}group lab any The_Lab/ed The_Lab/pq\nquorum lab\n")
    bundle["checkpoint"] += quantum_safe_line(LAB)
    return {"bundle": bundle}


@checked(kept=False)
def witnessed_by_strangers_only() -> Case:
    return {"bundle": cosigned(honest(), "Eve", "Mallory")}


@mismatch("cosignature", "witnesses")
def cosignature_of_an_earlier_checkpoint() -> Case:
    return {"bundle": cosigned(honest(), PORT, ACME, size=4)}


@mismatch("cosignature", "witnesses")
def cosignature_with_another_time() -> Case:
    bundle = cosigned(honest(), PORT, ACME)
    *rest, last = bundle["checkpoint"].splitlines(keepends=True)
    mark, name, line = last.split()
    data = bytearray(b64decode(line))
    data[11] ^= 1
    return {"bundle": {**bundle, "checkpoint": "".join(rest) + f"{mark} {name} {b64(bytes(data))}\n"}}


@mismatch("cosignature", "witnesses")
def cosignature_too_short() -> Case:
    bundle = cosigned(honest(), PORT)
    mark, name, line = bundle["checkpoint"].splitlines()[-1].split()
    short = f"{mark} {name} {b64(b64decode(line)[:10])}"
    return {"bundle": {**bundle, "checkpoint": bundle["checkpoint"].replace(f"{mark} {name} {line}", short)}}


@mismatch("cosignature", "witnesses")
def cosignature_under_another_witnesss_name_and_number() -> Case:
    forged = NamedSigner(witness(PORT).name, KeyType.COSIGNATURE_ED25519, signer("witness Eve"))
    log = honest()
    line = cosign(log.checkpoint, forged, MARCH).line
    mark, name, data = line.split()
    mine = b64(witness(PORT).verifier.key_id + b64decode(data)[4:])
    bundle = cosigned(log, ACME)
    return {"bundle": {**bundle, "checkpoint": bundle["checkpoint"] + f"{mark} {name} {mine}\n"}}


@mismatch("cosignature", "witnesses")
def witness_key_of_small_order() -> Case:
    weak = VerifierKey("weak.example/w", KeyType.COSIGNATURE_ED25519, b"\1" + bytes(31))
    payload = MARCH.to_bytes(8, "big") + b"\1" + bytes(63)
    bundle = honest().bundle()
    line = Signature(weak.name, weak.key_id, payload).line
    weak_policy = f"witness Weak {weak.vkey}\nquorum Weak\n"
    return {"bundle": {**bundle, "checkpoint": bundle["checkpoint"] + line, "policy": weak_policy}}


def with_policy(text: str) -> Case:
    return {"bundle": cosigned(honest(), PORT, ACME, text=text)}


@mismatch("policy", "witnesses")
def witness_key_under_a_wrong_number() -> Case:
    return with_policy(policy().replace(witness(LAB).verifier.key_id.hex(), "00000000"))


@mismatch("policy", "witnesses")
def policy_without_a_quorum() -> Case:
    return with_policy(policy().replace("quorum two\n", ""))


@mismatch("policy", "witnesses")
def policy_that_counts_one_witness_twice() -> Case:
    return with_policy(policy("both", f"group both all two {PORT}"))


@mismatch("policy", "witnesses")
def policy_with_one_key_under_two_names() -> Case:
    again = f"witness Port_again {witness(PORT).verifier.vkey}"
    return with_policy(policy("all", again, "group all all two Port_again"))


@mismatch("policy", "witnesses")
def policy_that_asks_for_more_than_a_group_has() -> Case:
    return with_policy(policy("many", f"group many 3 two {LAB}"))


# --- what the phone knew ---------------------------------------------------------------------------------------------


def known(log: BundleLog, text: str | None = None, **more: object) -> Case:
    return log.memory(policy=text or policy(), at=MARCH, **more)


@unchecked("policy_weaker")
def witnesses_dropped_since_the_last_visit() -> Case:
    log = honest()
    return {"bundle": log.bundle(), "memory": known(log)}


@unchecked("policy_weaker")
def one_witness_is_enough_where_two_were_asked_for() -> Case:
    log = honest()
    return {"bundle": cosigned(log, PORT, text=policy("one", f"group one any two {LAB}")), "memory": known(log)}


@unchecked("policy_weaker")
def other_witnesses_than_the_phone_knew() -> Case:
    log = honest()
    others = f"witness Eve {witness('Eve').verifier.vkey}\nquorum Eve\n"
    return {"bundle": cosigned(log, "Eve", text=others), "memory": known(log)}


@unchecked("policy_weaker")
def known_names_with_other_keys() -> Case:
    log = honest()
    text = policy().replace(witness(PORT).verifier.vkey, witness("Eve").verifier.vkey)
    return {"bundle": cosigned(log, "Eve", ACME, text=text), "memory": known(log)}


@checked()
def weaker_policy_that_the_known_witnesses_signed_all_the_same() -> Case:
    log = honest()
    return {"bundle": cosigned(log, PORT, ACME, text=policy("none")), "memory": known(log)}


@checked()
def stronger_policy_than_the_phone_knew() -> Case:
    log = honest()
    text = policy("three", f"group three all two {LAB}")
    return {"bundle": cosigned(log, PORT, ACME, LAB, text=text), "memory": known(log)}


@checked()
def the_same_witnesses_under_other_names() -> Case:
    log = honest()
    return {"bundle": cosigned(log, PORT, ACME, text=policy().replace(PORT, "Harbour")), "memory": known(log)}


@unchecked("proof_withheld")
def last_witnessed_over_a_week_ago() -> Case:
    return {"bundle": cosigned(honest(), PORT, ACME), "live": True, "now": MARCH + 8 * DAY}


@unchecked("proof_withheld")
def last_witnessed_over_a_week_ago_but_for_one_who_signs_again() -> Case:
    log = honest()
    text = policy("most", f"group most 2 two {LAB} Nobody").replace(
        "group two", f"witness Nobody {witness('Nobody').verifier.vkey}\ngroup two"
    )
    bundle = cosigned(log, PORT, ACME, text=text)
    bundle["checkpoint"] += cosign(log.checkpoint, witness(LAB), MARCH + 8 * DAY).line
    return {"bundle": bundle, "live": True, "now": MARCH + 8 * DAY}


@unchecked("proof_withheld")
def not_witnessed_since_the_phone_saw_it_over_a_week_ago() -> Case:
    log = honest()
    return {"bundle": cosigned(log, PORT), "memory": known(log), "live": True, "now": MARCH + 8 * DAY}


@checked()
def witnessed_long_ago_and_saved_then() -> Case:
    return {"bundle": cosigned(honest(), PORT, ACME), "now": MARCH + 800 * DAY}
