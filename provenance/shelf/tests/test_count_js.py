"""What a real Chromium counts, and that the page is whole where nobody counts."""

import pytest

from provenance.bags.models import Bag
from provenance.shelf.tests import world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def bag(phone, log) -> world.World:
    return world.build(log)


def opens() -> int:
    return Bag.objects.get(position=0).opens


def test_one_visit_is_one_opening_however_often_one_reloads_and_comes_back(phone, bag):
    with phone.expect_response("**/seen") as counted:
        phone.goto(bag.link)
    assert counted.value.status == 204
    assert opens() == 1

    asked = []
    phone.on("request", lambda request: asked.append(request.url) if request.url.endswith("/seen") else None)
    phone.reload(wait_until="networkidle")
    phone.locator("[data-seen] a", has_text="Report").click()
    phone.locator("a", has_text="Back to the page").click()
    phone.wait_for_load_state("networkidle")
    phone.go_back()
    phone.wait_for_load_state("networkidle")

    assert asked == []
    assert opens() == 1
    assert phone.context.cookies() == []


@pytest.mark.parametrize("answer", ["nothing there", "no network"])
def test_the_page_is_whole_where_nobody_counts(phone, bag, answer):
    faults = []
    phone.on("pageerror", lambda error: faults.append(str(error)))
    phone.route("**/seen", lambda route: route.abort() if answer == "no network" else route.fulfill(status=404))

    phone.goto(bag.link, wait_until="networkidle")

    assert faults == []
    assert phone.locator("#check[data-outcome]").count() == 1
    assert opens() == 0
