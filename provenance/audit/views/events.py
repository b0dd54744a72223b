"""Events as EPCIS 2.0."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from provenance.audit.exports import EPCIS_TYPE, document
from provenance.audit.problems import NotYet
from provenance.audit.serializers import EVENT_ACTS, EventQuery, StandingAnswer
from provenance.audit.views.base import AuditView
from provenance.trail.models import Event, Subject
from provenance.trail.services.proofs import NotPublished, tlog_proof
from provenance.trail.services.standing import Standings, vouchers_of

EPCIS_DOCUMENT = {(200, EPCIS_TYPE): OpenApiTypes.OBJECT}


class EventList(AuditView):
    """Events that you may read, oldest first, as one EPCIS 2.0 document a page."""

    @extend_schema(operation_id="events", parameters=[EventQuery], responses=EPCIS_DOCUMENT)
    def get(self, request: Request) -> HttpResponse:
        asked = self.asked(request, EventQuery)
        limit = asked.pop("limit")
        page = list(self._matching(asked)[: limit + 1])
        response = document(page[:limit])
        if len(page) > limit:
            response["Link"] = f'<{self._next(request, page[limit - 1])}>; rel="next"'
        return response

    def _matching(self, asked: dict[str, Any]) -> QuerySet[Event]:
        events = self.reader.events().filter(act__in=EVENT_ACTS)
        for kind in ("lot", "party", "site"):
            if kind in asked:
                events = events.filter(pk__in=Subject.objects.filter(uri=asked[kind], kind=kind).values("event"))
        if "act" in asked:
            events = events.filter(act=asked["act"])
        if "since" in asked:
            events = events.filter(recorded_at__gte=asked["since"])
        if "until" in asked:
            events = events.filter(recorded_at__lt=asked["until"])
        if "after" in asked:
            events = events.filter(pk__gt=Event.objects.filter(uuid=asked["after"]).values("pk"))
        return events

    def _next(self, request: Request, last: Event) -> str:
        query = request.query_params.copy()
        query["after"] = str(last.uuid)
        return request.build_absolute_uri(f"{request.path}?{query.urlencode()}")


class OneEvent(AuditView):
    """One event as an EPCIS 2.0 document."""

    @extend_schema(operation_id="event", responses=EPCIS_DOCUMENT)
    def get(self, request: Request, uuid: UUID) -> HttpResponse:
        return document([self._event(uuid)])

    def _event(self, uuid: UUID) -> Event:
        event = self.reader.events().filter(uuid=uuid).first()
        if event is None or event.act not in EVENT_ACTS:
            raise Http404("No event with this id is yours to read.")
        return event


class EventProof(AuditView):
    """An event's .tlog-proof (C2SP): its place, the audit path and the signed checkpoint. Open to everybody."""

    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="event_proof",
        parameters=[OpenApiParameter("uuid", OpenApiTypes.UUID, OpenApiParameter.PATH)],
        responses={(200, "text/plain"): OpenApiTypes.STR},
    )
    def get(self, request: Request, uuid: UUID) -> HttpResponse:
        event = Event.objects.filter(uuid=uuid).select_related("leaf", "log").first()
        if event is None:
            raise Http404("There is no event with this id.")
        try:
            proof = tlog_proof(event)
        except NotPublished:
            raise NotYet from None
        response = HttpResponse(proof, content_type="text/plain; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="{uuid}.tlog-proof"'
        return response


class EventStanding(AuditView):
    """How far an event has come: recorded, published or witnessed, and by whom. Open to everybody."""

    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="event_standing",
        parameters=[OpenApiParameter("uuid", OpenApiTypes.UUID, OpenApiParameter.PATH)],
        responses={(200, "application/json"): StandingAnswer},
    )
    def get(self, request: Request, uuid: UUID) -> Response:
        event = Event.objects.filter(uuid=uuid).select_related("leaf", "log").first()
        if event is None:
            raise Http404("There is no event with this id.")
        vouched = None if event.index is None else vouchers_of(event.leaf)
        answer = {
            "state": Standings().of(event).state,
            "index": event.index,
            "witnessed_by": list(vouched.by) if vouched else [],
            "witnessed_at": vouched.at if vouched else None,
        }
        return Response(StandingAnswer(answer).data)
