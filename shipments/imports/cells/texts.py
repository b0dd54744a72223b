"""Text as people typed it: invisible signs, placeholders, and what must not be passed on."""

import re
import unicodedata

from provenance.coffee import words
from provenance.coffee.epcis import fields
from provenance.coffee.errors import MalformedAct
from shipments.imports.cells import Cell, Note, left_out

NOTHING = frozenset(
    [
        "-",
        "--",
        "---",
        ".",
        "..",
        "?",
        "??",
        "???",
        "x",
        "xx",
        "xxx",
        "0",
        "n/a",
        "n.a.",
        "na",
        "nil",
        "none",
        "null",
        "no",
        "unknown",
        "unkown",
        "unkwown",
        "unspecified",
        "ninguno",
        "ninguna",
        "several",
        "various",
        "varios",
        "varias",
        "varied",
        "blend",
        "mixed",
        "other",
        "otro",
        "otros",
        "tbd",
        "tba",
    ]
) | {"not applicable", "to be advice", "to be advised", "sin dato", "s/n", "mixed farms", "several farms"}

_PERSONAL_WORD = re.compile(
    r"\b(?:tel|telf?|phone|cell?|mobile|movil|whatsapp|e-?mail|correo|i\.?d\.?|cedula|dni)\b\W*[\d|:#-]", re.I
)
_EMAIL = re.compile(r"\S@\S|\be-?mail\b", re.I)
_PHONE = re.compile(r"\bphone\b", re.I)
_DIGIT_RUN = re.compile(r"\d(?:[ ().\-/]{0,2}\d){4,}")
_ICO_MARK = re.compile(r"\d{1,3}[ /-]+\d{1,4}[ /-]+\d{1,5}")
MAX_NAME = 100  # at which one well-known source cuts names off


def tidy(text: str) -> Cell[str]:
    """The text without invisible signs, edges and double blanks, in composed Unicode; empty stays empty."""
    spaced = "".join(" " if sign.isspace() else sign for sign in text)
    seen = "".join(sign for sign in spaced if unicodedata.category(sign) not in {"Cf", "Cc"})
    value = unicodedata.normalize("NFC", " ".join(seen.split()))
    if seen == spaced:
        return Cell(value)
    sentence = "It holds invisible signs. They were left out; the original row keeps them."
    return Cell(value, (Note("invisible_signs", sentence),))


def is_nothing(text: str) -> bool:
    """Whether the text only fills the cell: "-", "n/a", "varios"."""
    return not text or text.casefold() in NOTHING or not any(sign.isalnum() for sign in text)


def is_personal(text: str) -> bool:
    """Whether a telephone number, an identity number or an e-mail address stands in it."""
    return bool(_EMAIL.search(text) or _PHONE.search(text) or _PERSONAL_WORD.search(text) or _DIGIT_RUN.search(text))


def name(text: str) -> Cell[str]:
    """A name of a farm, person or firm; with a telephone or identity number in it, only the original row has it."""
    tidied = tidy(text)
    value, notes = tidied.value or "", tidied.notes
    if is_personal(value):
        sentence = (
            "There is personal data in a name (a number or address): it is withheld and only the sealed row has it."
        )
        return Cell(None, (*notes, Note("personal_data_in_name", sentence)))
    if is_nothing(value):
        if value:
            notes = (*notes, Note("name_is_placeholder", "This is no name: nobody is named."))
        return Cell(None, notes)
    if re.search(r"[;|]", value):
        notes = (
            *notes,
            Note("several_names", "Several names stand in one cell. They are kept together, as they stand."),
        )
    if len(value) >= MAX_NAME:
        notes = (*notes, Note("name_cut_off", "The name is as long as the source's longest: it may be cut off."))
    return Cell(value, notes)


def lot_number(text: str) -> Cell[str]:
    """The number by which the importer's papers name the lot. It need not be unique."""
    tidied = tidy(text)
    if not is_nothing(tidied.value or ""):
        return tidied
    if not tidied.value:
        return tidied
    return Cell(None, (*tidied.notes, Note("lot_number_is_placeholder", "This is no lot number: none is kept.")))


def ico_mark(text: str) -> Cell[str]:
    """An ICO mark: country, exporter, lot; anything else is not kept as one."""
    tidied = tidy(text)
    if not tidied.value or _ICO_MARK.fullmatch(tidied.value):
        return tidied
    sentence = "This is no ICO mark (country/exporter/lot, in digits): none is kept."
    return Cell(None, (*tidied.notes, Note("not_an_ico_mark", sentence)))


def open_words(text: str, what: str) -> Cell[str]:
    """Short words that anybody may read, such as a region; left out where they could lead to a person's door."""
    tidied = tidy(text)
    value, notes = tidied.value or "", tidied.notes
    if is_nothing(value):
        return Cell(None, notes)
    code = f"{what}_left_out"
    if _EMAIL.search(value) or (what == "region" and any(sign.isdigit() for sign in value)):
        note = Note(code, f"There is a number or an address in the {what}: it is left out of the signed lot.")
        return Cell(None, (*notes, note))
    try:
        fields.text(value, what)
    except MalformedAct:
        sentence = f"The {what} is longer than {fields.MAX_TEXT} characters or has unusual signs: it is left out."
        return Cell(None, (*notes, Note(code, sentence)))
    return Cell(value, notes)


PROCESSES = {
    "washed": "washed",
    "wet": "washed",
    "washed wet": "washed",
    "fully washed": "washed",
    "lavado": "washed",
    "natural": "natural",
    "dry": "natural",
    "natural dry": "natural",
    "unwashed": "natural",
    "honey": "honey",
    "miel": "honey",
    "pulped natural": "honey",
    "pulped natural honey": "honey",
    "semi washed": "semi-washed",
    "semi washed semi pulped": "semi-washed",
    "wet hulled": "wet-hulled",
    "giling basah": "wet-hulled",
    "anaerobic": "anaerobic",
}


def process(text: str) -> Cell[str]:
    """The processing in the words that the rest of the trail uses."""
    tidied = tidy(text)
    if is_nothing(tidied.value or ""):
        return Cell(None, tidied.notes)
    said = " ".join(re.findall(r"[a-z]+", (tidied.value or "").casefold()))
    if said in PROCESSES:
        return Cell(PROCESSES[said], tidied.notes)
    return left_out("process_not_understood", "This way of processing is not known here: it is left out.")


def species(text: str) -> Cell[str]:
    tidied = tidy(text)
    word = (tidied.value or "").casefold().removeprefix("coffea ")
    word = {"canephora": "robusta"}.get(word, word)
    if not word or word in words.SPECIES:
        return Cell(word or None, tidied.notes)
    return left_out("species_not_understood", "This species is not known here: it is left out.")


def varieties(text: str) -> Cell[tuple[str, ...]]:
    """One variety or several, separated by commas; "Gayo 1, P88", "Ateng 30%, P-88 70%"."""
    tidied = tidy(text)
    said = [open_words(part, "variety") for part in re.split(r"[,;/]", tidied.value or "")]
    value = tuple(dict.fromkeys(part.value for part in said if part.value))
    return Cell(value or None, (*tidied.notes, *(note for part in said for note in part.notes)))
