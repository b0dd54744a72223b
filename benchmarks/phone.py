"""
The check on a cheap phone: a trail of 50 events, from the bundle to the verdict, in Chromium at a sixth of its speed.

    python benchmarks/phone.py [ROUNDS]

Needs Playwright and /usr/bin/chromium. The scripts are served as they are; what travels is not measured here.
"""

import json
import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median

import fresh_site  # noqa: F401  # must come first
from measuring import Row, report
from page import a_bag
from playwright.sync_api import Page, sync_playwright

from provenance.shelf.proving.bundle import bundle_of
from provenance.shelf.tests import world

SCRIPTS = Path(__file__).resolve().parent.parent / "provenance" / "shelf" / "static" / "shelf"
SLOWER = 6
MOST_SECONDS = 0.5
FARMERS = 14  # with three events each; eight more follow, for all of them together

CHECK = """async (text) => {
  const { verifyBundle } = await import("/verify.js");
  const began = performance.now();
  const result = await verifyBundle(JSON.parse(text));
  return [result.outcome, (performance.now() - began) / 1000];
}"""


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Says nothing of its requests."""


def seconds(page: Page, bundle: str, rounds: int) -> list[float]:
    found = [page.evaluate(CHECK, bundle) for _ in range(rounds)]
    assert {outcome for outcome, _ in found} == {"checked"}, found
    return [spent for _, spent in found]


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    a_bag(FARMERS)
    bundle = bundle_of(world.PACKED)
    assert bundle is not None, "the bag was packed"
    text = json.dumps(bundle)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(SCRIPTS)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{server.server_address[1]}/vendor/README.md")
        usual = seconds(page, text, rounds)
        page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        slow = seconds(page, text, rounds)
        browser.close()
    server.shutdown()
    events = 3 * FARMERS + 8
    print(f"{events} events, {len(bundle['statements'])} statements, {len(text) / 1000:.0f} kB of JSON")
    print(f"{1000 * median(usual):.0f} ms at full speed, {1000 * median(slow):.0f} ms at a sixth of it")
    report(
        f"A trail of {events} events checked by a phone {SLOWER} times slower than this machine ({rounds} rounds)",
        [Row("P1", "the longest it may take, against what it took", MOST_SECONDS / median(slow), 1.0)],
    )


if __name__ == "__main__":
    main()
