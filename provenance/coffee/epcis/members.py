"""Typed look at the members of parsed JSON: numbers are int or Decimal, never float, and true is not 1."""

from datetime import date, datetime
from decimal import Decimal
from typing import TypeVar

from provenance.coffee.epcis.problems import problem
from provenance.coffee.epcis.quantities import to_mg
from provenance.coffee.errors import MalformedAct

Json = dict[str, object]
T = TypeVar("T")

_KINDS: dict[type, str] = {
    str: "a text",
    int: "a whole number",
    bool: "true or false",
    list: "a list",
    dict: "an object",
}


def need(where: Json, member: str, kind: type[T], field: str) -> T:
    """The member, which has to be there and of exactly that type."""
    value = where.get(member)
    if type(value) is kind:
        return value
    if member not in where:
        raise problem(field, f"{member} is missing.")
    raise problem(field, f"{member} has to be {_KINDS[kind]}.")


def may(where: Json, member: str, kind: type[T], field: str) -> T | None:
    """The member where it is there, of exactly that type."""
    return need(where, member, kind, field) if member in where else None


def objects(where: Json, member: str, field: str) -> list[Json]:
    """A list of objects."""
    return [item if type(item) is dict else _no_object(member, field) for item in need(where, member, list, field)]


def may_objects(where: Json, member: str, field: str) -> list[Json]:
    return objects(where, member, field) if member in where else []


def _no_object(member: str, field: str) -> Json:
    raise problem(field, f"{member} is a list of objects.")


def texts(where: Json, member: str, field: str) -> tuple[str, ...]:
    """A list of texts, empty where it is absent."""
    values = may(where, member, list, field) or []
    for value in values:
        if type(value) is not str:
            raise problem(field, f"{member} is a list of texts.")
    return tuple(values)


def number(where: Json, member: str, field: str) -> Decimal | int:
    value = where.get(member)
    if type(value) is int or (type(value) is Decimal and value.is_finite()):
        return value
    if member not in where:
        raise problem(field, f"{member} is missing.")
    raise problem(field, f"{member} has to be a number.")


def mass_mg(where: Json, field: str) -> int:
    """``quantity`` in kilograms, as milligrams."""
    try:
        return to_mg(number(where, "quantity", field))
    except MalformedAct as error:
        raise error if error.field == field else problem(field, str(error)) from error


def time(where: Json, member: str, field: str) -> datetime:
    try:
        return datetime.fromisoformat(need(where, member, str, field))
    except MalformedAct:
        raise
    except ValueError as error:
        raise problem(field, f"{member} is no time like 2026-01-17T16:30:00.000+03:00.") from error


def day(where: Json, member: str, field: str) -> date | None:
    if member not in where:
        return None
    try:
        return date.fromisoformat(need(where, member, str, field))
    except MalformedAct:
        raise
    except ValueError as error:
        raise problem(field, f"{member} is no day like 2026-01-31.") from error
