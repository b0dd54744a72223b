"""A pack that leaves something out: whoever took it away, and however well, is told so."""

import json
import re
import zipfile
from base64 import b64encode
from dataclasses import replace
from datetime import date
from io import BytesIO

import pytest

from provenance.coffee.acts import Certify, Confirm, Correct, Erased, LotMass, Recall, RevokeKey, Sell, Withdraw
from provenance.coffee.statement import parse, thumbprint
from provenance.pack import completeness
from provenance.pack.__main__ import CLEAN, FAULTS, NOT_COMPLETE, NOT_TRUSTED, main
from provenance.pack.format import INDEX, MANIFEST, WITHOUT_INDEX, WITHOUT_REGISTRATIONS, Entry, UnusablePack
from provenance.pack.read import PackFile
from provenance.pack.tests.small_log import (
    CHERRY,
    HOST,
    KG,
    NOON,
    OPERATOR,
    PARCHMENT,
    STATION,
    WOTE,
    SmallLog,
    signer_of,
    told,
)
from provenance.pack.trust import parse_trust
from provenance.pack.verify import Report, verify
from provenance.tlog.checkpoint import Checkpoint
from provenance.tlog.cosignature import cosign
from provenance.tlog.index import RECORD_BYTES, Proof, Record
from provenance.tlog.keys import Ed25519Signer, KeyType, NamedSigner
from provenance.tlog.note import parse_note

ELSEWHERE = f"{HOST}/class/green.OTHER"
SELAM, CERTIFIER = f"{HOST}/party/selam", f"{HOST}/party/certifier"


@pytest.fixture(scope="module")
def log() -> SmallLog:
    """The small log, with what somebody might want to hide; the last leaf is its index."""
    log = told()
    log.enrol(SELAM, "exporter", f"{HOST}/loc/selam", "warehouse")
    log.say(WOTE, Recall(at=NOON, site=STATION, lots=(PARCHMENT,), reason="quality"))
    log.say(WOTE, Sell(at=NOON, site=STATION, lines=(LotMass(lot=PARCHMENT, mass_mg=KG),)))
    sold = parse(log.leaves[-1])
    log.say(WOTE, Correct(original=sold.event, original_act="sell", declared_at=NOON, reason="did_not_occur"))
    log.say(SELAM, Recall(at=NOON, site=f"{HOST}/loc/selam", lots=(ELSEWHERE,), reason="allergen"))
    kid = thumbprint(signer_of(SELAM).public.raw)
    log.say(OPERATOR, RevokeKey(kid=kid, since=NOON, from_index=3, reason="lost"))
    price, *_ = parse(log.leaves[HARVEST]).withheld.values()
    log.say(OPERATOR, Erased(digests=("A" * 43,)))
    log.say(OPERATOR, Erased(digests=(price,)))
    log.disclosures[HARVEST] = ()
    certified(log)
    log.index()
    return log


HARVEST = 7
RECALL, SALE, CORRECTION, OTHER_RECALL, REVOCATION, OTHER_ERASURE, ERASURE = range(14, 21)
CERTIFICATE, WITHDRAWAL, SECOND, TAKEN_BACK, THIRD, CONFIRMED, LAST = range(24, 31)
OF_SELAM = (11, 12, 13)


def certified(log: SmallLog) -> None:
    """A certifier certifies Wote's station, withdraws that; certifies again, and takes it back; certifies Wote."""
    log.enrol(CERTIFIER, "auditor", f"{HOST}/loc/certifier", "laboratory")
    term = {"scheme": "Organic", "chain": "segregated", "valid_from": date(2026, 1, 1), "valid_to": date(2027, 1, 1)}
    first = log.say(CERTIFIER, Certify(at=NOON, site=STATION, **term))
    since = date(2026, 6, 1)
    log.say(CERTIFIER, Withdraw(at=NOON, certificate=first, since=since, reason="breach", site=STATION))
    log.say(CERTIFIER, Certify(at=NOON, site=STATION, **term))
    again = parse(log.leaves[-1]).event
    log.say(CERTIFIER, Correct(original=again, original_act="certify", declared_at=NOON, reason="did_not_occur"))
    third = log.say(CERTIFIER, Certify(at=NOON, party=WOTE, **term))
    log.say(WOTE, Confirm(at=NOON, event=third, lots=()))


def check(pack: BytesIO, log: SmallLog, trust: bytes | None = None) -> Report:
    with PackFile(pack) as opened:
        return verify(opened, parse_trust(trust or log.trust_file))


def without(log: SmallLog, *leaves: int) -> list[Entry]:
    return [entry for entry in log.entries() if entry.index not in leaves]


def whats(report: Report) -> list[tuple[int | None, str]]:
    return [(fault.index, fault.what) for fault in report.faults]


def test_a_whole_pack_is_complete_to_the_index_leaf(log):
    report = check(log.pack(), log)

    assert report.faults == []
    assert (report.complete, report.not_proved) == (LAST, "")


def test_what_concerns_other_lots_only_is_there_bare_and_judged_by_nobody(log):
    report = check(log.pack(without(log, *OF_SELAM)), log)

    assert report.faults == [] and report.complete == LAST
    assert not any("RECALLED" in note and ELSEWHERE in note for note in report.notes)


def test_what_is_gone_for_good_is_told_from_what_is_withheld(log):
    bare = [replace(entry, disclosures=()) for entry in log.entries()]
    withheld = check(log.pack(), log), check(log.pack(bare), log)

    assert [(each.disclosures, each.withheld, each.erased) for each in withheld] == [(4, 0, 1), (0, 4, 1)]


def test_an_erasure_that_nobody_was_to_say_erases_nothing():
    log = told()
    [price] = parse(log.leaves[HARVEST]).withheld.values()
    log.say(WOTE, Erased(digests=(price,)))
    log.index()
    report = check(log.pack(), log)

    assert [fault.index for fault in report.faults] == [11]
    assert (report.erased, report.notes) == (0, [])


def test_a_value_that_is_shown_although_it_was_erased_is_told():
    log = told()
    [price] = parse(log.leaves[HARVEST]).withheld.values()
    log.say(OPERATOR, Erased(digests=(price,)))
    log.index()
    report = check(log.pack(), log)

    assert report.faults == [] and (report.disclosures, report.erased) == (3, 0)
    assert report.notes == ["1 of the values shown was erased, as the log says: whoever gave it to you kept a copy."]


HIDDEN = {
    "a recall of the lot": (RECALL, f"the lot {PARCHMENT}"),
    "a sale that was taken back": (SALE, f"the lot {PARCHMENT}"),
    "a correction": (CORRECTION, f"the lot {PARCHMENT}"),
    "a recall of other coffee": (OTHER_RECALL, "all recalls"),
    "the end of a key": (REVOCATION, "all ended keys"),
    "an erasure": (ERASURE, "all erasures"),
    "an erasure of other values": (OTHER_ERASURE, "all erasures"),
    "the end of a place's certificate": (WITHDRAWAL, "what is said of {24}"),
    "the correction of a place's certificate": (TAKEN_BACK, "what is said of {26}"),
    "what a certified party says of it": (CONFIRMED, "what is said of {28}"),
}


def named(log: SmallLog, whose: str) -> str:
    return re.sub(r"\{(\d+)\}", lambda leaf: log.ids[int(leaf[1])], whose)


@pytest.mark.parametrize(("leaf", "whose"), HIDDEN.values(), ids=HIDDEN)
def test_whatever_is_taken_out_is_named_by_its_leaf(log, leaf, whose):
    report = check(log.pack(without(log, leaf)), log)

    whose = named(log, whose)
    assert (leaf, f"It belongs to the list of {whose} and is not in the pack.") in whats(report)
    assert report.complete is None


@pytest.mark.parametrize(("leaf", "whose"), HIDDEN.values(), ids=HIDDEN)
def test_taking_it_out_of_the_list_as_well_does_not_help(log, leaf, whose):
    entries = without(log, leaf)
    report = check(log.pack(entries, listings=log.listings(entries, (CHERRY, PARCHMENT))), log)

    whose = named(log, whose)
    assert any(what.startswith(f"The list of {whose} in the pack is not the log's.") for _, what in whats(report))
    assert report.complete is None


def test_a_list_that_is_not_there_leaves_its_lot_unproved(log):
    listings = [each for each in log.listings(log.entries(), (CHERRY, PARCHMENT)) if each.name != CHERRY]

    assert whats(check(log.pack(listings=listings), log)) == [
        (None, f"The list of the lot {CHERRY} is not in the pack: statements may have been left out.")
    ]


def test_a_list_with_the_proof_of_another_is_not_proved(log):
    listings = log.listings(log.entries(), (CHERRY, PARCHMENT))
    swapped = [replace(each, bucket=listings[0].bucket, path=listings[0].path) for each in listings]

    report = check(log.pack(listings=swapped), log)

    names = {what.removeprefix("The list of ").partition(" is not proved. ")[0] for _, what in whats(report)}
    registered = {name for name in names if name.startswith("registrations of ")}
    said_of = {f"what is said of {log.ids[leaf]}" for leaf in range(CERTIFICATE, LAST)}
    of_all = {"all recalls", "all lifted recalls", "all ended keys", "all erasures"}
    assert names - registered == {f"the lot {PARCHMENT}", *of_all, *said_of}
    # Five parties with a key each, and four sites.
    assert len(registered) == 14


def test_a_list_is_given_once(log):
    listings = log.listings(log.entries(), (CHERRY, PARCHMENT))

    assert whats(check(log.pack(listings=[*listings, listings[0]]), log)) == [
        (None, f"The list of the lot {CHERRY} is given twice, or was not asked for.")
    ]


def test_an_index_that_the_operator_signed_wrong_is_fraud_on_paper():
    log = told()
    log.say(WOTE, Recall(at=NOON, site=STATION, lots=(PARCHMENT,), reason="quality"))
    log.index(forgotten=(11,))
    listings = log.listings(without(log, 11), (CHERRY, PARCHMENT), log.entries())

    faults = whats(check(log.pack(listings=listings), log))

    wrong = "and the index that the log signed leaves it out."
    assert sorted(faults) == [
        (11, f"It belongs to the list of all recalls, {wrong}"),
        (11, f"It belongs to the list of the lot {PARCHMENT}, {wrong}"),
    ]


def test_a_pack_that_traces_too_few_lots_is_not_complete(log):
    report = check(log.pack(traced=(PARCHMENT,)), log)

    assert whats(report) == [(None, f"The pack does not say that it holds all statements about the lot {CHERRY}.")]
    assert report.complete is None


def test_a_key_that_ended_does_not_come_back_in_a_pack_without_its_first_registration():
    log = told()
    key = Ed25519Signer(b"second".ljust(32, b"."))
    kid = thumbprint(key.public.raw)
    log.bind_key(WOTE, key)
    log.say(OPERATOR, RevokeKey(kid=kid, since=NOON, from_index=0, reason="stolen"))
    log.bind_key(WOTE, key)
    log.index(version=1)

    faults = whats(check(log.pack(without(log, 11)), log))

    assert faults == [(13, "It registers a key that had ended: the pack leaves its first registration out.")]


def test_without_the_index_leaf_nothing_is_proved(log):
    report = check(log.pack(without(log, LAST)), log)

    assert (LAST, "The pack lacks the index leaf that its checkpoint has to end in.") in whats(report)
    assert report.complete is None


def test_an_older_index_leaf_does_not_stand_for_the_last():
    log = told()
    log.index()
    listings = log.listings(log.entries(), (CHERRY, PARCHMENT))
    log.say(WOTE, Recall(at=NOON, site=STATION, lots=(PARCHMENT,), reason="quality"))

    report = check(log.pack(without(log, 12), listings=listings), log)

    assert (12, "The pack lacks the index leaf that its checkpoint has to end in.") in whats(report)


# --- packs that prove nothing of the kind ----------------------------------------------------------------------------


def rewritten(pack: BytesIO, fmt: str) -> BytesIO:
    made = BytesIO()
    with zipfile.ZipFile(pack) as old, zipfile.ZipFile(made, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == MANIFEST:
                data = json.dumps(json.loads(data) | {"format": fmt}).encode()
            new.writestr(name, data)
    return made


def test_a_pack_of_version_1_is_read_and_its_completeness_not_proved():
    log = told()
    report = check(rewritten(log.pack(), WITHOUT_INDEX), log)

    assert report.faults == [] and report.trusted and report.complete is None
    assert report.not_proved == "The pack holds no proof from the log's index that nothing was left out of it."


def test_a_pack_of_version_1_has_no_index(log):
    with pytest.raises(UnusablePack, match="has no file index/proofs.jsonl"):
        PackFile(rewritten(log.pack(), WITHOUT_INDEX))


def test_an_index_of_version_1_proves_nothing_about_registrations():
    log = told()
    log.index(version=1)
    report = check(rewritten(log.pack(), WITHOUT_REGISTRATIONS), log)

    assert report.faults == [] and report.trusted and report.complete is None
    assert "had been registered before, as somebody else's, rests on its operator's word" in report.not_proved


def test_taking_the_whole_index_away_proves_nothing(log):
    report = check(log.pack(without(log, RECALL, SALE, CORRECTION), listings=()), log)

    assert report.complete is None and report.not_proved


MALFORMED = {
    "no JSON": b"{\n",
    "no object": b"[]\n",
    "a member too many": b'{"kind":"lot","id":"a","leaves":[],"bucket":"","path":"","x":1}\n',
    "a leaf that is no number": b'{"kind":"lot","id":"a","leaves":[true],"bucket":"","path":""}\n',
    "a leaf below zero": b'{"kind":"lot","id":"a","leaves":[-1],"bucket":"","path":""}\n',
    "a leaf beyond counting": b'{"kind":"lot","id":"a","leaves":[9007199254740992],"bucket":"","path":""}\n',
    "leaves out of order": b'{"kind":"lot","id":"a","leaves":[2,1],"bucket":"","path":""}\n',
    "a leaf twice": b'{"kind":"lot","id":"a","leaves":[1,1],"bucket":"","path":""}\n',
    "a bucket that is no base64": b'{"kind":"lot","id":"a","leaves":[],"bucket":"?","path":""}\n',
    "a path that is no base64": b'{"kind":"lot","id":"a","leaves":[],"bucket":"","path":"?"}\n',
    "a path of other hashes": b'{"kind":"lot","id":"a","leaves":[],"bucket":"","path":"%b"}\n' % b64encode(bytes(31)),
    "no end": b'{"kind":"lot","id":"a","leaves":[],"bucket":"","path":""}',
    "a line too long": b'{"kind":"lot","id":"a","leaves":[],"bucket":"' + b"A" * 2_200_000 + b'","path":""}\n',
}


@pytest.mark.parametrize("line", MALFORMED.values(), ids=MALFORMED)
def test_a_listing_has_one_form(log, line):
    made = BytesIO()
    with zipfile.ZipFile(log.pack()) as old, zipfile.ZipFile(made, "w") as new:
        for name in old.namelist():
            new.writestr(name, line if name == INDEX else old.read(name))
    with PackFile(made) as pack, pytest.raises(UnusablePack):
        verify(pack, log.trust)


# --- the command -----------------------------------------------------------------------------------------------------


def run(log: SmallLog, pack: BytesIO, trust: bytes | None, folder, capsys) -> tuple[int, str]:
    (folder / "lot.zip").write_bytes(pack.getvalue())
    (folder / "trust").write_bytes(trust or b"")
    status = main(["verify", str(folder / "lot.zip"), *(["--trust", str(folder / "trust")] if trust else [])])
    return status, capsys.readouterr().out


def test_the_command_says_who_says_that_it_is_complete(log, tmp_path, capsys):
    status, said = run(log, log.pack(), log.trust_file, tmp_path, capsys)
    assert status == CLEAN
    assert f"The operator says complete: nothing was left out up to leaf {LAST}. No witness was asked." in said
    status, said = run(log, log.pack(), None, tmp_path, capsys)
    assert status == NOT_TRUSTED and "The operator says complete" in said
    status, said = run(log, log.pack(without(log, RECALL)), log.trust_file, tmp_path, capsys)
    assert status == FAULTS and f"FAULT leaf {RECALL}: It belongs to the list" in said
    assert "Not complete, or not proved to be: see the faults." in said
    status, said = run(log, log.pack(listings=()), log.trust_file, tmp_path, capsys)
    assert status == NOT_COMPLETE and "Completeness not proved. The pack holds no proof" in said
    assert "Whether statements were left out of the pack, a recall among them, cannot be told from it." in said


WITNESSED = "2026-11-03 10:02:40 UTC"


def test_the_command_says_when_it_was_witnessed(log, tmp_path, capsys):
    witness = NamedSigner("port.example/w1", KeyType.COSIGNATURE_ED25519, Ed25519Signer(bytes(range(32))))
    line = cosign(Checkpoint.parse(parse_note(log.checkpoint).text), witness, 1_793_700_160).line
    note = log.checkpoint + line.encode()
    trust = log.trust_file.replace(b"quorum none", f"witness port {witness.verifier.vkey}\nquorum port".encode())

    status, said = run(log, log.pack(checkpoint=note), trust, tmp_path, capsys)

    assert status == CLEAN
    assert f"By the log's own index nothing was left out: complete to leaf {LAST}, witnessed {WITNESSED}." in said
    assert "is a mirror that replays the log, that its index is right rests on its operator's word" in said
    status, said = run(log, log.pack(), trust, tmp_path, capsys)
    assert status == FAULTS and "not witnessed by the quorum" in said and "The operator says complete" in said
    assert "No quorum that you trust has cosigned it." in said and "No witness was asked" not in said


def test_a_witness_that_signs_again_alone_makes_the_quorum_no_newer(log, tmp_path, capsys):
    keys = [Ed25519Signer(bytes([seed]) * 32) for seed in (1, 2, 3)]
    port, acme, friend = [
        NamedSigner(f"w{seed}.example", KeyType.COSIGNATURE_ED25519, key) for seed, key in enumerate(keys)
    ]
    checkpoint = Checkpoint.parse(parse_note(log.checkpoint).text)
    times = {port: 1_793_700_160, acme: 1_793_700_170, friend: 1_799_000_000}
    lines = "".join(cosign(checkpoint, witness, time).line for witness, time in times.items())
    vkeys = "".join(f"witness {witness.name} {witness.verifier.vkey}\n" for witness in times)
    names = " ".join(witness.name for witness in times)
    policy = f"{vkeys}group two 2 {names}\nquorum two\n".encode()
    trust = log.trust_file.replace(b"quorum none\n", policy)

    status, said = run(log, log.pack(checkpoint=log.checkpoint + lines.encode()), trust, tmp_path, capsys)

    assert status == CLEAN
    assert f"complete to leaf {LAST}, witnessed 2026-11-03 10:02:50 UTC." in said


# --- planted bugs: each must be caught by a test above ---------------------------------------------------------------


def believes_every_proof(patch):
    def check(key: bytes, proof: Proof, root: bytes) -> Record:
        places = range(0, len(proof.bucket), RECORD_BYTES)
        records = {proof.bucket[at : at + 32]: proof.bucket[at + 32 : at + RECORD_BYTES] for at in places}
        found = records.get(key, bytes(40))
        return Record(int.from_bytes(found[:8], "big"), found[8:])

    patch.setattr(completeness, "check_proof", check)


def believes_every_list(patch):
    patch.setattr(completeness, "check_list", lambda record, namings: None)


def wants_lots_only(patch):
    patch.setattr(completeness, "wanted", lambda traced, *_: [("lot", lot) for lot in sorted(traced)])


def takes_a_list_for_the_pack(patch):
    real = completeness.Completeness._lacks_of

    def lacks_of(self, name, listing, root):
        return (lack for lack in real(self, name, listing, root) if "is not in the pack" not in lack.what)

    patch.setattr(completeness.Completeness, "_lacks_of", lacks_of)


def never_misses_a_list(patch):
    real = completeness.Completeness.lacks

    def lacks(self, listings):
        return (lack for lack in real(self, listings) if "may have been left out" not in lack.what)

    patch.setattr(completeness.Completeness, "lacks", lacks)


def sees_no_wrong_index(patch):
    real = completeness.Completeness._lacks_of

    def lacks_of(self, name, listing, root):
        return (lack for lack in real(self, name, listing, root) if "leaves it out" not in lack.what)

    patch.setattr(completeness.Completeness, "_lacks_of", lacks_of)


def judges_bystanders(patch):
    patch.setattr(completeness.Completeness, "is_bystander", lambda *_: False)


def asks_for_nothing_said_of_events(patch):
    patch.setattr(completeness, "about_no_lot", lambda statements: set())


def asks_for_no_erasures(patch):
    patch.setattr(completeness, "OF_PACKS", completeness.WHOLE_LOG)


PLANTED = [
    believes_every_proof,
    believes_every_list,
    wants_lots_only,
    takes_a_list_for_the_pack,
    never_misses_a_list,
    sees_no_wrong_index,
    judges_bystanders,
    asks_for_nothing_said_of_events,
    asks_for_no_erasures,
]


def every_test(log: SmallLog) -> None:
    test_a_whole_pack_is_complete_to_the_index_leaf(log)
    test_what_concerns_other_lots_only_is_there_bare_and_judged_by_nobody(log)
    for leaf, whose in HIDDEN.values():
        test_whatever_is_taken_out_is_named_by_its_leaf(log, leaf, whose)
        test_taking_it_out_of_the_list_as_well_does_not_help(log, leaf, whose)
    test_a_list_that_is_not_there_leaves_its_lot_unproved(log)
    test_a_list_with_the_proof_of_another_is_not_proved(log)
    test_an_index_that_the_operator_signed_wrong_is_fraud_on_paper()


def test_without_a_planted_bug_every_test_passes(log):
    every_test(log)


@pytest.mark.parametrize("plant", PLANTED, ids=lambda plant: plant.__name__)
def test_a_planted_bug_is_caught(log, plant, monkeypatch):
    plant(monkeypatch)
    with pytest.raises(AssertionError):
        every_test(log)
