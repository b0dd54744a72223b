"""Writing what may as well be left out: it gives way to whoever records."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connection, transaction

# Seconds after which whoever would write such things gives up.
PATIENCE = 0.1


@contextmanager
def unimportant() -> Iterator[None]:
    """
    A transaction that waits for nobody longer than ``PATIENCE``, nor for the disk where it can be spared.

    Raises ``OperationalError`` where others write; nothing is written then.
    """
    if connection.vendor == "sqlite":
        with _busy_after(PATIENCE), transaction.atomic():
            yield
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = {int(PATIENCE * 1000)}")
        cursor.execute("SET LOCAL synchronous_commit = off")
        yield


@contextmanager
def _busy_after(seconds: float) -> Iterator[None]:
    """On SQLite one writes at a time, and whoever waits for the pen holds a thread of the web server."""
    usual = settings.DATABASES["default"]["OPTIONS"]["timeout"]
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA busy_timeout = {int(seconds * 1000)}")
        try:
            yield
        finally:
            cursor.execute(f"PRAGMA busy_timeout = {int(usual * 1000)}")
