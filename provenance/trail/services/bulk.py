"""Many plain rows at once: a model instance for each costs more than checking a signature."""

from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Model


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
    adapted, conflict = _adapted(rows), _on_conflict(unique, update)
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.executemany(_into(model, columns) + _places(columns) + conflict, adapted)
        elif adapted:
            cursor.execute(_into(model, columns) + _from_arrays(model, columns) + conflict, _turned(adapted))


def insert_numbered(model: type[Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> list[int]:
    """The same; returns the primary keys that the database gave, in the order of the rows."""
    adapted = _adapted(rows)
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            # Its triggers make it copy the rows of a longer INSERT first. Keys grow by one, and nobody else writes now.
            cursor.executemany(_into(model, columns) + _places(columns), adapted)
            cursor.execute("SELECT last_insert_rowid()")
            (last,) = cursor.fetchone()
            return list(range(last - len(adapted) + 1, last + 1))
        if not adapted:
            return []
        key = connection.ops.quote_name(model._meta.pk.column)
        sql = f"{_into(model, columns)}{_from_arrays(model, columns)} RETURNING {key}"
        cursor.execute(sql, _turned(adapted))
        return [key for (key,) in cursor.fetchall()]


def _into(model: type[Model], columns: Sequence[str]) -> str:
    quote = connection.ops.quote_name
    return f"INSERT INTO {quote(model._meta.db_table)} ({', '.join(map(quote, columns))}) "


def _places(columns: Sequence[str]) -> str:
    return f"VALUES ({', '.join(['%s'] * len(columns))})"


def _from_arrays(model: type[Model], columns: Sequence[str]) -> str:
    """
    One array for each column. For PostgreSQL the text stays the same, and short, however many rows there are.

    A type goes without its length: casting would cut off what is too long, inserting refuses it.
    """
    types = {field.column: field.db_type(connection).partition("(")[0] for field in model._meta.concrete_fields}
    return f"SELECT * FROM unnest({', '.join(f'%s::{types[column]}[]' for column in columns)})"


def _turned(rows: Iterable[Sequence[Any]]) -> list[list[Any]]:
    """Columns of rows."""
    return [list(column) for column in zip(*rows, strict=True)]


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
