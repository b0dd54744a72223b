"""
Where the bytes of attachments lie: in the storage ``attachments``, each sealed under the key of whom it is about.

A file's name is that person's folder and the SHA-256 of the bytes before they are sealed, so the same bytes twice are
one file. It is written before the statement that names it is signed; what no statement names after a day is removed.
"""

import logging
from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

from django.core.files.storage import FileSystemStorage, Storage, storages
from django.utils import timezone

from provenance.keyring import Unsealable, seal, unseal
from provenance.trail.errors import NoRoom
from provenance.trail.models import Attachment, SubjectKey, pk_of
from provenance.trail.services import room
from provenance.trail.services.exporting.places import Directory, StoredFiles
from provenance.trail.services.sealing import open_subject_key, subject_keys

logger = logging.getLogger(__name__)

FOLDER = "attachments"
# Between choosing a file and signing somebody may go home over night.
KEPT_UNSIGNED = timedelta(days=1)


class Unreadable(Exception):
    """The stored file is not the one that was signed; ``str()`` of it goes on from "its attachment": "is missing"."""


def store(subject: str, data: bytes) -> str:
    """Keep the bytes, sealed, and give their SHA-256 (hex). When this returns they survive a power cut."""
    room.check()
    digest = sha256(data).hexdigest()
    sealed = seal(subject_keys({subject})[subject], data, _bound_to(digest))
    try:
        place = _place()
        with place.alone():
            place.replace(path_of(subject, digest), sealed)
    except OSError as error:
        logger.error("an attachment could not be stored: %s", error)
        raise NoRoom("The file could not be stored. Nothing was signed: send it again later.", field="file") from error
    return digest


def fetch(subject: str, digest: str) -> bytes:
    """The bytes of this SHA-256 (hex). Raises ``Unreadable``."""
    return read(subject, digest, key_of(subject))


def key_of(subject: str) -> bytes:
    """The subject's key. Raises ``Unreadable``."""
    row = SubjectKey.objects.filter(party=subject).first()
    if row is None:
        raise Unreadable("has lost the key of its subject")
    try:
        return open_subject_key(subject, row.sealed)
    except Unsealable:
        raise Unreadable("lies under a key that does not open") from None


def read(subject: str, digest: str, key: bytes) -> bytes:
    """``fetch`` for who has the subject's key already."""
    try:
        sealed = _place().read(path_of(subject, digest))
    except OSError as error:
        raise Unreadable(f"cannot be read: {type(error).__name__}") from None
    if sealed is None:
        raise Unreadable("is missing")
    try:
        data = unseal(key, sealed, _bound_to(digest))
    except Unsealable:
        raise Unreadable("was changed") from None
    if sha256(data).hexdigest() != digest:
        raise Unreadable("is another file than the one that was signed")
    return data


def path_of(subject: str, digest: str) -> str:
    """Below the folder of all attachments."""
    return f"{pk_of(subject)}/{digest}"


def sweep() -> int:
    """Remove the files that no statement names, once they are a day old; returns how many."""
    storage, before = storages[FOLDER], timezone.now() - KEPT_UNSIGNED
    removed = 0
    for folder, digest in _stored(storage):
        name = f"{FOLDER}/{folder}/{digest}"
        if storage.get_modified_time(name) < before and not _is_named(folder, digest):
            storage.delete(name)
            removed += 1
    return removed


def _stored(storage: Storage) -> Iterator[tuple[str, str]]:
    """Folder and digest of every file."""
    try:
        folders = storage.listdir(FOLDER)[0]
    except FileNotFoundError:
        return
    for folder in folders:
        for digest in storage.listdir(f"{FOLDER}/{folder}")[1]:
            yield folder, digest


def _is_named(folder: str, digest: str) -> bool:
    subjects = Attachment.objects.filter(sha256=digest).values_list("subject", flat=True)
    return any(str(pk_of(subject)) == folder for subject in subjects)


def _place() -> Directory | StoredFiles:
    storage = storages[FOLDER]
    if isinstance(storage, FileSystemStorage):
        return Directory(Path(storage.location), FOLDER)
    return StoredFiles(storage, FOLDER)


def _bound_to(digest: str) -> str:
    return f"attachment {digest}"
