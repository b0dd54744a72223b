"""Files that signed statements name, as downloads: nothing of them is ever shown in a page of this site."""

from uuid import UUID

from django.http import Http404, HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request

from provenance.audit.services.attachments import attachments_for
from provenance.audit.views.base import AuditView
from provenance.trail.models import Event
from provenance.trail.services.attaching.showing import bytes_of

EXTENSIONS = {"application/pdf": "pdf", "image/webp": "webp"}


class EventAttachment(AuditView):
    """A file that the event names, by its SHA-256, checked against it. A PDF is as its sender made it: be careful."""

    @extend_schema(
        operation_id="event_attachment",
        parameters=[
            OpenApiParameter("uuid", OpenApiTypes.UUID, OpenApiParameter.PATH),
            OpenApiParameter("sha256", OpenApiTypes.STR, OpenApiParameter.PATH),
        ],
        responses={(200, "application/pdf"): OpenApiTypes.BINARY, (200, "image/webp"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, uuid: UUID, sha256: str) -> HttpResponse:
        attachment = attachments_for(self.reader, Event.objects.filter(uuid=uuid)).filter(sha256=sha256).first()
        data = bytes_of(attachment) if attachment else None
        if attachment is None or data is None:
            raise Http404("No file of this event and digest is yours to read.")
        headers = {
            "Content-Disposition": f'attachment; filename="{sha256}.{EXTENSIONS.get(attachment.media_type, "bin")}"',
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "Cache-Control": "private, no-store",
        }
        return HttpResponse(data, content_type=attachment.media_type, headers=headers)
