"""
Peers that keep an event a commit, and check its Ed25519 signature first as the trail does: eventsourcing (an aggregate
an event) and django-auditlog (a model's row and its log entry). Both on SQLite with a write-ahead log and FULL flushes.
"""

import sys
from os import environ
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from apart import serve
from nacl import bindings as sodium

FOLDER = TemporaryDirectory(prefix="beantrail-peer-")
BODY = "x" * 900
PUBLIC, SECRET = sodium.crypto_sign_seed_keypair(b"s" * 32)
SIGNED = sodium.crypto_sign(BODY.encode(), SECRET)


def verify() -> None:
    sodium.crypto_sign_open(SIGNED, PUBLIC)


def with_eventsourcing() -> None:
    environ["PERSISTENCE_MODULE"] = "eventsourcing.sqlite"
    environ["SQLITE_DBNAME"] = f"{FOLDER.name}/events.sqlite3"
    from eventsourcing.application import Application
    from eventsourcing.domain import Aggregate, event

    class Lot(Aggregate):
        @event("Picked")
        def __init__(self, body: str) -> None:
            self.body = body

    application = Application()

    def save(count: int) -> None:
        for _ in range(count):
            verify()
            application.save(Lot(body=BODY))

    serve({"save": save})


def with_auditlog() -> None:
    import django
    from django.conf import settings

    options = {"init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"}
    database = {"ENGINE": "django.db.backends.sqlite3", "NAME": f"{FOLDER.name}/audit.sqlite3", "OPTIONS": options}
    settings.configure(
        DATABASES={"default": database},
        INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "auditlog"],
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        USE_TZ=True,
    )
    django.setup()
    from auditlog.registry import auditlog
    from django.core.management import call_command
    from django.db import connection, models

    class Lot(models.Model):
        body = models.TextField()

        class Meta:
            app_label = "auth"

        def __str__(self) -> str:
            return self.body

    auditlog.register(Lot)
    call_command("migrate", verbosity=0)
    with connection.schema_editor() as editor:
        editor.create_model(Lot)

    def save(count: int) -> None:
        for _ in range(count):
            verify()
            Lot.objects.create(body=BODY)

    serve({"save": save})


if __name__ == "__main__":
    {"eventsourcing": with_eventsourcing, "auditlog": with_auditlog}[sys.argv[1]]()
