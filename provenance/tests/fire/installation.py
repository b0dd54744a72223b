"""A Beantrail of its own: folder, database, environment, and the processes that serve it."""

import contextlib
import os
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from provenance.tests.fire.engines import PostgreSQL, children_of, free_port, kill_nine, wait_until

ROOT = Path(__file__).resolve().parents[3]
# What a test's log begins with: the cast, each with a server-held key and a site.
FOUND = """
import django; django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from conftest import ON_THE_TRAIL, PARTIES, SITES
from provenance.trail.services import registry
registry.found_log("main", "Test operator", country="ET")
for name, (kind, roles, site) in ON_THE_TRAIL.items():
    party = PARTIES + name
    registry.register_party(kind=kind, roles=roles, name=name, country="ET", party=party)
    registry.register_site(party=party, kind=site, name=name, country="ET", site=SITES + name)
"""
# The story that touches every projection, an index, twenty harvests more, and one event that waits.
TELL = """
import django; django.setup()
from provenance.trail.services import acting, publishing, queries
from provenance.trail.tests import story
log = queries.active_log()
story.tell()
publishing.publish(log, index=True)
drafts = [acting.Draft(story.harvest(f"T-{n}", 1)) for n in range(20)]
acting.record_acts(story.PARTY + story.ALMAZ, drafts)
publishing.publish(log)
story.act(story.ALMAZ, story.harvest("LATE"))
"""


@dataclass
class Installation:
    """``home`` holds everything but a PostgreSQL database, which ``url`` names; on SQLite that is empty."""

    home: Path
    url: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    running: dict[str, subprocess.Popen] = field(default_factory=dict, init=False)

    @property
    def environment(self) -> dict[str, str]:
        own = {"DATA_DIR": str(self.home), "FENCE_DIR": str(self.home / "fence"), "DATABASE_URL": self.url}
        clean = {name: value for name, value in os.environ.items() if name not in {"REDIS_URL", "PUBLIC_URL"}}
        return {
            **clean,
            "DJANGO_SETTINGS_MODULE": "provenance.settings",
            "PYTHONUNBUFFERED": "1",
            **own,
            **self.settings,
        }

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.home / "beantrail.sqlite3"

    def python(self, *arguments: str, check: bool = True, timeout: float = 3_000) -> subprocess.CompletedProcess:
        """Run Python with this installation's settings to its end."""
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        assert not check or done.returncode == 0, f"{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
        return done

    def manage(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess:
        return self.python("manage.py", *arguments, check=check)

    def copy(self, home: Path, cluster: PostgreSQL | None, name: str, **settings: str) -> "Installation":
        """A second one that knows the same; on PostgreSQL its database ``name`` is made from this one's."""
        shutil.copytree(self.home, home)
        url = cluster.create_database(name, self.url.rpartition("/")[2]) if cluster else ""
        return Installation(home, url, {**self.settings, **settings})

    def start(self, name: str, *command: str) -> subprocess.Popen:
        """Start a process that stays, in a process group of its own; its words go to a file in ``home``."""
        with open(self.home / f"{name}.log", "ab") as log:
            self.running[name] = subprocess.Popen(
                [sys.executable, *command],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        return self.running[name]

    def start_site(self, application: str = "provenance.wsgi") -> None:
        """gunicorn and ``keep``, started as ``make run`` starts them."""
        gunicorn = f"{application} --bind 127.0.0.1:{self.port} --worker-class gthread --workers 2 --threads 4"
        self.start("web", "-m", "gunicorn", *gunicorn.split(), "--no-control-socket", "--log-level", "warning")
        self.start("keep", "manage.py", "keep")

    def get(self, path: str, timeout: float = 10) -> tuple[int, bytes]:
        """Status and body; 0 where nobody answers."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", headers={"Host": f"localhost:{self.port}"}
        )
        try:
            with urllib.request.urlopen(request, timeout=timeout) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()
        except OSError:
            return 0, b""

    def is_ready(self) -> bool:
        for name, process in self.running.items():
            assert process.poll() is None, f"{name} ended: {(self.home / f'{name}.log').read_text()[-3000:]}"
        return self.get("/readyz")[0] == 200

    def kill(self, *names: str) -> None:
        """kill -9 of these processes with their children, or of all."""
        ended = [self.running.pop(name) for name in names or list(self.running)]
        pids = [pid for process in ended for pid in (process.pid, *children_of(process.pid))]
        kill_nine(pids)
        for process in ended:
            process.wait()

    def stop(self) -> None:
        """A clean end; whoever does not come to one in time is killed."""
        for process in self.running.values():
            process.terminate()
        for process in self.running.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(15)
        self.kill()

    def wait_until_ready(self, seconds: float = 60) -> float:
        return wait_until(self.is_ready, seconds, "the site to be ready")
