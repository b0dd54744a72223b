"""
When nothing can be taken in at the moment: 503, when to come again, and a plain sentence.

A door that asked with a form shows it again, filled in, through ``or_unavailable``; everything else, a database that is
away among it, ends in ``server_error``.
"""

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.defaults import server_error as something_went_wrong

from provenance.coffee.errors import CoffeeError
from provenance.trail.errors import RecordingStopped

# Seconds after which it is worth trying again.
RETRY_AFTER = "30"

DATABASE_AWAY = "The database does not answer at this moment."


def or_unavailable(response: HttpResponse, error: CoffeeError) -> HttpResponse:
    """The page that shows this refusal; with 503 where nothing is recorded at the moment, whoever asks."""
    if isinstance(error, RecordingStopped) and response.status_code == 200:
        return _come_again(response)
    return response


def unavailable(request: HttpRequest, sentence: str) -> HttpResponse:
    if request.path.startswith("/api/"):
        problem = {"type": "about:blank", "status": 503, "title": "Not at this moment.", "detail": sentence}
        return _come_again(JsonResponse(problem, content_type="application/problem+json"))
    return _come_again(render(request, "503.html", {"sentence": sentence}))


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's ``handler500``: a fault that is nobody's mistake and will pass is told from one of ours."""
    error = sys.exception()
    if isinstance(error, RecordingStopped):
        return unavailable(request, str(error))
    if isinstance(error, OperationalError | InterfaceError):
        return unavailable(request, DATABASE_AWAY)
    return something_went_wrong(request)


def _come_again(response: HttpResponse) -> HttpResponse:
    response.status_code = 503
    response.headers["Retry-After"] = RETRY_AFTER
    response.headers["Cache-Control"] = "no-store"
    return response
