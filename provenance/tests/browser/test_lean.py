"""What a scan costs a phone, and whom it tells: the page of the demo's blend, on a first visit."""

from urllib.parse import urlsplit

import brotli
import pytest
from django.contrib.staticfiles import finders

from provenance.bags.services.issuing import bags_of
from provenance.demo import vienna
from provenance.demo.stage import pack_lot

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

MOST_BYTES = 50_000
# The page is whole without them: the proof grows with the trail, and a picture is as large as it is.
APART = ("/bundle/", "/picture/")


class Transferred:
    """By path the bytes that came, headers included; ``setting``: the paths whose answers set cookies."""

    def __init__(self, page) -> None:
        self.bytes: dict[str, int] = {}
        self.setting: list[str] = []
        self._paths: dict[str, str] = {}
        session = page.context.new_cdp_session(page)
        session.on("Network.responseReceived", self._answered)
        session.on("Network.loadingFinished", self._finished)
        session.send("Network.enable")

    def _answered(self, event) -> None:
        answer = event["response"]
        path = self._paths[event["requestId"]] = urlsplit(answer["url"]).path
        if any(name.lower() == "set-cookie" for name in answer["headers"]):
            self.setting.append(path)

    def _finished(self, event) -> None:
        if path := self._paths.get(event["requestId"]):
            self.bytes[path] = int(event["encodedDataLength"]) - spared(path)


def spared(path: str) -> int:
    """Bytes by which a static file is smaller in production, where ``collectstatic`` compresses it."""
    found = finders.find(path.removeprefix("/static/")) if path.startswith("/static/") else None
    if found is None:
        return 0
    with open(found, "rb") as file:
        text = file.read()
    return len(text) - len(brotli.compress(text))


def test_a_scan_costs_little_and_tells_nobody_else(demo, visit):
    bag = bags_of(pack_lot(vienna.BLEND_GTIN, vienna.BLEND))[0]
    shopper = visit()
    came = Transferred(shopper.page)

    shopper.page.goto(f"/01/{bag.gtin}/10/{bag.lot_code}/21/{bag.serial}")
    shopper.page.wait_for_selector("#check[data-outcome=checked]", timeout=60_000)
    shopper.page.wait_for_load_state("networkidle")

    first = {path: size for path, size in came.bytes.items() if not path.startswith(APART)}
    # The page, two style sheets, the check, the count: each once.
    assert {"/static/css/beantrail.css", "/static/shelf/shelf.css", "/static/shelf/count.js"} < set(first)
    assert sum(path.startswith("/check.") for path in first) == 1
    assert len(first) <= 7
    assert sum(first.values()) <= MOST_BYTES, first
    assert shopper.complaints == []
    assert (came.setting, shopper.page.context.cookies()) == ([], [])
    kept = shopper.page.evaluate("[...Object.keys(localStorage), ...Object.keys(sessionStorage)]")
    assert [key.split(":")[0] for key in kept] == ["log"]
