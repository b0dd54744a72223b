"""What the log says: proofs, checkpoints, its first entry, its successor."""

from provenance.coffee.acts import Succession
from provenance.coffee.statement import b64url
from provenance.pack.tests.bundles.cases import checked, mismatch, unchecked
from provenance.pack.tests.bundles.world import (
    CHERRY,
    KOFI,
    OPERATOR,
    ORIGIN,
    ROASTED,
    ROASTERY,
    STATION,
    WOTE,
    BundleLog,
    Case,
    arrived,
    b64,
    entry,
    honest,
    log_signer,
    new_cherry,
    roasted,
    sent,
    signer,
)
from provenance.tlog.checkpoint import Checkpoint, sign_checkpoint
from provenance.tlog.hashing import leaf_hash

TAKEN_IN = 4
NEXT = "b.example/log/main/2"


@mismatch("proof", "statement", TAKEN_IN)
def proof_of_another_leaf() -> Case:
    bundle = honest().bundle()
    entry(bundle, TAKEN_IN)["path"] = [leaf_hash(b"another"), *entry(bundle, TAKEN_IN)["path"][1:]]
    return {"bundle": bundle}


@mismatch("proof", "statement", TAKEN_IN)
def proof_too_short() -> Case:
    bundle = honest().bundle()
    entry(bundle, TAKEN_IN)["proof"] = ""
    return {"bundle": bundle}


@mismatch("proof", "statement", TAKEN_IN)
def proof_of_hashes_too_short() -> Case:
    bundle = honest().bundle()
    entry(bundle, TAKEN_IN)["proof"] = b64(bytes(31))
    return {"bundle": bundle}


@mismatch("proof", "statement", TAKEN_IN)
def proof_that_goes_on_to_the_root() -> Case:
    """Beyond a node that was proved before: there is one way to write a proof."""
    bundle = honest().bundle()
    one = entry(bundle, TAKEN_IN)
    one["proof"] = b64(b"".join(one["path"]))
    return {"bundle": bundle}


@mismatch("proof", "statement", TAKEN_IN)
def proof_too_long() -> Case:
    bundle = honest().bundle()
    one = entry(bundle, TAKEN_IN)
    one["proof"] = b64(bytes(32 * 7))
    return {"bundle": bundle}


@mismatch("proof", "statement", 9)
def index_beyond_the_log() -> Case:
    bundle = honest().bundle()
    entry(bundle, TAKEN_IN)["index"] = 9
    return {"bundle": bundle}


@mismatch("proof", "statement", 2)
def two_statements_at_one_place() -> Case:
    bundle = honest().bundle()
    entry(bundle, TAKEN_IN)["index"] = 2
    return {"bundle": {**bundle, "statements": sorted(bundle["statements"], key=lambda one: one["index"])}}


@mismatch("proof", "statement", 0, log=1)
def entry_of_a_log_that_there_is_not() -> Case:
    bundle = honest().bundle()
    entry(bundle, TAKEN_IN).update(log=1, index=0)
    return {"bundle": bundle}


# --- checkpoints -----------------------------------------------------------------------------------------------------


def with_note(log: BundleLog, note: str) -> Case:
    return {"bundle": {**log.bundle(), "checkpoint": note}}


@mismatch("checkpoint_unsigned", "checkpoint")
def checkpoint_root_changed() -> Case:
    log = honest()
    return with_note(log, log.note.replace(b64(log.root()), b64(log.root(4))))


@mismatch("checkpoint_unsigned", "checkpoint")
def checkpoint_signed_with_another_key() -> Case:
    log = honest()
    return with_note(log, sign_checkpoint(log.checkpoint, [log_signer("forger", ORIGIN)], 0).decode())


@mismatch("checkpoint_unsigned", "checkpoint")
def checkpoint_without_one_of_the_logs_own_lines() -> Case:
    first, second = log_signer("log", ORIGIN), log_signer("log too", ORIGIN)
    log = BundleLog(vkeys=[[first.verifier.vkey, second.verifier.vkey]]).begin()
    log.enrol(WOTE, STATION)
    log.state(WOTE, new_cherry())
    log.index()
    return {"bundle": log.bundle()}


@mismatch("checkpoint_unsigned", "checkpoint")
def checkpoint_under_the_logs_key_number_with_another_signature() -> Case:
    log = honest()
    *text, line = log.note.splitlines()
    mark, name, _ = line.split(" ")
    forged = b64(log.signer.verifier.key_id + bytes(64))
    return with_note(log, "\n".join([*text, f"{mark} {name} {forged}\n"]))


@mismatch("form", "checkpoint")
def checkpoint_with_a_further_line_of_text() -> Case:
    log = honest()
    return with_note(log, log.note.replace("\n\n", "\nand more\n\n"))


@mismatch("form", "checkpoint")
def checkpoint_without_any_signature() -> Case:
    log = honest()
    return with_note(log, log.note.partition("\n\n")[0] + "\n")


@mismatch("another_log", "checkpoint")
def checkpoint_of_another_log() -> Case:
    log = honest()
    other = Checkpoint("b.example/log/other/1", log.size, log.root())
    return with_note(log, sign_checkpoint(other, [log_signer("log", other.origin)], 0).decode())


@mismatch("form", "checkpoint")
def log_key_under_a_wrong_number() -> Case:
    name, _, key = log_signer("log", ORIGIN).verifier.vkey.split("+", 2)
    log = BundleLog(vkeys=[[f"{name}+00000000+{key}"]]).begin()
    log.index()
    return {"bundle": log.bundle()}


# --- the first entry -------------------------------------------------------------------------------------------------


def with_genesis(jws: bytes) -> Case:
    bundle = honest().bundle()
    entry(bundle, 0)["jws"] = jws.decode()
    return {"bundle": bundle}


@mismatch("another_log", "genesis")
def first_entry_of_another_log() -> Case:
    return with_genesis(BundleLog(origin="b.example/log/other/1").begin().leaves[0])


@mismatch("another_log", "genesis")
def first_entry_that_is_no_genesis() -> Case:
    return with_genesis(honest().leaves[1])


@mismatch("proof", "statement", 0)
def first_entry_that_is_not_leaf_0() -> Case:
    """Another one, signed by the same operator: a second series under the same name."""
    other = BundleLog(vkeys=[[log_signer("log", ORIGIN).verifier.vkey], [log_signer("x", NEXT).verifier.vkey]])
    return with_genesis(other.begin().leaves[0])


@mismatch("key_weak", "genesis")
def first_entry_that_names_another_key_than_it_is_signed_with() -> Case:
    def forge(payload: dict) -> None:
        payload["subject"]["operator_jwk"] = b64url(signer("somebody").public.raw)

    return with_genesis(BundleLog().begin(forge).leaves[0])


# --- a log that succeeded another ------------------------------------------------------------------------------------


def in_two_logs(*, quoted: BundleLog | None = None, by: str = OPERATOR, act: str | None = None, origin: str = NEXT):
    """Wote took in under the first number, which was retired; Kofi roasted under the second."""
    second = log_signer("log 2", NEXT)
    log = BundleLog().begin()
    log.enrol(WOTE, STATION)
    log.enrol(KOFI, ROASTERY)
    log.state(WOTE, new_cherry())
    after = BundleLog(origin=origin, log_key="log 2", aud=log.aud, count=50)
    keys = (second.verifier.vkey,)
    succession = Succession(origin=NEXT, keys=keys, retired=(quoted or log).note, lost=0)
    after.state(by, succession, change=lambda payload: payload.update(act=act or "succession"))
    dispatch = after.state(WOTE, sent())
    after.state(KOFI, arrived(dispatch))
    after.state(KOFI, roasted())
    after.index()
    earlier, later = log.bundle(), after.bundle(ROASTED, [CHERRY, ROASTED])
    statements = [*earlier["statements"], *({**one, "log": 1} for one in later["statements"])]
    bundle = {**later, "origin": ORIGIN, "retired": [log.note], "statements": statements}
    return bundle, log, after


@checked("checked_anew")
def two_logs_of_one_series() -> Case:
    bundle, _, _ = in_two_logs()
    return {"bundle": bundle}


@checked("checked_anew")
def two_logs_where_the_phone_knows_the_first() -> Case:
    bundle, log, _ = in_two_logs()
    return {"bundle": bundle, "memory": log.memory(4), "tiles": log.tiles()}


@checked("checked_anew")
def two_logs_where_the_phone_knows_the_second() -> Case:
    bundle, log, after = in_two_logs()
    memory = {**after.memory(), "genesis": log.memory()["genesis"], "log": 1}
    return {"bundle": bundle, "memory": memory}


@mismatch("another_history", "checkpoint")
def two_logs_where_the_phone_saw_another_end_of_the_first() -> Case:
    bundle, log, _ = in_two_logs()
    return {"bundle": bundle, "memory": log.memory(root=b64(bytes(32)))}


@unchecked("entries_withheld")
def two_logs_where_entries_of_the_first_were_lost() -> Case:
    bundle, log, _ = in_two_logs()
    return {"bundle": bundle, "memory": log.memory(size=None) | {"size": log.size + 3}}


@unchecked("successor_withheld")
def successor_withheld_from_a_phone_that_knows_it() -> Case:
    log = honest()
    return {"bundle": log.bundle(), "memory": log.memory(log=1)}


@mismatch("not_handed_over", "genesis")
def succession_that_quotes_another_end() -> Case:
    return {"bundle": in_two_logs(quoted=honest())[0]}


@mismatch("not_allowed", "statement", 0, log=1)
def succession_by_somebody_else() -> Case:
    return {"bundle": in_two_logs(by=WOTE)[0]}


@mismatch("not_allowed", "statement", 0, log=1)
def succession_that_nobody_said() -> Case:
    return {"bundle": in_two_logs(act="index")[0]}


@mismatch("not_handed_over", "genesis")
def succession_left_out() -> Case:
    bundle, _, _ = in_two_logs()
    kept = [one for one in bundle["statements"] if (one["log"], one["index"]) != (1, 0)]
    # Without it nothing says who may sign the index, either: the first log's key may.
    return {"bundle": {**bundle, "statements": kept}}


@mismatch("another_log", "checkpoint")
def successor_under_a_wrong_number() -> Case:
    return {"bundle": in_two_logs(origin="b.example/log/main/3")[0]}


@mismatch("proof", "statement", 7, log=1)
def entry_of_the_first_log_said_to_lie_in_the_second() -> Case:
    bundle, _, _ = in_two_logs()
    for one in bundle["statements"]:
        if (one["log"], one["index"]) == (0, 7):
            one["log"] = 1
    return {"bundle": bundle}
