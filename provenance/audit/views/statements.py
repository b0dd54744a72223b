"""The log's statements in one answer."""

from itertools import chain
from typing import Any

from django.http import Http404, StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.permissions import AllowAny
from rest_framework.request import Request

from provenance.audit.serializers import StatementsQuery
from provenance.audit.services.finding import log_of
from provenance.audit.views.base import AuditView
from provenance.trail.services.cosigning import cosigned
from provenance.trail.services.exporting import entries_are_public
from provenance.trail.services.lines import last_line, statement_lines
from provenance.trail.services.queries import latest_checkpoint

NDJSON_TYPE = "application/x-ndjson"


class Statements(AuditView):
    """
    All that the log holds, as it was signed: a line of JSON for each leaf, {"index", "jws"}. The last line,
    {"size", "checkpoint"}, is the checkpoint that the whole log is checked against; an answer without it broke off.
    For auditors, or for everybody where the log's first leaf says so.
    """

    # Whether a token is needed, the log's first leaf says.
    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="statements",
        auth=[{"tokenAuth": []}],
        parameters=[
            OpenApiParameter("name", OpenApiTypes.STR, OpenApiParameter.PATH, description="The log's name."),
            OpenApiParameter("number", OpenApiTypes.INT, OpenApiParameter.PATH, description="Its number."),
            StatementsQuery,
        ],
        responses={(200, NDJSON_TYPE): OpenApiTypes.STR},
    )
    def get(self, request: Request, name: str, number: int) -> StreamingHttpResponse:
        log = log_of(name, number)
        checkpoint = latest_checkpoint(log) if log else None
        if log is None or checkpoint is None:
            raise Http404("This server keeps no such log.")
        if not (self.reader.everything or entries_are_public(log)):
            raise PermissionDenied("The entries of this log are for auditors. Send your token.")
        first, end = self._range(self.asked(request, StatementsQuery), checkpoint.size)
        lines = chain(statement_lines(log, first, end), [last_line(checkpoint.size, cosigned(checkpoint))])
        # Servers read the answer to HEAD to its end before they throw it away.
        response = StreamingHttpResponse(() if request.method == "HEAD" else lines, content_type=NDJSON_TYPE)
        response["Cache-Control"] = "no-store"
        response["Access-Control-Allow-Origin"] = "*"
        return response

    def _range(self, asked: dict[str, Any], size: int) -> tuple[int, int]:
        first, end = asked["from"], asked.get("to", size)
        if max(first, end) > size:
            raise Http404(f"The log is not that large yet: it has {size} leaves.")
        if first > end:
            raise ValidationError({"from": [f"It is larger than 'to', which is {end}."]})
        return first, end
