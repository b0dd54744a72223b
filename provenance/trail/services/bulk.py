"""Many plain rows at once: a model instance for each costs more than checking a signature."""

from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Model

# Fewer parameters than any database takes in one statement.
ROWS_AT_ONCE = 100


def insert(
    model: type[Model],
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    unique: Sequence[str] = (),
    update: Sequence[str] = (),
) -> None:
    """
    Insert rows of text, numbers, bytes, UUIDs and JSON.

    Where a row with the same ``unique`` columns is there already, its columns ``update`` are written over.
    """
    with connection.cursor() as cursor:
        cursor.executemany(_into(model, columns) + _places(columns) + _on_conflict(unique, update), _adapted(rows))


def insert_numbered(model: type[Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> list[int]:
    """The same; returns the primary keys that the database gave, in the order of the rows."""
    rows, keys = _adapted(rows), []
    tail = f" RETURNING {connection.ops.quote_name(model._meta.pk.column)}"
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            # Its triggers make it copy the rows of a longer INSERT first. Keys grow by one, and nobody else writes now.
            cursor.executemany(_into(model, columns) + _places(columns), rows)
            cursor.execute("SELECT last_insert_rowid()")
            (last,) = cursor.fetchone()
            return list(range(last - len(rows) + 1, last + 1))
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


def _on_conflict(unique: Sequence[str], update: Sequence[str]) -> str:
    if not unique:
        return ""
    columns = [connection.ops.quote_name(column) for column in update]
    action = f"UPDATE SET {', '.join(f'{column} = EXCLUDED.{column}' for column in columns)}" if columns else "NOTHING"
    return f" ON CONFLICT ({', '.join(map(connection.ops.quote_name, unique))}) DO {action}"


def _adapted(rows: Iterable[Sequence[Any]]) -> list[Sequence[Any]]:
    """As the driver takes them; SQLite knows no UUIDs, so Django keeps them there as 32 hexadecimal digits."""
    adapters: dict[type, Callable[[Any], object]] = {dict: _as_json, list: _as_json}
    if not connection.features.has_native_uuid_field:
        adapters[UUID] = attrgetter("hex")
    return [[adapters[type(value)](value) if type(value) in adapters else value for value in row] for row in rows]


def _as_json(value: object) -> object:
    return connection.ops.adapt_json_value(value, None)
