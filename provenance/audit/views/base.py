from collections.abc import Callable
from typing import Any

from rest_framework.exceptions import ValidationError
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from provenance.audit.problems import ProblemSchema, problem_response
from provenance.audit.services.readers import Reader


class OneFormat(BaseContentNegotiation):
    """Each address answers in its one format, whatever is asked for."""

    def select_parser(self, request: Request, parsers: list[Any]) -> Any:
        return parsers[0]

    def select_renderer(self, request: Request, renderers: list[Any], format_suffix: str | None = None) -> Any:
        return renderers[0], renderers[0].media_type


class AuditView(APIView):
    """A view of this door: it knows its reader, checks what was asked, and refuses in plain words."""

    schema = ProblemSchema()
    content_negotiation_class = OneFormat

    def get_exception_handler(self) -> Callable[..., Any]:
        return problem_response

    @property
    def reader(self) -> Reader:
        return Reader.of(self.request.user)

    def asked(self, request: Request, serializer: type[Serializer]) -> dict[str, Any]:
        """The query's values. Raises ``ValidationError`` naming each parameter that is wrong or unknown."""
        query = serializer(data=request.query_params.dict())
        unknown = request.query_params.keys() - query.fields.keys()
        query.is_valid(raise_exception=True)
        if unknown:
            raise ValidationError({name: ["There is no such parameter."] for name in sorted(unknown)})
        return dict(query.validated_data)
