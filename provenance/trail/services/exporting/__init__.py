"""
The log as files that any web server, S3 or a CDN can serve: the very paths below ``/log/<name>/<number>/``.

Exporting is the last step of a release. While it fails nothing further is published: the world is never shown a
checkpoint on one way whose tiles are missing on the other.
"""

import logging
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.core.files.storage import FileSystemStorage, storages
from django.utils import timezone

from provenance.tlog.checkpoint import Checkpoint as Signed
from provenance.tlog.errors import TlogError
from provenance.trail.errors import LogFrozen
from provenance.trail.models import Log
from provenance.trail.services.exporting.places import (
    Directory,
    ExportContradicted,
    ExportFailed,
    Place,
    StoredFiles,
)
from provenance.trail.services.exporting.writing import entries_are_public, held_checkpoint, trust_text, write
from provenance.trail.services.queries import latest_checkpoint

__all__ = [
    "Directory",
    "ExportContradicted",
    "ExportFailed",
    "Place",
    "catch_up",
    "entries_are_public",
    "export_due",
    "export_to",
    "exported_checkpoint",
    "prefix_of",
    "trust_text",
    "why_behind",
]

logger = logging.getLogger(__name__)

# How long a released checkpoint may wait for its export before the site says that it is not ready.
LATE = timedelta(seconds=10)


def prefix_of(log: Log) -> str:
    """Where the log's files lie below the root of what is served."""
    return f"log/{log.name}/{log.number}"


def place_of(log: Log) -> Place | None:
    """Where the log is exported to (EXPORT_DIR or EXPORT_STORAGE), or None where that is not configured."""
    if settings.EXPORT_DIR:
        return Directory(Path(settings.EXPORT_DIR), prefix_of(log))
    if not settings.EXPORT_STORAGE:
        return None
    storage = storages[settings.EXPORT_STORAGE]
    if isinstance(storage, FileSystemStorage):
        return Directory(Path(storage.location), prefix_of(log))
    # An optional extra: without it no storage can be one of S3.
    with suppress(ImportError):
        from provenance.trail.services.exporting.s3 import Bucket, S3Storage

        if isinstance(storage, S3Storage):
            return Bucket(storage, prefix_of(log))
    return StoredFiles(storage, prefix_of(log))


def catch_up(log: Log) -> None:
    """
    Bring the configured export up to the newest released checkpoint. Running it again does no harm.

    Raises ``ExportFailed`` (nothing is lost, and nothing further may be published), ``LogFrozen`` where the export
    holds another history, ``TlogError`` where the database does not give its own root. Not inside a transaction.
    """
    place = place_of(log)
    newest = latest_checkpoint(log) if place else None
    if place is None or newest is None:
        return
    try:
        write(place, log, newest, entries=settings.EXPORT_ENTRIES or entries_are_public(log))
    except ExportContradicted as error:
        logger.critical("EXPORT ALARM for log %s: %s", log.origin, error)
        raise
    except OSError as error:
        raise ExportFailed(
            f"The export of {log.origin} does not take checkpoint {newest.size}: {str(error).rstrip('.')}. "
            "Nothing further is published until it does."
        ) from error


def export_to(folder: Path, log: Log, *, entries: bool = False) -> int:
    """
    Write the log's newest released checkpoint and all it covers below the folder; how many files that are.

    ``entries``: the statements too, where genesis does not give them to everybody. Raises as ``catch_up``.
    """
    newest = latest_checkpoint(log)
    if newest is None:
        raise ExportFailed(f"The log {log.origin} has released nothing yet.")
    try:
        entries = entries or entries_are_public(log)
        return write(Directory(folder, prefix_of(log)), log, newest, entries=entries, whole=True)
    except OSError as error:
        raise ExportFailed(f"The folder {folder} does not take the log's files: {error}") from error


def export_due() -> None:
    """
    A duty of ``keep``: what a failed export left behind, and lines that witnesses added since.

    One log's trouble is told in the journal and does not hold up the others. Raises ``ExportFailed`` after the last.
    """
    if not settings.EXPORT_DIR and not settings.EXPORT_STORAGE:
        return
    failed = []
    for log in Log.objects.order_by("pk"):
        try:
            catch_up(log)
        except (ExportFailed, LogFrozen, TlogError) as error:
            failed.append(str(error))
    if failed:
        raise ExportFailed(" ".join(failed))


def exported_checkpoint(log: Log) -> Signed | None:
    """
    What the configured export shows the world, or None where there is none; the fork guard holds it against the head.

    Raises ``ExportFailed`` where it cannot be read.
    """
    place = place_of(log)
    try:
        return held_checkpoint(place) if place else None
    except OSError as error:
        raise ExportFailed(f"The export of {log.origin} cannot be read: {error}") from error


def why_behind() -> str | None:
    """A sentence where an export is late or does not work: what /readyz says. None where all is well."""
    if not settings.EXPORT_DIR and not settings.EXPORT_STORAGE:
        return None
    for log in Log.objects.exclude(state=Log.State.RETIRED):
        newest = latest_checkpoint(log)
        if newest is None or timezone.now() - newest.release.released_at < LATE:
            continue
        try:
            shown = exported_checkpoint(log)
        except ExportFailed as error:
            return str(error)
        size = shown.size if shown else 0
        if size < newest.size:
            return (
                f"The static export of {log.origin} shows {size} of {newest.size} leaves, and nothing further is "
                "published until it has them all: the journal of keep says why."
            )
    return None
