"""Everything a log holds, as it leaves the site. Serves ``export.py``."""

import json
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

import fresh_site  # noqa: F401  # must come first
from apart import grown_kilobytes, serve
from django.conf import settings
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
        fetched = 0
        with connection.cursor() as cursor:
            cursor.execute("SELECT statement FROM trail_event WHERE id > %s ORDER BY id LIMIT %s", [first, count])
            while rows := cursor.fetchmany(AT_ONCE):
                fetched += len(rows)
        return fetched

    def copied(self) -> int:
        """PostgreSQL's limit: every stored byte by COPY."""
        with (
            connection.cursor() as cursor,
            cursor.copy("COPY trail_event (statement) TO STDOUT (FORMAT BINARY)") as data,
        ):
            assert sum(map(len, data))
        return self.size

    def statements(self, first: int, count: int) -> int:
        """The statements as one stream of lines."""
        self._get(f"/log/{self.log.name}/{self.log.number}/statements?from={first}&to={first + count}")
        return count

    def every_statement(self) -> int:
        return self.statements(0, self.size)

    def entries(self, first: int, count: int) -> int:
        """Entry bundles of the log, for a mirror: the signed bytes, ``count`` a multiple of 256."""
        prefix = f"/log/{self.log.name}/{self.log.number}/"
        for bundle in range(first // TILE_WIDTH, (first + count) // TILE_WIDTH):
            self._get(prefix + tile_path(None, bundle))
        return count

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
        """Kilobytes by which memory grew while every statement went out, and the most that it ever was."""
        self.statements(0, TILE_WIDTH)
        return grown_kilobytes(self.every_statement)

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


class Psql:
    """What people take a table out of PostgreSQL with: the same indices and statements."""

    def __init__(self) -> None:
        database = settings.DATABASES["default"]
        where = f"host={database['HOST']} port={database['PORT']} user={database['USER']} dbname={database['NAME']}"
        self._process = subprocess.Popen(
            ["psql", "-qAtX", "-d", where], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def copied(self) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(
            "\\copy (SELECT l.index, convert_from(e.statement, 'UTF8') FROM trail_leaf l "
            "JOIN trail_event e ON e.id = l.event_id ORDER BY l.index) TO '/dev/null'\n\\echo copied\n"
        )
        self._process.stdin.flush()
        assert self._process.stdout.readline() == "copied\n"


def static_files() -> int:
    """``export_log``: the whole log as files, every byte proven and flushed; returns how many."""
    with TemporaryDirectory(prefix="beantrail-benchmark-") as folder:
        call_command("export_log", folder, entries=True, verbosity=0)
        return sum(1 for path in Path(folder).rglob("*") if path.is_file())


def main() -> None:
    exporting = Exporting()
    on_postgresql = {"copy": exporting.copied, "psql": Psql().copied} if connection.vendor == "postgresql" else {}
    serve(
        on_postgresql
        | {
            "raw": exporting.raw,
            "statements": exporting.statements,
            "every statement": exporting.every_statement,
            "entries": exporting.entries,
            "api": exporting.api,
            "usual": exporting.usual,
            "memory": exporting.memory,
            "static": static_files,
            "size": lambda: exporting.size,
            "door": lambda: (f"log/{exporting.log.name}/{exporting.log.number}/statements", exporting.token),
        }
    )


if __name__ == "__main__":
    main()
