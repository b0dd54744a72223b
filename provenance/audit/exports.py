"""The trail in other people's formats."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from django.http import HttpResponse
from django.utils import timezone

from provenance.coffee import epcis, strict_json
from provenance.coffee.statement import parse
from provenance.trail.models import Event

EPCIS_TYPE = "application/ld+json"


def with_record_time(event: Event) -> dict[str, Any]:
    """The event as signed, with the server's own ``recordTime`` (EPCIS 2.0, 7.4.1), which no signature covers."""
    signed = parse(bytes(event.statement)).event
    if signed is None:
        raise ValueError("A registration is no EPCIS event.")
    recorded = event.recorded_at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {**signed, "recordTime": recorded}


def document(events: Iterable[Event], *, created: datetime | None = None) -> HttpResponse:
    """An EPCIS 2.0 document. Numbers are written as they were signed."""
    body = epcis.document(
        [with_record_time(event) for event in events], created or timezone.now().replace(microsecond=0)
    )
    return HttpResponse(strict_json.dumps(body), content_type=EPCIS_TYPE)
