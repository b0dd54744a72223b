"""
A door for the tests: takes one signed statement, as a phone would send it, and answers when it is recorded.

Beside it stands the whole site, so that a client can also read what the log serves.
"""

import os
import threading
import time

from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from provenance.coffee.statement import parse
from provenance.trail.errors import RecordingStopped, RecordRefused
from provenance.trail.services.recording import Incoming, record

# Long enough for a kill to hit the moment that a planted bug opens.
MOMENT = 0.05


@csrf_exempt
@require_POST
def take(request: HttpRequest) -> HttpResponse:
    """201 and the event's id; 422 for what is refused; 503 while nothing is taken in."""
    mutant = os.environ.get("MUTANT")
    if mutant == "early ack":
        threading.Thread(target=_record_later, args=[request.body]).start()
        return HttpResponse(parse(request.body).jti, status=201)
    try:
        (event,) = record([Incoming(request.body)])
    except RecordRefused as error:
        return HttpResponse(str(error), status=422)
    except RecordingStopped as error:
        return HttpResponse(str(error), status=503)
    if mutant == "new id on retry":
        time.sleep(MOMENT)
    return HttpResponse(event.event_id, status=201)


def _record_later(jws: bytes) -> None:
    time.sleep(MOMENT)
    record([Incoming(jws)])


urlpatterns = [path("take", take), path("", include("provenance.urls"))]
