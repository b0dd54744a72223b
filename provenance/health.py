"""Two questions of a supervisor: is the process alive, and may it be sent visitors?"""

from collections.abc import Callable

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache

from provenance.roles import role_fault

# Returns a sentence saying what is wrong, or None.
Readiness = Callable[[], str | None]
_checks: dict[str, Readiness] = {}


def must_be_ready(name: str) -> Callable[[Readiness], Readiness]:
    """Register a further check of /readyz under a name. Apps do it in ``ready()``."""

    def register(check: Readiness) -> Readiness:
        _checks[name] = check
        return check

    return register


def database_answers() -> str | None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return "The database does not answer."
    return None


def migrations_are_applied() -> str | None:
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return "The database waits for manage.py migrate."
    return None


def role_is_right() -> str | None:
    fault = role_fault(connection) if settings.PRODUCTION else None
    return f"{fault} Run manage.py setup_roles." if fault else None


def faults() -> dict[str, str]:
    """Name and sentence of each check that fails. Nothing is asked of a database that does not answer."""
    if fault := database_answers():
        return {"database": fault}
    checks = {"migrations": migrations_are_applied, "database role": role_is_right, **_checks}
    return {name: fault for name, check in checks.items() if (fault := check())}


@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    return HttpResponse("alive\n", content_type="text/plain")


@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    found = faults()
    response = JsonResponse({"ready": not found, "faults": found}, status=503 if found else 200)
    if found:
        response.headers["Retry-After"] = "5"
    return response
