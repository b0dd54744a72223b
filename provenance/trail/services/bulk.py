"""Many plain rows at once: a model instance for each costs more than checking a signature."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Model

# Fewer parameters than any database takes in one statement.
ROWS_AT_ONCE = 100


def insert(model: type[Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert rows of values that the database takes as they are (text, numbers, bytes), or of UUIDs."""
    with connection.cursor() as cursor:
        cursor.executemany(_into(model, columns) + _places(columns), _adapted(rows))


def insert_numbered(model: type[Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> list[int]:
    """The same; returns the primary keys that the database gave, in the order of the rows."""
    rows, keys = _adapted(rows), []
    tail = f" RETURNING {connection.ops.quote_name(model._meta.pk.column)}"
    with connection.cursor() as cursor:
        for first in range(0, len(rows), ROWS_AT_ONCE):
            some = rows[first : first + ROWS_AT_ONCE]
            places = ", ".join([_places(columns)] * len(some))
            cursor.execute(_into(model, columns) + places + tail, [value for row in some for value in row])
            keys += [key for (key,) in cursor.fetchall()]
    return keys


def _into(model: type[Model], columns: Sequence[str]) -> str:
    quote = connection.ops.quote_name
    return f"INSERT INTO {quote(model._meta.db_table)} ({', '.join(map(quote, columns))}) VALUES "


def _places(columns: Sequence[str]) -> str:
    return f"({', '.join(['%s'] * len(columns))})"


def _adapted(rows: Iterable[Sequence[Any]]) -> list[Sequence[Any]]:
    """SQLite knows no UUIDs; Django keeps them there as 32 hexadecimal digits."""
    if connection.features.has_native_uuid_field:
        return list(rows)
    return [[value.hex if type(value) is UUID else value for value in row] for row in rows]
