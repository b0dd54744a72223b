"""Rows as pages show them: what came of each, with the cell's own text beside what is said of it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from provenance.coffee.identifiers import lot_code_of
from provenance.keyring import Unsealable
from provenance.trail.models import pk_of
from shipments.imports.files import Outcome
from shipments.imports.models import ImportFile, ImportRow
from shipments.imports.rows import Judged
from shipments.imports.sealing import Vault

MARKS = {Outcome.ACCEPTED: "●", Outcome.WARNED: "◐", Outcome.REJECTED: "○", Outcome.ALREADY: "="}


@dataclass(frozen=True)
class Said:
    """A warning or a reason, the column it is about, and what stands there."""

    is_reason: bool
    sentence: str
    title: str
    text: str


@dataclass(frozen=True)
class Shown:
    """One row for a page. ``cells`` are headers and texts; None where the original is erased."""

    number: int
    lines: str
    outcome: str
    mark: str
    said: tuple[Said, ...]
    cells: tuple[tuple[str, str], ...] | None
    lot: str = ""
    lot_pk: UUID | None = None
    recorded: bool = False

    @property
    def lot_code(self) -> str:
        return lot_code_of(self.lot) if self.lot else ""


def judged_rows(judged: Iterable[Judged], file: ImportFile) -> Iterator[Shown]:
    """Rows of a preview."""
    for each in judged:
        outcome = Outcome(each.outcome.value)
        findings = [(True, f.sentence, f.column) for f in each.reasons]
        findings += [(False, f.sentence, f.column) for f in each.warnings]
        record = each.record
        yield Shown(
            record.number,
            _lines(record.line, record.last_line),
            str(outcome.label),
            MARKS[outcome],
            _said(findings, file.header, record.cells),
            _titled(file.header, record.cells),
        )


def imported_rows(rows: Iterable[ImportRow], file: ImportFile) -> Iterator[Shown]:
    """Rows of a report."""
    vault = Vault(file.party)
    for row in rows:
        try:
            cells: tuple[str, ...] | None = vault.cells_of(row, file)
        except Unsealable:
            cells = None
        outcome = Outcome(row.outcome)
        found = [(under == "reasons", one) for under in ("reasons", "warnings") for one in row.findings.get(under, ())]
        findings = [(is_reason, one["sentence"], one["column"]) for is_reason, one in found]
        if outcome is Outcome.ALREADY and row.earlier:
            findings = [(False, f"The same row is record {row.earlier.number} of {row.earlier.file.name}.", None)]
        elif row.earlier:
            findings.append((False, f"Corrects record {row.earlier.number} of {row.earlier.file.name}.", None))
        yield Shown(
            row.number,
            _lines(row.line, row.last_line),
            str(outcome.label),
            MARKS[outcome],
            _said(findings, file.header, cells or ()),
            cells and _titled(file.header, cells),
            row.lot if row.recorded or outcome is Outcome.ALREADY else "",
            pk_of(row.lot) if row.lot else None,
            row.recorded,
        )


def _lines(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}–{last}"


def _said(
    findings: Iterable[tuple[bool, str, int | None]], header: Sequence[str], cells: Sequence[str]
) -> tuple[Said, ...]:
    return tuple(
        Said(
            is_reason,
            sentence,
            "" if place is None else header[place].strip() or f"column {place + 1}",
            readable(cells[place]) if place is not None and place < len(cells) else "",
        )
        for is_reason, sentence, place in findings
    )


def _titled(header: Sequence[str], cells: Sequence[str]) -> tuple[tuple[str, str], ...]:
    titles = [*header, *[""] * (len(cells) - len(header))]
    return tuple(
        (title.strip() or f"column {place}", readable(cell))
        for place, (title, cell) in enumerate(zip(titles, cells, strict=False), start=1)
        if cell
    )


def readable(cell: str) -> str:
    """The text with bytes that are none written out, so that a page can carry it."""
    return cell.encode(errors="backslashreplace").decode()


def options(counts: Mapping[str, int], chosen: str) -> list[tuple[str, str, str, int, bool]]:
    """Filters above a list: value, words, mark, count, and whether it is chosen."""
    return [(o.value, str(o.label), MARKS[o], counts[o.value], o.value == chosen) for o in Outcome if o.value in counts]
