"""When the site is no more: a printed code, a folder, and Python's own web server that knows nothing of Beantrail."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

import pytest
from django.core.management import call_command
from playwright.sync_api import expect

from provenance.shelf.tests import world
from provenance.tests.scanning import scan, sheet_of
from provenance.trail.services import registry
from provenance.trail.services.witnessing import ask_due
from provenance.trail.tests.witnesses import connect

pytestmark = [pytest.mark.browser, pytest.mark.django_db]

MONTHS_LATER = 90 * 86_400_000


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        """Quiet."""

    def end_headers(self) -> None:
        # Between the visits of this test no browser would ask again.
        self.send_header("Cache-Control", "no-store")
        super().end_headers()


@contextmanager
def served(folder: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://localhost:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def keep(folder: Path) -> None:
    call_command("export_shelf", folder, verbosity=0)


def outcome(page, address: str) -> str:
    page.goto(address)
    check = page.locator("#check")
    expect(check).to_have_attribute("data-outcome", re.compile("."), timeout=30_000)
    return check.inner_text().replace("\n", " ")


def test_a_printed_code_is_checked_from_a_folder_when_the_site_is_gone(browser, log, settings, tmp_path, monkeypatch):
    connect(log, settings, tmp_path, monkeypatch, "Port_Cooperative")
    settings.WITNESS_EVERY = 0
    bag = world.build(log)
    assert ask_due() == 1
    [printed, *_] = scan(sheet_of(world.PACKED, 3))
    keep(tmp_path / "early")
    # The log has grown when the copy is made that outlives the site.
    for number in range(3):
        registry.register_party(kind="person", roles=["farmer"], name=f"F {number}", country="ET", audience="auditors")
    bag.publish()
    assert ask_due() == 1
    keep(tmp_path / "copy")
    code = urlsplit(printed).path
    assert code in {f"/01/{world.GTIN}/10/R1103/21/{each.serial}" for each in bag.bags}

    context = browser.new_context(locale="en-GB", viewport={"width": 360, "height": 740})
    page, asked = context.new_page(), []
    page.on("request", lambda request: asked.append(request))
    page.clock.set_system_time(MONTHS_LATER + log.created_at.timestamp() * 1000)
    with served(tmp_path) as site:
        # One host for all: the phone's memory belongs to it, and so do the paths.
        folder = {"now": tmp_path / "early"}
        monkeypatch.setattr(Quiet, "translate_path", what_is_in(folder))
        first = outcome(page, site + code)
        assert "Checked on your phone just now" in first and "witnessed by Port Cooperative" in first
        assert not any("/log/" in request.url for request in asked)

        # A page that does not say that it is a copy is held to what a server has to have.
        claimed = tmp_path / "early" / code.lstrip("/") / "index.en.html"
        as_served = claimed.read_text(encoding="utf-8").replace(" data-kept", "")
        (claimed.parent / "as-served.html").write_text(as_served, encoding="utf-8")
        assert "the log has withheld proof since" in outcome(page, f"{site}{code}/as-served.html")

        folder["now"] = tmp_path / "copy"
        assert "Checked on your phone just now" in outcome(page, site + code)
        assert any("/log/" in request.url for request in asked)

        folder["now"] = tmp_path / "early"
        older = outcome(page, site + code)
        assert older.startswith("?") and "this kept copy is older than what your phone saw of the log" in older

        folder["now"] = tmp_path / "copy"
        bundle = tmp_path / "copy" / world.BUNDLE.lstrip("/")
        whole = bundle.read_bytes()
        # In the middle of a signature.
        at = whole.index(b'"statement":"') + len(b'"statement":"') + 80
        bundle.write_bytes(whole[:at] + (b"B" if whole[at : at + 1] != b"B" else b"C") + whole[at + 1 :])
        assert outcome(page, site + code).startswith("✖ Does not match")
        expect(page.locator("#does-not-match")).to_be_visible()
        bundle.write_bytes(whole)

        german = browser.new_context(locale="de-AT").new_page()
        german.goto(site + code)
        german.wait_for_url(f"{site}{code}/index.de.html")
        expect(german.locator("#check")).to_have_attribute("data-outcome", "checked", timeout=30_000)
        german.locator("nav summary").click()
        german.locator("nav a[hreflang=en]").click()
        german.wait_for_url(f"{site}{code}/index.en.html")
        german.context.close()

    assert {urlsplit(request.url).netloc for request in asked} == {urlsplit(site).netloc}
    assert {request.method for request in asked} == {"GET"}
    assert context.cookies() == []
    context.close()


def what_is_in(folder: dict[str, Path]):
    """What stands in the folder that the operator serves at the moment."""

    def translate(handler: SimpleHTTPRequestHandler, path: str) -> str:
        handler.directory = str(folder["now"])
        return SimpleHTTPRequestHandler.translate_path(handler, path)

    return translate
