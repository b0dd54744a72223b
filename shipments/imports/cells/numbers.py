"""Numbers with words around them: weights, bags, scores, moistures, defects, money."""

import re
from datetime import date
from decimal import Decimal

from provenance.coffee import units
from provenance.coffee.acts import MG_PER_KG, Form
from provenance.coffee.errors import MalformedAct
from shipments.imports.cells import Cell, CellRefused, Note, left_out
from shipments.imports.cells.texts import is_nothing, tidy

HEAVIEST_BAG_MG = 100 * MG_PER_KG
HEAVIEST_LOT_MG = 500_000 * MG_PER_KG
LIGHT_BAG_MG = 5 * MG_PER_KG
LIGHT_FROM = 10  # so many light bags are more likely the sample's weight
BAGS_OF_TRADE_MG = tuple(kg * MG_PER_KG for kg in (60, 69, 70))
LIKELY_MOISTURE = (40, 200)  # permille, of green coffee

_NUMBER = re.compile(r"\d{1,3}(?:[,'’]\d{3})+(?:\.\d+)?|\d{1,3}(?:\.\d{3})+,\d+|\d+(?:[.,]\d+)?")
_UNITS = {
    "kg": "kg",
    "kgs": "kg",
    "kilo": "kg",
    "kilos": "kg",
    "kilogram": "kg",
    "kilograms": "kg",
    "公斤": "kg",
    "lb": "lb",
    "lbs": "lb",
    "pound": "lb",
    "pounds": "lb",
    "libra": "lb",
    "libras": "lb",
    "g": "g",
    "t": "t",
    "mt": "t",
    "tonne": "t",
    "tonnes": "t",
    "qq": "quintal",
    "quintal": "quintal",
    "quintales": "quintal",
    "arroba": "arroba",
    "arrobas": "arroba",
}
_GRADING_WORDS = re.compile(r"sample|points?|pts|full|defects?|beans?|quakers?", re.I)


def number(text: str) -> Decimal | None:
    """A number that stands alone: "1,218.5", "1.218,5", "1'500"; None for anything else. A lone comma before three
    digits separates thousands, any other one decimals; a lone point always decimals."""
    if not _NUMBER.fullmatch(text):
        return None
    if "," in text and "." in text:
        comma_last = text.rindex(",") > text.rindex(".")
        text = text.replace(".", "").replace(",", ".") if comma_last else text.replace(",", "")
    elif re.fullmatch(r"\d{1,3}(,\d{3})+", text):
        text = text.replace(",", "")
    return Decimal(re.sub("['’]", "", text).replace(",", "."))


def weight(text: str, country: str | None, on: date, unit: str = "") -> int:
    """
    Milligrams of "60 kg" or, under a header that names the unit, of "60".

    Raises ``CellRefused``: a weight is what the books count, so it is never guessed.
    """
    said = tidy(text).value or ""
    match = re.fullmatch(r"([\d.,'’]+)\s*(\D*)", said)
    amount = number(match[1]) if match else None
    if match is None or amount is None:
        raise CellRefused("weight_not_understood", "This is no weight: write a number and its unit, like 60 kg.")
    words = re.findall(r"[^\W\d_]+", match[2].casefold())
    if unknown := [word for word in words if word not in _UNITS]:
        raise CellRefused("unit_unknown", f"{len(unknown)} words here are no unit: write kg or lb.")
    found = {_UNITS[word] for word in words} or ({unit} if unit else set())
    if len(found) > 1:
        raise CellRefused("two_units", "Two units stand in one cell: write the one that is meant.")
    if not found:
        raise CellRefused("no_unit", "There is no unit: write kg or lb after the number, whichever was meant.")
    if not amount:
        raise CellRefused("zero_weight", "The weight is zero: write what was weighed.")
    try:
        return units.to_mg(amount, found.pop(), country, Form.GREEN, on)
    except MalformedAct as error:
        raise CellRefused("unit_unknown", str(error)) from None


def bags(text: str) -> int:
    """Raises ``CellRefused``."""
    said = number(tidy(text).value or "")
    if said is None or said != int(said):
        raise CellRefused("bags_not_understood", "This is no number of bags: write a whole number.")
    if not said:
        raise CellRefused("zero_bags", "There are no bags: write how many there were.")
    if said > 100_000:
        raise CellRefused("too_many_bags", "So many bags are no lot: write the number of bags of this lot.")
    return int(said)


def bagged(count: int, bag_mg: int) -> Cell[int]:
    """
    Milligrams of a lot of so many bags. Raises ``CellRefused`` where the two contradict each other.

    A bag above 100 kg is none, where there are several. If dividing gives a bag of the trade (60, 69, 70 kg) to the
    gram, the column held the lot's weight; that is the only case that is read otherwise than it stands.
    """
    if count > 1 and bag_mg > HEAVIEST_BAG_MG:
        share_mg = Decimal(bag_mg) / count
        if share_mg in BAGS_OF_TRADE_MG:
            sentence = f"Read as the weight of the whole lot: {count} bags of {share_mg / MG_PER_KG:f} kg."
            return Cell(bag_mg, (Note("read_as_lot_weight", sentence),))
        raise CellRefused(
            "bag_too_heavy",
            f"No bag weighs {_kg(bag_mg)} kg. If that is the whole lot, write {_kg(int(share_mg))} kg; "
            f"{count} such bags would be {_kg(count * bag_mg)} kg.",
        )
    mass_mg = count * bag_mg
    if count >= LIGHT_FROM and bag_mg < LIGHT_BAG_MG:
        sentence = f"{count} bags of {_kg(bag_mg)} kg: perhaps the weight of the sample. Counted as it stands."
        return Cell(mass_mg, (Note("light_bags", sentence),))
    if bag_mg > HEAVIEST_BAG_MG:
        return Cell(mass_mg, (Note("heavy_bag", f"One bag of {_kg(bag_mg)} kg: counted as it stands."),))
    return Cell(mass_mg)


def check_lot_mass(mass_mg: int) -> None:
    """Raises ``CellRefused``."""
    if mass_mg > HEAVIEST_LOT_MG:
        raise CellRefused("lot_too_heavy", f"{_kg(mass_mg)} kg are no lot: look at the unit and the number of bags.")


def _kg(mass_mg: int) -> str:
    return f"{Decimal(mass_mg) / MG_PER_KG:.3f}".rstrip("0").rstrip(".")


def measured(text: str, most: int) -> Cell[Decimal]:
    """A score or a count with words around it: "Sample  90.58", "3 full defects"."""
    said = tidy(text).value or ""
    if is_nothing(said) and said != "0":
        return Cell()
    value = number(_GRADING_WORDS.sub("", said).strip(" :="))
    if value is None:
        return left_out("number_not_understood", "This is no number: it is left out.")
    if value > most:
        return left_out("number_out_of_range", f"This is more than {most}: it is left out.")
    return Cell(value)


def moisture(text: str) -> Cell[int]:
    """Permille of "12 %". Zero is how graders' forms say "not measured"."""
    said = tidy(text).value or ""
    if is_nothing(said) and said != "0":
        return Cell()
    value = number(said.replace("%", "").strip())
    if value is None or value > 100:
        return left_out("moisture_not_understood", "This is no moisture in percent: it is left out.")
    if not value:
        return left_out("moisture_not_measured", "Zero moisture means that nobody measured it: it is left out.")
    notes: tuple[Note, ...] = ()
    if "%" not in said and value < 1:
        value *= 100
        notes = (Note("moisture_read_as_share", "Below one and without a percent sign: read as a share of one."),)
    permille = int(value * 10)
    if not LIKELY_MOISTURE[0] <= permille <= LIKELY_MOISTURE[1]:
        notes = (*notes, Note("moisture_unlikely", "Green coffee is hardly so: kept as it stands."))
    return Cell(permille, notes)


def money(text: str) -> Decimal | None:
    """The amount in "$ 211,904.55"; None where there is not exactly one."""
    return number(re.sub(r"[^\d.,'’-]", "", tidy(text).value or ""))
