"""The growers' door on the smallest phone, in a real browser with JavaScript turned off."""

import json

import pytest
from django.test import Client

from farms.tests.conftest import AT
from provenance.coffee.tests.plot_files import FIELD, collection, outline
from provenance.trail.models import Event
from provenance.trail.services.publishing import publish

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WIDTH = 320
FINGER = 48
# Whatever a finger is meant to hit. A link inside a sentence is as high as its line (WCAG 2.2, 2.5.8).
TARGETS = "button, a.button, a.tap, .problems a, summary, input:not([type=hidden]), select, textarea"
SMALL = f"""elements => elements
    .map(e => e.matches('[type=radio], [type=checkbox]') ? e.closest('label') : e)
    .map(e => [e.outerHTML.slice(0, 80), e.getBoundingClientRect()])
    .filter(([, box]) => box.height && box.height < {FINGER} - 0.5)
    .map(([html, box]) => html + ' ' + box.height)"""
UNNAMED = """elements => elements
    .filter(e => !e.labels.length && !e.ariaLabel)
    .map(e => e.outerHTML)"""


@pytest.fixture
def small_phone(browser, live_server):
    """320 px wide, no JavaScript, on the clock of Addis Ababa."""
    context = browser.new_context(
        base_url=live_server.url, viewport={"width": WIDTH, "height": 640}, java_script_enabled=False
    )
    yield context.new_page()
    context.close()


def log_in(page, live_server, user):
    client = Client()
    client.force_login(user)
    cookie = client.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])


def press(page, name, role="button"):
    with page.expect_navigation(wait_until="load"):
        page.get_by_role(role, name=name).click()


def fits(page):
    """Nothing is wider than the screen, everything can be hit and has a name."""
    assert page.evaluate("document.documentElement.scrollWidth") <= WIDTH, page.url
    assert page.locator(TARGETS).evaluate_all(SMALL) == [], page.url
    assert page.locator("input:not([type=hidden]), select, textarea").evaluate_all(UNNAMED) == [], page.url
    assert page.locator("h1").count() == 1


def test_a_grower_gets_from_a_farm_to_a_receipt_with_two_thumbs(log, almaz, wote, small_phone, live_server):
    page = small_phone
    log_in(page, live_server, almaz)
    page.goto("/farms/")
    fits(page)

    page.goto("/farms/plot/")
    page.get_by_label("Outline as GeoJSON").fill(
        json.dumps({"type": "Polygon", "coordinates": [[[38.2, 6.1], [38.202, 6.1], [38.202, 6.102], [38.2, 6.1]]]})
    )
    fits(page)
    press(page, "Continue")
    fits(page)
    press(page, "Sign and register")
    fits(page)

    page.goto("/farms/")
    press(page, "Record a harvest", "link")
    press(page, "Continue")
    fits(page)
    # The summary leads to the field, and what was typed is still there.
    page.get_by_role("link", name="How much? This is not answered yet.").click()
    assert page.locator("#id_weight:target").count() == 1
    page.get_by_label("How much?").fill("84.5")
    page.get_by_label("When was it weighed?").fill(AT)
    press(page, "Continue")
    fits(page)
    assert "Almaz picked 84.5 kg of cherry at Almaz site" in page.inner_text("main")
    press(page, "Sign this harvest")
    fits(page)
    assert "Signed with a key that this server keeps for you." in page.inner_text("main")

    page.goto("/farms/")
    fits(page)
    page.goto("/farms/drying/")
    fits(page)
    page.goto("/farms/")
    press(page, "Deliver this", "link")
    page.get_by_label("How much?").fill("84.5")
    page.get_by_label("To whom?").select_option(wote.site)
    page.get_by_label("When does it leave?").fill(AT)
    fits(page)
    press(page, "Continue")
    assert "Almaz sends Wote Station 84.5 kg of cherry" in page.inner_text("main")
    fits(page)
    press(page, "Sign this delivery")
    publish(log)
    page.reload()
    fits(page)
    assert "✓" in page.locator(".ticks li").nth(1).evaluate("e => getComputedStyle(e, '::before').content")
    press(page, "Correct this", "link")
    fits(page)
    page.goto("/farms/deliveries/")
    fits(page)
    assert list(Event.objects.order_by("pk").values_list("act", flat=True))[-3:] == [
        "register_plot",
        "harvest",
        "dispatch",
    ]


def test_a_file_of_plots_is_judged_and_signed_on_the_phone(log, almaz, small_phone, live_server):
    page = small_phone
    log_in(page, live_server, almaz)
    page.goto("/farms/plots/file/")
    fits(page)
    crossed = outline("[[38.2,6.1],[38.201,6.101],[38.201,6.1],[38.2,6.101],[38.2,6.1]]", name="By-the-river" * 8)
    sent = {"name": "plots.geojson", "mimeType": "application/geo+json", "buffer": collection(outline(FIELD), crossed)}
    page.get_by_label("Which file?").set_input_files(sent)
    press(page, "Continue")
    fits(page)
    assert page.locator("h1").inner_text() == "1 of 2 plots can be registered"
    assert page.locator(".sketch svg").count() == 2 and page.locator(".sketch .mark").count() == 1
    press(page, "Sign and register 1 plot")
    fits(page)
    assert "Plot: 1.22 ha" in page.inner_text("main")


def test_an_officer_enrols_on_the_phone(officer, small_phone, live_server):
    page = small_phone
    log_in(page, live_server, officer)
    page.goto("/farms/growers/new/")
    fits(page)
    press(page, "Continue")
    fits(page)
    page.get_by_label("What is the grower called?").fill("Hanna Tadesse Wolde-Giyorgis of the upper village")
    page.get_by_label("Only those who trade here").check()
    page.get_by_label("Country").select_option("ET")
    page.get_by_label("Log-in name").fill("hanna")
    press(page, "Continue")
    fits(page)
    page.get_by_label("Password").fill("three red cherries")
    press(page, "Sign and enrol")
    fits(page)
    assert "Logs in as hanna" in page.inner_text("main")
