"""
Restores old copies of a log's database, and says whether each was noticed before anything was signed with it.

    python -m provenance.trail.tests.restorer MUTANT RESTORES

A copy is of random age, or of a history of its own that is as long as the true one. One of fence, witness and public
checkpoint knows better; the other two are as old as the copy. Each copy meets a process that has just started. Prints
one line of JSON: how many were restored, how many froze with an alarm, how many signed. MUTANT plants a bug.
"""

import json
import os
import random
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import django

AGES = 6
RESTORED = 99
WITNESS, PUBLIC = "https://port.example/witness", "https://cdn.example/checkpoint"
SOURCES = ("fence", "witness", "public")
NOTICED, SIGNED, UNNOTICED = range(3)


@dataclass(frozen=True)
class Backup:
    """A copy of the database, and what stood outside it at that time."""

    number: int
    fence: str
    note: bytes


def main(mutant: str, restores: int) -> None:
    django.setup()
    from provenance.trail.services import queries

    configure()
    log = queries.active_log()
    backups = [backup(log, number) for number in range(AGES)]
    now = state(log, AGES)
    backups.append(branch(log, backups[-1], now))
    chance = random.Random(2017)
    outcomes = []
    for turn in range(restores):
        old, source, busy = chance.choice(backups), SOURCES[turn % len(SOURCES)], chance.random() < 0.5
        outcomes.append(in_child(partial(meet, mutant, log, old, now, source, busy)))
    print(json.dumps({"restored": restores, "noticed": outcomes.count(NOTICED), "signed": outcomes.count(SIGNED)}))


def configure() -> None:
    """A witness and a public checkpoint, whose servers ``meet`` plays."""
    from django.conf import settings

    from provenance.tlog.keys import Ed25519Signer, KeyType, NamedSigner

    key = NamedSigner("port.example", KeyType.COSIGNATURE_ED25519, Ed25519Signer(bytes(32))).verifier
    policy = Path(settings.DATA_DIR) / "policy"
    policy.write_text(f"witness port {key.vkey} {WITNESS}\nquorum port\n")
    settings.PUBLIC_CHECKPOINT_URL = PUBLIC
    settings.WITNESS_POLICY = str(policy)
    play_servers(b"", b"")


def play_servers(witness: bytes, public: bytes) -> None:
    from provenance.outside import Answer
    from provenance.trail.services import guarding

    def fetch(url: str, **_: object) -> Answer:
        note = public if url == PUBLIC else witness
        return Answer(200, "text/plain", note)

    guarding.outside.fetch = fetch


# --- copies ---


def backup(log: object, number: int) -> Backup:
    """Copy the database as it stands, then let the log grow."""
    copy = state(log, number)
    say(f"B-{number}")
    return copy


def state(log: object, number: int) -> Backup:
    from provenance.trail.services import queries

    note = queries.latest_checkpoint(log).note.encode()
    copy_database(original(), name_of(number))
    return Backup(number, fence_of(log).read_text(), note)


def branch(log: object, last: Backup, now: Backup) -> Backup:
    """A history of its own from the last backup on: as many leaves as there are, and another root."""
    copy_database(name_of(last.number), name_of(AGES + 1))
    kept = Path(os.environ["DATA_DIR"]) / "branch"

    def fork() -> int:
        from provenance.trail.services import queries

        open_database(name_of(AGES + 1))
        say("OTHER")
        kept.write_text(queries.latest_checkpoint(log).note)
        return NOTICED

    fence_of(log).write_text(last.fence)
    in_child(fork)
    own = Backup(AGES + 1, fence_of(log).read_text(), kept.read_bytes())
    (size, root), (true_size, true_root) = (note.split(b"\n")[1:3] for note in (own.note, now.note))
    assert size == true_size and root != true_root
    return own


def fence_of(log: object) -> Path:
    from provenance.trail.services.fence import Fence

    return Fence.of(log).path


def say(code: str) -> None:
    from provenance.trail.services import acting, guarding, publishing, queries
    from provenance.trail.tests import story

    log = queries.active_log()
    acting.record_acts(story.PARTY + story.ALMAZ, [acting.Draft(story.harvest(code, 1))])
    publishing.stand_guard = lambda log: None
    publishing.publish(log)
    publishing.stand_guard = guarding.stand_guard


def original() -> str:
    from django.conf import settings

    return str(settings.DATABASES["default"]["NAME"])


def name_of(number: int) -> str:
    """Of a copy of the database: SQLite's file, or PostgreSQL's name."""
    return f"{original()}_{number}"


def copy_database(source: str, target: str) -> None:
    from django.db import connection, connections

    connections.close_all()
    if connection.vendor == "sqlite":
        shutil.copy(source, target)
        return
    with connection._nodb_cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {target}")
        cursor.execute(f"CREATE DATABASE {target} TEMPLATE {source}")
    connections.close_all()


def open_database(name: str) -> None:
    from django.db import connection

    connection.close()
    # ``settings.DATABASES`` is left as it is: it names the original.
    connection.settings_dict = {**connection.settings_dict, "NAME": name}


# --- one restore ---


def in_child(do: Callable[[], int]) -> int:
    """A process that has just started: nothing is remembered of what another one asked."""
    from django.db import connections

    connections.close_all()
    if pid := os.fork():
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    try:
        os._exit(do())
    except BaseException as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        os._exit(99)


def meet(mutant: str, log: object, old: Backup, now: Backup, source: str, busy: bool) -> int:
    """Restore the backup beside what its world has seen since, and let the publisher work."""
    from provenance.trail.errors import LogFrozen
    from provenance.trail.models import Checkpoint, ForkAlarm
    from provenance.trail.services import acting, publishing, queries
    from provenance.trail.tests import story

    copy_database(name_of(old.number), name_of(RESTORED))
    open_database(name_of(RESTORED))
    knows = {each: now if each == source else old for each in SOURCES}
    fence_of(log).write_text(knows["fence"].fence)
    play_servers(knows["witness"].note, knows["public"].note)
    restored = queries.active_log()
    if busy:
        acting.record_acts(story.PARTY + story.ALMAZ, [acting.Draft(story.harvest("AFTER", 1))])
    before = Checkpoint.objects.count()
    MUTANTS[mutant]()
    try:
        publishing.publish(restored)
    except LogFrozen:
        restored.refresh_from_db()
    if Checkpoint.objects.count() > before:
        return SIGNED
    return NOTICED if restored.state == "frozen" and ForkAlarm.objects.exists() else UNNOTICED


# --- planted bugs ---


def nobody_guards() -> None:
    from provenance.trail.services import publishing

    publishing.stand_guard = lambda log: None


def guard_after_signing() -> None:
    from provenance.trail.services import guarding, publishing

    sign = publishing._sequence

    def late(log: object, *how: object) -> object:
        made = sign(log, *how)
        publishing.transaction.on_commit(lambda: guarding.stand_guard(log))
        return made

    publishing.stand_guard = lambda log: None
    publishing._sequence = late


def only_sizes() -> None:
    from provenance.trail.services import guarding, publishing

    guarding.root_at = lambda log, size: AnyRoot()
    publishing.Fence.check = lambda *args, **how: None


class AnyRoot:
    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]


def fence_first() -> None:
    """The fence is brought up to the database before it is asked."""
    from provenance.tlog.checkpoint import Checkpoint
    from provenance.trail.models import LogHead
    from provenance.trail.services import guarding
    from provenance.trail.services.fence import Fence

    look = guarding.look_around

    def advanced(log: object) -> object:
        head = LogHead.objects.get(log=log)
        Fence.of(log).replace(Checkpoint(log.origin, head.size, bytes(head.root)))
        return look(log)

    guarding.look_around = advanced


MUTANTS: dict[str, Callable[[], None]] = {
    "none": lambda: None,
    "nobody guards": nobody_guards,
    "guard after signing": guard_after_signing,
    "only sizes": only_sizes,
    "fence first": fence_first,
}

if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
