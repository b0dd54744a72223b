"""``manage.py witness``: a witness in processes of its own, with a database that knows no coffee."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection
from pathlib import Path

import pytest
from django.conf import settings

from provenance.tlog.checkpoint import verify_lines
from provenance.tlog.keys import parse_vkey
from provenance.tlog.note import parse_note, parse_signature_lines
from provenance.witness.tests.logs import GrowingLog

NAME = "ngo.example/witness"
# What a caller's or this run's environment says must not reach the witness.
FOREIGN = (
    "DATABASE_URL",
    "REDIS_URL",
    "ALLOWED_HOSTS",
    "FENCE_DIR",
    "MEDIA_DIR",
    "TRAIL_HOST",
    "KEY_BACKEND",
    "DJANGO_ALLOW_ASYNC_UNSAFE",
)
PRODUCTION = {
    "ALLOWED_HOSTS": "witness.example",
    "PUBLIC_URL": "https://witness.example",
    "SECRET_KEY": "k" * 20 + "abcdefghijklmnopqrstuvwxyz0123456789",
    "KEY_ENCRYPTION_KEY": b64encode(bytes(32)).decode(),
}


class Lone:
    """A witness alone, on one port and in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with closing(socket.create_server(("127.0.0.1", 0))) as free:
            self.port = free.getsockname()[1]
        kept = {name: value for name, value in os.environ.items() if name not in FOREIGN}
        self.environment = {
            **kept,
            "WITNESS_ONLY": "true",
            "DATA_DIR": str(folder),
            "PUBLIC_URL": f"http://localhost:{self.port}",
            "PORT": str(self.port),
        }

    def manage(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=settings.BASE_DIR,
            env={**self.environment, **variables},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    @contextmanager
    def serving(self) -> Iterator[subprocess.Popen]:
        server = subprocess.Popen(
            [sys.executable, "manage.py", "witness"],
            cwd=settings.BASE_DIR,
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        try:
            self.wait(server)
            yield server
        finally:
            if server.poll() is None:
                server.terminate()
            server.communicate(timeout=30)

    def wait(self, server: subprocess.Popen) -> None:
        for _ in range(300):
            assert server.poll() is None, server.stderr.read().decode()
            try:
                if self.ask("GET", "/readyz")[0] == 200:
                    return
            except OSError:
                time.sleep(0.1)
        raise AssertionError("The witness did not come up.")

    def ask(self, method: str, path: str, body: bytes | list[bytes] | None = None) -> tuple[int, bytes, dict[str, str]]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=20)
        with closing(connection):
            connection.request(method, path, body)
            response = connection.getresponse()
            return response.status, response.read(), {name.lower(): value for name, value in response.getheaders()}

    def post(self, body: bytes | list[bytes]) -> tuple[int, bytes]:
        """A list is sent in chunks."""
        return self.ask("POST", "/witness/add-checkpoint", body)[:2]


@pytest.fixture
def lone(tmp_path) -> Lone:
    return Lone(tmp_path / "witness")


def test_a_witness_runs_alone_cosigns_and_forgets_nothing_when_it_is_killed(lone):
    grown, twin = GrowingLog(), GrowingLog(forked_at=2)
    first = lone.manage("witness")
    assert (first.returncode, first.stderr.strip()) == (
        1,
        "CommandError: This witness has no keys yet: manage.py create_witness NAME",
    )
    made = lone.manage("create_witness", NAME)
    assert made.returncode == 0, made.stderr
    watching = lone.manage("watch_log", *(key.vkey for key in grown.keys))
    assert watching.stdout == f"Watching {grown.origin} with 2 keys: nothing cosigned yet.\n"

    with lone.serving() as server:
        status, lines = lone.post(grown.request(0, 5))
        os.killpg(server.pid, signal.SIGKILL)

    assert status == 200
    vkeys = [parse_vkey(line) for line in made.stdout.splitlines()[1:3]]
    note = parse_note(grown.note(5)).with_signatures(*parse_signature_lines(lines))
    assert [line.key for line in verify_lines(note, grown.checkpoint(5), vkeys)] == vkeys

    with lone.serving():
        assert lone.post(twin.request(0, 5)) == (409, b"5\n")
        status, said = lone.post(twin.request(5, 5))
        assert (status, b"two histories" in said) == (409, True)
        assert lone.post(grown.request(5, 9))[0] == 200

        status, page, headers = lone.ask("GET", "/witness/")
        assert (status, NAME.encode() in page, "set-cookie" in headers) == (200, True, False)
        assert lone.ask("GET", "/")[2]["location"] == "/witness/"
        assert lone.ask("GET", "/static/css/beantrail.css")[0] == 200
        for elsewhere in ("/login/", "/admin/", "/api/", "/farms/", "/log/main/1/checkpoint"):
            status, page, _ = lone.ask("GET", elsewhere)
            assert (status, b"Log in" in page) == (404, False)


def test_a_witness_alone_has_no_coffee_tables(lone):
    assert lone.manage("migrate").returncode == 0

    with closing(sqlite3.connect(lone.folder / "witness.sqlite3")) as database:
        tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}

    assert "witness_watchedlog" in tables
    assert {name for name in tables if not name.startswith(("witness_", "sqlite_"))} == {"django_migrations"}


def test_a_body_in_chunks_is_read_and_an_endless_one_is_not(lone):
    grown = GrowingLog()
    lone.manage("migrate")
    lone.manage("create_witness", NAME)
    lone.manage("watch_log", *(key.vkey for key in grown.keys))

    with lone.serving():
        body = grown.request(0, 5)
        status, lines = lone.post([body[:7], body[7:900], body[900:]])
        assert (status, len(parse_signature_lines(lines))) == (200, 2)
        with suppress(ConnectionError):
            assert lone.post([b"x" * 8000] * 2000)[0] == 413
        assert lone.post([b""])[0] == 400
        with closing(socket.create_connection(("127.0.0.1", lone.port), timeout=20)) as broken:
            head = f"POST /witness/add-checkpoint HTTP/1.1\r\nHost: localhost:{lone.port}\r\n"
            broken.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\nZZ\r\nold\r\n".encode())
            assert broken.recv(64).startswith(b"HTTP/1.1 400 ")
        assert lone.ask("GET", "/healthz")[0] == 200


def test_the_drill_of_an_old_backup(lone):
    grown, twin = GrowingLog(), GrowingLog(forked_at=4)
    lone.manage("migrate")
    lone.manage("create_witness", NAME)
    lone.manage("watch_log", *(key.vkey for key in grown.keys))
    with lone.serving():
        assert lone.post(grown.request(0, 3))[0] == 200
        with closing(sqlite3.connect(lone.folder / "witness.sqlite3")) as database:
            database.execute("VACUUM INTO ?", [str(lone.folder / "backup")])
        assert lone.post(grown.request(3, 6))[0] == 200
    # It was switched off, so its journal is empty.
    for journal in lone.folder.glob("witness.sqlite3-*"):
        journal.unlink()
    (lone.folder / "backup").replace(lone.folder / "witness.sqlite3")

    with lone.serving():
        status, said = lone.post(twin.request(3, 6))
        assert (status, b"it is an old copy" in said) == (503, True)
        resumed = lone.manage("watch_log", "--resume", grown.origin)
        assert (resumed.stdout, resumed.stderr) == (f"{grown.origin}: going on from size 6.\n", "")
        assert lone.post(twin.request(6, 6))[0] == 409
        assert lone.post(grown.request(6, 8))[0] == 200


def test_a_witness_whose_keys_were_made_under_another_master_key_does_not_start(lone):
    lone.manage("migrate")
    lone.manage("create_witness", NAME)

    answer = lone.manage("witness", KEY_ENCRYPTION_KEY=b64encode(bytes(32)).decode())

    assert answer.returncode == 1
    assert "They were made under another master key" in answer.stderr
    assert str(lone.folder / "key-encryption-key") in answer.stderr


def test_a_witness_alone_knows_no_commands_of_the_trail(lone):
    answer = lone.manage("keep")

    assert answer.returncode == 1
    assert "Unknown command: 'keep'" in answer.stderr


def test_in_production_a_witness_alone_passes_the_deployment_check(lone):
    answer = lone.manage("check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)

    assert answer.returncode == 0, answer.stderr


@pytest.mark.parametrize("missing", ["SECRET_KEY", "KEY_ENCRYPTION_KEY"])
def test_in_production_a_witness_alone_makes_no_secret_by_itself(lone, missing):
    variables = {name: value for name, value in PRODUCTION.items() if name != missing}

    answer = lone.manage("create_witness", NAME, **variables)

    assert answer.returncode == 1
    assert f"{missing} is not set. A production site takes it from the environment." in answer.stderr
    assert not lone.folder.exists()


def test_a_dangerous_setting_stops_a_witness_alone_as_well(lone):
    changed = {**lone.environment, **PRODUCTION, "DEBUG": "true"}
    answer = subprocess.run(
        [sys.executable, "-c", "import provenance.wsgi"],
        cwd=settings.BASE_DIR,
        env=changed,
        capture_output=True,
        text=True,
        check=False,
    )

    assert answer.returncode == 1
    assert "provenance.E001" in answer.stderr
