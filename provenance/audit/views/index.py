"""The log's index of itself: what it says of one name, with the proof."""

from base64 import b64encode

from django.http import Http404, HttpResponse, JsonResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import AllowAny
from rest_framework.request import Request

from provenance.audit.problems import NotYet
from provenance.audit.services.finding import log_of
from provenance.audit.views.base import AuditView
from provenance.coffee.errors import CoffeeError
from provenance.coffee.indexing import KINDS
from provenance.tlog.index import NOT_NAMED, key_of, number_of, read_bucket
from provenance.trail.models import Event
from provenance.trail.services.cosigning import cosigned
from provenance.trail.services.indexing import NotKept, prove
from provenance.trail.services.listing import leaves_naming
from provenance.trail.services.proofs import inclusion
from provenance.trail.services.queries import indexed_checkpoint, latest_checkpoint


class IndexEntry(AuditView):
    """
    Which leaves of the log name a lot, an event, a key or a party, are of an act, or register a party, site, plot or
    key, with the proof that there are no others: the newest index leaf with its place under the present checkpoint, the
    bucket and its path to the root that this leaf signs. "leaves" is null where they are over 2,000, or of an act that
    does not concern all lots.
    """

    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="index_entry",
        parameters=[
            OpenApiParameter("name", OpenApiTypes.STR, OpenApiParameter.PATH, description="The log's name."),
            OpenApiParameter("number", OpenApiTypes.INT, OpenApiParameter.PATH, description="Its number."),
            OpenApiParameter("kind", OpenApiTypes.STR, OpenApiParameter.PATH, enum=KINDS, description="Kind of name."),
            OpenApiParameter(
                "id",
                OpenApiTypes.STR,
                OpenApiParameter.PATH,
                description="The URI, event id, key id or act, percent-encoded.",
            ),
        ],
        responses={(200, "application/json"): OpenApiTypes.OBJECT},
    )
    def get(self, request: Request, name: str, number: int, kind: str, id: str) -> HttpResponse:
        log = log_of(name, number)
        checkpoint = latest_checkpoint(log) if log else None
        if log is None or checkpoint is None:
            raise Http404("This server keeps no such log.")
        if kind not in KINDS:
            raise ValidationError({"kind": [f"There is no index of this kind. It is one of {', '.join(KINDS)}."]})
        indexed = indexed_checkpoint(log)
        if indexed is None:
            raise NotYet("The log has no index yet. Try again in a minute.")
        leaf = Event.objects.select_related("leaf", "log").get(leaf__log=log, leaf__index=indexed.size - 1)
        key = key_of(kind, id)
        try:
            proof = prove(log, leaf, [key])[key]
        except (NotKept, CoffeeError):
            raise NotYet("The log's index is being made anew. Try again in a minute.") from None
        count = read_bucket(number_of(key), proof.bucket).get(key, NOT_NAMED).leaves
        response = JsonResponse(
            {
                "origin": log.origin,
                "kind": kind,
                "id": id,
                "checkpoint": cosigned(checkpoint),
                "index_leaf": {
                    "index": leaf.index,
                    "statement": bytes(leaf.statement).decode("ascii"),
                    "proof": [_base64(each) for each in inclusion(leaf, checkpoint)],
                },
                "bucket": {"number": number_of(key), "records": _base64(proof.bucket)},
                "path": [_base64(each) for each in proof.path],
                "count": count,
                "leaves": leaves_naming(log, kind, id, indexed.size - 1, count),
            }
        )
        response["Cache-Control"] = "public, max-age=5"
        response["Access-Control-Allow-Origin"] = "*"
        return response


def _base64(data: bytes) -> str:
    return b64encode(data).decode()
