"""System checks of the trail: what must hold in the database, each with an id and the mend."""

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, register
from django.db import connection, connections

from provenance.health import must_be_ready
from provenance.trail import triggers


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
