"""
What Prometheus is told. Everything is asked of the database and the disk at the moment of asking, so that it is true of
all processes together and there is nothing to add up.
"""

import hmac
from collections.abc import Iterator
from contextlib import suppress

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from provenance.jobs.models import Job
from provenance.trail.models import Log, LogHead
from provenance.trail.services import queries, room
from provenance.trail.services.witnessing import PolicyUnusable

LOOPBACK = {"127.0.0.1", "::1"}


class Beantrail(Collector):
    def describe(self) -> list[GaugeMetricFamily]:
        """Nothing is asked of the database when the collector is registered."""
        return []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        queue = room.queue()
        yield gauge("waiting_statements", "Recorded statements without a place in the log.", queue.waiting)
        yield gauge("oldest_waiting_seconds", "How long the oldest of them has waited.", queue.seconds)
        unfinished = Job.objects.filter(state__in=[Job.State.WAITING, Job.State.RUNNING])
        yield gauge("unfinished_jobs", "Jobs that wait or are being done.", unfinished.count())
        free = GaugeMetricFamily("beantrail_disk_free_bytes", "What is left on the volume of a setting.", labels=["of"])
        for name, left in room.free_bytes().items():
            free.add_metric([name], left)
        yield free
        yield from logs()


def gauge(name: str, what: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"beantrail_{name}", what, value=value)


def logs() -> Iterator[GaugeMetricFamily]:
    """One line for each log that is not retired."""
    size, frozen, age, witnessed = (
        GaugeMetricFamily(f"beantrail_{name}", what, labels=["log"])
        for name, what in (
            ("log_size", "Leaves of the log."),
            ("log_frozen", "1 where the log takes nothing in and signs nothing."),
            ("checkpoint_age_seconds", "Since the newest released checkpoint was signed."),
            ("witnessed_size", "Leaves under the newest checkpoint that the policy's quorum has cosigned."),
        )
    )
    now = timezone.now().timestamp()
    for log in Log.objects.exclude(state=Log.State.RETIRED):
        size.add_metric([log.origin], LogHead.objects.get(log=log).size)
        frozen.add_metric([log.origin], float(log.state == Log.State.FROZEN))
        if newest := queries.latest_checkpoint(log):
            age.add_metric([log.origin], now - newest.signed_at)
        with suppress(PolicyUnusable):
            if cosigned := queries.witnessed_checkpoint(log):
                witnessed.add_metric([log.origin], cosigned.size)
    yield from (size, frozen, age, witnessed)


REGISTRY = CollectorRegistry(auto_describe=False)
REGISTRY.register(Beantrail())


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """For whoever brings METRICS_TOKEN and, where no proxy stands before the site, for this machine. Else 404."""
    if not may_ask(request):
        return HttpResponse("There is no such thing here.\n", status=404, content_type="text/plain")
    return HttpResponse(generate_latest(REGISTRY), content_type=CONTENT_TYPE_LATEST)


def may_ask(request: HttpRequest) -> bool:
    brought = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if settings.METRICS_TOKEN and hmac.compare_digest(brought.encode(), settings.METRICS_TOKEN.encode()):
        return True
    # Behind a proxy everybody seems to come from this machine.
    through_proxy = settings.BEHIND_PROXY or "X-Forwarded-For" in request.headers or "Forwarded" in request.headers
    return not through_proxy and request.META.get("REMOTE_ADDR") in LOOPBACK
