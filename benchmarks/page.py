"""
The page behind a bag's code, against a view that says hello: whole requests through the same handler and middleware.

    python benchmarks/page.py [ROUNDS]
"""

import sys
from statistics import median

import fresh_site  # noqa: F401  # must come first
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import path
from measuring import Row, interleaved, ratio, report

import provenance.urls
from conftest import ON_THE_TRAIL, PARTIES, SITES
from provenance.shelf.tests import world
from provenance.trail.services import registry

SLICE = 20  # requests
application = get_wsgi_application()


def hello(request: HttpRequest) -> HttpResponse:
    return HttpResponse("hello")


def a_bag(farmers: int) -> world.World:
    """Coffee of so many farmers in one bag."""
    log = registry.found_log("main", "Benchmark", country="ET")
    for name, (kind, roles, site) in ON_THE_TRAIL.items():
        registry.register_party(kind=kind, roles=roles, name=name, country="ET", party=PARTIES + name)
        registry.register_site(party=PARTIES + name, kind=site, name=name, country="ET", site=SITES + name)
    return world.build(log, others=farmers - 1)


def get(url: str) -> int:
    """One request; returns the length of the answer."""
    where, _, query = url.partition("?")
    environ = RequestFactory(SERVER_NAME="localhost").get(where, QUERY_STRING=query).environ
    statuses: list[str] = []
    answer = application(environ, lambda status, headers, exc_info=None: statuses.append(status))
    length = sum(map(len, answer))
    answer.close()
    assert statuses == ["200 OK"], f"{url}: {statuses}"
    return length


def queries(url: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        get(url)
    return len(captured)


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 30
    provenance.urls.urlpatterns.append(path("hello", hello))
    bag = a_bag(farmers=26).link
    lot = world.GREEN.removeprefix(f"https://{world.HOST}")
    one_step = "/epcis/class/cherry.H-1"
    bundle = world.BUNDLE
    sizes = ", ".join(f"{name} {get(url) / 1000:.0f} kB" for name, url in (("page", bag), ("bundle", bundle)))
    print(f"A bag of 26 farmers' coffee: {sizes}")

    def repeatedly(url: str) -> None:
        for _ in range(SLICE):
            get(url)

    spent = interleaved(
        {
            "hello": lambda: repeatedly("/hello"),
            "hello again": lambda: repeatedly("/hello"),
            "one step": lambda: repeatedly(one_step),
            "bag": lambda: repeatedly(bag),
            "bundle": lambda: repeatedly(bundle),
        },
        rounds,
    )
    for name in ("hello", "one step", "bag", "bundle"):
        print(f"{name}: {1000 * median(spent[name]) / SLICE:.1f} ms of CPU")
    report(
        f"The page behind a bag's code, requests a CPU second against a view that says hello ({rounds} rounds)",
        [
            Row("R1", "page of a lot with one step", ratio(spent["hello"], spent["one step"]), 0.15, 0.25),
            Row("R1b", "page of a bag of 26 farmers' coffee (reported)", ratio(spent["hello"], spent["bag"])),
            Row("R1c", "its proofs, for the phone to check (reported)", ratio(spent["hello"], spent["bundle"])),
            Row(
                "R4", "queries of a page, the most of three", max(map(queries, (one_step, lot, bag))), 4, 4, below=True
            ),
        ],
        [ratio(spent["hello"], spent["hello again"])],
    )


if __name__ == "__main__":
    main()
