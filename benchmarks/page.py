"""
The page behind a bag's code, against a view that says hello: whole requests through the same handler and middleware.

Cold: a process that has not shown this page yet takes it from the table of kept pages. Warm: it has shown it within a
minute, and proves with one query that nothing was recorded since. Told: nobody asked for it since something of it was
recorded, so it is replayed from the trail and kept. Its proofs are told once, too, and then proved to be the same; each
process keeps them by itself. The peer of R2 replays and checks nothing: it reads its rows by the
ORM, as a page without a log would, and fills the same template with the same content.

    python benchmarks/page.py [ROUNDS]
"""

import sys
from collections.abc import Callable
from statistics import median

import fresh_site  # noqa: F401  # must come first
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import path
from measuring import Row, interleaved, ratio, report

import provenance.urls
from conftest import ON_THE_TRAIL, PARTIES, SITES
from provenance.bags.models import Bag
from provenance.shelf.keeping import warm
from provenance.shelf.models import KeptPage
from provenance.shelf.reading import page_of
from provenance.shelf.showing import shown
from provenance.shelf.tests import world
from provenance.shelf.tests.world import BUNDLE
from provenance.shelf.views.bundles import kept
from provenance.trail.models import Event, Lot
from provenance.trail.services import registry

SLICE = 20  # requests
GREATEST_AGE = warm.GREATEST_AGE
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
    """One request as a phone sends it; returns the length of the answer."""
    where, _, query = url.partition("?")
    environ = (
        RequestFactory(SERVER_NAME="localhost")
        .get(where, QUERY_STRING=query, HTTP_ACCEPT_ENCODING="gzip, deflate, br")
        .environ
    )
    statuses: list[str] = []
    answer = application(environ, lambda status, headers, exc_info=None: statuses.append(status))
    length = sum(map(len, answer))
    answer.close()
    assert statuses == ["200 OK"], f"{url}: {statuses}"
    return length


def cold(url: str) -> int:
    """By a process that has not shown it yet."""
    warm.GREATEST_AGE = -1.0
    try:
        return get(url)
    finally:
        warm.GREATEST_AGE = GREATEST_AGE


def told(url: str) -> int:
    KeptPage.objects.filter(lot_uri=world.PACKED).delete()
    return cold(url)


def proofs_told(url: str) -> int:
    """The bundle, as if something had been recorded since it was last asked for."""
    kept.forget()
    return get(url)


def queries(how: Callable[[str], int], url: str) -> int:
    how(url)
    with CaptureQueriesContext(connection) as captured:
        how(url)
    return len(captured)


def idiomatic_page(bag: Bag) -> Callable[[HttpRequest], HttpResponse]:
    """A view that fills the page's template with what is known already, after the queries of an ordinary shop."""
    page = page_of(bag.lot_uri)
    assert page is not None, "the bag was packed"
    known = shown(page, bag)

    def view(request: HttpRequest) -> HttpResponse:
        found = Bag.objects.select_related("product").get(gtin=bag.gtin, lot_code=bag.lot_code, serial=bag.serial)
        lot = Lot.objects.select_related("made_by").get(uri=found.lot_uri)
        steps = list(Event.objects.filter(subjects__uri=lot.uri).select_related("leaf").order_by("pk"))
        return render(request, "shelf/lot.html", {**known, "bag": found, "steps": steps})

    return view


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 30
    bagged = a_bag(farmers=26)
    bag, one_step = bagged.link, "/epcis/class/cherry.H-1"
    provenance.urls.urlpatterns += [path("hello", hello), path("idiomatic", idiomatic_page(bagged.bags[0]))]
    sizes = ", ".join(f"{name} {get(url) / 1000:.0f} kB" for name, url in (("page", bag), ("bundle", BUNDLE)))
    print(f"A bag of 26 farmers' coffee: {sizes}")

    def slices(how: Callable[[str], int], url: str, times: int = SLICE) -> Callable[[], None]:
        return lambda: [how(url) for _ in range(times)] and None

    spent = interleaved(
        {
            "hello": slices(get, "/hello"),
            "hello again": slices(get, "/hello"),
            "cold": slices(cold, bag),
            "warm": slices(get, bag),
            "one step, cold": slices(cold, one_step),
            "idiomatic": slices(get, "/idiomatic"),
            "told": slices(told, bag, 1),
            "proofs told": slices(proofs_told, BUNDLE, 1),
            "proofs kept": slices(get, BUNDLE),
        },
        rounds,
    )
    once = {"told", "proofs told"}
    for name, times in spent.items():
        print(f"{name}: {1000 * median(times) / (1 if name in once else SLICE):.2f} ms of CPU")
    hellos = [seconds / SLICE for seconds in spent["hello"]]
    report(
        f"The page behind a bag's code, requests a CPU second against a view that says hello ({rounds} rounds)",
        [
            Row("R1", "page of a bag of 26 farmers' coffee, cold", ratio(spent["hello"], spent["cold"]), 0.15, 0.25),
            Row("R1b", "page of a lot with one step, cold", ratio(spent["hello"], spent["one step, cold"]), 0.15, 0.25),
            Row("R1c", "the page of R1, told from the trail (reported)", ratio(hellos, spent["told"])),
            Row("R1d", "its proofs, for the phone to check, told (reported)", ratio(hellos, spent["proofs told"])),
            Row("R1e", "its proofs, kept (reported)", ratio(spent["hello"], spent["proofs kept"])),
            Row("R2", "the page of R1 / an ORM and template page", ratio(spent["idiomatic"], spent["cold"]), 2, 3.5),
            Row("R3", "the page of R1, warm", ratio(spent["hello"], spent["warm"]), 0.5, 0.7),
            Row("R4", "queries of a cold page", queries(cold, bag), 4, 4, below=True),
            Row("R4b", "queries of a warm page", queries(get, bag), 1, 1, below=True),
            Row("R4c", "queries to tell and keep a page (reported)", queries(told, bag)),
            Row("R4d", "queries of kept proofs (reported)", queries(get, BUNDLE)),
        ],
        [ratio(spent["hello"], spent["hello again"])],
    )


if __name__ == "__main__":
    main()
