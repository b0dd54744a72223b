"""
Starts, stops and kills real PostgreSQL clusters and Redis servers for the tests.

All of them listen on 127.0.0.1 only, on a free port, and are known by their process id. As root, PostgreSQL runs as the
user ``postgres``, because it refuses to run as root.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp

import pytest

LONGEST_WAIT = 60.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(holds: Callable[[], object], seconds: float = LONGEST_WAIT, what: str = "it") -> float:
    """Seconds until the condition held. Raises TimeoutError where it never does."""
    began = time.monotonic()
    while not holds():
        if time.monotonic() - began > seconds:
            raise TimeoutError(f"Waited {seconds:.0f} s for {what}.")
        time.sleep(0.02)
    return time.monotonic() - began


def parent_of(pid: int) -> int | None:
    """Its parent's process id, from /proc; None of a process that is gone, or dead and not yet buried."""
    try:
        state, parent = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:2]
    except OSError:
        return None
    return None if state in "ZX" else int(parent)


def children_of(pid: int) -> dict[int, str]:
    """Process ids and command lines of the direct children that live."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if parent_of(int(folder.name)) == pid:
                found[int(folder.name)] = (folder / "cmdline").read_text().replace("\0", " ")
    return found


def kill_nine(pids: Sequence[int]) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def pg_bin() -> Path:
    """The newest PostgreSQL's programs; the test is skipped where there are none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    if on_path := shutil.which("initdb"):
        return Path(on_path).resolve().parent
    pytest.skip("needs PostgreSQL's server programs (apt-get install postgresql)")


@dataclass
class PostgreSQL:
    """
    One cluster with data checksums and every flush on.

    Its folder lies outside pytest's: those are closed to everybody but their owner, and PostgreSQL is another user.
    """

    folder: Path = field(default_factory=lambda: Path(mkdtemp(prefix="beantrail-postgresql-")))
    options: Sequence[str] = ()
    port: int = field(default_factory=free_port)
    process: subprocess.Popen | None = field(default=None, init=False)

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def log(self) -> Path:
        return self.folder / "log"

    def make(self) -> "PostgreSQL":
        """``initdb``: the superuser is ``postgres``, and no password is asked on this machine."""
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres", "postgres")
        self._run("initdb", "-D", self.data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-k")
        return self

    def copy_of(self, primary: "PostgreSQL") -> "PostgreSQL":
        """Begin as a standby that follows the other cluster, which must be running."""
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres", "postgres")
        self._run("pg_basebackup", "-d", primary.url(), "-D", self.data, "-R", "-X", "stream", "-c", "fast")
        return self

    def start(self, *, wait: bool = True) -> float:
        """Start the server and return the seconds until it takes connections."""
        settings = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "on"}
        settings |= {"synchronous_commit": "on", "full_page_writes": "on", "max_connections": "100"}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [pg_bin() / "postgres", "-D", self.data, "-p", str(self.port), *options, *self.options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                **self._as_postgres(),
            )
        return wait_until(self.answers, what="PostgreSQL to start") if wait else 0.0

    def answers(self) -> bool:
        if self.process is None or self.process.poll() is not None:
            raise RuntimeError(f"PostgreSQL ended: {self.log.read_text()[-2000:]}")
        ready = [pg_bin() / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        return subprocess.run(ready, check=False).returncode == 0

    def url(self, database: str = "postgres") -> str:
        return f"postgres://postgres@127.0.0.1:{self.port}/{database}"

    def create_database(self, name: str, template: str = "template1") -> str:
        self.sql(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self.url(name)

    def sql(self, statement: str, database: str = "postgres") -> str:
        """What psql prints for it, without headings."""
        return self._run("psql", "-qAtX", "-v", "ON_ERROR_STOP=1", "-d", self.url(database), "-c", statement).strip()

    def backends(self, database: str = "") -> list[int]:
        """The processes that serve clients (of this database)."""
        assert self.process is not None
        said = f"postgres: postgres {database}"
        return [pid for pid, line in children_of(self.process.pid).items() if line.startswith(said)]

    def kill(self) -> None:
        """kill -9 of the postmaster and every process of its own, as when the machine dies."""
        if self.process is None:
            return
        pids = [self.process.pid, *children_of(self.process.pid)]
        kill_nine(pids)
        self.process.wait()
        wait_until(lambda: not any(parent_of(pid) for pid in pids), what="PostgreSQL to be gone")
        self.process = None

    def stop(self) -> None:
        """A clean end that waits for no client."""
        if self.process is not None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(LONGEST_WAIT)
            self.process = None

    def remove(self) -> None:
        self.kill()
        shutil.rmtree(self.folder)

    def _run(self, program: str, *arguments: object) -> str:
        done = subprocess.run(
            [pg_bin() / program, *map(str, arguments)],
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            **self._as_postgres(),
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    @staticmethod
    def _as_postgres() -> dict[str, object]:
        return {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}


@dataclass
class Redis:
    """One Redis server that writes nothing to the disk."""

    folder: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen | None = field(default=None, init=False)

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> float:
        program = shutil.which("redis-server") or pytest.skip("needs redis-server (apt-get install redis-server)")
        self.folder.mkdir(parents=True, exist_ok=True)
        self.process = subprocess.Popen(
            [program, "--bind", "127.0.0.1", "--port", str(self.port), "--save", "", "--appendonly", "no"]
            + ["--dir", str(self.folder), "--loglevel", "warning"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        return wait_until(self.answers, what="Redis to start")

    def answers(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1) as line:
            line.sendall(b"PING\r\n")
            return line.recv(16).startswith(b"+PONG")
        return False

    def flush(self) -> None:
        with socket.create_connection(("127.0.0.1", self.port), 5) as line:
            line.sendall(b"FLUSHALL\r\n")
            assert line.recv(16).startswith(b"+OK")

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None
