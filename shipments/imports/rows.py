"""
A row becomes a lot: accepted, accepted with named warnings, or rejected with the reason. Pure: nothing is written.

The lot says less than the row wherever the row is not wholly understood. It never says more.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from provenance.coffee.acts import Attributes
from shipments.imports.cells import Cell, CellRefused, Note, countries, dates, numbers, texts
from shipments.imports.cells import altitude as altitudes
from shipments.imports.mapping import PARTS_OF_SCORE, Columns, plain
from shipments.imports.reading import Record

PROTOCOL = "SCA 2004"  # the ten scores that add up to a hundred
PROTOCOL_UNSAID = "not stated"
TOTAL_TOLERANCE = Decimal("0.05")
VALUE_TOLERANCE = Decimal("0.02")
# Shorter names stand in many a region by chance.
SHORTEST_NAME = 4
MAX_ROW = 12_000  # characters; what a withheld value has room for

_SUMMARY = re.compile(r"(?:sub|grand )?totals?\W*|(?:auction )?average\W*|auction (?:average|total).*", re.I)
# Where a person who tries the system out writes "test".
_TELLTALES = ("farm", "producer", "mill", "region", "lot_number", "ico_mark", "altitude", "harvest")


class Outcome(StrEnum):
    ACCEPTED = "accepted"
    WARNED = "warned"
    REJECTED = "rejected"
    ALREADY = "already"


@dataclass(frozen=True)
class Finding:
    """A note on one column of a row. ``column`` is its place, None where the row as a whole is meant."""

    code: str
    sentence: str
    column: int | None = None
    title: str = ""


@dataclass(frozen=True)
class Graded:
    """What the row says of a grading: the integers of ``coffee.epcis.sensors``."""

    on: date
    protocol: str
    results: tuple[tuple[str, int], ...]
    graded_by: str = ""


@dataclass(frozen=True)
class Lot:
    """What the row says of a lot. ``withheld`` are values by their name in the statement; they stay out of it."""

    mass_mg: int
    bags: int | None
    attributes: Attributes
    withheld: Mapping[str, str]
    graded: Graded | None


@dataclass(frozen=True)
class Judged:
    """A record and what came of it: a lot, or the reasons why there is none."""

    record: Record
    lot: Lot | None
    warnings: tuple[Finding, ...] = ()
    reasons: tuple[Finding, ...] = ()

    @property
    def outcome(self) -> Outcome:
        if self.reasons:
            return Outcome.REJECTED
        return Outcome.WARNED if self.warnings else Outcome.ACCEPTED


def judge(record: Record, columns: Columns, today: date) -> Judged:
    """What comes of this row; ``today`` is the last day that a row may speak of."""
    return _Reader(record, columns, today).judge()


@dataclass
class _Reader:
    record: Record
    columns: Columns
    today: date
    warnings: list[Finding] = field(default_factory=list)
    reasons: list[Finding] = field(default_factory=list)

    def judge(self) -> Judged:
        self.check_whole()
        if self.reasons:
            return Judged(self.record, None, (), tuple(self.reasons))
        country, part = self.country()
        mass_mg, count = self.mass(country)
        lot = Lot(
            mass_mg=mass_mg or 0,
            bags=count,
            attributes=self.attributes(country, part),
            withheld=self.withheld(),
            graded=self.graded(),
        )
        return Judged(self.record, None if self.reasons else lot, tuple(self.warnings), tuple(self.reasons))

    # --- cells -------------------------------------------------------------------------------------------------------

    def text(self, kind: str) -> str:
        return self.columns.text(self.record, kind)

    def read(self, kind: str, reader: Callable[..., Cell[Any]], *more: Any) -> Any:
        """The cell's value; what is to be known of it becomes a warning of the row."""
        if kind not in self.columns.columns:
            return None
        cell = reader(self.text(kind), *more)
        self.warn(kind, cell.notes)
        return cell.value

    def warn(self, kind: str, notes: Sequence[Note]) -> None:
        self.warnings += [self.finding(note, kind) for note in notes]

    def refuse(self, note: Note, kind: str | None = None) -> None:
        self.reasons.append(self.finding(note, kind))

    def finding(self, note: Note, kind: str | None) -> Finding:
        if kind is None or kind not in self.columns.columns:
            return Finding(note.code, note.sentence)
        return Finding(note.code, note.sentence, self.columns.columns[kind], self.columns.title(kind))

    # --- the row as a whole ------------------------------------------------------------------------------------------

    def check_whole(self) -> None:
        cells, width = self.record.cells, len(self.columns.header)
        if any(cell.strip() for cell in cells[width:]):
            self.refuse(Note("too_many_cells", "There are more cells than headers: one holds an unquoted separator."))
        elif sum(bool(cell.strip()) for cell in cells) < 2:
            self.refuse(Note("not_a_row", "This is no row of the table: a remark, perhaps."))
        elif damaged := [place for place, cell in enumerate(cells[:width]) if _is_damaged(cell)]:
            title = self.columns.header[damaged[0]].strip() or f"column {damaged[0] + 1}"
            sentence = "A letter was lost on the way: its bytes are no text. Write the cell anew."
            self.reasons.append(Finding("damaged_text", sentence, damaged[0], title))
        elif sum(map(len, cells)) > MAX_ROW:
            self.refuse(Note("row_too_long", f"The row is longer than {MAX_ROW:,} characters."))
        elif any(_SUMMARY.fullmatch(" ".join(cell.split())) for cell in cells):
            self.refuse(Note("summary_row", "This row sums others up: it is no lot."))
        elif self.is_test():
            self.refuse(Note("test_row", "This row was typed to try something out: it is no lot."))

    def is_test(self) -> bool:
        said = [" ".join(self.text(kind).split()).casefold() for kind in _TELLTALES]
        return said.count("test") > 1 or any(said.count(word) > 1 and _is_one_letter(word) for word in said)

    # --- what the books count ----------------------------------------------------------------------------------------

    def country(self) -> tuple[str, str]:
        if "country" not in self.columns.columns:
            return self.columns.country, ""
        try:
            return self.read("country", countries.country)
        except CellRefused as refused:
            self.refuse(refused.note, "country")
            return "", ""

    def mass(self, country: str) -> tuple[int | None, int | None]:
        count = self.attempt("bags", numbers.bags) if {"bags"} <= self.columns.columns.keys() else None
        kind = "bag_weight" if {"bags", "bag_weight"} <= self.columns.columns.keys() else "weight"
        if kind == "bag_weight" and not self.text(kind).strip() and self.text("weight").strip():
            kind = "weight"
        one_mg = self.attempt(kind, numbers.weight, country or None, self.today, self.columns.units.get(kind, ""))
        if one_mg is None or (count is None and "bags" in self.columns.columns):
            return None, count
        if kind == "bag_weight":
            one_mg = self.attempt_bagged(count or 0, one_mg)
        if one_mg is not None:
            self.check_mass(kind, one_mg)
        return one_mg, count

    def attempt(self, kind: str, reader: Callable[..., int], *more: Any) -> int | None:
        try:
            return reader(self.text(kind), *more)
        except CellRefused as refused:
            self.refuse(refused.note, kind)
            return None

    def attempt_bagged(self, count: int, bag_mg: int) -> int | None:
        try:
            cell = numbers.bagged(count, bag_mg)
        except CellRefused as refused:
            self.refuse(refused.note, "bag_weight")
            return None
        self.warn("bag_weight", cell.notes)
        return cell.value

    def check_mass(self, kind: str, mass_mg: int) -> None:
        try:
            numbers.check_lot_mass(mass_mg)
        except CellRefused as refused:
            self.refuse(refused.note, kind)
        weight = numbers.number("".join(re.findall(r"[\d.,]+", self.text(kind))))
        price, value = numbers.money(self.text("price")), numbers.money(self.text("value"))
        if kind == "weight" and weight and price and value and abs(weight * price - value) > value * VALUE_TOLERANCE:
            sentence = f"Weight × price is {weight * price:.2f}, not the price of the lot: one is in the wrong row."
            self.refuse(Note("weight_contradicts_price", sentence), "weight")

    # --- what the lot is said to be ----------------------------------------------------------------------------------

    def attributes(self, country: str, part: str) -> Attributes:
        region = self.read("region", texts.open_words, "region")
        if region and (kind := self.name_in(region)):
            sentence = (
                f"The region is, or holds, what the column for the {kind} says: it is left out of the signed lot."
            )
            self.warn("region", (Note("region_left_out", sentence),))
            region = None
        # The signed lot may leave the region out, but its words still speak for or against the country.
        said = " ".join((texts.tidy(self.text("region")).value or "", part))
        doubt = countries.contradiction(country, said) if country else ""
        if doubt:
            self.warn("country", (Note("country_looks_wrong", f"{doubt} The lot is signed without a country."),))
        harvest = self.read("harvest", dates.harvest, self.today) or (None, None)
        return Attributes(
            country=None if doubt else country or None,
            region=region or part or None,
            species=self.read("species", texts.species),
            variety=self.read("variety", texts.varieties) or (),
            process=self.read("process", texts.process),
            grade=self.read("grade", texts.open_words, "grade"),
            altitude_m=self.read("altitude", altitudes.altitude),
            harvest_start=harvest[0],
            harvest_end=harvest[1],
        )

    def name_in(self, region: str) -> str:
        """Which of the row's names, that are withheld, the region would tell; empty where it is just a place."""
        words = f" {plain(region)} "
        for kind in ("farm", "producer", "mill", "owner", "company"):
            name = plain(texts.tidy(self.text(kind)).value or "")
            if len(name) >= SHORTEST_NAME and f" {name} " in words and not countries.is_place(name):
                return kind
        return ""

    def withheld(self) -> dict[str, str]:
        said = {
            "producer": self.read("producer", texts.name),
            "place": self.read("farm", texts.name),
            "owner_name": self.read("owner", texts.name),
            "counterparty": self.read("company", texts.name),
            "mill": self.read("mill", texts.name),
            "lot_number": self.read("lot_number", texts.lot_number),
            "ico_mark": self.read("ico_mark", texts.ico_mark),
        }
        return {name: value for name, value in said.items() if value}

    # --- grading -----------------------------------------------------------------------------------------------------

    def graded(self) -> Graded | None:
        results = {**self.scores(), **self.green()}
        on = self.read("graded_on", dates.day, self.today)
        graded_by = self.read("graded_by", texts.name) or ""
        protocol = self.read("protocol", texts.open_words, "protocol")
        if not results:
            return None
        if on is None:
            sentence = "Scores without a day on which somebody graded: they are left out."
            self.warnings.append(self.finding(Note("grading_without_day", sentence), "graded_on"))
            return None
        unsaid = PROTOCOL if {*PARTS_OF_SCORE, "score"} <= self.columns.columns.keys() else PROTOCOL_UNSAID
        return Graded(on, protocol or unsaid, tuple(sorted(results.items())), graded_by)

    def scores(self) -> dict[str, int]:
        parts = {kind: self.read(kind, numbers.measured, 10) for kind in PARTS_OF_SCORE}
        said = {kind: value for kind, value in parts.items() if value is not None}
        total = self.read("score", numbers.measured, 100)
        if total is not None:
            said["score"] = total
        if said and not any(said.values()):
            self.warn("score", (Note("not_scored", "All scores are zero: nobody cupped it. They are left out."),))
            return {}
        known = [value for value in parts.values() if value is not None]
        if total and len(known) == len(PARTS_OF_SCORE) and abs(sum(known) - total) > TOTAL_TOLERANCE:
            sentence = f"The parts add up to {sum(known)}, the total says {total}: both are kept as they stand."
            self.warn("score", (Note("total_differs", sentence),))
        elif total == 0:
            del said["score"]
        return {f"{kind}_centi": round(value * 100) for kind, value in said.items()}

    def green(self) -> dict[str, int]:
        moisture = self.read("moisture", numbers.moisture)
        counts = {
            kind: self.read(kind, numbers.measured, 10_000)
            for kind in ("primary_defects", "secondary_defects", "quakers")
        }
        found = {kind: int(value) for kind, value in counts.items() if value is not None}
        if moisture is not None:
            return {"moisture_permille": moisture, **found}
        if "moisture" in self.columns.columns:
            # Without a moisture nobody looked at the green coffee, and zero defects are as little a finding.
            return {kind: value for kind, value in found.items() if value}
        return found


def _is_damaged(cell: str) -> bool:
    return any("\udc80" <= sign <= "\udcff" or sign == "\ufffd" for sign in cell)


def _is_one_letter(word: str) -> bool:
    return len(word) > 2 and word.isalpha() and len(set(word)) == 1
