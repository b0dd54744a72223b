"""
A site that takes in one signed statement a POST, for ``posts.py``: with what records for all doors, with a commit for
every request, or not at all. The requests go through the site's own handler and middleware.
"""

from threading import Lock

import fresh_site  # noqa: F401  # must come first
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

import provenance.urls
from provenance.trail.services import recording
from provenance.trail.services.recording import Incoming

one_at_a_time = Lock()


@csrf_exempt
def nothing(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(len(request.body)))


@csrf_exempt
def together(request: HttpRequest) -> HttpResponse:
    [event] = recording.record([Incoming(request.body)])
    return HttpResponse(event.event_id)


@csrf_exempt
def alone(request: HttpRequest) -> HttpResponse:
    batch = recording.read([Incoming(request.body)])
    log = recording.log_of(batch)
    recording.verify_signatures(log, batch)
    batch.stop_if_refused()
    # Waiting for SQLite's own lock is a matter of luck: whoever asks at the right moment gets it.
    with one_at_a_time:
        [event] = recording.commit(log, batch)
    return HttpResponse(event.event_id)


provenance.urls.urlpatterns += [path("nothing", nothing), path("together", together), path("alone", alone)]
application = get_wsgi_application()
