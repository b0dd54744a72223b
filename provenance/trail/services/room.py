"""
Whether there is room to take more in.

Whoever is refused here has lost nothing, for nothing was begun. Whoever is taken in when the queue has no end or the
disk no space waits for a promise that cannot be kept.
"""

import os
import time
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.files.storage import FileSystemStorage, storages
from django.db import connection
from django.utils import timezone

from provenance.trail.errors import NoRoom
from provenance.trail.models import Event, Pending

# Recorders of one second see the same queue and the same disk.
MEASURED_EVERY = 1.0
# A caller that waits longer for a commit than this is better told to come again.
LONGEST_WAIT_FOR_PEN = 10.0
STATEMENTS_FOR_PEN = 1_000


@dataclass(frozen=True)
class Queue:
    """Recorded events that have no place in the log yet: how many, and for how many seconds the oldest has waited."""

    waiting: int
    seconds: float


_measured: tuple[float, str | None] = (float("-inf"), None)


def check(for_pen: int = 0, seconds: float = 0.0) -> None:
    """
    Raise ``NoRoom`` where nothing more may be taken in: its sentence says why.

    ``for_pen``: statements of this process that wait to be written, the oldest for so many ``seconds``.
    """
    global _measured
    if for_pen >= STATEMENTS_FOR_PEN or seconds >= LONGEST_WAIT_FOR_PEN:
        raise NoRoom("Too many statements are coming in at this moment. Nothing was recorded: send it again soon.")
    at, fault = _measured
    if time.monotonic() - at >= MEASURED_EVERY:
        fault = queue_fault(queue()) or disk_fault()
        _measured = time.monotonic(), fault
    if fault:
        raise NoRoom(fault)


def queue() -> Queue:
    """Two short queries, however long the queue is: past the limit nobody counts on."""
    oldest = Pending.objects.order_by("pk").values_list("pk", flat=True).first()
    if oldest is None:
        return Queue(0, 0.0)
    since = Event.objects.values_list("recorded_at", flat=True).get(pk=oldest)
    waiting = Pending.objects.all()[: settings.WAITING_LIMIT + 1].count()
    return Queue(waiting, max((timezone.now() - since).total_seconds(), 0.0))


def queue_fault(found: Queue) -> str | None:
    if found.waiting > settings.WAITING_LIMIT or found.seconds > settings.WAITING_AGE_LIMIT:
        return (
            "More has been recorded than could be published, so nothing more is taken in until that is done. "
            "Nothing was recorded: send it again later. (Operator: see that manage.py keep runs.)"
        )
    return None


def disk_fault() -> str | None:
    for folder, free in free_bytes().items():
        if free < settings.DISK_FLOOR_MB * 1024 * 1024:
            return (
                "The disk is nearly full, so nothing more is taken in until there is space. Nothing was recorded: "
                f"send it again later. (Operator: make room where {folder} lies; DISK_FLOOR_MB is the floor.)"
            )
    return None


def free_bytes() -> dict[str, int]:
    """What is left for us on the volumes of database, fence, attachments and export, by the name of the setting."""
    folders = {"FENCE_DIR": settings.FENCE_DIR}
    if connection.vendor == "sqlite":
        folders["DATA_DIR"] = Path(str(connection.settings_dict["NAME"])).parent
    if isinstance(storages["attachments"], FileSystemStorage):
        folders["MEDIA_DIR"] = settings.MEDIA_ROOT
    if export := getattr(settings, "EXPORT_DIR", None):
        folders["EXPORT_DIR"] = export
    return {name: _free(Path(folder)) for name, folder in folders.items()}


def _free(folder: Path) -> int:
    """A folder that nobody has made yet will lie where its parent lies."""
    while not folder.exists():
        folder = folder.parent
    volume = os.statvfs(folder)
    return volume.f_bavail * volume.f_frsize
