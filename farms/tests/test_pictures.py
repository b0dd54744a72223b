"""A grower's pictures: read back as they will be shown, signed, seen by whom the grower chose and by nobody else."""

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from farms.tests.conftest import act_of
from provenance.trail.models import Attachment, Disclosure, Event
from provenance.trail.services.attaching.showing import pictures_at, pictures_of, public_picture
from provenance.trail.services.queries import PUBLIC
from provenance.trail.tests.pictures import SECRETS, encoded, jpeg, png_of_size, scene, telling

pytestmark = pytest.mark.django_db


def photo(data=None, name="IMG_4711.jpg"):
    return SimpleUploadedFile(name, data or jpeg(), content_type="image/jpeg")


def said(grower, **answers):
    return {"of": f"farm {grower.user.site}", "readers": PUBLIC, "caption": "Our farm in May"} | answers


def stored(settings):
    return [file for file in Path(settings.MEDIA_ROOT).rglob("*") if file.is_file() and file.name[0] != "."]


@pytest.mark.parametrize("way", ["camera", "file"])
def test_a_picture_of_the_farm_is_shown_to_everybody(grower, way):
    event = grower.sign("picture", **said(grower, **{way: photo()}))

    act = act_of(event)
    assert (act.kind, act.site, act.lots, act.sha256, act.media_type) == (
        "photo", grower.user.site, (), None, "image/webp",
    )  # fmt: skip
    assert b"May" not in bytes(event.statement)
    [picture] = pictures_of([event.event_id])[event.event_id]
    assert (picture.kind, picture.caption, picture.by) == ("farm", "Our farm in May", grower.user.party)
    assert pictures_at([grower.user.site]) == {grower.user.site: [picture]}
    assert public_picture(picture.sha256)


def test_what_is_read_back_is_the_picture_as_it_will_be_shown(grower, settings):
    page = grower.read_back("picture", **said(grower, camera=photo(telling("JPEG"))))

    sent = grower.signature(page)
    small = sent["stored"].split("-")[0]
    text = page.content.decode()
    assert "Almaz shows a picture: Almaz Site." in text or "Almaz shows a picture: Almaz site." in text
    assert reverse("farms:own-picture", args=[small]) in text and "Our farm in May" in text
    shown = grower.client.get(reverse("farms:own-picture", args=[small]))
    assert (shown["Content-Type"], shown["X-Content-Type-Options"]) == ("image/webp", "nosniff")
    assert not any(secret in shown.content for secret in SECRETS.values())
    assert not Event.objects.filter(act="attach_document").exists() and not Attachment.objects.exists()

    grower.client.post(reverse("farms:picture"), sent)

    assert Attachment.objects.filter(sha256=small).exists() and len(stored(settings)) == 2


def test_a_second_click_signs_nothing_more(grower):
    sent = grower.signature(grower.read_back("picture", **said(grower, file=photo())))
    for _ in range(2):
        assert grower.client.post(reverse("farms:picture"), sent).status_code == 302
    assert (Event.objects.filter(act="attach_document").count(), Attachment.objects.count()) == (1, 2)


def test_a_picture_for_nobody_is_seen_by_the_grower_alone(grower, neighbour):
    event = grower.sign("picture", **said(grower, file=photo(), readers="nobody"))

    assert Disclosure.objects.get(event=event).audience == grower.user.party
    assert pictures_of([event.event_id]) == {}
    digest = Attachment.objects.filter(event=event).first().sha256
    assert public_picture(digest) is None
    receipt = grower.client.get(reverse("farms:event", args=[event.uuid]))
    assert ("Who may see it", "nobody but you") in receipt.context["receipt"].told.facts
    assert b"/farms/pictures/" in receipt.content
    grower.client.force_login(neighbour)
    assert grower.client.get(reverse("farms:own-picture", args=[digest])).status_code == 404


def test_a_harvest_a_plot_and_the_grower_can_be_shown(grower):
    harvest = grower.harvest()
    plot = grower.sign("plot", farm=grower.user.site, name="Upper field", latitude="6.16", longitude="38.2", area="1")
    lot = act_of(harvest).output.lot

    for of, kind, lots in [
        (f"harvest {lot}", "harvest", (lot,)),
        (f"plot {act_of(plot).plot}", "plot", ()),
        ("portrait", "portrait", ()),
    ]:
        event = grower.sign("picture", **said(grower, of=of, file=photo(), caption=""))
        [picture] = pictures_of([event.event_id])[event.event_id]
        assert (picture.kind, picture.caption, act_of(event).lots) == (kind, "", lots)


def test_a_picture_that_is_taken_back_is_not_shown_any_more(grower):
    event = grower.sign("picture", **said(grower, file=photo()))
    digest = Attachment.objects.filter(event=event).first().sha256

    grower.sign("correct", about=[event.uuid], reason="did_not_occur")

    assert pictures_of([event.event_id]) == {} and public_picture(digest) is None


def test_a_mistake_elsewhere_does_not_lose_the_picture(grower):
    page = grower.read_back("picture", **said(grower, file=photo(), readers=""))
    assert page.context["form"].errors == {"readers": ["This is not answered yet."]}
    token = page.context["form"].data["stored"]
    assert f'value="{token}"' in page.content.decode() and b"This picture is kept for you" in page.content

    event = grower.sign("picture", **said(grower, stored=token))

    assert "-".join(event.attachments.order_by("pk").values_list("sha256", flat=True)) == token


REFUSED = {
    "no picture": ({}, "camera", "There is no picture yet."),
    "two pictures": ({"camera": photo, "file": photo}, "file", "Two pictures were sent."),
    "a text": ({"file": lambda: photo(b"hello")}, "file", "This is no picture"),
    "a drawing with scripts": ({"camera": lambda: photo(b"<svg onload=alert(1)>", "a.svg")}, "camera", "no picture"),
    "a flood of points": ({"file": lambda: photo(png_of_size(50_000, 50_000))}, "file", "far too many points"),
    "half a picture": ({"camera": lambda: photo(jpeg()[:5000])}, "camera", "damaged or not complete"),
    "more than 10 MB": ({"file": lambda: photo(jpeg() + bytes(10 * 1024 * 1024))}, "file", "larger than 10 MB"),
    "a GIF": ({"file": lambda: photo(encoded(scene(300, 300), "GIF"))}, "file", "no picture"),
    "an invented token": ({"stored": "f" * 64}, "file", "not here any more"),
    "a path for a token": ({"stored": "../../etc/passwd"}, "file", "Choose the file again."),
    "somebody else's farm": (
        {"file": photo, "of": "farm https://localhost:8000/epcis/loc/wote-station"}, "of", "Choose something",
    ),
    "an audience of one's own making": ({"file": photo, "readers": "auditors"}, "readers", "not one of the available"),
    "a novel for a caption": ({"file": photo, "caption": "x" * 201}, "caption", "at most 200 characters"),
}  # fmt: skip


@pytest.mark.parametrize(("answers", "place", "words"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_kept_is_refused_beside_its_field(grower, nothing_written, answers, place, words):
    nothing_written()
    made = {name: each() if callable(each) else each for name, each in answers.items()}

    page = grower.read_back("picture", **said(grower, **made))

    assert page.status_code == 200 and "event_id" not in page.context
    assert words in " ".join(page.context["form"].errors[place])
    assert not Attachment.objects.exists()


@pytest.mark.parametrize("name", ["a text", "a flood of points", "half a picture", "more than 10 MB", "two pictures"])
def test_of_a_refused_picture_nothing_lies_on_the_disk(grower, settings, name):
    grower.read_back("picture", **said(grower, **{key: each() for key, each in REFUSED[name][0].items()}))
    assert stored(settings) == []


def test_a_full_disk_is_told_and_nothing_is_kept(grower, settings, disk_floor, nothing_written):
    nothing_written()
    disk_floor(10**9)
    page = grower.read_back("picture", **said(grower, file=photo()))
    assert "The disk is nearly full" in str(page.context["form"].errors["file"])
    assert stored(settings) == []


def test_who_has_no_farm_is_shown_the_way(grower, almaz, monkeypatch):
    monkeypatch.setattr("farms.services.business.Business.farms", [])
    page = grower.client.get(reverse("farms:picture"))
    assert b"A picture belongs to a farm" in page.content


def test_only_growers_come_in(client, otto):
    assert client.get(reverse("farms:picture")).status_code == 302
    client.force_login(otto)
    assert client.get(reverse("farms:picture")).status_code == 403
    assert client.get(reverse("farms:own-picture", args=["a" * 64])).status_code == 403


def test_the_name_that_the_phone_gave_the_file_stands_nowhere(grower, settings):
    event = grower.sign("picture", **said(grower, file=photo(name="almaz-at-home-aricha.jpg")))
    names = [file.as_posix() for file in stored(settings)]
    rows = str(list(Attachment.objects.values())) + bytes(event.statement).decode()
    assert len(names) == 2 and not any("aricha" in name for name in names) and "aricha" not in rows
