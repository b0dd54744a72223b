"""Which stored files a reader may have."""

from collections.abc import Collection

from django.db.models import Q, QuerySet

from provenance.audit.services.readers import Reader
from provenance.trail.models import Attachment, Event
from provenance.trail.services.attaching.showing import with_key
from provenance.trail.services.queries import PARTNERS


def attachments_for(reader: Reader, events: Collection[Event]) -> QuerySet[Attachment]:
    """
    The files of these events, each with its subject's sealed key: pictures by the audience that was chosen for them,
    papers for auditors and for who deals with the signer.
    """
    near = reader.dealings() & {event.pk for event in events}
    papers = Q(disclosure=None) if reader.everything else Q(disclosure=None, event__in=near)
    audiences = [audience for audience in reader.audiences if audience != PARTNERS]
    pictures = Q(disclosure__audience__in=audiences) | Q(disclosure__audience=PARTNERS, event__in=near)
    return with_key(Attachment.objects.filter(papers | pictures, event__in=events)).order_by("event", "pk")
