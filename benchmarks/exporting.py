"""Everything a log holds, as it leaves the site. Serves ``export.py``."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

import fresh_site  # noqa: F401  # must come first
from apart import grown_kilobytes, serve
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.test import RequestFactory
from rest_framework.authtoken.models import Token

from provenance.members.models import Membership, User
from provenance.tlog.tiles import TILE_WIDTH, tile_path
from provenance.trail.models import Event
from provenance.trail.services.logs import active_log
from provenance.trail.services.queries import latest_checkpoint

PAGE = 500  # events, the most the API gives at once
AT_ONCE = 2_000


class Exporting:
    """Requests go through the whole site in process; each returns how many events came out."""

    def __init__(self) -> None:
        self.application = get_wsgi_application()
        self.log = active_log()
        checkpoint = latest_checkpoint(self.log)
        assert checkpoint is not None
        self.size = checkpoint.size
        auditor, _ = User.objects.get_or_create(username="auditor")
        Membership.objects.get_or_create(user=auditor, role=Membership.Role.AUDITOR, party_uri=self.log.operator)
        token, _ = Token.objects.get_or_create(user=auditor)
        self.token = f"Token {token.key}"

    def raw(self, first: int, count: int) -> int:
        """The limit: the stored bytes, as the database gives them."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT statement FROM trail_event WHERE id > %s ORDER BY id LIMIT %s", [first, count])
            return sum(1 for _ in cursor.fetchall())

    def entries(self, first: int, count: int) -> int:
        """Entry bundles of the log, for a mirror: the signed bytes, ``count`` a multiple of 256."""
        prefix = f"/log/{self.log.name}/{self.log.number}/"
        for bundle in range(first // TILE_WIDTH, (first + count) // TILE_WIDTH):
            self._get(prefix + tile_path(None, bundle))
        return count

    def every_entry(self) -> int:
        return self.entries(0, self.size // TILE_WIDTH * TILE_WIDTH)

    def api(self, pages: int) -> int:
        """EPCIS documents of the audit API, page by page as its links lead."""
        url, events = f"/api/events?limit={PAGE}", 0
        for _ in range(pages):
            events += PAGE
            headers = self._get(url)
            if "Link" not in headers:
                break
            asked = urlsplit(headers["Link"].partition("<")[2].partition(">")[0])
            url = f"{asked.path}?{asked.query}"
        return events

    def usual(self, first: int, count: int) -> int:
        """The usual export: a model's iterator and json.dumps."""
        events = Event.objects.filter(pk__gt=first).order_by("pk")[:count]
        written = 0
        for event in events.iterator(AT_ONCE):
            line = json.dumps(
                {
                    "id": event.event_id,
                    "act": event.act,
                    "kid": event.kid,
                    "recorded_at": event.recorded_at.isoformat(),
                    "statement": bytes(event.statement).decode(),
                }
            )
            written += bool(line)
        return written

    def memory(self) -> tuple[int, int]:
        """Kilobytes by which memory grew while every entry went out, and the most that it ever was."""
        self.entries(0, TILE_WIDTH)
        return grown_kilobytes(self.every_entry)

    def _get(self, url: str) -> dict[str, str]:
        where, _, query = url.partition("?")
        environ = RequestFactory(SERVER_NAME="localhost").get(where, QUERY_STRING=query).environ
        environ["HTTP_AUTHORIZATION"] = self.token
        told: list[tuple[str, dict[str, str]]] = []
        answer = self.application(environ, lambda status, headers, exc_info=None: told.append((status, dict(headers))))
        length = sum(map(len, answer))
        answer.close()
        [(status, headers)] = told
        assert status == "200 OK" and length, f"{url}: {status}"
        return headers


def static_files() -> int:
    """``export_log``: the whole log as files, every byte proven and flushed; returns how many."""
    with TemporaryDirectory(prefix="beantrail-benchmark-") as folder:
        call_command("export_log", folder, entries=True, verbosity=0)
        return sum(1 for path in Path(folder).rglob("*") if path.is_file())


def main() -> None:
    exporting = Exporting()
    serve(
        {
            "raw": exporting.raw,
            "entries": exporting.entries,
            "api": exporting.api,
            "usual": exporting.usual,
            "memory": exporting.memory,
            "static": static_files,
            "size": lambda: exporting.size,
        }
    )


if __name__ == "__main__":
    main()
