"""
The page of the demo's blend (312 farmers) on a shopper's phone, from a production site: Lighthouse and axe, what it
transfers, whom it asks, and when it can be read on a slow line with a slow phone.

    python benchmarks/shopper.py [ROUNDS]

Needs nginx, node, npm, Playwright and /usr/bin/chromium. What is transferred is counted as it comes through nginx and
HTTP/2, with its headers. The proof (the signed statements behind the page) and the pictures are told apart: the page
is whole without them, the proof grows with the coffee's trail, and a photograph is as large as it is.
"""

import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from urllib.parse import urlsplit

import production
from axe_playwright_python.sync_playwright import Axe
from measuring import Row, report
from peers import lighthouse
from playwright.sync_api import Browser, Page, sync_playwright

CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
BITS_PER_SECOND, ROUND_TRIP, SLOWER = 400_000, 400, 6
PHONE = {"viewport": {"width": 360, "height": 740}, "device_scale_factor": 2, "is_mobile": True, "has_touch": True}
QUIET = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--ignore-certificate-errors"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
# Who grew it, where, how sure that is, and the price: the first frame in which all of it is there and styled.
READABLE = """
const answers = ["h1", ".headline", ".verdict .big", ".earned dd"];
const there = () => answers.every((one) => document.querySelector(one)?.getClientRects().length);
const look = () => {
  if (!there()) return requestAnimationFrame(look);
  requestAnimationFrame(() => { document.documentElement.dataset.readable = performance.now(); });
};
requestAnimationFrame(look);
"""
CHECKED = "#check[data-outcome=checked]"


class Transferred:
    """What came over the network, in bytes with headers, by kind; who else was asked; what was set."""

    def __init__(self, page: Page, host: str) -> None:
        self.bytes: dict[str, int] = defaultdict(int)
        self.strangers: list[str] = []
        self.session = page.context.new_cdp_session(page)
        self._kinds: dict[str, str] = {}
        self._host = host
        self.session.on("Network.requestWillBeSent", self._sent)
        self.session.on("Network.loadingFinished", self._finished)
        self.session.send("Network.enable")

    def _sent(self, event: dict) -> None:
        parts = urlsplit(event["request"]["url"])
        if parts.scheme != "data" and parts.hostname != self._host:
            self.strangers.append(event["request"]["url"])
        kind = {"bundle": "proof", "picture": "pictures"}.get(parts.path.split("/")[1], "page")
        self._kinds[event["requestId"]] = kind

    def _finished(self, event: dict) -> None:
        self.bytes[self._kinds[event["requestId"]]] += int(event["encodedDataLength"])


@contextmanager
def phone(browser: Browser) -> Iterator[Page]:
    """One that was never here."""
    context = browser.new_context(**PHONE, ignore_https_errors=True)
    yield context.new_page()
    context.close()


def first_load(browser: Browser, url: str) -> tuple[Transferred, int]:
    """And how many cookies there are after it."""
    with phone(browser) as page:
        came = Transferred(page, production.HOST)
        page.goto(url)
        page.wait_for_selector(CHECKED, timeout=60_000)
        page.wait_for_load_state("networkidle")
        return came, len(page.context.cookies())


def readable_after(browser: Browser, url: str) -> float:
    """Seconds from asking for the page, on an open connection, to the frame that answers."""
    with phone(browser) as page:
        session = page.context.new_cdp_session(page)
        page.goto(url.replace(urlsplit(url).path, "/healthz"))
        session.send("Network.enable")
        line = {"downloadThroughput": BITS_PER_SECOND / 8, "uploadThroughput": BITS_PER_SECOND / 8}
        session.send("Network.emulateNetworkConditions", {"offline": False, "latency": ROUND_TRIP, **line})
        session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        page.add_init_script(READABLE)
        page.goto(url, wait_until="commit")
        page.wait_for_selector("html[data-readable]", timeout=60_000)
        return float(page.get_attribute("html", "data-readable")) / 1000


def violations(browser: Browser, url: str) -> list[str]:
    """Of accessibility, in all that the page holds, also what is folded away."""
    with phone(browser) as page:
        page.goto(url)
        page.wait_for_selector(CHECKED, timeout=60_000)
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        return [one["id"] for one in Axe().run(page).response["violations"]]


def scores(url: str, flags: list[str], rounds: int) -> dict[str, float]:
    """
    Of Lighthouse by category, each the best: it takes four times what each task took on this machine's clock for what
    it takes on a phone, so whatever else the machine does meanwhile can only make the page look slower.
    """
    told = [lighthouse.judge(url, flags)["categories"] for _ in range(rounds)]
    return {name: max(100 * one[name]["score"] for one in told) for name in CATEGORIES}


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    with production.demo() as demo, sync_playwright() as playwright:
        url = demo.bags["house blend"]
        flags = [*QUIET, f'--host-resolver-rules="MAP {production.HOST} {demo.nginx}"']
        browser = playwright.chromium.launch(
            executable_path=lighthouse.CHROMIUM, args=[flag.replace('"', "") for flag in flags]
        )
        came, cookies = first_load(browser, url)
        seconds = [readable_after(browser, url) for _ in range(rounds)]
        wrong = violations(browser, url)
        browser.close()
        found = scores(url, flags, rounds)
    for what in (*came.strangers, *wrong):
        print(f"not as it should be: {what}")
    report(
        f"The page of the demo's blend on a phone, from a production site ({rounds} rounds)",
        [
            *(Row("S1", f"Lighthouse, {name}", found[name], 95, 100) for name in CATEGORIES),
            Row("S2", "axe: violations", len(wrong), 0, 0, below=True),
            Row("S3", "first load: kB of HTML, styles, scripts and map", came.bytes["page"] / 1000, 50, 50, below=True),
            Row("S3b", "its pictures, kB (reported)", came.bytes["pictures"] / 1000),
            Row("S3c", "its proof, kB (reported)", came.bytes["proof"] / 1000),
            Row("S4", "requests to anybody else", len(came.strangers), 0, 0, below=True),
            Row("S5", "cookies", cookies, 0, 0, below=True),
            Row("S6", "seconds until it answers: 400 kbit/s, 400 ms, 6 x CPU", median(seconds), 1.5, 1.2, below=True),
        ],
    )


if __name__ == "__main__":
    main()
