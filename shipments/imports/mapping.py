"""
Which column is what. Guessed from the headers, shown to the person, saved with the file.

A mapping is ``{kind: column}``: columns by their place, since a file may have two headers alike or none at all.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from provenance.coffee.errors import CoffeeError
from shipments.imports.reading import Record, Table

# Kind of column: how it is called to the person, and the headers (in their plain form) that mean it.
KINDS: dict[str, tuple[str, str]] = {
    "country": (
        "country of origin",
        "country of origin|country|origin country|origin|pais de origen|pais|pais origen|pais de origem|pays|"
        "pays d origine|ursprungsland|land",
    ),
    "region": ("region", "region|region of origin|zona|departamento|provincia|province|district|growing region"),
    "farm": ("farm", "farm name|farm|farm estate|estate|finca|fazenda|nombre de la finca|nome da fazenda|plantation"),
    "producer": (
        "producer",
        "producer|producer name|farmer|farmer name|grower|productor|produtor|caficultor|nombre del productor",
    ),
    "owner": ("owner of the coffee", "owner|owner name|propietario|dueno|proprietario"),
    "company": ("company", "company|exporter|exportador|exporting company|empresa"),
    "mill": ("mill or station", "mill|wet mill|dry mill|washing station|station|factory|beneficio|trilladora"),
    "lot_number": ("lot number", "lot number|lot no|lot|lot id|lot code|lote|numero de lote|no de lote"),
    "ico_mark": ("ICO mark", "ico number|ico mark|ico|ico no|marca oic|oic"),
    "altitude": ("altitude", "altitude|altitud|altura|elevation|hohe|masl|msnm|altitude masl|altitude range"),
    "species": ("species", "species|especie"),
    "variety": ("variety", "variety|varieties|variedad|variedades|cultivar|varietal|variedade"),
    "process": (
        "processing",
        "processing method|process|processing|proceso|processo|tipo de proceso|post harvest process",
    ),
    "harvest": ("harvest", "harvest year|harvest|crop year|crop|cosecha|ano de cosecha|safra|harvest season"),
    "bags": ("number of bags", "number of bags|bags|no of bags|sacos|numero de sacos|bag count|quantity of bags"),
    "bag_weight": (
        "weight of one bag",
        "bag weight|weight per bag|weight of one bag|peso por saco|kg per bag|bag size",
    ),
    "weight": (
        "weight of the lot",
        "weight|total weight|net weight|lot weight|lot size|peso|peso neto|peso total|quantity|net",
    ),
    "grade": ("trade grade", "grade|quality grade|calidad|tipo"),
    "graded_on": (
        "date of grading",
        "grading date|date of grading|graded on|cupping date|date graded|fecha de catacion|fecha de evaluacion",
    ),
    "graded_by": (
        "graded by",
        "in country partner|certification body|graded by|grader|cupper|lab|laboratory|catador",
    ),
    "protocol": ("cupping protocol", "cupping protocol and descriptors|protocol|cupping protocol|protocolo"),
    "score": (
        "cup score",
        "total cup points|score|cup score|total score|cupping score|sca score|final score|puntaje|quality score",
    ),
    "aroma": ("aroma", "aroma|fragrance aroma|fragrance"),
    "flavour": ("flavour", "flavor|flavour|sabor"),
    "aftertaste": ("aftertaste", "aftertaste|after taste"),
    "acidity": ("acidity", "acidity|acidez"),
    "body": ("body", "body|cuerpo|corpo"),
    "balance": ("balance", "balance"),
    "uniformity": ("uniformity", "uniformity|uniformidad"),
    "clean_cup": ("clean cup", "clean cup|taza limpia"),
    "sweetness": ("sweetness", "sweetness|dulzor"),
    "overall": ("overall", "cupper points|overall"),
    "moisture": ("moisture", "moisture|moisture content|humedad|umidade"),
    "primary_defects": ("primary defects", "category one defects|category 1 defects|primary defects"),
    "secondary_defects": ("secondary defects", "category two defects|category 2 defects|secondary defects"),
    "quakers": ("quakers", "quakers"),
    "price": ("price of a unit of weight", "bid|high bid|price|precio|bid price|unit price"),
    "value": ("price of the lot", "total value|total price|lot value"),
    "key": ("the file's own row number", "|id|no|nr|row|row number|index"),
    "record": ("import record (of a report's download)", "import record"),
}
PARTS_OF_SCORE = (
    "aroma",
    "flavour",
    "aftertaste",
    "acidity",
    "body",
    "balance",
    "uniformity",
    "clean_cup",
    "sweetness",
    "overall",
)
# Written by our own download of rows to correct; no part of what the file says.
RECORD_HEADER, REASON_HEADER = "Import record", "Import reason"
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
HEADER_WITHIN = 30  # records: banners above the header are not longer

_UNITS = {"kg": "kg", "kgs": "kg", "kilos": "kg", "lb": "lb", "lbs": "lb", "pounds": "lb", "t": "t", "mt": "t"}
_BY_HEADER = {header: kind for kind, (_, headers) in KINDS.items() for header in headers.split("|")}


class NoUsableColumns(CoffeeError):
    """The columns do not say what a lot needs at least: its origin and its weight."""


@dataclass(frozen=True)
class Columns:
    """Columns by kind, the header they were read from, and the country of all rows where no column says it."""

    columns: Mapping[str, int]
    header: tuple[str, ...]
    header_record: int
    country: str = ""
    units: Mapping[str, str] = field(default_factory=dict)

    def text(self, record: Record, kind: str) -> str:
        """The cell as it stands; empty where the row ends before it or no column is of this kind."""
        place = self.columns.get(kind)
        return record.cells[place] if place is not None and place < len(record.cells) else ""

    def title(self, kind: str) -> str:
        """The column's header; its place where it has none."""
        place = self.columns[kind]
        return self.header[place].strip() or f"column {place + 1}"


def plain(header: str) -> str:
    """A header without accents, punctuation and case."""
    bare = "".join(sign for sign in unicodedata.normalize("NFKD", header) if not unicodedata.combining(sign))
    return " ".join(re.findall(r"[^\W_]+", bare.casefold()))


def kind_of(header: str) -> str | None:
    """What a column of this header holds; a unit in the header does not matter."""
    words = plain(header)
    return (
        _BY_HEADER.get(words) or _BY_HEADER.get(" ".join(word for word in words.split() if word not in _UNITS)) or None
    )


def unit_of(header: str) -> str:
    """The unit that a header names, as in "Weight (lbs)"; empty where it names none or several."""
    found = {_UNITS[word] for word in plain(header).split() if word in _UNITS}
    # "Bags of 70 kg" counts bags.
    return found.pop() if len(found) == 1 and not re.search(r"\d", header) else ""


def guess(header: Sequence[str]) -> dict[str, int]:
    """Columns by kind. Of several headers that mean the same the first wins; a nameless one counts in first place."""
    columns: dict[str, int] = {}
    for place, title in enumerate(header):
        kind = kind_of(title)
        if kind is None or (kind == "key" and place):
            continue
        # "quality_score" stands before "Total Cup Points", which is the one that the parts add up to.
        if kind not in columns or (kind == "score" and plain(title) == "total cup points"):
            columns[kind] = place
    return columns


def find_header(table: Table) -> Record:
    """The row among the first that has most headers known here; where none has any, the first of the widest."""

    def score(record: Record) -> tuple[int, int]:
        return len(guess(record.cells).keys() - {"key"}), sum(bool(cell.strip()) for cell in record.cells)

    return max(table.records[:HEADER_WITHIN], key=score)


def mapping_of(table: Table, country: str = "") -> Columns:
    """The guessed mapping of a file."""
    header = find_header(table)
    return of_header(header.cells, guess(header.cells), country, header.number)


def of_header(header: Sequence[str], columns: Mapping[str, int], country: str = "", number: int = 0) -> Columns:
    """A mapping that somebody made of this header, the record of this number."""
    known = {kind: place for kind, place in columns.items() if 0 <= place < len(header)}
    return Columns(
        columns=dict(columns),
        header=tuple(header),
        header_record=number,
        country=country,
        units={kind: unit_of(header[place]) for kind, place in known.items()},
    )


def check(mapping: Columns) -> None:
    """Raise ``NoUsableColumns`` unless origin and weight can be read."""
    for kind, place in mapping.columns.items():
        if kind not in KINDS or not 0 <= place < len(mapping.header):
            raise NoUsableColumns(f"There is no column {place + 1} for {kind!r}.", field="columns")
    missing = []
    if "country" not in mapping.columns and not mapping.country:
        missing.append("the country of origin (a column, or one country for all rows)")
    if not {"bags", "bag_weight"} <= mapping.columns.keys() and "weight" not in mapping.columns:
        missing.append("the weight (of the lot; or of one bag, and the number of bags)")
    if missing:
        raise NoUsableColumns(f"No column gives {' or '.join(missing)}. Say which one does.", field="columns")


def data_records(table: Table, mapping: Columns) -> list[Record]:
    """The records below the header. Rows of our own download come back as they were before it."""
    records = [record for record in table.records if record.number > mapping.header_record]
    if "record" not in mapping.columns:
        return records
    return [replace(record, cells=tuple(map(as_typed, record.cells))) for record in records]


def content_of(record: Record, mapping: Columns) -> tuple[str, ...]:
    """The cells that the file itself brings, without those that our download has added; blank ends do not count."""
    cells = [
        cell
        for place, cell in enumerate(record.cells)
        if place >= len(mapping.header) or mapping.header[place] not in (RECORD_HEADER, REASON_HEADER)
    ]
    while cells and not cells[-1].strip():
        cells.pop()
    return tuple(cells)


def harmless(cell: str) -> str:
    """A cell for a CSV download: what a spreadsheet program would take for a formula gets an apostrophe before it."""
    return f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell


def as_typed(cell: str) -> str:
    """The cell before ``harmless``."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA_STARTS) else cell
