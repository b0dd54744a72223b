"""System checks of the house: each wrong setting has an id and a sentence that says the mend."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from provenance import keyring
from provenance.roles import role_fault

LOCAL = {"localhost", "127.0.0.1", "[::1]", "testserver"}


@register("provenance")
def site_is_served_safely(app_configs: Sequence[Any] | None = None, **kwargs: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    strangers = sorted(set(settings.ALLOWED_HOSTS) - LOCAL)
    if settings.PRODUCTION and settings.DEBUG:
        found.append(
            Error(
                "DEBUG is on at a production site: its error pages show settings and source.",
                hint="Unset DEBUG.",
                id="provenance.E001",
            )
        )
    if "*" in settings.ALLOWED_HOSTS:
        found.append(
            Error(
                "ALLOWED_HOSTS is '*': anybody's host name would be printed into links.",
                hint="Name the hosts, for example ALLOWED_HOSTS=beantrail.example.",
                id="provenance.E002",
            )
        )
    if settings.PRODUCTION and strangers and not settings.HTTPS:
        found.append(
            Error(
                "PUBLIC_URL is not https, so log-ins would cross the network in the clear.",
                hint="Set PUBLIC_URL=https://… and serve the site behind TLS.",
                id="provenance.E003",
            )
        )
    return found


@register("provenance")
def country_comes_from_a_proxy(app_configs: Sequence[Any] | None = None, **kwargs: Any) -> list[CheckMessage]:
    if not settings.COUNTRY_HEADER or settings.BEHIND_PROXY:
        return []
    return [
        Warning(
            "COUNTRY_HEADER is set, but no proxy stands before the site: anybody could name a country, so none counts.",
            hint="Set BEHIND_PROXY=true where your proxy sets the header, or unset COUNTRY_HEADER.",
            id="provenance.W011",
        )
    ]


@register("provenance")
def trail_names_are_usable(app_configs: Sequence[Any] | None = None, **kwargs: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    if not settings.TRAIL_LOG.isascii() or not settings.TRAIL_LOG.replace("-", "").isalnum():
        found.append(
            Error(
                f"TRAIL_LOG is {settings.TRAIL_LOG!r}: it stands in addresses and in the log's origin.",
                hint="Use letters, digits and hyphens.",
                id="provenance.E004",
            )
        )
    if "/" in settings.TRAIL_HOST or " " in settings.TRAIL_HOST or not settings.TRAIL_HOST:
        found.append(
            Error(
                f"TRAIL_HOST is {settings.TRAIL_HOST!r}: it must be a host name, with a port where needed.",
                hint="For example TRAIL_HOST=beantrail.example.",
                id="provenance.E005",
            )
        )
    if settings.PRODUCTION and settings.TRAIL_HOST.split(":")[0] in LOCAL:
        found.append(
            Warning(
                "TRAIL_HOST is this machine's own name, and it is written into signed statements for ever.",
                hint="Set TRAIL_HOST to the public host name before the log is made.",
                id="provenance.W006",
            )
        )
    return found


@register("provenance", "database")
def sqlite_is_durable(
    app_configs: Sequence[Any] | None = None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """The library decides what a pragma really does, so it is asked, not the settings. Runs with a database only."""
    from django.db import connections

    found: list[CheckMessage] = []
    for alias in databases or []:
        connection = connections[alias]
        if connection.vendor != "sqlite":
            continue
        with connection.cursor() as cursor:
            synchronous = cursor.execute("PRAGMA synchronous").fetchone()[0]
            journal = cursor.execute("PRAGMA journal_mode").fetchone()[0].lower()
        if synchronous < 2:
            found.append(
                Error(
                    "SQLite answers before the disk has the data (synchronous is below FULL).",
                    hint="Leave the init_command of settings.py as it is.",
                    id="provenance.E007",
                )
            )
        if journal not in {"wal", "truncate", "delete", "persist"} or (journal == "wal" and not settings.WAL_IS_SAFE):
            found.append(
                Error(
                    f"SQLite's journal_mode is {journal!r}, which this SQLite library does not keep safely.",
                    hint="Close all connections, run PRAGMA journal_mode=TRUNCATE on the file, start again.",
                    id="provenance.E008",
                )
            )
    return found


@register("provenance")
def master_key_seals_and_opens(app_configs: Sequence[Any] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """Asks the key itself: whatever keeps it, a site that cannot open its keys had better not start."""
    try:
        opened = keyring.unseal_secret(keyring.seal_secret(b"a secret", "check"), "check")
    except Exception as error:
        # A door: keepers of keys that others wrote raise errors of their own.
        what = str(error) or type(error).__name__
    else:
        if opened == b"a secret":
            return []
        what = "It opens to something else than was sealed."
    return [
        Error(
            f"The master key does not seal and open: {what}",
            hint="See KEY_BACKEND in docs/operations.md, section Keys.",
            id="provenance.E009",
        )
    ]


@register("serving", "database", deploy=True)
def site_does_not_own_the_tables(
    app_configs: Sequence[Any] | None = None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """
    In production the site's role may not drop triggers. Asked by what serves (wsgi.py, keep), never by ``migrate``,
    which is the owner's. A database that is away is /readyz's business.
    """
    from django.db import OperationalError, connections

    found: list[CheckMessage] = []
    for alias in databases or []:
        with suppress(OperationalError):
            if settings.PRODUCTION and (fault := role_fault(connections[alias])):
                hint = "Run manage.py setup_roles as the owner, and name the app's role in the site's DATABASE_URL."
                found.append(Error(fault, hint=hint, id="provenance.E010"))
    return found
