"""Ties stored files to the event whose statement names them, in the transaction that records it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from provenance.coffee.acts import AttachDocument
from provenance.coffee.errors import BadDisclosure
from provenance.coffee.photos import digests_named
from provenance.coffee.statement import Disclosure as Opened
from provenance.coffee.statement import Statement, parse
from provenance.trail.models import Attachment, Disclosure, Event


@dataclass(frozen=True)
class Stored:
    """A file that was stored under ``subject``'s key; ``size`` in bytes."""

    subject: str
    sha256: str
    media_type: str
    size: int


def check_named(files: Sequence[Stored], statement: Statement, shown: Iterable[Opened]) -> None:
    """Raises ``BadDisclosure`` for a file that the statement does not name."""
    if not {file.sha256 for file in files} <= digests_named(statement.body, shown):
        raise BadDisclosure("The statement does not name this file by its digest.", field="files")


def site_of(statement: Statement) -> str:
    """The place that an attachment is about, where it is about no lot."""
    body = statement.body
    return body.site or "" if isinstance(body, AttachDocument) and not body.lots else ""


def tie(brought: Sequence[tuple[Event, Sequence[Stored]]]) -> None:
    """Keep which files belong to just recorded events. Their disclosures are written already."""
    brought = [(event, files) for event, files in brought if files]
    if not brought:
        return
    photos = dict(
        Disclosure.objects.filter(event__in=[event.pk for event, _ in brought], name="photo").values_list("event", "pk")
    )
    Attachment.objects.bulk_create(
        [
            Attachment(
                event=event,
                disclosure_id=photos.get(event.pk),
                sha256=file.sha256,
                media_type=file.media_type,
                size=file.size,
                subject=file.subject,
                site=site_of(parse(bytes(event.statement))),
            )
            for event, files in brought
            for file in files
        ]
    )
