"""Which pictures may be shown to whom, and their bytes, checked against the digest that was signed."""

import logging
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, QuerySet, Subquery

from provenance.coffee.errors import BadDisclosure
from provenance.coffee.photos import Photo, read_photo
from provenance.coffee.statement import parse
from provenance.trail.models import Attachment, Disclosure, Event, SubjectKey
from provenance.trail.services.attaching.storing import Unreadable, read
from provenance.trail.services.attaching.tying import site_of
from provenance.trail.services.disclosing import PUBLIC, opened
from provenance.trail.services.sealing import open_subject_key

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Picture:
    """
    A picture that everybody may see. ``kind``: what it shows, a word of ``coffee.photos.SHOWS``; ``caption``: its
    signer's own words, or empty; ``by``: the signer's URI. ``large_url`` is ``url`` where there is one size only.
    """

    event_id: str
    by: str
    sha256: str
    url: str
    width: int
    height: int
    kind: str
    caption: str
    large_url: str


def pictures_of(event_ids: Collection[str]) -> dict[str, list[Picture]]:
    """The public pictures of these events (``urn:uuid:…``), by event id; events without one are missing. One query."""
    found: dict[str, list[Picture]] = {}
    for event, photo in _photos(_public().filter(event__uuid__in=[Event.uuid_of(each) for each in event_ids])):
        found[event.event_id] = [_picture(event, photo)]
    return found


def pictures_at(sites: Collection[str]) -> dict[str, list[Picture]]:
    """The public pictures that were attached to these sites, and not to any lot; by site, newest first. One query."""
    found: dict[str, list[Picture]] = defaultdict(list)
    about = Attachment.objects.filter(site__in=sites).values("disclosure")
    for event, photo in _photos(_public().filter(pk__in=about).order_by("-event")):
        found[site_of(parse(bytes(event.statement)))].append(_picture(event, photo))
    return dict(found)


def public_picture(digest: str) -> tuple[bytes, str] | None:
    """
    Bytes and media type of a picture that everybody may see, by its SHA-256 (hex).

    None where no statement names it that stands, or where its stored bytes are not those that were signed.
    """
    named = _public().filter(attachments__sha256=digest)
    for event, photo in _photos(named):
        media_type = next((file.media_type for file in photo.files if file.sha256 == digest), None)
        if media_type and (data := bytes_of(_attachment(event, digest))) is not None:
            return data, media_type
    return None


def bytes_of(attachment: Attachment) -> bytes | None:
    """Of an attachment read by ``with_key``; None, and a fault in the journal, where they are not those signed."""
    try:
        if attachment.subject_key is None:
            raise Unreadable("has lost the key of its subject")
        return read(attachment.subject, attachment.sha256, open_subject_key(attachment.subject, attachment.subject_key))
    except Unreadable as error:
        logger.error("attachment %s of event %s %s", attachment.pk, attachment.event_id, error)
        return None


def with_key(attachments: QuerySet[Attachment]) -> QuerySet[Attachment]:
    """The same, each with the sealed key of its subject."""
    key = SubjectKey.objects.filter(party=OuterRef("subject")).values("sealed")[:1]
    return attachments.annotate(subject_key=Subquery(key))


def _attachment(event: Event, digest: str) -> Attachment:
    return with_key(Attachment.objects.filter(event=event, sha256=digest)).get()


def _public() -> QuerySet[Disclosure]:
    """Pictures for everybody of statements that nobody took back, and of which the file is kept here."""
    kept = Attachment.objects.filter(disclosure=OuterRef("pk"))
    shown = Disclosure.objects.filter(Exists(kept), name="photo", audience=PUBLIC, event__correction__isnull=True)
    return shown.select_related("event").order_by("event")


def _photos(rows: QuerySet[Disclosure]) -> Iterator[tuple[Event, Photo]]:
    for row, one in opened(rows, {}):
        try:
            yield row.event, read_photo(one.value)
        except BadDisclosure:
            logger.error("the picture of event %s has no readable description", row.event_id)


def _picture(event: Event, photo: Photo) -> Picture:
    page, large = photo.files[0], photo.files[-1]
    return Picture(
        event_id=event.event_id,
        by=parse(bytes(event.statement)).iss,
        sha256=page.sha256,
        url=url_of(page.sha256),
        width=page.width,
        height=page.height,
        kind=photo.shows,
        caption=photo.caption,
        large_url=url_of(large.sha256),
    )


def url_of(digest: str) -> str:
    """Where the shopper's door serves it: a plain path, which a folder of static files can serve as well."""
    return f"/picture/{digest}.webp"
