"""The pages of an import, each down the whole ladder: works, wrong method, not logged in, not yours, not there, bad."""

import csv
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from provenance.jobs.models import Job
from provenance.jobs.services import run_due
from provenance.site import needs_of
from provenance.trail.models import Event, Log, Lot
from shipments.imports import admin as pages
from shipments.imports.models import ImportFile
from shipments.imports.tests.conftest import WAREHOUSE
from shipments.imports.tests.lists import ACCEPTED, HEADER, ROWS, csv_of

LIST = reverse("admin:shipments_importfile_changelist")
ADD = reverse("admin:shipments_importfile_add")


def page(name, file):
    return reverse(f"admin:shipments_importfile_{name}", args=[getattr(file, "pk", file)])


def upload(client, content, name="lots.csv", url=ADD, **more):
    return client.post(url, {"file": SimpleUploadedFile(name, content), "site": WAREHOUSE, "encoding": "", **more})


@pytest.fixture
def at_work(client, greta):
    client.force_login(greta)
    return client


@pytest.fixture
def file(take):
    return take(*ROWS)


def test_a_file_goes_from_upload_to_report(at_work, log):
    columns = upload(at_work, csv_of(*ROWS))
    file = ImportFile.objects.get()
    before = Event.objects.count()
    assert columns.url == page("columns", file)

    shown = at_work.get(columns.url)
    assert [name for name in ("Finca Uno", "20", "country of origin") if name not in shown.content.decode()] == []
    kinds = {f"column_{place}": kind for kind, place in file.mapping.items()}
    preview = at_work.post(columns.url, {**kinds, "country": ""})
    assert preview.url == page("preview", file)

    looked = at_work.get(preview.url)
    assert [(value, count) for value, _, _, count, _ in looked.context["options"]] == [
        ("accepted", 1),
        ("warned", 1),
        ("rejected", 1),
    ]
    assert "There is no unit" in looked.content.decode()
    assert (Event.objects.count(), file.rows.count()) == (before, 0)

    done = at_work.post(page("import", file))
    assert done.url == page("change", file)
    assert Event.objects.count() == before + 4

    report = at_work.get(done.url).content.decode()
    assert "Abel Example" in report
    assert file.sha256 in report
    for lot in Lot.objects.filter(opened_by=file.party):
        assert lot.code in report


def test_report_and_preview_keep_to_the_outcome_asked_for(at_work, bring):
    file = bring(*ROWS)

    for asked, names in (("rejected", ["Três"]), ("warned", ["Farm Two"]), ("nonsense", ["Três", "Farm Two", "Uno"])):
        shown = at_work.get(page("change", file), {"outcome": asked}).content.decode()
        assert [name for name in ("Três", "Farm Two", "Uno") if name in shown] == names


def test_the_download_of_rejected_rows_can_be_mended_and_sent_back(at_work, bring):
    file = bring(*ROWS)
    download = b"".join(at_work.get(page("download", file), {"outcome": "rejected"}).streaming_content).decode()
    [header, row] = csv.reader(io.StringIO(download))
    assert header[-2:] == ["Import record", "Import reason"]
    assert (row[-2], row[-1][:8]) == ("4", "rejected")

    sent = upload(at_work, download.replace(",10,6,", ",10,60 kg,").encode(), url=f"{ADD}?corrects={file.pk}")
    newer = ImportFile.objects.get(corrects=file)
    assert sent.url == page("columns", newer)
    at_work.post(page("import", newer))
    assert list(newer.rows.values_list("outcome", "recorded")) == [("accepted", True)]
    assert "Corrects record 4" in at_work.get(page("change", newer)).content.decode()


def test_nonsense_in_a_downloads_address_does_not_reach_its_header(at_work, bring):
    file = bring(*ROWS)
    response = at_work.get(page("download", file), {"outcome": '\r\nSet-Cookie: a="b'})

    assert response.status_code == 200
    assert response["Content-Disposition"] == f'attachment; filename="import-{file.pk}-all.csv"'


def test_more_than_five_hundred_rows_are_a_job(at_work, take, greta, monkeypatch):
    monkeypatch.setattr(pages, "JOB_ABOVE", 2)
    file = take(*ROWS)
    before = Event.objects.count()
    answer = at_work.post(page("import", file))

    job = Job.objects.get()
    assert answer.url == reverse("jobs:job", args=[job.pk])
    assert (job.total, job.state, Event.objects.count()) == (3, "waiting", before)
    assert at_work.post(page("import", file)).url == answer.url

    run_due()
    job.refresh_from_db()
    assert (job.state, job.done) == ("done", 3)
    assert job.message == "3 rows: 1 accepted, 1 accepted with warnings, 1 rejected, 0 imported already."
    assert Event.objects.count() == before + 4


def test_a_job_that_the_log_stops_says_why_and_goes_on_later(at_work, take, monkeypatch):
    monkeypatch.setattr(pages, "JOB_ABOVE", 2)
    file = take(*ROWS)
    at_work.post(page("import", file))
    Log.objects.update(state=Log.State.FROZEN)
    run_due()

    job = Job.objects.get()
    assert job.state == "failed"
    assert job.message
    assert "2 accepted rows are not recorded yet" in at_work.get(page("change", file)).content.decode()
    Log.objects.update(state=Log.State.ACTIVE)
    at_work.post(reverse("jobs:retry", args=[job.pk]))
    run_due()
    assert file.rows.filter(recorded=True).count() == 2


def test_the_same_file_again_leads_to_its_report(at_work, bring):
    file = bring(*ROWS)
    before = Event.objects.count()

    assert upload(at_work, csv_of(*ROWS)).url == page("change", file)
    assert Event.objects.count() == before


def test_the_front_page_names_what_is_not_finished(rf, greta, file):
    request = rf.get("/")
    request.user = greta

    assert [need.text for need in needs_of(request)] == ["1 import is not finished"]


def test_a_file_that_was_not_imported_can_be_put_away(at_work, file):
    assert at_work.post(page("discard", file)).url == LIST
    assert ImportFile.objects.count() == 0


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("lots.csv", b"", "The file is empty."),
        ("lots.pdf", b"%PDF-1.4 lots", "This is a PDF"),
        ("lots.xls", b"\xd0\xcf\x11\xe0 lots", "old Excel file"),
        ("lots.xlsx", b"PK\x03\x04 lots", "damaged"),
        ("lots.csv", b'Country,Weight\n"Kenya,60 kg\n', "never closed"),
        ("lots.csv", (HEADER + "\n").encode(), "no rows below it"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_at_its_field(at_work, name, content, sentence):
    answer = upload(at_work, content, name)

    assert answer.status_code == 200
    assert sentence in str(answer.context["form"].errors["file"])
    assert ImportFile.objects.count() == 0


def test_a_place_of_somebody_else_is_no_choice(at_work, kofi):
    answer = upload(at_work, csv_of(*ROWS), site=kofi.site)

    assert "site" in answer.context["form"].errors
    assert ImportFile.objects.count() == 0


def test_columns_that_cannot_be_used_are_told(at_work, file):
    kinds = {f"column_{place}": kind for kind, place in file.mapping.items()}
    twice = at_work.post(page("columns", file), {**kinds, "column_2": "country"})
    no_weight = at_work.post(page("columns", file), {**kinds, f"column_{file.mapping['bag_weight']}": ""})
    unknown = at_work.post(page("columns", file), {**kinds, "column_2": "colour of the bag"})

    assert "already: choose one of the two" in str(twice.context["form"].errors)
    assert "weight" in str(no_weight.context["form"].non_field_errors())
    assert "column_2" in unknown.context["form"].errors
    unchanged = ImportFile.objects.get()
    assert unchanged.mapping == file.mapping


def test_a_preview_without_usable_columns_leads_back_to_them(at_work, take):
    file = take(b"Farm,Score\nUno,80\n")

    assert at_work.get(page("preview", file)).url == page("columns", file)
    assert at_work.post(page("import", file)).status_code == 302
    assert file.rows.count() == 0


def test_names_from_a_file_are_text_on_every_page(at_work, bring, take):
    script = "<script>alert(1)</script>"
    rows = [ACCEPTED.replace("Finca Uno", script), "1,Nowhere<img src=x onerror=alert(1)>,F,,,,P,1,60 kg,,,,,,"]
    waiting, done = take(*rows), bring(*rows, ACCEPTED, name=f"{script}.csv")

    for name, file in (("columns", waiting), ("preview", waiting), ("change", done)):
        shown = at_work.get(page(name, file)).content.decode()
        assert script not in shown
        assert "<img src=x" not in shown
        assert "&lt;script&gt;" in shown


# --- the ladder ------------------------------------------------------------------------------------------------------

PAGES = ["columns", "preview", "change", "download", "import", "discard"]


@pytest.mark.parametrize("name", PAGES)
def test_nobody_comes_in_without_logging_in(client, file, name):
    method = client.post if name in ("import", "discard") else client.get

    assert "/login" in method(page(name, file)).url
    assert (ImportFile.objects.count(), file.rows.count()) == (1, 0)


@pytest.mark.parametrize("name", PAGES)
def test_anothers_import_and_none_look_the_same(client, file, kofi, name):
    client.force_login(kofi)
    method = client.post if name in ("import", "discard") else client.get

    assert method(page(name, file)).status_code == 404
    assert method(page(name, file.pk + 1)).status_code == 404
    assert (ImportFile.objects.count(), file.rows.count()) == (1, 0)


def test_anothers_import_cannot_be_corrected_or_listed(client, file, kofi):
    client.force_login(kofi)

    assert client.get(ADD, {"corrects": file.pk}).status_code == 404
    assert client.get(ADD, {"corrects": "x"}).status_code == 404
    assert file.name not in client.get(LIST).content.decode()


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("columns", "put"),
        ("preview", "post"),
        ("change", "post"),
        ("download", "post"),
        ("import", "get"),
        ("discard", "get"),
    ],
)
def test_a_wrong_method_is_refused(at_work, file, name, wrong):
    assert getattr(at_work, wrong)(page(name, file)).status_code == 405
    assert (ImportFile.objects.count(), file.rows.count()) == (1, 0)


def test_who_has_no_business_here_sees_no_import(client, file, almaz):
    client.force_login(almaz)

    assert client.get(ADD).status_code in (302, 403)
    assert client.get(page("change", file)).status_code in (302, 404)


def test_the_list_asks_the_database_as_often_however_long_it_is(at_work, bring, django_assert_num_queries):
    bring(ACCEPTED)
    with CaptureQueriesContext(connection) as one:
        assert at_work.get(LIST).status_code == 200
    for n in range(3):
        bring(ACCEPTED.replace("L-1", f"L-{n}"), name=f"{n}.csv")

    with django_assert_num_queries(len(one)):
        assert at_work.get(LIST).status_code == 200


def test_a_report_asks_the_database_as_often_however_many_rows_it_shows(at_work, bring, django_assert_num_queries):
    short, long = bring(ACCEPTED), bring(*(ACCEPTED.replace("L-1", f"L-{n}") for n in range(20)))
    with CaptureQueriesContext(connection) as one:
        assert at_work.get(page("change", short)).status_code == 200

    with django_assert_num_queries(len(one)):
        assert at_work.get(page("change", long)).status_code == 200
