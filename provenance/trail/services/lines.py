"""The log's statements as lines of JSON, spliced from the stored bytes: nothing is parsed, and nothing held open."""

import json
from collections.abc import Iterator
from string import ascii_letters, digits

import psycopg
from django.db import connection

from provenance.trail.errors import Corrupt
from provenance.trail.models import Log

# A reader may take minutes for a log. Between two queries it holds no lock that a writer would wait for.
AT_ONCE = 512
# The unique index over log and index makes as many rows as places all of these places.
_STATEMENTS = """
SELECT e.statement FROM trail_leaf l JOIN trail_event e ON e.id = l.event_id
WHERE l.log_id = %s AND l."index" >= %s AND l."index" < %s ORDER BY l."index"
"""
_OF_A_JWS = (ascii_letters + digits + "-_.").encode()


def statement_lines(log: Log, first: int, end: int) -> Iterator[bytes]:
    """
    A line ``{"index":…,"jws":"…"}`` for each leaf in [first, end), as in a pack; 512 of them, some 800 kB, at a time.

    Raises ``Corrupt`` where a leaf is missing.
    """
    for at in range(first, end, AT_ONCE):
        yield _lines(log, at, min(at + AT_ONCE, end))


def last_line(size: int, note: str) -> bytes:
    """``{"size":…,"checkpoint":"…"}``: what the lines before are checked against. Without it they broke off."""
    return b'{"size":%d,"checkpoint":%b}\n' % (size, json.dumps(note).encode())


def _lines(log: Log, first: int, end: int) -> bytes:
    statements = _statements(log, first, end)
    if len(statements) != end - first:
        raise Corrupt(f"The log {log.origin} does not have all of its leaves {first} to {end - 1}.")
    if b"".join(statements).translate(None, _OF_A_JWS):
        statements = [_escaped(statement) for statement in statements]
    return b"".join([b'{"index":%d,"jws":"%b"}\n' % line for line in enumerate(statements, first)])


def _statements(log: Log, first: int, end: int) -> list[bytes]:
    if connection.vendor != "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(_STATEMENTS, [log.pk, first, end])
            return [statement for (statement,) in cursor.fetchall()]
    # Django's cursors are sent two hexadecimal digits for each byte, which takes longer than all the rest.
    connection.ensure_connection()
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(_STATEMENTS, [log.pk, first, end], binary=True)
        return [statement for (statement,) in cursor.fetchall()]


def _escaped(statement: bytes) -> bytes:
    # What somebody changed in the store must not break out of the line.
    return json.dumps(statement.decode("ascii", "backslashreplace"))[1:-1].encode()
