"""A stranger checks a pack: what is right passes, whatever was touched is named."""

import json
import subprocess
import sys
import zipfile
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from io import BytesIO

import pytest

from provenance.coffee import rules
from provenance.coffee.acts import AttachDocument, Close, Difference, Form, LossKind, LotMass, NewLot, Process, Receive
from provenance.pack import verify as verifying
from provenance.pack.__main__ import FAULTS, NOT_COMPLETE, NOT_TRUSTED, UNUSABLE, main
from provenance.pack.format import EPCIS, INCLUSION, MANIFEST, STATEMENTS, Attachment, Entry, UnusablePack
from provenance.pack.read import PackFile
from provenance.pack.tests.small_log import ALMAZ, CHERRY, KG, NOON, PARCHMENT, STATION, WOTE, SmallLog, told
from provenance.pack.verify import Report, verify
from provenance.pack.verify import statements as judging
from provenance.tlog.hashing import leaf_hash, root_of

DAY = CHERRY.replace("C1", "DAY")
HARVEST, DISPATCH, RECEIVE, PROCESS = range(7, 11)


@pytest.fixture(scope="module")
def log() -> SmallLog:
    return told()


def check(pack: BytesIO, log: SmallLog, *, trusted: bool = True) -> Report:
    with PackFile(pack) as opened:
        return verify(opened, log.trust if trusted else None)


def rewritten(pack: BytesIO, **changes: bytes | None) -> BytesIO:
    """The pack with members replaced, added, or (None) left out."""
    made = BytesIO()
    with zipfile.ZipFile(pack) as old, zipfile.ZipFile(made, "w") as new:
        members = {name: old.read(name) for name in old.namelist()} | changes
        for name, data in members.items():
            if data is not None:
                new.writestr(name, data)
    return made


def test_an_untouched_pack_is_clean(log):
    report = check(log.pack(), log)

    assert report.faults == []
    assert report.trusted
    assert (report.statements, report.size) == (11, 11)
    assert (report.disclosures, report.withheld) == (3, 0)


def test_without_a_trust_file_it_is_only_consistent_with_itself(log):
    report = check(log.pack(), log, trusted=False)

    assert report.faults == []
    assert not report.trusted


def test_the_checkpoint_of_another_operator_is_not_trusted(log):
    other = told()  # the same keys, another history
    report = check(other.pack(), log)

    assert "Leaf 0 is not the one in your trust file." in [fault.what for fault in report.faults]
    assert not report.trusted


@pytest.mark.parametrize("at", [HARVEST, DISPATCH, RECEIVE, PROCESS])
def test_a_changed_statement_is_named(log, at):
    entries = log.entries()
    middle = len(entries[at].jws) // 2
    changed = (
        entries[at].jws[:middle] + (b"A" if entries[at].jws[middle] != 65 else b"B") + entries[at].jws[middle + 1 :]
    )
    entries[at] = replace(entries[at], jws=changed)

    assert at in {fault.index for fault in check(_pack_of(log, entries), log).faults}


def test_a_changed_signature_is_named(log):
    entries = log.entries()
    head, _, signature = entries[HARVEST].jws.rpartition(b".")
    changed = (b"B" if signature.startswith(b"A") else b"A") + signature[1:]
    entries[HARVEST] = replace(entries[HARVEST], jws=head + b"." + changed)
    faults = check(_pack_of(log, entries), log).faults

    assert [fault.event for fault in faults if fault.index == HARVEST and fault.event] == [log.ids[HARVEST]]


def test_a_statement_at_another_place_is_not_in_the_log_there(log):
    entries = log.entries()
    entries[DISPATCH] = replace(entries[DISPATCH], proof=entries[RECEIVE].proof)

    assert any(
        fault.index == DISPATCH and fault.what.startswith("It is not in the log")
        for fault in check(log.pack(entries), log).faults
    )


def test_the_disclosure_of_another_statement_is_named(log):
    entries = log.entries()
    entries[DISPATCH] = replace(entries[DISPATCH], disclosures=entries[HARVEST].disclosures)
    faults = check(log.pack(entries), log).faults

    assert [(fault.index, fault.event) for fault in faults] == [(DISPATCH, log.ids[DISPATCH])]
    assert "disclosure" in faults[0].what


def test_a_withheld_field_stays_withheld_without_a_fault(log):
    entries = [replace(entry, disclosures=()) for entry in log.entries()]
    report = check(log.pack(entries), log)

    assert report.faults == []
    assert (report.disclosures, report.withheld) == (0, 3)


def test_a_missing_registration_is_named(log):
    entries = [entry for entry in log.entries() if entry.index != 2]  # Almaz's key

    faults = check(log.pack(entries), log).faults
    assert (HARVEST, "The registration of its key is not in the pack before it.") in [(f.index, f.what) for f in faults]


def test_a_missing_beginning_is_told(log):
    entries = [entry for entry in log.entries() if entry.index != HARVEST]

    report = check(log.pack(entries), log)
    assert report.faults or any(CHERRY in note for note in report.notes)


def test_statements_out_of_order_are_named(log):
    entries = log.entries()
    entries[DISPATCH], entries[RECEIVE] = entries[RECEIVE], entries[DISPATCH]

    assert "The statements are not in the order of the log." in [f.what for f in check(log.pack(entries), log).faults]


def test_what_is_found_does_not_hang_on_where_a_batch_ends(log, monkeypatch):
    def keyless(entries):
        del entries[2]  # Almaz's key

    def late_key(entries):
        entries.insert(HARVEST, entries.pop(2))

    def forged(entries):
        head, _, signature = entries[DISPATCH].jws.rpartition(b".")
        entries[DISPATCH] = replace(entries[DISPATCH], jws=head + b"." + signature[1:2] + signature[:1] + signature[2:])

    def unreadable(entries):
        entries[4] = replace(entries[4], jws=b"nothing")

    def stray(entries):
        entries[HARVEST] = replace(entries[HARVEST], proof=())

    for damage in (keyless, late_key, forged, unreadable, stray):
        entries = log.entries()
        damage(entries)
        pack, reports = _pack_of(log, entries), []
        for size in (1, 2, 3, 256):
            monkeypatch.setattr(verifying, "_BATCH", size)
            reports.append(check(pack, log))

        assert reports[0].faults, f"{damage.__name__} went unnoticed"
        assert all(report == reports[0] for report in reports), damage.__name__


def test_who_had_no_right_is_named():
    log = told()
    log.say(
        ALMAZ, AttachDocument(at=NOON, site=STATION, lots=(), kind="photo", sha256="0" * 64, media_type="image/png")
    )

    faults = check(log.pack(), log).faults
    assert [(fault.index, fault.event) for fault in faults] == [(11, log.ids[11])]


def test_a_lot_that_nothing_is_said_about_is_a_fault(log):
    missing = f"{CHERRY}-nobody"

    assert f"No statement in the pack names the lot {missing}." in [
        fault.what
        for fault in check(log.pack(lots=(PARCHMENT, missing), traced=(CHERRY, PARCHMENT, missing)), log).faults
    ]


def test_other_software_gets_the_very_events_that_were_signed(log):
    pack = log.pack()
    with zipfile.ZipFile(pack) as archive:
        text = archive.read(EPCIS)
    assert len(json.loads(text)["epcisBody"]["eventList"]) == 4

    report = check(rewritten(pack, **{EPCIS: text.replace(b"100", b"900", 1)}), log)
    assert [fault.what for fault in report.faults] == ["epcis.jsonld does not hold the very events that were signed."]


def test_the_packs_own_policy_is_never_used(log):
    pack = rewritten(log.pack(), policy=b"this is no policy at all")

    assert check(pack, log).faults == []


def test_attachments_are_checked_by_their_digest():
    log, document = told(), b"a certificate"
    digest = sha256(document).hexdigest()
    act = AttachDocument(
        at=NOON, site=STATION, lots=(PARCHMENT,), kind="certificate", sha256=digest, media_type="application/pdf"
    )
    log.say(WOTE, act)
    whole = log.pack(attachments=[Attachment(digest, iter([document]))])

    assert check(whole, log).faults == []
    changed = rewritten(whole, **{f"attachments/{digest}": b"another"})
    assert [fault.what for fault in check(changed, log).faults] == [f"The attachment {digest} was changed."]
    stray = rewritten(log.pack(), **{f"attachments/{'0' * 64}": b"x"})
    assert len(check(stray, log).faults) == 2


def with_a_day_lot(*, root: str = "", receipts: int = 2) -> SmallLog:
    """Wote takes in two lots that nobody named before, pours them into one and closes it."""
    log, poured = told(), []
    for name, kg in (("C2", 30), ("C3", 10)):
        lot = CHERRY.replace("C1", name)
        act = Receive(
            at=NOON,
            site=STATION,
            lines=(LotMass(lot=lot, mass_mg=kg * KG),),
            begins=(NewLot(lot=lot, mass_mg=kg * KG, form=Form.CHERRY),),
            into=NewLot(lot=DAY, mass_mg=kg * KG, form=Form.CHERRY),
        )
        log.say(WOTE, act)
        poured.append(leaf_hash(log.leaves[-1]))
    root = root or root_of(poured).hex()
    log.say(WOTE, Close(at=NOON, site=STATION, lot=DAY, receipts=receipts, mass_mg=40 * KG, receipts_root=root))
    return log


def day_pack(log: SmallLog) -> BytesIO:
    return log.pack(lots=(DAY,), traced=(DAY, CHERRY.replace("C1", "C2"), CHERRY.replace("C1", "C3")))


def test_a_seal_over_other_receipts_is_a_fault():
    honest = with_a_day_lot()
    assert check(day_pack(honest), honest).faults == []

    for root in ("ab" * 32, root_of([leaf_hash(leaf) for leaf in honest.leaves[-2:-4:-1]]).hex()):
        log = with_a_day_lot(root=root)
        faults = [(fault.event, fault.what) for fault in check(day_pack(log), log).faults]
        assert faults == [(log.ids[-1], "Its root is not that of the receipts poured into the day-lot.")]


def test_a_seal_that_counts_otherwise_is_told_and_no_fault():
    """It was signed before all receipts had come in."""
    log = with_a_day_lot(root="ab" * 32, receipts=1)
    report = check(day_pack(log), log)

    assert report.faults == []
    assert report.notes == [f"Leaf 13, {log.ids[-1]}: the seal of {DAY} is not of all that was poured, by 0 kg."]


def test_weight_from_nowhere_and_weight_that_lacked_are_told():
    log = told()
    made = (NewLot(lot=PARCHMENT + "X", mass_mg=50 * KG, form=Form.DRY_PARCHMENT),)
    losses = (Difference(kind=LossKind.WATER, mass_mg=50 * KG),)
    cherry = (LotMass(lot=CHERRY, mass_mg=100 * KG),)
    act = Process(at=NOON, site=STATION, step="wash_and_dry", inputs=cherry, outputs=made, losses=losses)
    event = log.say(WOTE, act)
    report = check(log.pack(lots=(PARCHMENT + "X",), traced=(CHERRY, PARCHMENT + "X")), log)

    assert report.faults == []
    assert report.notes == [
        f"Leaf 11, {event}: 100 kg of {CHERRY} were lacking then.",
        f"100 kg more of {CHERRY} were used at {STATION} than anybody said was there.",
        f"Leaf 11, {event}: 20 kg of {PARCHMENT}X cannot have come from what went in: their origin is unknown.",
    ]


# --- what cannot be read is said so, and nothing is guessed ---


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({STATEMENTS: None}, "lacks the file statements.jsonl"),
        ({"../../etc/passwd": b"x"}, "does not belong"),
        ({MANIFEST: b"{}"}, "beantrail-pack/1"),
        ({STATEMENTS: b'{"index":0}\n'}, "not in its one form"),
        ({STATEMENTS: b"x" * 600_000}, "too long or has no end"),
        ({INCLUSION: b""}, "exactly one proof"),
        ({"checkpoint": b"nothing"}, "not signed with the keys that leaf 0 names"),
        ({"checkpoint": b"x" * 2_000_000}, "too long"),
        ({EPCIS: b"[]"}, "no EPCIS document"),
    ],
)
def test_a_damaged_pack_is_refused_with_a_reason(log, changes, words):
    with pytest.raises(UnusablePack, match=words):
        check(rewritten(log.pack(), **changes), log)


def test_a_file_that_is_no_zip_is_refused():
    with pytest.raises(UnusablePack, match="no ZIP file"):
        PackFile(BytesIO(b"this is a text"))


def test_two_members_of_one_name_are_refused(log):
    pack = log.pack()
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(pack, "a") as archive:
        archive.writestr(MANIFEST, b"{}")

    with pytest.raises(UnusablePack, match="one name"):
        PackFile(pack)


def test_every_changed_byte_of_the_checkpoint_is_noticed(log):
    original = log.checkpoint
    for at in range(0, len(original), 37):
        changed = original[:at] + bytes([original[at] ^ 1]) + original[at + 1 :]
        try:
            report = check(log.pack(checkpoint=changed), log)
        except UnusablePack:
            continue
        assert report.faults, f"byte {at} of the checkpoint was changed and nobody noticed"


# --- the command ---


def test_the_command_says_what_it_found(log, tmp_path, capsys):
    file, trust = tmp_path / "lot.zip", tmp_path / "trust"
    file.write_bytes(log.pack().getvalue())
    trust.write_bytes(log.trust_file)

    assert main(["verify", str(file), "--trust", str(trust)]) == NOT_COMPLETE
    said = capsys.readouterr().out
    assert "Checked:" in said and "Completeness not proved." in said
    assert "No witness was asked: the trust file demands none." in said
    assert main(["verify", str(file)]) == NOT_TRUSTED
    assert "origin not trusted" in capsys.readouterr().out

    entries = log.entries()
    entries[DISPATCH] = replace(entries[DISPATCH], disclosures=entries[HARVEST].disclosures)
    file.write_bytes(log.pack(entries).getvalue())
    assert main(["verify", str(file), "--trust", str(trust)]) == FAULTS
    assert f"leaf {DISPATCH}, {log.ids[DISPATCH]}" in capsys.readouterr().out

    trust.write_bytes(b"genesis nothing\n")
    assert main(["verify", str(file), "--trust", str(trust)]) == UNUSABLE
    assert "Could not check" in capsys.readouterr().err
    assert main(["verify", str(tmp_path / "missing.zip")]) == UNUSABLE
    assert "The file cannot be opened: No such file or directory." in capsys.readouterr().err


def test_the_verifier_needs_no_django_and_loads_nothing_of_bundles(log, tmp_path):
    file = tmp_path / "lot.zip"
    file.write_bytes(log.pack().getvalue())
    code = (
        "import sys\nfrom provenance.pack.__main__ import main\n"
        "status = main(sys.argv[1:])\n"
        "loaded = {name.split('.')[0] for name in sys.modules}\n"
        "bad = loaded & {'django', 'biip', 'shapely', 'redis', 'celery', 'rest_framework'}\n"
        "assert not bad, bad\nassert 'provenance.pack.bundle' not in sys.modules\nsys.exit(status)"
    )
    run = subprocess.run([sys.executable, "-c", code, "verify", str(file)], capture_output=True, text=True, check=False)

    assert (run.returncode, run.stderr) == (NOT_TRUSTED, "")


# --- planted bugs: each must be caught by a check above ---


def _no_disclosure_check(monkeypatch):
    class Any:
        name, digest = "price", ""

    monkeypatch.setattr(judging, "read_disclosure", lambda text, statement: Any)


def _no_inclusion(monkeypatch):
    monkeypatch.setattr(judging, "check_inclusion", lambda *_: None)


def _no_rules(monkeypatch):
    monkeypatch.setattr(rules, "authorise", lambda *_: None)


def _no_signatures(monkeypatch):
    monkeypatch.setattr(judging, "verify_signature", lambda *_: None)


@pytest.mark.parametrize(
    ("bug", "caught_by"),
    [
        (_no_disclosure_check, test_the_disclosure_of_another_statement_is_named),
        (_no_inclusion, test_a_statement_at_another_place_is_not_in_the_log_there),
        (_no_signatures, test_a_changed_signature_is_named),
    ],
)
def test_planted_bugs_are_caught(log, monkeypatch, bug, caught_by):
    bug(monkeypatch)
    with pytest.raises((AssertionError, IndexError)):
        caught_by(log)


def test_a_verifier_without_the_rules_is_caught(monkeypatch):
    _no_rules(monkeypatch)
    with pytest.raises(AssertionError):
        test_who_had_no_right_is_named()


def _pack_of(log: SmallLog, entries: list[Entry]) -> BytesIO:
    """
    A pack whose statements were changed after it was written.

    The writer reads what it writes and would refuse; a forger edits the file.
    """
    lines = b"".join(
        b'{"index":%d,"jws":"%b","disclosures":%b}\n'
        % (e.index, e.jws, json.dumps(e.disclosures, separators=(",", ":")).encode())
        for e in entries
    )
    proofs = b"".join(b'{"index":%d,"hashes":"%b"}\n' % (e.index, b64encode(b"".join(e.proof))) for e in entries)
    return rewritten(log.pack(), **{STATEMENTS: lines, INCLUSION: proofs})
