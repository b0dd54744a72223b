"""
A whole installation under kill -9: gunicorn, two ``keep``, clients that resend what was not answered, the database.

    python -m provenance.tests.fire.storm MUTANT KILLS [FOLDER OF THE POSTGRESQL CLUSTER]

The database and the log exist. Prints one line of JSON (``Aftermath``). MUTANT plants a bug; "none" is the real thing.
Everything is forked from this process, so that what was killed is there again at once and the next kill can follow.
"""

import http.client
import io
import json
import os
import random
import select
import signal
import socket
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import django

from provenance.tests.fire.engines import PostgreSQL, children_of, free_port, kill_nine, wait_until

KEEPERS = 2
CLIENTS = 3
# Without a word from any client for so long, the installation is dead.
PATIENCE = 60.0
PAUSES = (0.05, 0.4)


def serve(port: int) -> None:
    """gunicorn as ``make run`` starts it."""
    from django.conf import settings
    from django.core.wsgi import get_wsgi_application
    from gunicorn.app.base import BaseApplication

    class Server(BaseApplication):
        def load_config(self) -> None:
            options = {"bind": f"127.0.0.1:{port}", "workers": 2, "worker_class": "gthread", "threads": 4}
            for name, value in {**options, "loglevel": "critical", "control_socket_disable": True}.items():
                self.cfg.set(name, value)

        def load(self) -> object:
            settings.ROOT_URLCONF = "provenance.tests.fire.endpoint"
            return get_wsgi_application()

    Server().run()


def keep() -> None:
    from provenance.management.commands.keep import Command

    Command(stdout=io.StringIO()).handle(once=False)


@dataclass
class Client:
    """Says one thing after the other; what was not answered it sends again, the same bytes, until it is."""

    port: int
    tell: Callable[[str, str], None]
    mutant: str

    def __post_init__(self) -> None:
        from django.db import connections

        from provenance.trail.services import acting, queries
        from provenance.trail.tests import story

        self.log = queries.active_log()
        self.party = story.PARTY + story.ALMAZ
        self.key = acting.held_key(self.log, self.party)
        connections.close_all()
        self.chance = random.Random(os.getpid())

    def run(self) -> None:
        for number in count():
            self.say(f"S-{os.getpid()}-{number}")

    def say(self, code: str) -> None:
        jws = self.sign(code)
        status, answer = self.post(jws)
        retried = False
        while status == 0 or status >= 500:
            time.sleep(0.02)
            retried = True
            if self.mutant == "new id on retry":
                jws = self.sign(code)
            status, answer = self.post(jws)
        self.tell("acknowledged" if status == 201 else "refused", answer)
        if retried:
            self.tell("retried", answer)
        # One in ten is sent once more although it was answered.
        if self.chance.random() < 0.1:
            status, again = self.post(jws)
            if status == 201 and again != answer:
                self.tell("refused", f"{answer} became {again}")

    def sign(self, code: str) -> bytes:
        from provenance.trail.services import acting
        from provenance.trail.tests import story

        (incoming,) = acting.sign_drafts(self.log, self.party, [acting.Draft(story.harvest(code, 1))], self.key)
        return incoming.jws

    def post(self, jws: bytes) -> tuple[int, str]:
        """Status and body; 0 where there was no answer."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            line.request("POST", "/take", jws, {"Content-Type": "application/jose", "Host": "localhost"})
            answer = line.getresponse()
            return answer.status, answer.read().decode()
        except (OSError, http.client.HTTPException):
            return 0, ""
        finally:
            line.close()


def watch(port: int, origin: str, tell: Callable[[str, str], None]) -> None:
    """A phone: remembers every checkpoint that it was ever shown."""
    while True:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            line.request("GET", f"/{origin.partition('/')[2]}/checkpoint", headers={"Host": "localhost"})
            answer = line.getresponse()
            if answer.status == 200:
                tell("shown", json.dumps(answer.read().decode()))
        except (OSError, http.client.HTTPException):
            pass
        finally:
            line.close()
        time.sleep(0.05)


def fork(do: Callable[[], None]) -> int:
    pid = os.fork()
    if pid:
        return pid
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        do()
    except BaseException as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
    os._exit(1)


@dataclass
class Storm:
    """The processes that run, and what the clients said."""

    mutant: str
    cluster: PostgreSQL | None
    port: int = field(default_factory=free_port)
    chance: random.Random = field(default_factory=lambda: random.Random(307))
    keepers: list[int] = field(default_factory=list)
    said: dict[str, list[str]] = field(default_factory=dict)
    kills: Counter[str] = field(default_factory=Counter)
    back: list[float] = field(default_factory=list)
    heard: bytes = b""

    def begin(self, origin: str) -> None:
        self.pipe, writing = os.pipe()

        def tell(kind: str, what: str) -> None:
            # Shorter than PIPE_BUF, so lines of several clients never mix.
            os.write(writing, f"{kind} {what}\n".encode())

        self.start_site()
        clients = [lambda: Client(self.port, tell, self.mutant).run() for _ in range(CLIENTS)]
        self.people = [fork(each) for each in [*clients, lambda: watch(self.port, origin, tell)]]
        os.close(writing)

    def start_site(self) -> None:
        self.web = fork(lambda: serve(self.port))
        self.keepers = [fork(keep) for _ in range(KEEPERS)]

    def rage(self, kills: int) -> None:
        for _ in range(kills):
            began = time.monotonic()
            while not self.listen(self.chance.uniform(*PAUSES)):
                if time.monotonic() - began > PATIENCE:
                    raise TimeoutError(f"Nobody was answered for {PATIENCE:.0f} s; killed so far: {self.kills}")
            targets = ["worker"] * 8 + ["keep"] * 5 + ["site"] * 4
            targets += ["backend"] * 4 + ["postmaster"] * 2 if self.cluster else []
            target = self.chance.choice(targets)
            getattr(self, f"kill_{target}")()
            self.kills[target] += 1

    def listen(self, seconds: float) -> bool:
        """Take in what the clients say within the time; True where something was acknowledged."""
        acknowledged = len(self.said.get("acknowledged", ()))
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if select.select([self.pipe], [], [], left)[0]:
                self.hear(os.read(self.pipe, 65_536))
        return len(self.said.get("acknowledged", ())) > acknowledged

    def hear(self, heard: bytes) -> None:
        *lines, self.heard = (self.heard + heard).split(b"\n")
        for line in lines:
            kind, _, what = line.decode().partition(" ")
            self.said.setdefault(kind, []).append(what)

    def kill_worker(self) -> None:
        # gunicorn starts another one by itself.
        if workers := list(children_of(self.web)):
            kill_nine([self.chance.choice(workers)])

    def kill_keep(self) -> None:
        pid = self.keepers.pop(self.chance.randrange(len(self.keepers)))
        kill_nine([pid])
        os.waitpid(pid, 0)
        self.keepers.append(fork(keep))

    def kill_site(self) -> None:
        self.end_site()
        # What was answered before the end is heard first.
        self.listen(0.05)
        self.start_site()
        self.back.append(wait_until(lambda: self.listen(0.01), PATIENCE, "an answer after the restart"))

    def end_site(self) -> None:
        workers = list(children_of(self.web))
        kill_nine([self.web, *workers, *self.keepers])
        for pid in [self.web, *self.keepers]:
            os.waitpid(pid, 0)
        wait_until(self.port_is_free, what="the workers to be gone")

    def port_is_free(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) != 0

    def kill_backend(self) -> None:
        if backends := self.cluster.backends():
            kill_nine([self.chance.choice(backends)])

    def kill_postmaster(self) -> None:
        self.cluster.kill()
        self.cluster.start()

    def end(self) -> None:
        """Clients first: whatever they were told stands in the pipe then."""
        kill_nine(self.people)
        for pid in self.people:
            os.waitpid(pid, 0)
        self.end_site()
        while heard := os.read(self.pipe, 65_536):
            self.hear(heard)
        if self.cluster:
            wait_until(self.cluster.answers, what="PostgreSQL to have recovered")


def main(mutant: str, kills: int, folder: str | None) -> None:
    django.setup()
    from django.db import connection, connections

    from provenance.trail.services import queries
    from provenance.trail.tests.nursery import aftermath

    os.environ["MUTANT"] = mutant
    cluster = None
    if folder:
        cluster = PostgreSQL(Path(folder), port=int(connection.settings_dict["PORT"]))
        cluster.start()
    origin = queries.active_log().origin
    # Those that are forked inherit no open connection.
    connections.close_all()
    storm = Storm(mutant, cluster)
    began = time.monotonic()
    try:
        storm.begin(origin)
        storm.rage(kills)
        storm.end()
        seconds = time.monotonic() - began
        result = aftermath(storm.said.get("acknowledged", []), storm.said.get("shown", []))
        result |= {"retried": len(storm.said.get("retried", [])), "refused": storm.said.get("refused", [])}
        result |= {"kills": storm.kills, "seconds": round(seconds, 1), "back": round(max(storm.back, default=0), 2)}
        print(json.dumps(result))
    finally:
        connections.close_all()
        if cluster:
            cluster.stop()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else None)
