"""System checks of the trail: what must hold in the database, each with an id and the mend."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.db import connection, connections

from provenance.health import must_be_ready
from provenance.trail import triggers
from provenance.trail.services import alarms, exporting, room
from provenance.trail.services.cosigning import PolicyUnusable, check_policy

# Seconds. Recorded statements get their place within two; what waits a minute waits for a person.
LONGEST_WAIT = 60


@register("trail", "database")
def triggers_stand(
    app_configs: Sequence[Any] | None = None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """The insert-only triggers stand as they must. Runs with a database only, and not before the first migrate."""
    found: list[CheckMessage] = []
    for alias in databases or []:
        if not triggers.existing(connections[alias]):
            continue
        if difference := triggers.triggers_differ(connections[alias]):
            found.append(Error(difference, hint="Nothing is recorded until then.", id="trail.E001"))
    return found


@must_be_ready("trail triggers")
def triggers_are_ready() -> str | None:
    return triggers.triggers_differ(connection)


@must_be_ready("publishing")
def nothing_waits_long() -> str | None:
    queue = room.queue()
    if queue.seconds <= LONGEST_WAIT:
        return None
    return (
        f"{queue.waiting} recorded statements wait, the oldest for {queue.seconds:.0f} s: see that manage.py keep runs."
    )


@must_be_ready("static export")
def export_is_up_to_date() -> str | None:
    return exporting.why_behind()


@register("trail")
def export_is_configured_once(app_configs: Sequence[Any] | None = None, **kwargs: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    if settings.EXPORT_DIR and settings.EXPORT_STORAGE:
        hint = "Set EXPORT_DIR, or EXPORT_STORAGE (or EXPORT_S3_BUCKET), not both."
        found.append(Error("The log is to be exported to two places.", hint=hint, id="trail.E002"))
    if settings.EXPORT_STORAGE and settings.EXPORT_STORAGE not in settings.STORAGES:
        hint = f"Use one of: {', '.join(sorted(settings.STORAGES))}; or set EXPORT_S3_BUCKET."
        found.append(Error(f"EXPORT_STORAGE names no storage: {settings.EXPORT_STORAGE}.", hint=hint, id="trail.E003"))
    return found


@register("trail")
def policy_is_readable(app_configs: Sequence[Any] | None = None, **kwargs: Any) -> list[CheckMessage]:
    if unusable := policy_is_usable():
        return [Error(unusable, hint="Mend the file, or unset WITNESS_POLICY.", id="trail.E004")]
    return []


@must_be_ready("witness policy")
def policy_is_usable() -> str | None:
    try:
        check_policy()
    except PolicyUnusable as error:
        return str(error)
    return None


@must_be_ready("log")
def no_log_is_frozen() -> str | None:
    return " ".join(alarms.standing()) or None
