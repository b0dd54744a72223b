"""What a single field of an act has to be: times, references, words, weights, lots and their attributes."""

import re
import unicodedata
from collections.abc import Iterable
from datetime import MAXYEAR, date, datetime, timedelta

from provenance.coffee import identifiers, words
from provenance.coffee.acts import NOTHING_SAID, Attributes, Difference, FileRow, Form, LotMass, NewLot
from provenance.coffee.epcis.problems import problem
from provenance.coffee.epcis.quantities import MAX_MG
from provenance.coffee.errors import UnknownIdentifier

MAX_TEXT = 60
MAX_COUNT = 10**6

_HEX_SHA256 = re.compile(r"[0-9a-f]{64}")
_PLAIN_TEXT = re.compile(r"[A-Za-z0-9][A-Za-z0-9 .,'()/&+#:%-]*")
_PUNCTUATION = frozenset(" .,'’()/&+#:%-")
# Six digits in a row, or seven and more after + or 0, look like somebody's telephone. Five may stand: 74110 is a
# variety.
_TELEPHONE = re.compile(r"\d{6}|(?:\+|\b0)(?:[ ()./-]*\d){6}")
_FARTHEST_OFFSET = timedelta(hours=14)


def time(at: datetime, field: str = "at") -> None:
    offset = at.utcoffset() if isinstance(at, datetime) else None
    if offset is None:
        raise problem(field, "it needs its offset from UTC, like +03:00.")
    if offset.seconds % 60 or offset.microseconds or not -_FARTHEST_OFFSET <= offset <= _FARTHEST_OFFSET:
        raise problem(field, "its offset from UTC is whole minutes, at most 14 hours.")
    if at.microsecond % 1000:
        raise problem(field, "give it to the millisecond at most.")
    if at.year < 1970:
        raise problem(field, "the year is before 1970.")
    if at.year == MAXYEAR:
        # Some of its times cannot be told in UTC: whoever tried would fail.
        raise problem(field, "there is no such year yet.")


def day(value: date | None, field: str) -> None:
    if value is not None and type(value) is not date:
        raise problem(field, "it is a day, like 2026-01-31.")


def reference(uri: str | None, field: str) -> None:
    """A URI of a party, place or lot; None passes, since it says "not named"."""
    if uri is None:
        return
    try:
        identifiers.check_uri(uri, field=field)
    except UnknownIdentifier as error:
        raise problem(field, str(error)) from error


def lot(uri: str, field: str) -> None:
    """A lot's own URI: pages and labels show the code in it."""
    reference(uri, field)
    try:
        identifiers.lot_code_of(uri)
    except UnknownIdentifier as error:
        raise problem(field, f"{uri[:60]} is not a lot. {error}") from error


def lots(uris: tuple[str, ...], field: str) -> None:
    for uri in uris:
        lot(uri, field)
    distinct(uris, field)


def event_id(uri: str, field: str) -> None:
    try:
        identifiers.check_event_id(uri, field=field)
    except UnknownIdentifier as error:
        raise problem(field, str(error)) from error


def distinct(values: Iterable[str], field: str) -> None:
    values = tuple(values)
    if len(set(values)) != len(values):
        twice = next(value for value in values if values.count(value) > 1)
        raise problem(field, f"{twice} stands there twice.")


def word(value: str, allowed: Iterable[str], field: str) -> None:
    if value not in allowed:
        raise problem(field, f"{value!r} is not one of {', '.join(sorted(allowed))}.")


def text(value: str | None, field: str) -> None:
    """Short words of the trade. Nothing in here may be a way to reach somebody: signed bytes cannot be erased."""
    if value is None:
        return
    if not 1 <= len(value) <= MAX_TEXT:
        raise problem(field, f"1 to {MAX_TEXT} characters.")
    if not _PLAIN_TEXT.fullmatch(value):
        _check_letters(value, field)
    if _TELEPHONE.search(value):
        raise problem(field, "so many digits look like a telephone number, which must not be signed.")


def _check_letters(value: str, field: str) -> None:
    if not value[0].isalnum() or not unicodedata.is_normalized("NFC", value):
        raise problem(field, "it begins with a letter or digit, in composed Unicode (NFC).")
    for character in value:
        if character not in _PUNCTUATION and unicodedata.category(character)[0] not in "LM" and not character.isdigit():
            raise problem(
                field, f"{character!r} may not stand there: letters, digits and . , ' ( ) / & + # : % - only."
            )


def country(code: str | None, field: str = "country") -> None:
    if code is not None and code not in words.COUNTRIES:
        raise problem(field, f"{code!r} is not a country code of ISO 3166 (two capital letters, like ET).")


def sha256(digest: str, field: str) -> None:
    if not _HEX_SHA256.fullmatch(digest):
        raise problem(field, "it is 64 digits of 0-9 and a-f.")


def whole(number: int | None, field: str, *, least: int = 1, most: int = MAX_COUNT) -> None:
    if number is not None and not (type(number) is int and least <= number <= most):
        raise problem(field, f"it is a whole number from {least} to {most}.")


def mass(mass_mg: int, field: str) -> None:
    if not (type(mass_mg) is int and 0 < mass_mg <= MAX_MG):
        raise problem(field, "a weight is above zero and below a thousand million kilograms.")


def lines(masses: tuple[LotMass, ...], field: str = "lines") -> None:
    if not masses:
        raise problem(field, "name at least one lot.")
    for line in masses:
        lot(line.lot, field)
        mass(line.mass_mg, field)
    if len(masses) > 1:
        distinct((line.lot for line in masses), field)


def new_lot(made: NewLot, field: str) -> None:
    lot(made.lot, field)
    mass(made.mass_mg, field)
    if type(made.form) is not Form:
        raise problem(field, f"{made.form!r} is not a form of coffee.")
    if made.attributes is not NOTHING_SAID:
        attributes(made.attributes)


def new_lots(made: tuple[NewLot, ...], field: str) -> None:
    for each in made:
        new_lot(each, field)
    if len(made) > 1:
        distinct((each.lot for each in made), field)


def attributes(said: Attributes) -> None:
    country(said.country)
    if said.species is not None:
        word(said.species, words.SPECIES, "species")
    for field in ("region", "process", "grade", "roast_degree"):
        text(getattr(said, field), field)
    for field in ("variety", "claims"):
        for value in getattr(said, field):
            text(value, field)
        distinct(getattr(said, field), field)
    if said.altitude_m is not None:
        lowest, highest = said.altitude_m
        whole(lowest, "altitude_m", least=0, most=4000)
        whole(highest, "altitude_m", least=lowest, most=4000)
    for field in ("harvest_start", "harvest_end", "best_before"):
        day(getattr(said, field), field)
    in_order(said.harvest_start, said.harvest_end, "harvest_end")


def in_order(first: date | None, last: date | None, field: str) -> None:
    if first is not None and last is not None and last < first:
        raise problem(field, "it lies before its beginning.")


def differences(named: tuple[Difference, ...], field: str) -> None:
    for difference in named:
        mass(difference.mass_mg, field)


def file_row(row: FileRow | None) -> None:
    if row is not None:
        sha256(row.sha256, "declared_from")
        whole(row.row, "declared_from", most=10**9)


def apart(inputs: Iterable[LotMass], outputs: Iterable[NewLot], field: str) -> None:
    both = {line.lot for line in inputs} & {made.lot for made in outputs}
    if both:
        raise problem(field, f"{min(both)} cannot go in and come out of the same act.")
