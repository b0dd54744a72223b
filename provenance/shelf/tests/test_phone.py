"""The page in a real Chromium, as a shopper's phone opens it."""

import re
import time
from base64 import b64decode, b64encode

import pytest
from django.db import connection

from provenance.coffee import acts
from provenance.coffee.statement.envelope import b64url, decode_b64url
from provenance.shelf.tests import world
from provenance.trail import triggers
from provenance.trail.models import Event
from provenance.trail.services import guarding
from provenance.trail.services.acting import Draft, record_acts
from provenance.trail.services.publishing import publish
from provenance.trail.services.recovering import succeed
from provenance.trail.services.witnessing import ask_due
from provenance.trail.tests.witnesses import Witness, connect

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def bag(phone, log):
    """Recorded once the live server runs: everything is committed, as for a real visitor."""
    return world.build(log, others=5)


def outcome(page) -> str:
    page.wait_for_selector("#check[data-outcome]")
    return page.locator("#check .words").inner_text()


def change(event: Event, old: bytes, new: bytes) -> None:
    """Rewrite a stored statement as an intruder with the database's password would."""
    header, payload, signature = bytes(event.statement).split(b".")
    changed = decode_b64url(payload, "payload").replace(old, new)
    assert changed != decode_b64url(payload, "payload")
    triggers.lift(connection)
    Event.objects.filter(pk=event.pk).update(statement=b".".join([header, b64url(changed).encode(), signature]))
    triggers.install(connection)


def test_the_phone_checks_the_page_by_itself(phone, bag):
    phone.goto(bag.link)

    assert outcome(phone).startswith("Checked on your phone just now")
    assert phone.locator("#does-not-match").is_hidden()


def test_the_phone_checks_again_when_the_log_has_grown(phone, bag):
    # The statements may be five seconds old; this visit comes back sooner.
    phone.route("**/*", lambda route: route.continue_())
    phone.goto(bag.link)
    outcome(phone)
    world.farmers(3)
    bag.publish()

    with phone.expect_request("**/tile/0/000.p/*"):
        phone.reload()

    assert outcome(phone).startswith("Checked on your phone just now")


def test_the_phone_checks_the_witnesses_and_remembers_what_they_saw(phone, bag, log, settings, tmp_path, monkeypatch):
    connect(log, settings, tmp_path, monkeypatch, "Port_Cooperative", "ACME_Importers")
    # The statements may be five seconds old; this visit comes back sooner.
    phone.route("**/*", lambda route: route.continue_())
    remembered = "() => Object.keys(localStorage).length"
    phone.goto(bag.link)
    assert "none changed and none left out; not witnessed yet, so the operator alone says" in outcome(phone)
    assert phone.evaluate(remembered) == 0
    publish(log, index=True)
    assert ask_due() == 2

    phone.reload()

    words = r"none left out; witnessed by Port Cooperative and ACME Importers on [^;]*\d:\d\d[^;]* UTC\.$"
    assert re.search(words, outcome(phone))
    assert phone.evaluate(remembered) == 1


def test_a_forged_cosignature_does_not_match(phone, bag, log, settings, tmp_path, monkeypatch):
    wire = connect(log, settings, tmp_path, monkeypatch, "Port_Cooperative")
    publish(log, index=True)
    ask_due()
    other = Witness("Port_Cooperative", time.time).signers[0].verifier.vkey
    mine = wire.witnesses[0].signers[0].verifier.vkey

    def forge(route):
        answer = route.fetch()
        # The line of one key under the name and number of another.
        bundle = answer.json()
        lines = bundle["checkpoint"].split("\n")
        data = bytearray(b64decode(lines[-2].split(" ")[2]))
        data[:4] = bytes.fromhex(other.split("+")[1])
        lines[-2] = " ".join([*lines[-2].split(" ")[:2], b64encode(data).decode()])
        route.fulfill(json={**bundle, "checkpoint": "\n".join(lines), "policy": bundle["policy"].replace(mine, other)})

    phone.route("**/bundle/*.json", forge)
    phone.goto(bag.link)

    assert outcome(phone) == "Does not match: the log’s witnesses: the witness Port Cooperative did not sign it."


def test_the_phone_follows_a_log_that_was_succeeded(phone, bag, log):
    phone.route("**/*", lambda route: route.continue_())
    phone.goto(bag.link)
    assert outcome(phone).startswith("Checked on your phone just now")
    guarding.forget()
    second = succeed(log)
    publish(second, index=True)
    for _ in range(2):
        # First from what it remembers of the first log, then of the second.
        phone.reload()
        assert outcome(phone).startswith("Checked on your phone just now")
    recall = acts.Recall(at=world.at(11, 5), site=world.ROASTERY, lots=(world.PACKED,), reason="labelling")
    record_acts(world.KOFI, [Draft(recall)])
    publish(second, index=True)

    phone.reload()

    assert outcome(phone).startswith("Checked on your phone just now")
    assert phone.get_by_text("Recalled: do not drink this coffee.").is_visible()


def test_one_changed_figure_does_not_match_and_names_the_step(phone, bag):
    change(bag.events["roasted"], b"R-1103", b"R-1104")

    phone.goto(bag.link)

    assert outcome(phone).startswith("Does not match: Kofi Roastery roasted the coffee")
    assert phone.locator("#does-not-match").is_visible()


def test_bytes_that_cannot_be_read_any_more_do_not_match(phone, bag):
    change(bag.events["hulled"], b'"act"', b'"cat"')

    phone.goto(bag.link)

    assert outcome(phone).startswith("Does not match: A step that cannot be read any more (a step of making)")


def test_a_network_fault_never_looks_like_fraud(phone, bag):
    phone.route("**/bundle/*.json", lambda route: route.abort())

    phone.goto(bag.link)

    assert outcome(phone).startswith("Could not check: the statements did not arrive")
    assert phone.locator("#does-not-match").is_hidden()


def test_a_page_to_log_in_to_the_network_is_no_fraud(phone, bag):
    phone.route(
        "**/bundle/*.json", lambda route: route.fulfill(body="<html>Welcome to Free WiFi", content_type="text/html")
    )

    phone.goto(bag.link)

    assert outcome(phone).startswith("Could not check: the statements did not arrive")


def test_a_page_older_than_the_log_is_to_be_loaded_again(phone, bag):
    old = phone.request.get(bag.link).body()
    recall = acts.Recall(at=world.at(11, 5), site=world.ROASTERY, lots=(world.PACKED,), reason="labelling")
    record_acts(world.KOFI, [Draft(recall)])
    bag.publish()
    is_page = {"document"}
    phone.route(
        re.compile("/01/"),
        lambda route: (
            route.fulfill(body=old, content_type="text/html")
            if route.request.resource_type in is_page
            else route.continue_()
        ),
    )

    phone.goto(bag.link)

    assert outcome(phone) == "Could not check: this page is older than the log; load it again."


def test_statements_that_a_cache_still_holds_are_fetched_anew_before_a_page_is_called_false(phone, bag):
    phone.goto(bag.link)
    assert outcome(phone).startswith("Checked on your phone just now")
    recall = acts.Recall(at=world.at(11, 5), site=world.ROASTERY, lots=(world.PACKED,), reason="labelling")
    record_acts(world.KOFI, [Draft(recall)])
    bag.publish()

    # The page is asked for again; its statements may be five seconds old, and come out of the browser's own cache.
    phone.reload()

    assert phone.get_by_text("Recalled: do not drink this coffee.").is_visible()
    assert outcome(phone).startswith("Checked on your phone just now")


def test_what_waits_for_the_log_could_not_be_checked(phone, bag):
    recall = acts.Recall(at=world.at(11, 5), site=world.ROASTERY, lots=(world.PACKED,), reason="labelling")
    record_acts(world.KOFI, [Draft(recall)])

    phone.goto(bag.link)

    assert re.match(r"Could not check: 1 of \d+ statements are recorded, but not yet in the log", outcome(phone))
    assert phone.get_by_text("Recalled: do not drink this coffee.").is_visible()


def test_a_page_that_says_something_else_than_the_statements_does_not_match(phone, bag):
    def forge(route):
        answer = route.fetch()
        body = answer.text().replace("<span data-said>86.25</span>", "<span data-said>91</span>")
        route.fulfill(response=answer, body=body)

    phone.route(re.compile("/01/"), forge)

    phone.goto(bag.link)

    assert outcome(phone).startswith("Does not match: this page: “91” does not stand in what was signed (Kofi Roastery")


def test_a_page_with_another_name_than_the_signed_one_does_not_match(phone, bag):
    def forge(route):
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.text().replace(">Wote Station<", ">Other Station<"))

    phone.route(re.compile("/01/"), forge)

    phone.goto(bag.link)

    assert outcome(phone).startswith("Does not match: this page: “Other Station” is not what was signed")


def test_another_history_than_the_phone_saw_before_does_not_match(phone, bag):
    phone.goto(bag.link)
    outcome(phone)
    phone.evaluate(
        """() => {
          const name = Object.keys(localStorage).find((key) => key.startsWith("log:"));
          const memory = JSON.parse(localStorage.getItem(name));
          localStorage.setItem(name, JSON.stringify({ ...memory, root: btoa("x".repeat(32)) }));
        }"""
    )

    phone.reload()

    assert outcome(phone).startswith("Does not match: the log’s checkpoint: the log shows another history")
    with phone.expect_download() as saved:
        phone.get_by_role("link", name="Save both checkpoints").click()
    assert saved.value.path().read_text().count("localhost:8000/log/") >= 2


def test_a_saved_proof_is_checked_from_its_file(phone, bag, tmp_path):
    saved = tmp_path / "lot.proof.json"
    saved.write_bytes(phone.request.get(world.BUNDLE).body())
    phone.goto("/verify/")

    phone.set_input_files("input[type=file]", saved)

    assert outcome(phone).startswith("Checked on your phone just now")


def test_without_javascript_only_the_phones_own_check_is_missing(browser, live_server, phone, bag):
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    page = context.new_page()

    page.goto(bag.link)

    assert "Not checked on your phone" in page.locator("#check").inner_text()
    assert page.locator(".timeline > li").count() == 10
    assert page.get_by_text("packed 3 bags of 250 g").is_visible()
    context.close()


def test_nothing_on_the_page_breaks_the_content_security_policy(phone, bag):
    complaints = []
    phone.on(
        "console", lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None
    )

    phone.goto(bag.link)
    outcome(phone)

    assert complaints == []


def test_people_who_hear_the_page_or_see_it_poorly_can_use_it(phone, bag):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe-playwright-python")
    phone.goto(bag.link)
    outcome(phone)
    phone.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")

    found = axe.Axe().run(phone)

    assert [one["id"] for one in found.response["violations"]] == []


def test_the_page_fits_a_phone_of_320_pixels(phone, bag):
    phone.set_viewport_size({"width": 320, "height": 640})
    phone.goto(bag.link)

    assert phone.evaluate("document.documentElement.scrollWidth") <= 320
