"""Files leave as downloads that nothing can run in, to who may have them, and packs carry them checked."""

import io
import zipfile
from hashlib import sha256
from pathlib import Path

import pytest
from django.urls import reverse

from provenance.audit.services.packing import pack_of
from provenance.audit.services.readers import Reader
from provenance.audit.tests.conftest import BAGS, CHERRY, NOON
from provenance.coffee.acts import AttachDocument
from provenance.pack.read import PackFile
from provenance.pack.verify import verify
from provenance.trail.models import Attachment
from provenance.trail.services.acting import Draft, Withheld, record_acts
from provenance.trail.services.attaching.taking import take_document, take_picture, taken
from provenance.trail.services.publishing import publish
from provenance.trail.tests.pictures import PDF, flipped, jpeg

pytestmark = pytest.mark.django_db


def show(user, lot, audience, size):
    """A picture of a lot."""
    picture = taken(user.party, take_picture(user.party, jpeg(*size)))
    act = AttachDocument(at=NOON, site=user.site, lots=(lot,), kind="photo", media_type="image/webp")
    photo = Withheld(picture.photo(shows="coffee").text, audience)
    return record_acts(user.party, [Draft(act, {"photo": photo}, files=picture.files)])[0]


@pytest.fixture
def files(trail, almaz, wote):
    """By name: the event of a paper, and of pictures for everybody, for partners, and for the grower alone."""
    paper = taken(wote.party, take_document(wote.party, PDF))
    [file] = paper.files
    act = AttachDocument(
        at=NOON, site=wote.site, lots=(CHERRY,), kind="contract", sha256=file.sha256, media_type=file.media_type
    )
    events = {
        "paper": record_acts(wote.party, [Draft(act, files=paper.files)])[0],
        "public": show(almaz, CHERRY, "public", (900, 600)),
        "partners": show(almaz, CHERRY, "partners", (900, 610)),
        "own": show(almaz, CHERRY, almaz.party, (900, 620)),
    }
    publish(trail.log)
    return events


def digest_of(event):
    return Attachment.objects.get(event=event).sha256


def download(client, user, event, digest=None):
    if user:
        client.force_login(user)
    return client.get(reverse("audit:event-attachment", args=[event.uuid, digest or digest_of(event)]))


# Who may have which: the station dealt with the grower, the roaster only with what came of it, the auditor sees all.
MAY = {
    "almaz": {"paper", "public", "partners", "own"},
    "wote": {"paper", "public", "partners"},
    "nadia": {"paper", "public"},
    "kofi": {"public"},
    "otto": {"public"},
}


@pytest.mark.parametrize("name", MAY)
def test_each_gets_what_is_for_them_and_nothing_else(client, files, request, name):
    user = request.getfixturevalue(name)
    got = {what for what, event in files.items() if download(client, user, event).status_code == 200}
    assert got == MAY[name]


def test_who_is_not_known_gets_none(client, files):
    assert {download(client, None, event).status_code for event in files.values()} == {401}


@pytest.mark.parametrize(("what", "ending"), [("paper", "pdf"), ("public", "webp")])
def test_it_is_a_download_in_which_nothing_runs(client, files, nadia, what, ending):
    answer = download(client, nadia, files[what])

    digest = digest_of(files[what])
    assert sha256(answer.content).hexdigest() == digest
    assert answer["Content-Disposition"] == f'attachment; filename="{digest}.{ending}"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer["Cache-Control"] == "private, no-store"


def test_a_digest_of_another_event_and_nonsense_find_nothing(client, files, nadia):
    for digest in (digest_of(files["public"]), "a" * 64, "x", "%00", "..%2F..%2Fkey"):
        assert download(client, nadia, files["paper"], digest).status_code == 404


def test_a_file_that_was_changed_is_not_given_out(client, files, nadia, settings, caplog):
    [file] = Path(settings.MEDIA_ROOT).rglob(digest_of(files["paper"]))
    file.write_bytes(flipped(file.read_bytes()))
    assert download(client, nadia, files["paper"]).status_code == 404
    assert "was changed" in caplog.text


def pack_for(user, lot=BAGS):
    return io.BytesIO(b"".join(pack_of([lot], Reader.of(user)).stream()))


def held(pack):
    with zipfile.ZipFile(pack) as archive:
        return {name.removeprefix("attachments/") for name in archive.namelist() if name.startswith("attachments/")}


@pytest.mark.parametrize("name", ["almaz", "wote", "nadia"])
def test_a_pack_holds_the_files_its_reader_may_have_and_no_fault_is_found(files, request, name):
    user = request.getfixturevalue(name)

    pack = pack_for(user)

    assert held(pack) == {digest_of(files[what]) for what in MAY[name]}
    with PackFile(pack) as opened:
        report = verify(opened, None)
    assert report.faults == []


def tampered(pack, change):
    out = io.BytesIO()
    with zipfile.ZipFile(pack) as before, zipfile.ZipFile(out, "w") as after:
        for name in before.namelist():
            after.writestr(*change(name, before.read(name)))
    return out


CHANGES = {
    "changed": (
        lambda name, data: (name, flipped(data) if name.startswith("attachments/") else data),
        "was changed.",
    ),
    "renamed": (
        lambda name, data: (f"attachments/{'a' * 64}" if name.startswith("attachments/") else name, data),
        "No statement names the attachment",
    ),
}


@pytest.mark.parametrize(("change", "words"), CHANGES.values(), ids=CHANGES)
def test_a_pack_whose_picture_was_changed_is_found_out(trail, almaz, change, words):
    show(almaz, CHERRY, "public", (900, 600))
    publish(trail.log)

    with PackFile(tampered(pack_for(almaz), change)) as opened:
        faults = [str(fault) for fault in verify(opened, None).faults]

    assert faults and any(words in fault for fault in faults)


def test_a_file_that_was_changed_here_stays_out_of_packs(files, nadia, settings):
    gone = digest_of(files["paper"])
    [file] = Path(settings.MEDIA_ROOT).rglob(gone)
    file.unlink()
    assert held(pack_for(nadia)) == {digest_of(files["public"])}


def test_a_door_that_asks_nobody_who_he_is_is_found(client, files, kofi, request, monkeypatch):
    monkeypatch.setattr(
        "provenance.audit.views.attachments.attachments_for",
        lambda reader, events: Attachment.objects.none() if not events else _everything(events),
    )
    with pytest.raises(AssertionError):
        test_each_gets_what_is_for_them_and_nothing_else(client, files, request, "wote")


def _everything(events):
    from provenance.trail.services.attaching.showing import with_key

    return with_key(Attachment.objects.filter(event__in=events))
