"""
Makes the pictures of the README from a demo of its own: `make screenshots`. Needs Chromium.

A server runs on a free port with its data in a temporary folder. What a picture shows, a visitor of `make demo` sees.
"""

import os
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import pypdfium2
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "screenshots"
PHONE = {"width": 360, "height": 740}
DESK = {"width": 1180, "height": 820}
PASSWORD = "beantrail-demo"
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]


def main() -> None:
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        sys.exit("Pictures need Chromium: install it, or set CHROMIUM to its path.")
    PICTURES.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        demo(Path(folder)) as (address, said),
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        bags = dict(
            re.findall(
                r"^  (one origin|house blend|called back|contested|copied code) +\S+?:\d+(/\S+)$", said, re.MULTILINE
            )
        )
        shopper(browser, address, bags)
        farmer(browser, address)
        businesses(browser, address)
        auditor(browser, address)
        forged(browser, address, bags["one origin"], Path(folder))
        browser.close()
    for picture in sorted(PICTURES.glob("*.png")):
        shrink(picture)
        print(f"{picture.relative_to(ROOT)}  {picture.stat().st_size // 1024} KiB")


@contextmanager
def demo(folder: Path) -> Iterator[tuple[str, str]]:
    """The address of a running demo, and what `manage.py demo` said."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # Labels and statements name the address of `make demo`, whatever port is free here.
    settings = {**os.environ, "DATA_DIR": str(folder), "PUBLIC_URL": "http://localhost:8000"}
    for name in ("DATABASE_URL", "REDIS_URL", "ALLOWED_HOSTS", "TRAIL_HOST"):
        settings.pop(name, None)
    manage = [sys.executable, str(ROOT / "manage.py")]
    subprocess.run([*manage, "migrate", "--verbosity", "0"], env=settings, check=True)
    said = subprocess.run([*manage, "demo"], env=settings, check=True, capture_output=True, text=True).stdout
    server = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "provenance.wsgi", "--bind", f"127.0.0.1:{port}", "--threads", "4",
         "--no-control-socket", "--log-level", "warning"],
        cwd=ROOT,
        env=settings,
    )  # fmt: skip
    try:
        address = f"http://localhost:{port}"
        wait_for(f"{address}/healthz")
        yield address, said
    finally:
        server.terminate()
        server.wait()


def wait_for(address: str) -> None:
    for _ in range(100):
        try:
            urllib.request.urlopen(address, timeout=2).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    sys.exit("The demo's server did not start.")


def shopper(browser: Browser, address: str, bags: dict[str, str]) -> None:
    for name, bag, language in (
        ("shopper", "one origin", "en"),
        ("blend", "house blend", "en"),
        ("recalled", "called back", "en"),
        ("contested", "contested", "en"),
        ("copied", "copied code", "en"),
        ("german", "one origin", "de"),
    ):
        page = open_page(browser, address, PHONE, language=language)
        page.goto(bags[bag])
        page.wait_for_selector("#check[data-outcome=checked]", timeout=60_000)
        keep(page, name)


def farmer(browser: Browser, address: str) -> None:
    page = open_page(browser, address, PHONE, user="almaz")
    page.goto("/farms/")
    keep(page, "farmer")
    page.goto("/farms/harvest/")
    page.fill("[name=weight]", "84.5")
    page.get_by_role("button", name="Continue").click()
    page.wait_for_load_state("networkidle")
    keep(page, "farmer-signs")


def businesses(browser: Browser, address: str) -> None:
    page = open_page(browser, address, DESK, user="roaster")
    page.goto("/admin/shipments/stock/")
    keep(page, "desk")
    page.goto("/admin/shipments/stock/act/roast/")
    green = page.locator("[name=inputs-0-line] option", has_text="HUI-2607-EX").get_attribute("value")
    page.select_option("[name=inputs-0-line]", green)
    page.fill("[name=inputs-0-weight]", "15")
    page.fill("[name=outputs-0-weight]", "12.7")
    page.get_by_role("button", name="Read it back").click()
    page.wait_for_load_state("networkidle")
    keep(page, "desk-signs")
    labels(page)


def labels(page: Page) -> None:
    page.goto("/admin/shipments/ownlot/")
    page.get_by_role("link", name="HU-261104").click()
    page.get_by_role("link", name="Print labels").click()
    page.wait_for_load_state("networkidle")
    keep(page, "labels-desk")
    names = ("csrfmiddlewaretoken", "first", "last", "order")
    form = {name: page.input_value(f"[name={name}]") for name in names}
    sheet = page.request.post(page.url, form=form, headers={"Referer": page.url}).body()
    picture = pypdfium2.PdfDocument(BytesIO(sheet))[0].render(scale=1.6).to_pil()
    picture.crop((0, 0, picture.width, picture.height // 2)).save(PICTURES / "labels.png")


def auditor(browser: Browser, address: str) -> None:
    page = open_page(browser, address, DESK, user="auditor")
    page.goto("/api/")
    keep(page, "api")


def forged(browser: Browser, address: str, bag: str, folder: Path) -> None:
    """Somebody with the database in hand moves the roast by a day. The phone finds it."""
    database = sqlite3.connect(folder / "beantrail.sqlite3")
    for (trigger,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        database.execute(f'DROP TRIGGER "{trigger}"')
    for key, statement in database.execute("SELECT id, statement FROM trail_event WHERE act = 'process'").fetchall():
        header, payload, signature = bytes(statement).split(b".")
        said = urlsafe_b64decode(payload + b"=" * (-len(payload) % 4))
        changed = said.replace(b'"eventTime":"2026-11-03T', b'"eventTime":"2026-11-02T')
        payload = urlsafe_b64encode(changed).rstrip(b"=")
        row = (b".".join([header, payload, signature]), key)
        database.execute("UPDATE trail_event SET statement = ? WHERE id = ?", row)
    database.commit()
    database.close()
    # For a minute the server gives what it told before.
    time.sleep(61)
    page = open_page(browser, address, PHONE)
    page.goto(bag)
    page.wait_for_selector("#check[data-outcome=mismatch]", timeout=60_000)
    keep(page, "forged")


def open_page(browser: Browser, address: str, size: dict[str, int], user: str = "", language: str = "en") -> Page:
    page = browser.new_context(base_url=address, viewport=size, device_scale_factor=1.5, locale=language).new_page()
    if user:
        page.goto("/login/")
        page.fill("[name=username]", user)
        page.fill("[name=password]", PASSWORD)
        page.get_by_role("button", name="Log in").click()
        page.wait_for_url(lambda url: "/login/" not in url)
    return page


def keep(page: Page, name: str) -> None:
    page.screenshot(path=PICTURES / f"{name}.png")


def shrink(picture: Path) -> None:
    """Few colours are enough for paper and ink."""
    Image.open(picture).convert("RGB").quantize(192, dither=Image.Dither.NONE).save(picture, optimize=True)


if __name__ == "__main__":
    main()
