"""A lot's trail and its audit pack."""

from typing import Any

from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.utils.http import content_disposition_header
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import AllowAny
from rest_framework.request import Request

from provenance.audit.exports import EPCIS_TYPE, document
from provenance.audit.problems import NotYet
from provenance.audit.serializers import EVENT_ACTS, TrailQuery
from provenance.audit.services.finding import SeveralLots, lot_of
from provenance.audit.services.packing import NothingPublished, pack_of
from provenance.audit.views.base import AuditView
from provenance.trail.models import Lot
from provenance.trail.services import witnessing
from provenance.trail.services.closure import closure

CODE = OpenApiParameter("code", OpenApiTypes.STR, OpenApiParameter.PATH, description="The lot's code, as on the bag.")


class LotView(AuditView):
    def lot(self, code: str, asked: dict[str, Any], *, packed: bool = False) -> Lot:
        try:
            lot = lot_of(self.reader, asked.get("uri") or code, packed=packed)
        except SeveralLots as error:
            raise ValidationError({"uri": [str(error)]}) from None
        if lot is None:
            raise Http404("No lot with this code is yours to read.")
        return lot


class LotTrail(LotView):
    """
    All events of a lot and of what it was made from (up) or what became of it (down), as EPCIS 2.0. Down, you get
    those that you may read: what others made of the coffee is their business.
    """

    @extend_schema(
        operation_id="lot_trail", parameters=[CODE, TrailQuery], responses={(200, EPCIS_TYPE): OpenApiTypes.OBJECT}
    )
    def get(self, request: Request, code: str) -> HttpResponse:
        asked = self.asked(request, TrailQuery)
        lot, down = self.lot(code, asked), asked["direction"] == "down"
        events = [event for event in closure([lot.uri], down=down).events if event.act in EVENT_ACTS]
        if down and not self.reader.everything:
            own = set(self.reader.events().values_list("pk", flat=True))
            events = [event for event in events if event.pk in own]
        return document(events)


class LotPack(LotView):
    """
    The audit pack of a lot. Of coffee in bags anybody may have it, with what is public in it; members and auditors get
    the packs of their other lots too, with what is disclosed to them.
    """

    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="lot_pack",
        parameters=[CODE, TrailQuery],
        responses={(200, "application/zip"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, code: str) -> StreamingHttpResponse:
        asked = self.asked(request, TrailQuery)
        lot = self.lot(code, asked, packed=True)
        try:
            pack = pack_of([lot.uri], self.reader)
        except NothingPublished as error:
            raise NotYet(str(error)) from None
        # This pack goes as it stands; who fetches it again in a few seconds gets it witnessed.
        witnessing.demand(pack.log)
        response = StreamingHttpResponse(pack.stream(), content_type="application/zip")
        # A lot code may hold quotes and slashes (GS1 charset 82).
        response["Content-Disposition"] = content_disposition_header(True, f"{lot.code}.pack.zip")
        return response
