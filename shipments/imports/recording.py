"""
Accepted rows become statements: the importer declares a lot, and what its file says of a grading.

What comes before the importer is not recorded, and the statements say where they were read: the file's SHA-256 and the
record's number. Names, numbers of papers and the row itself are withheld.
"""

import base64
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from hashlib import sha256
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from provenance.coffee import epcis
from provenance.coffee.acts import Correct, FileRow, Form, Grade, LotMass, NewLot, Receive
from provenance.coffee.errors import CoffeeError
from provenance.coffee.identifiers import lot_uri
from provenance.coffee.statement import make_disclosure, parse
from provenance.keyring import Unsealable
from provenance.trail.errors import EventTaken, RecordRefused
from provenance.trail.models import Event
from provenance.trail.services.acting import Draft, Withheld, new_event_id, record_acts
from shipments.imports.mapping import Columns, content_of
from shipments.imports.models import ImportFile, ImportRow
from shipments.imports.reading import Record
from shipments.imports.rows import Lot, judge
from shipments.imports.sealing import Vault

ROWS_AT_ONCE = 100  # at most two statements a row, four for a corrected one
PARTNERS, AUDITORS = "partners", "auditors"
AUDIENCES = {"lot_number": PARTNERS, "ico_mark": PARTNERS}

Told = Callable[[int], None]


class Erased(CoffeeError):
    """The key over the originals is destroyed."""


def lot_of(file: ImportFile, number: int) -> str:
    """The lot that begins with this row: the file's own numbers are neither unique nor always there."""
    drawn = base64.b32encode(sha256(f"{file.party} {file.sha256}".encode()).digest()).decode()[:10]
    return lot_uri(settings.TRAIL_HOST, Form.GREEN, f"{drawn}-{number}")


def record_rows(file: ImportFile, columns: Columns, told: Told = lambda done: None) -> None:
    """
    Sign and record what is left of the file's rows, in batches that each hold or fail as one.

    A stop between two batches, or between recording and noting it down, costs nothing: the ids of the events stand in
    the rows before anything is signed. ``told`` is called with the number of rows that are done.
    """
    vault = Vault(file.party)
    left = file.rows.filter(recorded=False, outcome__in=["accepted", "warned"]).select_related("earlier")
    done = file.rows.count() - left.count()
    told(done)
    while batch := list(left[:ROWS_AT_ONCE]):
        _record_batch(_Batch(file, columns, vault, timezone.now().replace(microsecond=0)), batch)
        done += len(batch)
        told(done)


@dataclass(frozen=True)
class _Batch:
    """What all rows of a batch share."""

    file: ImportFile
    columns: Columns
    vault: Vault
    now: datetime

    def drafts_of(self, row: ImportRow) -> list[Draft]:
        try:
            cells = self.vault.cells_of(row, self.file)
        except Unsealable:
            raise Erased("The original rows are erased: nothing more of this file can be recorded.") from None
        record = Record(row.number, row.line, row.last_line, cells)
        lot = judge(record, self.columns, timezone.localdate(self.file.created_at)).lot
        if lot is None:
            raise ValueError(f"{row} was accepted and is not any more.")
        return [*self.taken_back(row), *self.said(row, record, lot)]

    def said(self, row: ImportRow, record: Record, lot: Lot) -> Iterator[Draft]:
        declared = FileRow(sha256=self.file.sha256, row=row.number)
        receipt = Receive(
            at=self.now,
            site=self.file.site,
            lines=(LotMass(lot=row.lot, mass_mg=lot.mass_mg),),
            begins=(NewLot(lot=row.lot, mass_mg=lot.mass_mg, form=Form.GREEN, attributes=lot.attributes),),
            bags=lot.bags,
            declared_from=declared,
        )
        yield Draft(receipt, self.withheld(record, lot), jti=_event_id(row.receipt))
        if lot.graded and row.grading:
            # The file knows the day only; noon in Greenwich is that day nearly everywhere.
            grading = Grade(
                at=datetime.combine(lot.graded.on, time(12), UTC),
                site=self.file.site,
                lot=row.lot,
                protocol=lot.graded.protocol,
                results=lot.graded.results,
                declared_from=declared,
            )
            note = {"note": Withheld(f"Graded by: {lot.graded.graded_by}", PARTNERS)} if lot.graded.graded_by else {}
            yield Draft(grading, note, jti=_event_id(row.grading))

    def withheld(self, record: Record, lot: Lot) -> dict[str, Withheld]:
        values = {name: Withheld(value, AUDIENCES.get(name, AUDITORS)) for name, value in lot.withheld.items()}
        typed = [self.columns.text(record, kind).strip() for kind in ("bags", "bag_weight", "weight")]
        values["entered"] = Withheld(" × ".join(text for text in typed if text), PARTNERS)
        # The row may hold what is nobody else's business: only the importer is shown it again.
        row = json.dumps(content_of(record, self.columns), ensure_ascii=False)
        values["source_row"] = Withheld(row, self.file.party)
        return values

    def taken_back(self, row: ImportRow) -> Iterator[Draft]:
        """The statements of the row that this one corrects; its newest first."""
        if row.earlier is None or not row.earlier.recorded:
            return
        again = {row.earlier.receipt: row.receipt, row.earlier.grading: row.grading}
        ids = [uuid for uuid in (row.earlier.grading, row.earlier.receipt) if uuid]
        events = {event.uuid: event for event in Event.objects.filter(uuid__in=ids)}
        for uuid in ids:
            statement = parse(bytes(events[uuid].statement))
            corrected_by = again[uuid]
            declaration = Correct(
                original=dict(statement.event or {}),
                original_act=statement.act,
                declared_at=self.now,
                reason="incorrect_data",
                corrected_by=(_event_id(corrected_by),) if corrected_by else (),
            )
            yield Draft(declaration, jti=new_event_id())


def _record_batch(batch: _Batch, rows: Sequence[ImportRow]) -> None:
    """Record the rows that are not; whatever the trail refuses is told in its row, and the others go on."""
    left = _mark_recorded(batch.file, rows)
    while left:
        drafts = {row.pk: batch.drafts_of(row) for row in left}
        if malformed := {row: error for row in left if (error := _fault(drafts[row.pk]))}:
            _reject(malformed)
        else:
            try:
                record_acts(batch.file.party, [draft for row in left for draft in drafts[row.pk]])
            except RecordRefused as refused:
                _reject(_refused(left, drafts, refused))
        left = _mark_recorded(batch.file, left)


def _mark_recorded(file: ImportFile, rows: Sequence[ImportRow]) -> list[ImportRow]:
    """Note down which rows are on the trail; returns those that are not and may be."""
    found = set(Event.objects.filter(uuid__in=[row.receipt for row in rows]).values_list("uuid", flat=True))
    file.rows.filter(pk__in=[row.pk for row in rows if row.receipt in found]).update(recorded=True)
    return [row for row in rows if row.receipt not in found and row.outcome != ImportRow.Outcome.REJECTED]


def _fault(drafts: Sequence[Draft]) -> CoffeeError | None:
    """What would make these statements malformed; found before others' are signed with them."""
    try:
        for draft in drafts:
            epcis.check(draft.act)
            for name, withheld in draft.withheld.items():
                make_disclosure(draft.jti or "", name, withheld.value)
    except CoffeeError as error:
        return error
    return None


def _refused(
    rows: Sequence[ImportRow], drafts: Mapping[int, Sequence[Draft]], refused: RecordRefused
) -> dict[ImportRow, CoffeeError]:
    """The first refusal of each row. Where somebody else records the same row at this moment, it is found recorded."""
    said_by = [row for row in rows for _ in drafts[row.pk]]
    found: dict[ImportRow, CoffeeError] = {}
    for problem in refused.problems:
        if not isinstance(problem.error, EventTaken):
            found.setdefault(said_by[problem.position], problem.error)
    return found


def _reject(refused: Mapping[ImportRow, CoffeeError]) -> None:
    for row, error in refused.items():
        row.outcome = ImportRow.Outcome.REJECTED
        finding = {"code": "not_recorded", "sentence": str(error), "column": None}
        row.findings = {**row.findings, "reasons": [finding]}
    ImportRow.objects.bulk_update(refused, ["outcome", "findings"])


def _event_id(uuid: UUID | None) -> str:
    return f"urn:uuid:{uuid}"
