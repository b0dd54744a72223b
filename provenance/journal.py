"""
What goes into the journal, and what does not: no address of a client, nothing that was typed, no secret of a bag.

A page is named by its route, never by its path: paths hold tokens of bags and whatever a visitor likes to ask for. An
error is named by its type and its place; only what speaks of the machine may say more.
"""

import json
import logging
import traceback
from datetime import UTC, datetime

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest

OF_THE_MACHINE = (OSError, OperationalError, InterfaceError)


class WithoutPaths(logging.Filter):
    """Puts the route where Django's own loggers put the path that was asked for."""

    def filter(self, record: logging.LogRecord) -> bool:
        request = getattr(record, "request", None)
        if isinstance(request, HttpRequest):
            match = request.resolver_match
            route = f"/{match.route}" if match else "no page of this site"
            status = getattr(record, "status_code", "")
            record.msg, record.args = f"{status} {request.method} {route}".strip(), ()
        elif record.name.startswith("django.security"):
            # "Invalid HTTP_HOST header: …" and its like quote what was sent.
            record.msg, record.args = f"{record.name.rpartition('.')[2]}: a request was refused", ()
        return True


class Line(logging.Formatter):
    """One line for people; an exception's stack follows."""

    def __init__(self) -> None:
        super().__init__("{asctime} {levelname} {name}: {message}", style="{")

    def formatException(self, exc_info: object) -> str:
        return stack_of(exc_info[1])  # type: ignore[index]


class Json(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        said = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info and record.exc_info[1]:
            said["exception"] = stack_of(record.exc_info[1])
        return json.dumps(said, ensure_ascii=False)


def stack_of(error: BaseException) -> str:
    """Where it happened, of each error in the chain; what it says only where it speaks of the machine."""
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    told = [stack_of(before), "which led to"] if before else []
    frames = "".join(traceback.format_tb(error.__traceback__)).rstrip()
    return "\n".join([*told, *filter(None, [frames]), _named(error)])


def _named(error: BaseException) -> str:
    name = type(error).__qualname__
    # "invalid literal for int(): 'Hanna'" and "Key (username)=(hanna) already exists" quote what somebody typed.
    if isinstance(error, OF_THE_MACHINE):
        return f"{name}: {str(error).splitlines()[0] if str(error) else 'nothing said'}"
    return name
