"""Stored sealed, tied to what was signed, shown only to whom it may be, and gone when it is erased."""

import os
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from django.utils import timezone

from provenance.coffee.acts import AttachDocument, Correct
from provenance.coffee.errors import BadDisclosure
from provenance.coffee.statement import parse
from provenance.keyring import seal
from provenance.trail.errors import NoRoom, RecordRefused
from provenance.trail.models import Attachment, Disclosure, Event, SubjectKey
from provenance.trail.services.acting import Draft, Withheld, record_acts
from provenance.trail.services.attaching import showing, storing
from provenance.trail.services.attaching.cleaning import UnusableFile
from provenance.trail.services.attaching.showing import pictures_at, pictures_of, public_picture
from provenance.trail.services.attaching.storing import Unreadable, fetch, path_of, store, sweep
from provenance.trail.services.attaching.taking import take_document, take_picture, taken
from provenance.trail.services.attaching.tying import Stored
from provenance.trail.services.publishing import publish
from provenance.trail.services.queries import AUDITORS, PARTNERS, PUBLIC
from provenance.trail.services.verifying import verify_trail
from provenance.trail.tests import story
from provenance.trail.tests.pictures import PDF, flipped, jpeg
from provenance.trail.tests.story import ALMAZ, NOON, PARTY, SITE, WOTE

pytestmark = pytest.mark.django_db

BYTES = b"the bytes of a picture"


def attach(name=ALMAZ, *, audience=PUBLIC, lots=(), site=SITE + ALMAZ, data=None, caption="From the road"):
    """Somebody shows a picture of the farm."""
    picture = taken(PARTY + name, take_picture(PARTY + name, data or jpeg()))
    act = AttachDocument(at=NOON, site=site, lots=lots, kind="photo", media_type="image/webp")
    photo = picture.photo(shows="farm", caption=caption).text
    return record_acts(PARTY + name, [Draft(act, {"photo": Withheld(photo, audience)}, files=picture.files)])[0]


def attach_paper(name=WOTE):
    paper = taken(PARTY + name, take_document(PARTY + name, PDF))
    [file] = paper.files
    act = AttachDocument(
        at=NOON, site=SITE + name, lots=(), kind="contract", sha256=file.sha256, media_type=file.media_type
    )
    return record_acts(PARTY + name, [Draft(act, files=paper.files)])[0]


def on_disk(settings):
    return sorted(file for file in Path(settings.MEDIA_ROOT).rglob("*") if file.is_file() and file.name[0] != ".")


# --- stored --------------------------------------------------------------------------------------------------------


def test_bytes_are_stored_under_their_digest_and_cannot_be_read_from_the_disk(log, settings):
    digest = store(PARTY + ALMAZ, BYTES)

    [file] = on_disk(settings)
    assert digest == sha256(BYTES).hexdigest() == file.name
    assert file.relative_to(settings.MEDIA_ROOT).as_posix() == f"attachments/{path_of(PARTY + ALMAZ, digest)}"
    assert BYTES not in file.read_bytes()
    assert fetch(PARTY + ALMAZ, digest) == BYTES


def test_the_same_bytes_twice_are_one_file_and_of_two_people_two(log, settings):
    assert store(PARTY + ALMAZ, BYTES) == store(PARTY + ALMAZ, BYTES)
    assert len(on_disk(settings)) == 1

    digest = store(PARTY + WOTE, BYTES)

    assert len(on_disk(settings)) == 2
    assert fetch(PARTY + WOTE, digest) == fetch(PARTY + ALMAZ, digest) == BYTES


def test_a_file_has_its_name_only_when_all_of_it_is_on_the_disk(log, settings, monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda descriptor: (_ for _ in ()).throw(OSError(28, "No space left on device")))

    with pytest.raises(NoRoom, match="Nothing was signed"):
        store(PARTY + ALMAZ, BYTES)

    assert on_disk(settings) == []


def test_a_writer_that_was_killed_stops_nobody(log, settings, monkeypatch):
    with monkeypatch.context() as killed:
        killed.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            store(PARTY + ALMAZ, BYTES)
    assert on_disk(settings) == []

    assert fetch(PARTY + ALMAZ, store(PARTY + ALMAZ, b"other")) == b"other"


def test_nothing_is_stored_while_the_disk_is_full(log, settings, disk_floor):
    disk_floor(10**9)
    with pytest.raises(NoRoom):
        take_picture(PARTY + ALMAZ, jpeg())
    assert on_disk(settings) == []


def test_a_refused_picture_leaves_nothing_behind(log, settings):
    with pytest.raises(UnusableFile):
        take_picture(PARTY + ALMAZ, b"GIF89a")
    assert on_disk(settings) == [] and SubjectKey.objects.filter(party=PARTY + "new").count() == 0


DAMAGES = {
    "missing": (lambda file, key: file.unlink(), "is missing"),
    "one bit": (lambda file, key: file.write_bytes(flipped(file.read_bytes())), "was changed"),
    "half of it": (lambda file, key: file.write_bytes(file.read_bytes()[:20]), "was changed"),
    "empty": (lambda file, key: file.write_bytes(b""), "was changed"),
    "another's, by who has the key": (
        lambda file, key: file.write_bytes(seal(key, b"another picture", f"attachment {file.name}")),
        "is another file than the one that was signed",
    ),
}


@pytest.mark.parametrize(("damage", "words"), DAMAGES.values(), ids=DAMAGES)
def test_a_file_that_was_changed_is_never_read(log, settings, damage, words):
    digest = store(PARTY + ALMAZ, BYTES)

    damage(on_disk(settings)[0], storing.key_of(PARTY + ALMAZ))

    with pytest.raises(Unreadable, match=words):
        fetch(PARTY + ALMAZ, digest)


def test_without_the_persons_key_the_file_is_noise(log):
    digest = store(PARTY + ALMAZ, BYTES)
    SubjectKey.objects.filter(party=PARTY + ALMAZ).delete()
    with pytest.raises(Unreadable, match="lost the key"):
        fetch(PARTY + ALMAZ, digest)


# --- signed --------------------------------------------------------------------------------------------------------


def test_a_picture_is_named_in_nothing_that_is_signed(log):
    event = attach()

    rows = Attachment.objects.filter(event=event)
    assert [(row.media_type, row.disclosure.name, row.subject) for row in rows] == [
        ("image/webp", "photo", PARTY + ALMAZ)
    ] * 2
    for row in rows:
        assert row.sha256.encode() not in bytes(event.statement) and b"road" not in bytes(event.statement)
        assert row.size == len(fetch(row.subject, row.sha256))


def test_a_paper_is_named_by_its_digest(log):
    row = Attachment.objects.get(event=attach_paper())
    assert (row.sha256, row.disclosure, row.media_type) == (sha256(PDF).hexdigest(), None, "application/pdf")


def test_a_file_that_the_statement_does_not_name_is_refused_and_nothing_is_written(log):
    picture = taken(PARTY + ALMAZ, take_picture(PARTY + ALMAZ, jpeg()))
    act = AttachDocument(at=NOON, site=SITE + ALMAZ, lots=(), kind="photo", media_type="image/webp")
    photo = Withheld(picture.photo(shows="farm").text, PUBLIC)
    other = Stored(PARTY + ALMAZ, store(PARTY + ALMAZ, BYTES), "image/webp", len(BYTES))
    before = Event.objects.count()

    for files in ([*picture.files, other], [other]):
        with pytest.raises(RecordRefused, match="does not name this file") as refused:
            record_acts(PARTY + ALMAZ, [Draft(act, {"photo": photo}, files=files)])
        assert isinstance(refused.value.problems[0].error, BadDisclosure)

    assert (Event.objects.count(), Attachment.objects.count()) == (before, 0)


@pytest.mark.parametrize("token", ["", "x", "a" * 63, "../" * 22, "a" * 64 + "-", "-".join(["a" * 64] * 3)])
def test_a_token_that_nobody_gave_out_finds_nothing(log, token):
    with pytest.raises(UnusableFile, match=r"Choose the file again|not here any more"):
        taken(PARTY + ALMAZ, token)


def test_nobody_can_sign_the_file_of_another(log):
    token = take_picture(PARTY + ALMAZ, jpeg())
    with pytest.raises(UnusableFile, match="not here any more"):
        taken(PARTY + WOTE, token)


# --- shown ---------------------------------------------------------------------------------------------------------


def test_a_page_gets_the_pictures_of_its_events_in_one_query(log, django_assert_num_queries):
    story.act(ALMAZ, story.harvest())
    events = [attach(lots=(story.CHERRY,), data=jpeg(1200, 800 + n), caption=f"Picture {n}") for n in range(5)]
    paper = attach_paper()
    ids = [event.event_id for event in (*events, paper)]

    with django_assert_num_queries(1):
        found = pictures_of(ids)

    assert list(found) == [event.event_id for event in events]
    [picture] = found[events[2].event_id]
    assert (picture.width, picture.height, picture.kind, picture.caption) == (960, 642, "farm", "Picture 2")
    assert (picture.by, picture.event_id) == (PARTY + ALMAZ, events[2].event_id)
    assert picture.url == f"/picture/{picture.sha256}.webp" != picture.large_url
    data, media_type = public_picture(picture.sha256)
    assert sha256(data).hexdigest() == picture.sha256 and media_type == "image/webp"


def test_the_pictures_of_a_place_are_those_of_no_lot(log, django_assert_num_queries):
    story.act(ALMAZ, story.harvest())
    attach(lots=(story.CHERRY,))
    older, newer = attach(data=jpeg(900, 600)), attach(data=jpeg(910, 600))
    attach(data=jpeg(920, 600), audience=PARTNERS)

    with django_assert_num_queries(1):
        found = pictures_at([SITE + ALMAZ, SITE + WOTE])

    assert {site: [each.event_id for each in pictures] for site, pictures in found.items()} == {
        SITE + ALMAZ: [newer.event_id, older.event_id]
    }


def shown_of(event):
    digests = Attachment.objects.filter(event=event).values_list("sha256", flat=True)
    return pictures_of([event.event_id]), [digest for digest in digests if public_picture(digest)]


@pytest.mark.parametrize("audience", [PARTNERS, AUDITORS, PARTY + ALMAZ])
def test_what_is_not_for_everybody_is_shown_to_nobody(log, audience):
    assert shown_of(attach(audience=audience)) == ({}, [])


def test_a_paper_is_never_a_picture(log):
    assert shown_of(attach_paper()) == ({}, [])


def taking_back(event):
    statement = parse(bytes(event.statement))
    return Correct(original=statement.event, original_act="attach_document", declared_at=NOON, reason="did_not_occur")


def test_what_was_taken_back_is_not_shown(log):
    event = attach()
    assert len(shown_of(event)[1]) == 2
    story.act(ALMAZ, taking_back(event))
    assert shown_of(event) == ({}, [])


@pytest.mark.parametrize("erase", ["the disclosure", "the key"])
def test_what_was_erased_is_not_shown_and_its_bytes_cannot_be_read(log, settings, erase):
    event = attach()
    digests = list(Attachment.objects.values_list("sha256", flat=True))
    if erase == "the disclosure":
        Disclosure.objects.filter(event=event).delete()
        assert not Attachment.objects.exists()
        age(settings, timedelta(days=2))
        assert sweep() == 2 and on_disk(settings) == []
    else:
        SubjectKey.objects.filter(party=PARTY + ALMAZ).delete()

    assert pictures_of([event.event_id]) == {}
    assert [public_picture(digest) for digest in digests] == [None, None]
    for digest in digests:
        with pytest.raises(Unreadable):
            fetch(PARTY + ALMAZ, digest)


def test_a_picture_that_was_changed_is_not_shown_and_the_journal_says_so(log, settings, caplog):
    event = attach()
    for file in on_disk(settings):
        file.write_bytes(flipped(file.read_bytes()))

    digest = Attachment.objects.filter(event=event).first().sha256
    assert public_picture(digest) is None
    assert "was changed" in caplog.text and PARTY not in caplog.text


# --- swept ---------------------------------------------------------------------------------------------------------


def age(settings, by):
    then = (timezone.now() - by).timestamp()
    for file in on_disk(settings):
        os.utime(file, (then, then))


def test_what_nobody_signs_is_gone_after_a_day_and_not_before(log, settings):
    event = attach()
    take_picture(PARTY + ALMAZ, jpeg(800, 600))
    age(settings, timedelta(hours=23))
    assert sweep() == 0 and len(on_disk(settings)) == 3

    age(settings, timedelta(hours=25))

    assert sweep() == 1
    assert {file.name for file in on_disk(settings)} == set(event.attachments.values_list("sha256", flat=True))


def test_who_sends_it_again_has_another_day(log, settings):
    token = take_picture(PARTY + ALMAZ, jpeg(800, 600))
    age(settings, timedelta(hours=25))
    assert take_picture(PARTY + ALMAZ, jpeg(800, 600)) == token
    assert sweep() == 0 and taken(PARTY + ALMAZ, token)


def test_the_same_bytes_of_another_person_keep_no_file_alive(log, settings):
    attach(ALMAZ)
    take_picture(PARTY + WOTE, jpeg())
    age(settings, timedelta(hours=25))
    assert sweep() == 2 and len(on_disk(settings)) == 2


def test_without_any_file_there_is_nothing_to_sweep(log):
    assert sweep() == 0


# --- verified ------------------------------------------------------------------------------------------------------


@pytest.fixture
def honest(log):
    attach()
    attach_paper()
    publish(log)
    assert verify_trail(log) == []
    return log


@pytest.mark.parametrize(("damage", "words"), DAMAGES.values(), ids=DAMAGES)
def test_a_file_that_was_changed_is_named_by_its_event(honest, settings, damage, words):
    row = Attachment.objects.filter(media_type="application/pdf").get()
    file = next(file for file in on_disk(settings) if file.name == row.sha256)

    damage(file, storing.key_of(row.subject))

    [fault] = verify_trail(honest)
    assert fault.event == row.event.event_id and fault.what == f"Its attachment {row.sha256} {words}."


def test_a_row_that_no_statement_names_is_found(honest):
    row = Attachment.objects.filter(media_type="application/pdf").get()
    digest = store(row.subject, BYTES)
    Attachment.objects.create(
        event=row.event, sha256=digest, media_type="image/webp", size=len(BYTES), subject=row.subject
    )
    [fault] = verify_trail(honest)
    assert fault.what == f"Its attachment {digest} is not named by what was signed."


def test_a_size_that_was_changed_is_found(honest):
    Attachment.objects.filter(media_type="application/pdf").update(size=1)
    [fault] = verify_trail(honest)
    assert fault.what.endswith("is not as large as it is said to be.")


def test_a_place_that_was_changed_is_found(honest):
    Attachment.objects.filter(media_type="application/pdf").update(site=SITE + ALMAZ)
    [fault] = verify_trail(honest)
    assert fault.what.endswith("is said to be about another place.")


# --- planted bugs --------------------------------------------------------------------------------------------------


def test_a_reader_that_does_not_look_at_the_digest_is_found(log, settings, caplog, monkeypatch):
    def careless(subject, digest, key):
        return next(Path(settings.MEDIA_ROOT).rglob(digest)).read_bytes()

    monkeypatch.setattr(showing, "read", careless)
    with pytest.raises(AssertionError):
        test_a_picture_that_was_changed_is_not_shown_and_the_journal_says_so(log, settings, caplog)


def test_a_sweeper_that_does_not_ask_who_names_a_file_is_found(log, settings, monkeypatch):
    monkeypatch.setattr(storing, "_is_named", lambda folder, digest: False)
    with pytest.raises(AssertionError):
        test_what_nobody_signs_is_gone_after_a_day_and_not_before(log, settings)


def test_a_sweeper_that_does_not_wait_is_found(log, settings, monkeypatch):
    monkeypatch.setattr(storing, "KEPT_UNSIGNED", timedelta(0))
    with pytest.raises(AssertionError):
        test_what_nobody_signs_is_gone_after_a_day_and_not_before(log, settings)


def test_a_store_that_writes_in_place_is_found(log, settings, monkeypatch):
    def in_place(self, path, data):
        file = self.home / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
        os.fsync(0)

    monkeypatch.setattr(storing.Directory, "replace", in_place)
    with pytest.raises(AssertionError):
        test_a_file_has_its_name_only_when_all_of_it_is_on_the_disk(log, settings, monkeypatch)
