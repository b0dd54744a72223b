"""Errors as ``application/problem+json`` (RFC 9457): a title for people, never a code alone."""

from typing import Any

from django.http import Http404, JsonResponse
from drf_spectacular.openapi import AutoSchema
from rest_framework import exceptions
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.views import exception_handler

TITLES = {
    400: "The request cannot be understood.",
    401: "Log in, or send your token.",
    403: "This is not yours to read.",
    404: "There is no such thing here.",
    405: "This address does not take that method.",
    406: "This address does not speak that format.",
    409: "Not yet.",
    429: "Too many requests: wait a little.",
}


class ProblemRenderer(JSONRenderer):
    media_type = "application/problem+json"


class NotYet(exceptions.APIException):
    status_code = 409
    default_detail = "This waits for its place in the log. Try again in a minute."


def problem_response(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler for this door."""
    if isinstance(error, Http404):
        error = exceptions.NotFound(str(error) or None)
    response = exception_handler(error, context)
    if response is None:
        return None
    body: dict[str, Any] = {"type": "about:blank", "status": response.status_code}
    body["title"] = TITLES.get(response.status_code, "The request failed.")
    if isinstance(error, exceptions.ValidationError) and isinstance(response.data, dict):
        body["errors"] = response.data
    elif isinstance(response.data, dict) and "detail" in response.data:
        body["detail"] = str(response.data["detail"])
    context["request"].accepted_renderer = ProblemRenderer()
    response.data = body
    response.content_type = ProblemRenderer.media_type
    return response


def problem(status: int, detail: str) -> JsonResponse:
    """A problem outside DRF, for the log's own addresses."""
    body = {"type": "about:blank", "status": status, "title": TITLES[status], "detail": detail}
    return JsonResponse(body, status=status, content_type=ProblemRenderer.media_type)


PROBLEM_SCHEMA = {
    "type": "object",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {"type": "object"},
    },
}


class ProblemSchema(AutoSchema):
    """Documents the refusals that every address can answer with; drf-spectacular leaves them out."""

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        operation = super().get_operation(*args, **kwargs)
        if operation:
            for status in ("400", "401", "403", "404", "405", "406", "409", "429"):
                operation["responses"].setdefault(
                    status,
                    {
                        "description": TITLES[int(status)],
                        "content": {ProblemRenderer.media_type: {"schema": PROBLEM_SCHEMA}},
                    },
                )
        return operation
