"""The address of a picture: its bytes or nothing, and nothing that could run."""

from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.urls import reverse
from django.utils.html import strip_tags

from provenance.coffee import acts
from provenance.shelf.tests import world
from provenance.shelf.tests.world import ALMAZ, FARM
from provenance.shelf.views import pictures
from provenance.trail.models import Attachment
from provenance.trail.services.acting import Draft, Withheld, record_acts
from provenance.trail.services.attaching.taking import take_picture, taken
from provenance.trail.services.queries import PUBLIC
from provenance.trail.tests.pictures import flipped, jpeg
from provenance.trail.tests.test_attaching import attach, attach_paper

pytestmark = pytest.mark.django_db


def digests(event):
    return list(Attachment.objects.filter(event=event).order_by("pk").values_list("sha256", flat=True))


def at(digest):
    return reverse("shelf:picture", args=[digest])


def show(what: str) -> None:
    """Almaz shows herself or her farm to everybody."""
    picture = taken(ALMAZ, take_picture(ALMAZ, jpeg()))
    act = acts.AttachDocument(at=world.at(3, 1), site=FARM, lots=(), kind="photo", media_type="image/webp")
    photo = picture.photo(shows=what, caption="At home.").text
    record_acts(ALMAZ, [Draft(act, {"photo": Withheld(photo, PUBLIC)}, files=picture.files)])


def caption(page: str) -> str:
    return " ".join(strip_tags(page.partition("<figcaption>")[2].partition("</figcaption>")[0]).split())


@pytest.mark.parametrize(
    ("others", "what", "said"),
    [
        (5, "portrait", "At home. One of 6 farmers"),
        (5, "farm", "At home. The farm of one of 6 farmers"),
        (0, "portrait", "At home."),
    ],
)
def test_a_picture_of_one_says_of_how_many(client, log, others, what, said):
    bag = world.build(log, others=others)
    show(what)

    assert caption(client.get(bag.link).content.decode()) == said


def test_a_picture_on_a_blend_says_of_which_part_it_is(client, log):
    world.build(log, others=5)
    show("portrait")

    page = client.get(urlsplit(world.blended_with_more_of_brazil()).path).content.decode()

    assert caption(page) == "At home. One of 6 farmers, Ethiopia · 20 %"


def test_a_public_picture_is_served_in_both_sizes_and_can_be_kept_for_a_day(client, log):
    for digest in digests(attach()):
        answer = client.get(at(digest))

        assert answer.status_code == 200 and sha256(answer.content).hexdigest() == digest
        assert answer["Content-Type"] == "image/webp"
        assert answer["Cache-Control"] == "public, max-age=86400, immutable"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Content-Security-Policy"] == pictures.NOTHING_RUNS
        assert answer["Access-Control-Allow-Origin"] == "*"
        assert not answer.cookies and "Vary" not in answer
        assert client.head(at(digest)).status_code == 200


def test_what_is_not_for_everybody_and_what_never_was_look_the_same(client, log):
    hidden = digests(attach(audience="partners"))[0]
    paper = digests(attach_paper())[0]
    for digest in (hidden, paper, "a" * 64):
        answer = client.get(at(digest))
        assert answer.status_code == 404 and "max-age" not in answer.get("Cache-Control", "")


def test_a_picture_that_was_changed_on_the_disk_is_not_served(client, log, settings, caplog):
    digest = digests(attach())[0]
    [file] = Path(settings.MEDIA_ROOT).rglob(digest)
    file.write_bytes(flipped(file.read_bytes()))

    assert client.get(at(digest)).status_code == 404
    assert "was changed" in caplog.text


def test_only_its_own_way_of_writing_is_an_address(client, log):
    digest = digests(attach())[0]
    for path in (digest, f"{digest}.jpg", f"{digest.upper()}.webp", f"{digest}.webp/", f"../picture/{digest}.webp%00"):
        assert client.get(f"/picture/{path}").status_code == 404
    assert client.post(at(digest)).status_code == 405


def test_a_view_that_lets_the_address_decide_is_found(client, log, settings, caplog, monkeypatch):
    def careless(digest):
        files = list(Path(settings.MEDIA_ROOT).rglob(digest))
        return (files[0].read_bytes(), "image/webp") if files else None

    monkeypatch.setattr(pictures, "public_picture", careless)
    for test in (
        lambda: test_a_public_picture_is_served_in_both_sizes_and_can_be_kept_for_a_day(client, log),
        lambda: test_what_is_not_for_everybody_and_what_never_was_look_the_same(client, log),
        lambda: test_a_picture_that_was_changed_on_the_disk_is_not_served(client, log, settings, caplog),
    ):
        with pytest.raises(AssertionError):
            test()
