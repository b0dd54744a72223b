"""A browser whose WebCrypto has no Ed25519 checks with the vendored library; no other browser fetches it."""

import re

import pytest

from provenance.shelf.tests import world
from provenance.shelf.tests.test_phone import outcome

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# As Chromium answered before version 137.
REFUSES = """(() => {
  const known = crypto.subtle.importKey.bind(crypto.subtle);
  const isEd25519 = (algorithm) => (algorithm.name ?? algorithm).toLowerCase() === "ed25519";
  crypto.subtle.importKey = async (form, key, algorithm, ...more) => {
    if (isEd25519(algorithm)) throw new DOMException("Unrecognized name.", "NotSupportedError");
    return known(form, key, algorithm, ...more);
  };
})()"""


@pytest.fixture
def bag(phone, log):
    """Recorded once the live server runs: everything is committed, as for a real visitor."""
    return world.build(log)


@pytest.fixture
def fetched(phone) -> list[str]:
    """What the browser asked for of the library."""
    asked: list[str] = []
    phone.on("request", lambda request: asked.append(request.url) if "noble" in request.url else None)
    return asked


def test_a_browser_that_knows_ed25519_fetches_no_library(phone, bag, fetched):
    phone.goto(bag.link)

    assert outcome(phone).startswith("Checked on your phone just now")
    assert fetched == []


def test_a_browser_without_ed25519_fetches_the_library_once_and_checks(phone, bag, fetched):
    phone.add_init_script(REFUSES)
    complaints = []
    phone.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)

    phone.goto(bag.link)

    assert outcome(phone).startswith("Checked on your phone just now")
    assert len(fetched) == 1 and "/shelf/vendor/noble-ed25519" in fetched[0]
    assert complaints == []


def test_a_library_that_does_not_arrive_is_no_fraud(phone, bag):
    phone.add_init_script(REFUSES)
    phone.route(re.compile("/vendor/"), lambda route: route.abort())

    phone.goto(bag.link)

    assert outcome(phone).startswith("Could not check")
    assert phone.locator("#does-not-match").is_hidden()
