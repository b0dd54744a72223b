"""A report as a CSV file: every row as it was read, what came of it, and room for putting it right."""

import csv
from collections.abc import Iterator

from provenance.keyring import Unsealable
from shipments.imports.files import Outcome, columns_of
from shipments.imports.mapping import REASON_HEADER, RECORD_HEADER, harmless
from shipments.imports.models import ImportFile, ImportRow
from shipments.imports.sealing import Vault


class _Line:
    """A file of one line, so that the download can be streamed."""

    def write(self, text: str) -> str:
        return text


def report(file: ImportFile, outcome: str = "") -> Iterator[str]:
    """
    Lines of CSV: the original columns, and two of ours, by which corrected rows find their way back.

    ``outcome`` keeps the rows of one outcome. Cells that would be formulas have an apostrophe before them; it is taken
    away again when the rows are sent back. Originals that are erased are empty.
    """
    header, vault = columns_of(file).header, Vault(file.party)
    ours = [place for place, title in enumerate(header) if title in (RECORD_HEADER, REASON_HEADER)]
    writer = csv.writer(_Line())
    rows = file.rows.filter(outcome=outcome) if outcome else file.rows.all()

    def line(cells: list[str]) -> str:
        return writer.writerow([harmless(cell.encode(errors="backslashreplace").decode()) for cell in cells])

    yield line([*_without(header, ours), RECORD_HEADER, REASON_HEADER])
    for row in rows.iterator(chunk_size=500):
        try:
            cells = vault.cells_of(row, file)
        except Unsealable:
            cells = ()
        cells = (*cells, *[""] * (len(header) - len(cells)))
        yield line([*_without(cells, ours), str(row.number), told(row)])


def told(row: ImportRow) -> str:
    """What came of the row, in one line."""
    found = [finding["sentence"] for under in ("reasons", "warnings") for finding in row.findings.get(under, ())]
    return ": ".join([Outcome(row.outcome).label, " ".join(found)]) if found else str(Outcome(row.outcome).label)


def _without(cells: tuple[str, ...], ours: list[int]) -> list[str]:
    return [cell for place, cell in enumerate(cells) if place not in ours]
