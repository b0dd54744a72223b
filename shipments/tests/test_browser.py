"""What a person with a browser sees: the remainder while typing, and the whole act without JavaScript too."""

import re

import pytest
from django.conf import settings

from provenance.trail.models import Event
from shipments.tests.conftest import act_url, take_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def logged_in(context, client, user):
    client.force_login(user)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "domain": "localhost", "path": "/"}])


@pytest.fixture
def store(transactional_db, log, kofi, client):
    take_in(kofi, "G-1", 60)
    return kofi


@pytest.fixture
def page_of(browser, live_server, client):
    contexts = []

    def open_page(user, **options):
        context = browser.new_context(base_url=live_server.url, viewport={"width": 390, "height": 800}, **options)
        contexts.append(context)
        logged_in(context, client, user)
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()


def fill_in(page):
    page.goto(act_url("roast"))
    page.select_option("[name=inputs-0-line]", index=1)
    page.fill("[name=inputs-0-weight]", "60")
    page.fill("[name=outputs-0-weight]", "50.4")


def test_the_remainder_is_worked_out_while_typing(store, page_of):
    page = page_of(store)
    complaints = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)

    fill_in(page)

    assert page.inner_text("[data-remainder]") == "In 60 kg · out 50.4 kg (84.0 %) · 9.6 kg not named yet"
    assert complaints == []
    page.select_option("[name=inputs-0-weight_unit]", "lb")
    assert re.match(r"In 27\.216 kg", page.inner_text("[data-remainder]"))


def test_an_act_is_signed_without_javascript(store, page_of):
    page = page_of(store, java_script_enabled=False)
    before = Event.objects.count()

    fill_in(page)
    page.click("text=Read it back")
    assert "Yield 84.0 %" in page.inner_text("main, #content-main")
    assert Event.objects.count() == before
    page.click("text=Sign the roast")

    assert Event.objects.count() == before + 1
    assert "9.6 kg" in page.inner_text("#content-main")


@pytest.mark.parametrize("slug", ["roast", "take-in", "grade", "pack", "recall"])
def test_no_page_is_wider_than_a_phone(store, page_of, slug):
    page = page_of(store)

    page.goto(act_url(slug))

    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
