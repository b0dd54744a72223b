"""Papers and photos of lots: kept, sealed, signed, and refused in words that say the mend."""

from hashlib import sha256

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from provenance.coffee.statement import parse
from provenance.trail.models import Attachment, Event
from provenance.trail.services.attaching.showing import pictures_of, public_picture
from provenance.trail.services.attaching.storing import fetch
from provenance.trail.tests.pictures import PDF, SECRETS, jpeg, png_of_size, telling
from shipments.tests.conftest import errors_on, sign_data, take_in

pytestmark = pytest.mark.django_db


def paper(data=PDF, name="contract.pdf"):
    return SimpleUploadedFile(name, data, content_type="application/octet-stream")


@pytest.fixture
def said(roastery):
    lot = take_in(roastery.user, "G-1", 60)
    return {"lots": [lot.uri], "kind": "certificate", "file": paper()}


def act_of(event):
    return parse(bytes(event.statement)).body


def test_a_pdf_is_kept_as_it_is_under_the_digest_that_is_signed(roastery, said):
    event = roastery.sign("document", **said)

    act = act_of(event)
    assert (act.sha256, act.media_type) == (sha256(PDF).hexdigest(), "application/pdf")
    row = Attachment.objects.get(event=event)
    assert (row.sha256, row.disclosure, row.size) == (act.sha256, None, len(PDF))
    assert fetch(roastery.user.party, act.sha256) == PDF
    assert pictures_of([event.event_id]) == {} and public_picture(act.sha256) is None


def test_the_picture_of_a_paper_is_made_anew(roastery, said):
    event = roastery.sign("document", **(said | {"file": paper(telling("PNG"), "scan.png")}))

    act = act_of(event)
    data = fetch(roastery.user.party, act.sha256)
    assert act.media_type == "image/webp" and not any(secret in data for secret in SECRETS.values())


@pytest.mark.parametrize(("readers", "shown"), [("public", 1), ("partners", 0)])
def test_a_photo_is_shown_to_whom_the_signer_chose(roastery, said, readers, shown):
    photo = {"kind": "photo", "file": paper(jpeg(), "IMG.jpg"), "readers": readers, "caption": "Bags at the door"}

    event = roastery.sign("document", **(said | photo))

    assert act_of(event).sha256 is None and b"door" not in bytes(event.statement)
    assert Attachment.objects.filter(event=event, disclosure__audience=readers).count() == 2
    found = [picture.caption for pictures in pictures_of([event.event_id]).values() for picture in pictures]
    assert found == ["Bags at the door"][:shown]


def test_the_page_of_the_event_gives_the_files_as_downloads(roastery, said):
    photo = {"kind": "photo", "file": paper(jpeg(), "IMG.jpg"), "readers": "partners", "caption": "Bags at the door"}
    event = roastery.sign("document", **(said | photo))

    page = roastery.client.get(reverse("admin:shipments_trailevent_change", args=[event.pk])).content.decode()

    assert "Bags at the door" in page and "mediaType" not in page
    for row in event.attachments.all():
        url = reverse("audit:event-attachment", args=[event.uuid, row.sha256])
        assert f'href="{url}"' in page
        assert sha256(roastery.client.get(url).content).hexdigest() == row.sha256


REFUSED = {
    "no file": ({"file": ""}, "Choose the file."),
    "a program": ({"file": lambda: paper(b"MZ" + bytes(100), "a.exe")}, "no picture that can be read here"),
    "a drawing with scripts": ({"file": lambda: paper(b"<svg/>", "a.svg")}, "no picture that can be read here"),
    "half a PDF": ({"file": lambda: paper(PDF[:40])}, "The PDF is not complete."),
    "an archive that begins like a PDF": ({"file": lambda: paper(b"PK\x03\x04" + PDF)}, "no picture"),
    "more than 10 MB": ({"file": lambda: paper(PDF + bytes(10 * 1024 * 1024) + b"%%EOF")}, "larger than 10 MB"),
    "a flood of points": ({"file": lambda: paper(png_of_size(60_000, 60_000), "a.png")}, "far too many points"),
    "a photo that is a PDF": ({"kind": "photo", "readers": "public"}, "no picture"),
    "a photo for nobody knows whom": ({"kind": "photo", "file": lambda: paper(jpeg())}, "Who may see the photo?"),
    "an invented token": ({"file": "", "stored": "f" * 64}, "not here any more"),
    "a path for a token": ({"file": "", "stored": "../../key"}, "Choose the file again."),
    "a lot of others": ({"lots": ["https://localhost:8000/epcis/class/GREEN.X"]}, "not yours"),
}


@pytest.mark.parametrize(("answers", "words"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_kept_is_refused_and_nothing_is_signed(roastery, said, answers, words):
    before = Event.objects.count()

    page = roastery.review("document", **(said | {name: v() if callable(v) else v for name, v in answers.items()}))

    assert words in errors_on(page) and "event_id" not in page.context
    assert (Event.objects.count(), Attachment.objects.count()) == (before, 0)


def test_a_mistake_elsewhere_does_not_lose_the_file(roastery, said):
    page = roastery.review("document", **(said | {"lots": []}))
    token = page.context["form"]["stored"].value()
    assert token == sha256(PDF).hexdigest() and f'value="{token}"' in page.content.decode()

    event = roastery.sign("document", **(said | {"file": "", "stored": token}))

    assert act_of(event).sha256 == token


def test_a_photo_that_turns_out_to_be_a_certificate_is_one_file(roastery, said):
    page = roastery.review(
        "document", **(said | {"kind": "photo", "readers": "public", "file": paper(jpeg(1600, 1200))})
    )
    token = sign_data(page)["stored"][0]
    assert token.count("-") == 1

    event = roastery.sign("document", **(said | {"file": "", "stored": token}))

    assert act_of(event).sha256 == Attachment.objects.get(event=event).sha256 == token.split("-")[1]
