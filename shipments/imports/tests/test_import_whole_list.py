"""The real list of 1,312 lots from file to shelf: recorded, checked, packed, printed; and nothing personal in it."""

import io
import zipfile
from collections import Counter
from datetime import UTC, datetime
from io import StringIO
from urllib.parse import urlsplit

import pytest
from django.core.management import CommandError, call_command

from provenance.bags.models import Product
from provenance.coffee import strict_json
from provenance.coffee.acts import Form
from provenance.coffee.statement.envelope import decode_b64url
from provenance.tests.scanning import scan, sheet_of
from provenance.trail.models import Event, Log, Lot
from provenance.trail.services.publishing import publish
from provenance.trail.services.verifying import verify_trail
from shipments.imports.models import ImportFile, ImportRow
from shipments.imports.sealing import Vault
from shipments.imports.tests.conftest import IMPORTER, WAREHOUSE
from shipments.imports.tests.lists import ROWS, csv_of
from shipments.services import making
from shipments.services.lots import new_lot
from shipments.services.moving import Line
from shipments.services.plans import Weight

KG = 1_000_000
NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)


def run(*args, **options):
    out = StringIO()
    call_command("import_lots", *args, stdout=out, **options)
    return out.getvalue()


def payloads():
    return [strict_json.loads(decode_b64url(bytes(jws).split(b".")[1], "payload")) for jws in _statements()]


def _statements():
    return Event.objects.values_list("statement", flat=True)


def test_the_whole_list_is_imported_checked_and_told(importer, shared, tmp_path):
    path, report = shared / "data/cqi/arabica_ratings_raw_2018.csv", tmp_path / "report.csv"
    said = run(str(path), report=report)
    file = ImportFile.objects.get()

    assert "1,312 rows: 305 accepted, 966 accepted with warnings, 41 rejected, 0 imported already." in said
    assert "Rejected: no_unit × 27" in said
    assert (file.party, file.site, file.rows.count()) == (IMPORTER, WAREHOUSE, 1_312)
    assert file.rows.filter(recorded=True).count() == Lot.objects.filter(opened_by=IMPORTER).count() == 1_271
    assert not file.rows.filter(recorded=False).exclude(outcome="rejected").exists()

    # The original rows again, each as it was read.
    vault = Vault(IMPORTER)
    assert vault.cells_of(file.rows.get(number=1205), file)[15] == "12OO"
    assert len(report.read_text(encoding="utf-8-sig").splitlines()) > 1_312

    # Nothing personal in what is signed.
    personal = [
        vault.cells_of(row, file)[finding["column"]].strip()
        for row in file.rows.all()
        for finding in row.findings.get("warnings", ())
        if finding["code"] == "personal_data_in_name"
    ]
    assert len(personal) == 23
    signed = str(payloads())
    assert [cell for cell in personal if cell in signed] == []
    receipts = [payload for payload in payloads() if payload["act"] == "receive"]
    assert len(receipts) == 1_271
    assert all("source_row" in payload["withheld"] for payload in receipts)

    # Again: nothing is added.
    before = Event.objects.count()
    assert "imported already; nothing was added" in run(str(path))
    assert (Event.objects.count(), ImportRow.objects.count()) == (before, 1_312)

    log = Log.objects.get()
    publish(log)
    assert verify_trail(log) == []


def test_any_imported_lot_can_be_roasted_packed_labelled_scanned_and_checked(bring, client):
    [row] = bring(ROWS[0]).rows.all()
    roasted = new_lot("R-1", Form.ROASTED, party=IMPORTER)
    making.process(
        party=IMPORTER,
        at=NOW,
        site=WAREHOUSE,
        step="roast",
        inputs=[Line(row.lot, Weight(60 * KG))],
        outputs=[making.output(roasted, Form.ROASTED, Weight(50 * KG), parents=[row.lot])],
    ).sign()
    product = Product.objects.create(party_uri=IMPORTER, name="Prueba", net_mg=250_000)
    packed = new_lot("P-1", Form.PACKED, party=IMPORTER)
    making.pack(
        party=IMPORTER,
        at=NOW,
        site=WAREHOUSE,
        inputs=[Line(roasted, Weight(10 * KG))],
        lot=packed,
        product=product,
        count=40,
    ).sign()
    publish(Log.objects.get())
    assert verify_trail(Log.objects.get()) == []

    links = scan(sheet_of(packed, 2))
    assert len(set(links)) == 2
    shown = client.get(urlsplit(links[0]).path)
    assert shown.status_code == 200
    text = shown.content.decode()
    assert "Huila" in text
    assert "declared, from a file, that the coffee was examined" in text
    assert "Ana Prueba" not in text

    pack = client.get("/api/lots/P-1/pack")
    assert pack.status_code == 200
    members = zipfile.ZipFile(io.BytesIO(b"".join(pack.streaming_content))).namelist()
    assert "statements.jsonl" in members


def test_the_command_shows_a_preview_and_writes_nothing(importer, tmp_path):
    path = tmp_path / "lots.csv"
    path.write_bytes(csv_of(*ROWS))
    before = Event.objects.count()
    said = run(str(path), preview=True)

    assert "Of the first 3 of 3 rows; 3 rows: 1 accepted, 1 accepted with warnings, 1 rejected" in said
    assert (Event.objects.count(), ImportRow.objects.count()) == (before, 0)


def test_columns_country_and_correction_can_be_said_on_the_command_line(importer, tmp_path):
    first, second = tmp_path / "one.csv", tmp_path / "two.csv"
    first.write_text("Place,Mass,Score,Day\nHuila,120 kg,86,2025-01-31\nCauca,90 kg,85,2025-01-31\n")
    second.write_text(first.read_text().replace("120", "121"))
    columns = ["region=Place", "weight=Mass", "graded_on=Day"]
    run(str(first), column=columns, country="CO")
    said = run(str(second), column=columns, country="CO", corrects=ImportFile.objects.get().sha256[:12])

    assert "1 accepted, 0 accepted with warnings, 0 rejected, 1 imported already" in said
    assert Counter(Event.objects.values_list("act", flat=True))["correct"] == 2


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"column": ["colour=Farm Name"]}, "no kind of column"),
        ({"column": ["region=Nowhere"]}, "no column 'Nowhere'"),
        ({"country": "XX"}, "no country code"),
        ({"site": "https://localhost:8000/epcis/loc/other"}, "place of your own"),
        ({"party": "https://localhost:8000/epcis/party/nobody"}, "no registered place"),
        ({"corrects": "0000"}, "no single earlier import"),
        ({"encoding": "ebcdic"}, "not an encoding"),
    ],
)
def test_the_command_tells_mistakes_and_writes_nothing(importer, tmp_path, options, sentence):
    path = tmp_path / "lots.csv"
    path.write_bytes(csv_of(*ROWS))
    before = Event.objects.count()

    with pytest.raises(CommandError, match=sentence):
        run(str(path), **options)
    assert (Event.objects.count(), ImportRow.objects.count()) == (before, 0)


def test_a_file_that_is_not_there_is_told(importer, tmp_path):
    with pytest.raises(CommandError, match="cannot be read"):
        run(str(tmp_path / "none.csv"))
