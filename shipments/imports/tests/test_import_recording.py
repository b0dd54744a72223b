"""Rows on the trail: what is signed, what is withheld, and that nothing is recorded twice or lost."""

import base64
import json

import pytest

from provenance.coffee.acts import Attributes, Correct, FileRow, Form, Grade, Receive
from provenance.coffee.statement import parse
from provenance.trail.errors import LogFrozen, RecordRefused
from provenance.trail.models import Balance, Disclosure, Event, Log, Lot
from provenance.trail.services.acting import new_event_id
from provenance.trail.services.disclosing import disclosures_of
from provenance.trail.services.publishing import publish
from provenance.trail.services.verifying import verify_trail
from shipments.imports import downloads, files, recording
from shipments.imports.files import ImportRefused
from shipments.imports.models import ImportFile, ImportRow
from shipments.imports.sealing import Vault
from shipments.imports.tests.conftest import IMPORTER, WAREHOUSE
from shipments.imports.tests.lists import ACCEPTED, HEADER, REJECTED, ROWS, WARNED, csv_of, workbook

KG = 1_000_000


def body(uuid):
    return parse(bytes(Event.objects.get(uuid=uuid).statement)).body


def imported(file):
    """Outcomes of a file's rows, in their order."""
    return list(file.rows.values_list("outcome", flat=True))


def stock():
    return {balance.lot.uri: balance.mg for balance in Balance.objects.filter(owner=IMPORTER).select_related("lot")}


def test_an_accepted_row_becomes_a_lot_and_its_grading_declared_from_file_and_record(bring):
    file = bring(ACCEPTED)
    [row] = file.rows.all()
    receipt, grading = body(row.receipt), body(row.grading)
    source = FileRow(sha256=file.sha256, row=2)

    assert (file.state, row.outcome, row.recorded) == (ImportFile.State.DONE, "accepted", True)
    assert isinstance(receipt, Receive)
    assert (receipt.declared_from, receipt.site, receipt.bags) == (source, WAREHOUSE, 20)
    assert receipt.begins[0].form is Form.GREEN
    assert receipt.begins[0].attributes.country == "CO"
    assert (receipt.begins[0].attributes.region, receipt.begins[0].attributes.process) == ("Huila", "washed")
    assert isinstance(grading, Grade)
    assert (grading.declared_from, grading.lot, grading.at.isoformat()) == (
        source,
        row.lot,
        "2025-02-03T12:00:00+00:00",
    )
    assert dict(grading.results) == {"score_centi": 8_625, "moisture_permille": 110}
    assert grading.protocol == "not stated"
    assert stock() == {row.lot: 1_400 * KG}


def test_names_and_numbers_of_papers_are_withheld_each_for_its_audience(bring):
    [row] = bring(ACCEPTED).rows.all()
    event = Event.objects.get(uuid=row.receipt)
    payload = base64.urlsafe_b64decode(bytes(event.statement).split(b".")[1] + b"==").decode()

    audiences = dict(Disclosure.objects.filter(event=event).values_list("name", "audience"))
    assert audiences == {
        "producer": "auditors",
        "place": "auditors",
        "lot_number": "partners",
        "entered": "partners",
        "source_row": IMPORTER,
    }
    for name in ("Ana", "Finca", "L-1"):
        assert name not in payload
    opened = {each.name: each.value for each in disclosures_of([event], [IMPORTER])[event.pk]}
    assert json.loads(opened["source_row"]) == ACCEPTED.split(",")


def test_the_row_as_it_was_read_lies_sealed_and_opens_for_its_own_record_only(bring):
    file = bring(ACCEPTED, WARNED)
    first, second = file.rows.all()
    vault = Vault(IMPORTER)

    assert vault.cells_of(first, file) == tuple(ACCEPTED.split(","))
    assert b"Ana" not in bytes(first.sealed)
    first.sealed = second.sealed
    with pytest.raises(Exception, match="does not open"):
        vault.cells_of(first, file)


def test_nothing_of_a_row_stands_open_in_the_database(bring):
    file = bring("1,Colombia,Finca,,,,ANA PRUEBA I.D.: 20 000 000,20,70 kg,,,,,,", REJECTED)

    for row in file.rows.values("findings", "key", "digest", "lot"):
        assert "PRUEBA" not in repr(row)
        assert "20 000 000" not in repr(row)
    file.refresh_from_db()
    assert bytes(file.sealed) == b""


def test_a_rejected_row_records_nothing(bring):
    before = Event.objects.count()
    file = bring(REJECTED)
    [row] = file.rows.all()

    assert Event.objects.count() == before
    assert (row.outcome, row.recorded, row.lot) == ("rejected", False, "")
    assert row.findings["reasons"] == [
        {
            "code": "no_unit",
            "sentence": "There is no unit: write kg or lb after the number, whichever was meant.",
            "column": 8,
        }
    ]


def test_the_same_file_again_is_the_same_import(bring):
    file = bring(*ROWS)
    before = Event.objects.count()
    again = bring(*ROWS)

    assert again.pk == file.pk
    assert (Event.objects.count(), ImportRow.objects.count()) == (before, 3)


def test_the_same_rows_in_another_file_are_imported_already(bring, importer):
    bring(*ROWS)
    before = Event.objects.count()
    again = files.take_in(
        party=importer,
        site=WAREHOUSE,
        name="x.xlsx",
        content=workbook(HEADER.split(","), *(r.split(",") for r in ROWS)),
    )
    files.import_all(again)

    assert imported(again) == ["already", "already", "rejected"]
    assert Event.objects.count() == before
    assert files.told(files.counts_of(again)) == (
        "3 rows: 0 accepted, 0 accepted with warnings, 1 rejected, 2 imported already."
    )


def test_a_row_that_stands_twice_in_a_file_is_recorded_once(bring):
    file = bring(ACCEPTED, ACCEPTED)

    assert imported(file) == ["accepted", "rejected"]
    assert file.rows.last().findings["reasons"][0]["code"] == "same_row_twice"
    assert len(stock()) == 1


def test_two_importers_of_one_file_have_each_their_own_lots(bring, wote):
    file = bring(ACCEPTED)
    other = files.take_in(party=wote.party, site=wote.site, name="lots.csv", content=csv_of(ACCEPTED))
    files.import_all(other)

    assert imported(other) == ["accepted"]
    assert file.rows.get().lot != other.rows.get().lot


def test_a_corrected_row_is_taken_back_and_said_anew_under_the_same_lot(bring):
    file = bring(*ROWS)
    first = file.rows.first()
    mended = ACCEPTED.replace("20,70 kg", "21,70 kg").replace("86.25", "86.5")
    newer = bring(mended, *ROWS[1:], corrects=file)
    [corrected, same, _] = newer.rows.all()
    lot = Lot.objects.get(uri=first.lot)

    assert imported(newer) == ["accepted", "already", "rejected"]
    assert (corrected.earlier, corrected.lot) == (first, first.lot)
    assert stock()[first.lot] == 1_470 * KG
    corrections = [parse(bytes(e.statement)).body for e in Event.objects.filter(act="correct")]
    assert [type(each) for each in corrections] == [Correct, Correct]
    assert {each.corrected_by[0] for each in corrections} == {
        f"urn:uuid:{corrected.receipt}",
        f"urn:uuid:{corrected.grading}",
    }
    assert lot.attributes["country"] == "CO"
    publish(Log.objects.get())
    assert verify_trail(Log.objects.get()) == []


def test_a_correction_can_be_corrected(bring):
    file = bring(ACCEPTED)
    for bags in (21, 22):
        bring(ACCEPTED.replace("20,70 kg", f"{bags},70 kg"), corrects=file)

    assert list(stock().values()) == [1_540 * KG]
    assert Event.objects.filter(act="correct").count() == 4


def test_rejected_rows_come_back_from_the_report_and_are_imported(bring):
    file = bring(*ROWS)
    report = "".join(downloads.report(file, "rejected"))
    assert report.splitlines()[0].endswith(",Import record,Import reason")
    mended = report.replace(",10,6,", ",10,60 kg,")
    newer = files.take_in(party=IMPORTER, site=WAREHOUSE, name="m.csv", content=mended.encode(), corrects=file)
    files.import_all(newer)

    [row] = newer.rows.all()
    assert (row.outcome, row.earlier.number, row.number) == ("accepted", 4, 2)
    assert stock()[row.lot] == 600 * KG
    assert not Event.objects.filter(act="correct").exists()


def test_an_unchanged_download_sent_back_adds_nothing(bring):
    file = bring("1,Colombia,-(finca),,,,=Ana,20,70 kg,,,,,,", WARNED)
    before = Event.objects.count()
    newer = files.take_in(
        party=IMPORTER, site=WAREHOUSE, name="m.csv", content="".join(downloads.report(file)).encode(), corrects=file
    )
    files.import_all(newer)

    assert imported(newer) == ["already", "already"]
    assert Event.objects.count() == before


def test_a_report_sent_as_if_it_were_a_new_list_is_refused(bring, take):
    file = bring(*ROWS)
    newer = take("".join(downloads.report(file)).encode())

    with pytest.raises(ImportRefused, match="from that report"):
        files.import_all(newer)
    assert newer.rows.count() == 0


def test_a_download_neutralises_formulas(bring):
    file = bring('1,Colombia,"=HYPERLINK(""http://x"")",,,,@Ana,20,70 kg,,,,,,')
    [_, line] = "".join(downloads.report(file)).splitlines()

    assert ",\"'=HYPERLINK(" in line
    assert ",'@Ana," in line


# --- stops -----------------------------------------------------------------------------------------------------------


class Killed(BaseException):
    """As when the process is killed: no handler sees it."""


@pytest.fixture
def many(monkeypatch):
    """Twelve rows, four to a batch."""
    monkeypatch.setattr(recording, "ROWS_AT_ONCE", 4)
    return [ACCEPTED.replace("L-1", f"L-{n}") for n in range(12)]


def stop_and_go_on(take, many, monkeypatch, after_recording):
    """Kill an import in its second batch of three, take it up again, and see that every row is there once."""
    file = take(*many)
    record_acts, calls = recording.record_acts, []

    def killed(party, drafts):
        calls.append(len(drafts))
        assert len(calls) < 9, "it goes round in circles"
        if len(calls) == 2 and not after_recording:
            raise Killed
        events = record_acts(party, drafts)
        if len(calls) == 2:
            raise Killed
        return events

    with monkeypatch.context() as patched:
        patched.setattr(recording, "record_acts", killed)
        before = Event.objects.count()
        with pytest.raises(Killed):
            files.import_all(file)
        assert Event.objects.count() - before == (16 if after_recording else 8)
        assert file.rows.filter(recorded=True).count() == 4
        files.import_all(ImportFile.objects.get(pk=file.pk))
    assert Event.objects.count() - before == 24
    assert file.rows.filter(recorded=True).count() == 12
    assert sorted(stock()) == sorted(file.rows.values_list("lot", flat=True))
    assert set(stock().values()) == {1_400 * KG}


@pytest.mark.parametrize("after_recording", [False, True], ids=["before the batch", "before it is noted down"])
def test_an_import_that_was_killed_goes_on_with_the_rest(take, many, monkeypatch, after_recording):
    stop_and_go_on(take, many, monkeypatch, after_recording)


def ids_drawn_at_signing(monkeypatch):
    monkeypatch.setattr(recording, "_event_id", lambda uuid: new_event_id())


def noted_down_before_recording(monkeypatch):
    record_batch = recording._record_batch

    def too_early(batch, rows):
        batch.file.rows.filter(pk__in=[row.pk for row in rows]).update(recorded=True)
        record_batch(batch, rows)

    monkeypatch.setattr(recording, "_record_batch", too_early)


def never_noted_down_from_the_trail(monkeypatch):
    def trusting(file, rows):
        left = [row for row in rows if not row.recorded and row.outcome != "rejected"]
        file.rows.filter(pk__in=[row.pk for row in left], receipt__in=Event.objects.values("uuid")).update(
            recorded=True
        )
        return left

    monkeypatch.setattr(recording, "_mark_recorded", trusting)


@pytest.mark.parametrize("after_recording", [False, True])
@pytest.mark.parametrize("bug", [ids_drawn_at_signing, noted_down_before_recording, never_noted_down_from_the_trail])
def test_planted_bugs_in_going_on_are_found(take, many, monkeypatch, bug, after_recording):
    bug(monkeypatch)

    with pytest.raises((AssertionError, RecordRefused)):
        stop_and_go_on(take, many, monkeypatch, after_recording)


def test_a_planted_bug_in_knowing_rows_again_is_found(bring, monkeypatch):
    monkeypatch.setattr(Vault, "digest", lambda vault, *texts: new_event_id())
    bring(ACCEPTED)

    with pytest.raises(AssertionError):
        assert imported(bring(ACCEPTED, WARNED))[0] == "already"


def test_a_second_import_at_the_same_moment_records_no_row_twice(take, many, monkeypatch):
    """The other one has recorded the same rows between our look and our signature."""
    file = take(*many)
    record_acts = recording.record_acts
    others = []

    def first_the_other(party, drafts):
        if not others:
            others.append(True)
            record_acts(party, drafts)
        return record_acts(party, drafts)

    monkeypatch.setattr(recording, "record_acts", first_the_other)
    before = Event.objects.count()
    files.import_all(file)

    assert Event.objects.count() - before == 24
    assert files.counts_of(file)["accepted"] == 12


def test_what_the_trail_refuses_is_told_in_its_row_and_the_others_go_on(take, many, monkeypatch):
    file = take(*many)
    lot_of = recording.lot_of
    # The third row would begin a lot that another party began.
    monkeypatch.setattr(files, "lot_of", lambda file, number: recording_lot(lot_of, file, number))
    files.import_all(file)

    counts = files.counts_of(file)
    assert (counts["accepted"], counts["rejected"]) == (11, 1)
    [refused] = file.rows.filter(outcome="rejected")
    assert (refused.number, refused.findings["reasons"][0]["code"]) == (4, "not_recorded")
    assert "not a lot at all" not in stock()


def recording_lot(lot_of, file, number):
    return "not a lot at all" if number == 4 else lot_of(file, number)


def test_a_frozen_log_leaves_the_rows_for_the_next_time(take):
    file = take(*ROWS)
    Log.objects.update(state=Log.State.FROZEN)
    before = Event.objects.count()

    with pytest.raises(LogFrozen):
        files.import_all(file)
    assert Event.objects.count() == before
    assert file.rows.filter(recorded=True).count() == 0

    Log.objects.update(state=Log.State.ACTIVE)
    files.import_all(file)
    assert imported(file) == ["accepted", "warned", "rejected"]
    assert file.rows.filter(recorded=True).count() == 2


def test_a_file_that_cannot_be_used_leaves_nothing_behind(take, importer):
    for content in (b"", b"%PDF-1.4", b"Farm,Country\n"):
        with pytest.raises(Exception, match=r"\w"):
            take(content)
    with pytest.raises(ImportRefused, match="place of your own"):
        files.take_in(party=importer, site="https://localhost:8000/epcis/loc/other", name="x", content=csv_of(*ROWS))

    assert ImportFile.objects.count() == 0


def test_attributes_of_a_doubted_country_are_signed_without_it(bring):
    file = bring("1,United States,El filo,,1.872,Antioquía-Giraldo,,10,1 kg,2014,2015-03-13,,,88,")
    [row] = file.rows.all()

    assert row.outcome == "warned"
    assert body(row.receipt).begins[0].attributes == Attributes(
        region="Antioquía-Giraldo",
        altitude_m=(1872, 1872),
        harvest_start=body(row.receipt).begins[0].attributes.harvest_start,
        harvest_end=body(row.receipt).begins[0].attributes.harvest_end,
    )
