"""What is said of other statements."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from provenance.coffee.acts.base import Act


@dataclass(frozen=True, kw_only=True)
class Confirm(Act):
    """
    Somebody whom an event concerns says that it is so. What she adds in her own words is a withheld field (``words``).

    ``lots`` are all those that the event names, so that the index finds this under each of them.
    """

    name: ClassVar[str] = "confirm"
    at: datetime
    event: str  # event id
    lots: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Contest(Act):
    """Somebody whom an event concerns says that it is not so; otherwise as ``Confirm``."""

    name: ClassVar[str] = "contest"
    at: datetime
    event: str  # event id
    lots: tuple[str, ...]
    reason: str  # weight, quality, price, not_paid, not_mine, did_not_happen, date, place, claim, other


@dataclass(frozen=True, kw_only=True)
class Certify(Act):
    """
    A third party states that lots, a place or a party keep to a scheme; one of the three. The number is withheld.

    ``chain`` says how the certified coffee is kept: identity_preserved, segregated, mass_balance. Only the first two
    say something of what is in a bag.
    """

    name: ClassVar[str] = "certify"
    at: datetime
    scheme: str
    chain: str
    valid_from: date
    valid_to: date
    lots: tuple[str, ...] = ()
    site: str | None = None
    party: str | None = None


@dataclass(frozen=True, kw_only=True)
class Withdraw(Act):
    """Ends a certificate from a day on. What it was about is repeated, so that the index finds this there as well."""

    name: ClassVar[str] = "withdraw"
    at: datetime
    certificate: str  # event id of the certify
    since: date
    reason: str  # suspended, breach, ended, error, other
    lots: tuple[str, ...] = ()
    site: str | None = None
    party: str | None = None


@dataclass(frozen=True, kw_only=True)
class Correct(Act):
    """
    An EPCIS error declaration: takes back ``original`` (the event as it was signed).

    ``corrected_by`` are the ids of the events that say it right; empty where it did not occur.
    """

    name: ClassVar[str] = "correct"
    original: dict[str, object]
    original_act: str
    declared_at: datetime
    reason: str  # "did_not_occur" or "incorrect_data"
    corrected_by: tuple[str, ...] = ()
