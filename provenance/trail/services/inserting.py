"""Multi-row INSERT for the tables that every statement adds to: ``bulk_create`` without its work on each value."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Model

# SQLite takes 32,766 parameters in a statement, PostgreSQL 65,535.
PARAMETERS = 32_000


def insert(model: type[Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert rows of values that the database takes as they are: integers, text, bytes, UUIDs."""
    for _ in _insert(model, columns, rows, ""):
        pass


def insert_numbered(model: type[Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> list[int]:
    """``insert``, returning the primary keys that the database gave, in the order of the rows."""
    return [pk for (pk,) in _insert(model, columns, rows, f' RETURNING "{model._meta.pk.column}"')]


def _insert(
    model: type[Model], columns: Sequence[str], rows: Iterable[Sequence[Any]], tail: str
) -> Iterator[tuple[Any, ...]]:
    names = ", ".join(f'"{name}"' for name in columns)
    # Names of tables and columns come from the models; every value travels as a parameter.
    head = f'INSERT INTO "{model._meta.db_table}" ({names}) VALUES '  # noqa: S608
    marks = f"({', '.join(['%s'] * len(columns))})"
    prepare = _hex_uuids if connection.vendor == "sqlite" else list
    rest = iter(rows)
    with connection.cursor() as cursor:
        while chunk := list(islice(rest, PARAMETERS // len(columns))):
            values = prepare(value for row in chunk for value in row)
            cursor.execute(head + ", ".join([marks] * len(chunk)) + tail, values)
            if tail:
                yield from cursor.fetchall()


def _hex_uuids(values: Iterable[Any]) -> list[Any]:
    """SQLite knows no UUIDs; Django keeps them there as 32 hexadecimal digits."""
    return [value.hex if type(value) is UUID else value for value in values]
