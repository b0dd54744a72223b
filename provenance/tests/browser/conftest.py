from io import StringIO
from urllib.parse import urlsplit

import pytest
from django.core.management import call_command

from provenance.management.commands.demo import PASSWORD


class Watched:
    """A page whose complaints are kept: errors of scripts, breaches of the content security policy, calls elsewhere."""

    def __init__(self, page, host: str, script: bool) -> None:
        self.page, self.host, self.script = page, host, script
        self.complaints: list[str] = []
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        page.on("requestfailed", self._failed)
        page.on("request", self._request)
        page.on("dialog", self._dialog)

    def _console(self, message) -> None:
        # A page that is meant to be "not found" is told so by Chromium as well.
        if message.type in ("error", "warning") and "status of 404" not in message.text:
            self.complaints.append(f"console: {message.text}")

    def _request(self, request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme != "data" and parts.netloc != self.host:
            self.complaints.append(f"third party: {request.url}")

    def _failed(self, request) -> None:
        # A browser without script calls the scripts that it leaves out failed.
        left_out = not self.script and request.resource_type == "script"
        if request.failure != "net::ERR_ABORTED" and not left_out:
            self.complaints.append(f"failed: {request.url} {request.failure}")

    def _dialog(self, dialog) -> None:
        self.complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def log_in(self, username: str, password: str = PASSWORD) -> None:
        self.page.goto("/login/")
        self.page.fill("[name=username]", username)
        self.page.fill("[name=password]", password)
        self.page.get_by_role("button", name="Log in").click()
        self.page.wait_for_url(lambda url: "/login/" not in url)


@pytest.fixture
def visit(browser, live_server):
    """Opens a browser of its own for somebody: ``visit(width=320, script=False)``."""
    contexts = []

    def fresh(*, width: int = 360, script: bool = True) -> Watched:
        context = browser.new_context(
            base_url=live_server.url, viewport={"width": width, "height": 740}, java_script_enabled=script
        )
        contexts.append(context)
        return Watched(context.new_page(), urlsplit(live_server.url).netloc, script)

    yield fresh
    for context in contexts:
        context.close()


@pytest.fixture
def demo(live_server):
    """The demo, told and published, behind the live server."""
    call_command("demo", stdout=StringIO())
