"""
The way of a file: taken in, its columns said, looked at, imported. Each step can be left and taken up again.

    file = take_in(party=..., site=..., name="lots.csv", content=...)
    say_columns(file, {"country": 9, "weight": 12})      # where the guess was wrong
    preview(file)                                        # what would come of each row; nothing is written
    import_all(file)
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from uuid import uuid4

from django.db import transaction
from django.utils import timezone

from provenance.coffee.errors import CoffeeError
from provenance.coffee.words import COUNTRIES
from provenance.keyring import Unsealable
from provenance.members.models import User
from provenance.trail.models import Site
from shipments.imports import mapping, reading
from shipments.imports.mapping import Columns
from shipments.imports.models import ImportFile, ImportRow
from shipments.imports.reading import Record
from shipments.imports.recording import Told, lot_of, record_rows
from shipments.imports.rows import Finding, Judged, judge
from shipments.imports.sealing import Vault

PREVIEW = 2_000  # rows
LOOKED_UP_AT_ONCE = 500
Outcome = ImportRow.Outcome


class ImportRefused(CoffeeError):
    """The file cannot be imported in this way."""


def take_in(
    *,
    party: str,
    site: str,
    name: str,
    content: bytes,
    user: User | None = None,
    encoding: str = "",
    corrects: ImportFile | None = None,
) -> ImportFile:
    """
    Read a file and keep it, sealed, with the guess of its columns. The same file again is the same import.

    ``corrects`` names an earlier import whose rows this one says anew. Raises ``UnreadableFile`` or ``ImportRefused``.
    """
    if not Site.objects.filter(uri=site, party__uri=party).exists():
        raise ImportRefused(
            "Choose a place of your own: the lots have to lie somewhere. Register one if there is none."
        )
    digest = sha256(content).hexdigest()
    known = ImportFile.objects.filter(party=party, sha256=digest).first()
    if known and known.state != ImportFile.State.WAITING:
        return known
    table = reading.read(content, encoding=encoding)
    columns = mapping.mapping_of(table)
    if not mapping.data_records(table, columns):
        raise reading.UnreadableFile("The file has a header and no rows below it.")
    file, _ = ImportFile.objects.update_or_create(
        party=party,
        sha256=digest,
        defaults={
            "site": site,
            "name": name[:200],
            "user": user,
            "created_at": timezone.now(),
            "encoding": encoding,
            "how": table.how[:120],
            "header": [title.encode(errors="replace").decode() for title in columns.header],
            "mapping": dict(columns.columns),
            "corrects": corrects,
            "sealed": Vault(party).seal_content(content, digest),
        },
    )
    return file


def say_columns(file: ImportFile, columns: Mapping[str, int], country: str = "") -> None:
    """Save which column is what, and the country of all rows where none says it. Raises ``NoUsableColumns``."""
    if country and country not in COUNTRIES:
        raise mapping.NoUsableColumns(f"{country!r} is no country code of ISO 3166, like ET.", field="country")
    said = mapping.of_header(file.header, columns, country)
    mapping.check(said)
    file.mapping, file.country = dict(columns), country
    file.save(update_fields=["mapping", "country"])


def columns_of(file: ImportFile) -> Columns:
    """Which column of this file is what, as it was saved."""
    return mapping.of_header(file.header, file.mapping, file.country)


def table_of(file: ImportFile) -> reading.Table:
    """The text of a file that is not imported yet. Raises ``ImportRefused`` where its key was destroyed."""
    try:
        content = Vault(file.party).content_of(file)
    except Unsealable:
        raise ImportRefused("The file is erased: upload it again.") from None
    return reading.read(content, encoding=file.encoding)


def data_of(file: ImportFile) -> list[Record]:
    """The records below the header of a file that is not imported yet."""
    table = table_of(file)
    header = mapping.find_header(table)
    return mapping.data_records(table, mapping.of_header(header.cells, file.mapping, file.country, header.number))


def preview(file: ImportFile, *, most: int = PREVIEW) -> tuple[list[Judged], int]:
    """What would come of the first rows, and how many rows there are. Raises ``NoUsableColumns``."""
    columns = columns_of(file)
    mapping.check(columns)
    records = data_of(file)
    return [judge(record, columns, file.created_at.date()) for record in records[:most]], len(records)


def import_all(file: ImportFile, told: Told = lambda done: None) -> None:
    """
    Import the file, or what is left of it after a stop.

    Raises ``NoUsableColumns`` and ``ImportRefused`` before anything is written; whatever stops the recording of
    statements (a frozen log, a missing key) leaves the rows that are left for the next time.
    """
    _lay_out(file)
    if file.state == ImportFile.State.DONE:
        return
    record_rows(file, columns_of(file), told)
    file.state, file.finished_at, file.sealed = ImportFile.State.DONE, timezone.now(), b""
    file.save(update_fields=["state", "finished_at", "sealed"])


def counts_of(file: ImportFile) -> dict[str, int]:
    """Rows by outcome, in the order of the outcomes; they add up to the rows read."""
    counted = Counter(file.rows.values_list("outcome", flat=True))
    return {outcome.value: counted[outcome.value] for outcome in Outcome}


def told(counts: Mapping[str, int]) -> str:
    """The counts as a sentence."""
    said = ", ".join(f"{counts[outcome.value]:,} {outcome.label}" for outcome in Outcome)
    return f"{sum(counts.values()):,} rows: {said}."


def codes_of(findings: Iterable[Mapping[str, Sequence[Mapping[str, object]]]], under: str) -> dict[str, int]:
    """How many rows have each warning or reason, the most frequent first."""
    counted = Counter(code for each in findings for code in {str(one["code"]) for one in each.get(under, ())})
    return dict(counted.most_common())


# --- laying out the rows ---------------------------------------------------------------------------------------------


def _lay_out(file: ImportFile) -> None:
    """Write down every row with its outcome and the ids of its events-to-be: once, whoever asks again."""
    with transaction.atomic():
        locked = ImportFile.objects.select_for_update().get(pk=file.pk)
        if locked.state == ImportFile.State.WAITING:
            mapping.check(columns_of(locked))
            ImportRow.objects.bulk_create(_Layout(locked).rows(), batch_size=LOOKED_UP_AT_ONCE)
            locked.state = ImportFile.State.RUNNING
            locked.save(update_fields=["state"])
    file.refresh_from_db()


@dataclass(frozen=True)
class _Known:
    """Rows of earlier imports: by the digest of their text; and those of the file that is corrected, by key."""

    by_digest: Mapping[str, ImportRow]
    by_key: Mapping[str, ImportRow]
    by_number: Mapping[int, ImportRow]


class _Layout:
    """The rows of one file before any is recorded."""

    def __init__(self, file: ImportFile) -> None:
        self.file, self.columns, self.vault = file, columns_of(file), Vault(file.party)
        self.records = data_of(file)
        keys = [self.columns.text(record, "key").strip() for record in self.records]
        self.times = Counter(keys)
        self.seen: dict[str, int] = {}
        if "record" in self.columns.columns and not file.corrects:
            raise ImportRefused(
                "These rows come from an import's report: send them from that report.", field="corrects"
            )

    def rows(self) -> Iterator[ImportRow]:
        digests = [self.vault.digest(*mapping.content_of(record, self.columns)) for record in self.records]
        known = self.known(digests)
        for record, digest in zip(self.records, digests, strict=True):
            yield self.row(record, digest, known)

    def known(self, digests: Sequence[str]) -> _Known:
        found: dict[str, ImportRow] = {}
        recorded = ImportRow.objects.filter(file__party=self.file.party, recorded=True)
        for start in range(0, len(digests), LOOKED_UP_AT_ONCE):
            same = recorded.filter(digest__in=digests[start : start + LOOKED_UP_AT_ONCE])
            found |= {row.digest: row for row in same if not _is_replaced(row)}
        before = list(self.file.corrects.rows.all()) if self.file.corrects else []
        return _Known(found, {row.key: row for row in before}, {row.number: row for row in before})

    def row(self, record: Record, digest: str, known: _Known) -> ImportRow:
        row = ImportRow(
            file=self.file,
            number=record.number,
            line=record.line,
            last_line=record.last_line,
            key=self.key(record),
            digest=digest,
            sealed=self.vault.seal_cells(record.cells, self.file, record.number),
        )
        if digest in known.by_digest:
            row.outcome, row.earlier = Outcome.ALREADY, known.by_digest[digest]
            row.lot = row.earlier.lot
            return row
        judged = judge(record, self.columns, self.file.created_at.date())
        if first := self.seen.get(digest):
            sentence = f"This row is the same as record {first}. If it is another lot, tell them apart by a lot number."
            judged = Judged(record, None, (), (Finding("same_row_twice", sentence),))
        self.seen.setdefault(digest, record.number)
        row.outcome = Outcome(judged.outcome.value)
        row.findings = {"warnings": _as_json(judged.warnings), "reasons": _as_json(judged.reasons)}
        row.earlier = self.earlier(record, row.key, known)
        if judged.lot:
            row.lot = row.earlier.lot if row.earlier and row.earlier.recorded else lot_of(self.file, record.number)
            row.receipt, row.grading = uuid4(), uuid4() if judged.lot.graded else None
        return row

    def key(self, record: Record) -> str:
        """What tells the row apart in its file: the number that the file gives it, if no other row has that number."""
        said = self.columns.text(record, "key").strip()
        return self.vault.digest("key", said if self.times[said] == 1 and said else f"record {record.number}")

    def earlier(self, record: Record, key: str, known: _Known) -> ImportRow | None:
        """The row that this one says anew, in its newest form."""
        number = self.columns.text(record, "record").strip()
        row = known.by_number.get(int(number)) if number.isdecimal() else known.by_key.get(key)
        while row and (newer := _replacing(row)):
            row = newer
        return row


def _replacing(row: ImportRow) -> ImportRow | None:
    return row.later.filter(recorded=True, outcome__in=[Outcome.ACCEPTED, Outcome.WARNED]).first()


def _is_replaced(row: ImportRow) -> bool:
    return _replacing(row) is not None


def _as_json(findings: Sequence[Finding]) -> list[dict[str, object]]:
    return [{"code": each.code, "sentence": each.sentence, "column": each.column} for each in findings]
