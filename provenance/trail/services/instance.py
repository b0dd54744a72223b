"""
Which installation this is: an id that lies outside the database, to which the keys of its logs are bound.

A copy of the database on another machine, made for a test or restored beside the living one, has another id there and
cannot sign.
"""

import os
import uuid
from pathlib import Path

from django.conf import settings
from django.db import transaction

from provenance.keyring import seal_secret, unseal_secret
from provenance.trail.errors import Corrupt
from provenance.trail.models import Log, LogKey

FILE = "instance"


class OtherInstance(Corrupt):
    """The log's keys belong to another installation."""


def instance_id() -> str:
    """``INSTANCE_ID``, or what stands in the file ``instance`` beside the fence, which is made at the first call."""
    if settings.INSTANCE_ID:
        return str(settings.INSTANCE_ID)
    file = Path(settings.FENCE_DIR) / FILE
    if not file.exists():
        _make(file)
    return file.read_text().strip()


def _make(file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f"{file.name}.{os.getpid()}.{uuid.uuid4().hex}")
    draft.write_text(f"{uuid.uuid4()}\n")
    try:
        # Web server and keep start together: whoever links first wins, and a reader never sees half an id.
        os.link(draft, file)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def bound_to(origin: str, kind: str, instance: str) -> str:
    """What a sealed log key opens for: its own origin, on its own installation."""
    return f"log key {kind} {origin}" + (f" of instance {instance}" if instance else "")


def check_instance(keys: list[LogKey]) -> None:
    """Raise ``OtherInstance`` unless all these keys are this installation's, or nobody's yet."""
    here = instance_id()
    for key in keys:
        if key.instance not in ("", here):
            raise OtherInstance(
                f"Its keys are bound to instance {key.instance}; this is {here}: a copy of another installation's "
                "database must not sign. If the log has moved here for good: set INSTANCE_ID to the former, then "
                "manage.py thaw."
            )


def bind(log: Log) -> None:
    """Bind the keys of an older installation, which are nobody's yet, to this one. Raises ``OtherInstance``."""
    series = log.origin.rpartition("/")[0]
    keys = list(LogKey.objects.filter(origin__startswith=f"{series}/"))
    check_instance(keys)
    if all(key.instance for key in keys):
        return
    here = instance_id()
    with transaction.atomic():
        for key in LogKey.objects.select_for_update().filter(origin__startswith=f"{series}/", instance=""):
            seed = unseal_secret(bytes(key.sealed), bound_to(key.origin, key.kind, ""))
            key.sealed = seal_secret(seed, bound_to(key.origin, key.kind, here))
            key.instance = here
            key.save(update_fields=["sealed", "instance"])
