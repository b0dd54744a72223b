"""The trade's words for what the trail says in codes."""

from datetime import date, datetime
from decimal import Decimal

from provenance.coffee.acts import MG_PER_KG
from provenance.coffee.epcis import to_kg
from provenance.coffee.evidence import Reason

FORMS = {
    "CHERRY": "cherry",
    "FLOATERS": "floaters",
    "DRIED_CHERRY": "dried cherry",
    "WET_PARCHMENT": "wet parchment",
    "DRY_PARCHMENT": "dry parchment",
    "WET_GREEN": "wet green coffee",
    "GREEN_UNGRADED": "green coffee, not graded yet",
    "GREEN": "green coffee",
    "GREEN_DECAF": "decaffeinated green coffee",
    "ROASTED": "roasted coffee",
    "GROUND": "ground coffee",
    "PACKED": "coffee in bags",
    "PULP": "pulp",
    "PARCHMENT_HUSK": "parchment husk",
    "CHERRY_HUSK": "cherry husk",
    "TRIAGE": "triage",
    "CHAFF": "chaff",
    "SWEEPINGS": "sweepings",
}

STEPS = {
    "sort_cherry": "sorted the cherry",
    "pulp": "pulped the cherry",
    "wash": "fermented and washed the parchment",
    "dry_parchment": "dried the parchment",
    "wash_and_dry": "washed and dried the coffee",
    "honey": "dried the coffee in its honey",
    "natural": "dried the cherry whole",
    "hull_natural": "hulled the dried cherry",
    "hull_washed": "hulled the parchment",
    "wet_hull": "hulled the parchment wet",
    "dry_green": "dried the green coffee",
    "sort_green": "sorted and graded the green coffee",
    "cherry_to_green": "made green coffee from cherry",
    "store": "stored the coffee",
    "blend": "blended the coffee",
    "decaf": "took the caffeine out",
    "roast": "roasted the coffee",
    "grind": "ground the coffee",
}

PROCESSES = {
    "washed": "Washed",
    "natural": "Natural",
    "honey": "Honey",
    "wet-hulled": "Wet-hulled",
    "anaerobic": "Anaerobic",
}

ROLES = {
    "farmer": "a farmer",
    "collector": "a collector",
    "station": "a washing station",
    "mill": "a mill",
    "exporter": "an exporter",
    "importer": "an importer",
    "roaster": "a roaster",
    "warehouse": "a warehouse",
    "shop": "a shop",
    "laboratory": "a laboratory",
    "auditor": "an auditor",
    "officer": "an officer",
    "operator": "the operator of this site",
}

SITES = {
    "farm": "a farm",
    "collection_point": "a collection point",
    "washing_station": "a washing station",
    "dry_mill": "a dry mill",
    "warehouse": "a warehouse",
    "port": "a port",
    "roastery": "a roastery",
    "shop": "a shop",
    "laboratory": "a laboratory",
}

LOSSES = {
    "water": "water",
    "mucilage": "mucilage",
    "roast_gas": "water and gases of roasting",
    "spillage": "spilled",
    "sample": "samples",
    "reject": "rejected",
    "theft": "stolen",
    "weighing_difference": "difference between two scales",
    "unexplained": "not explained",
}

BOTH_BUT = {
    Reason.ONE_INSTALLATION: "Both sides say so, but one operator holds both keys",
    Reason.SERVER_KEY: "Both sides say so, but the operator holds the key of one",
}

FLAGS = {
    "above_ceiling": "{kg} more came out than this step can give: that part counts as of unknown origin.",
    "above_usual": "More came out than this step usually gives.",
    "below_usual": "Less came out than this step usually gives.",
    "step_unusual": "These forms of coffee do not usually go into, or come out of, this step.",
    "close_differs": "The seal of the day’s lot states something else than was poured into it: {kg} differ.",
    "pool": "It was poured onto {kg} that were still there: a mixed store.",
    "form_differs": "It was poured into a lot of another form.",
    "shortfall": "{kg} more were used than anybody had said were there.",
}

REASONS = {
    "quality": "its quality",
    "weight": "its weight",
    "moisture": "its moisture",
    "documents": "its papers",
    "not_ordered": "it was not ordered",
    "contamination": "contamination",
    "foreign_body": "a foreign body in the coffee",
    "allergen": "an allergen",
    "labelling": "a wrong label",
    "other": "another reason",
    "spoiled": "it spoiled",
    "contaminated": "contamination",
    "expired": "it is too old",
    "composted": "it was composted",
    "theft": "it was stolen",
}

CORRECTED = {"did_not_occur": "it did not happen", "incorrect_data": "a figure was wrong"}

DOCUMENTS = {
    "certificate": "a certificate",
    "contract": "a contract",
    "dds": "a due diligence statement",
    "ico_certificate": "an ICO certificate of origin",
    "cupping_report": "a cupping report",
    "photo": "a photograph",
    "invoice": "an invoice",
    "other": "a document",
}

ACTS = {
    "harvest": "a harvest",
    "dispatch": "a dispatch",
    "receive": "a receipt",
    "refuse": "a refusal",
    "transfer_title": "a change of owner",
    "close": "the seal of a day’s lot",
    "process": "a step of making",
    "split": "a division",
    "pack": "a packing",
    "grade": "an examination",
    "sample": "a sample",
    "attach_document": "a document",
    "sell": "a sale",
    "dispose": "a disposal",
    "recall": "a recall",
    "lift_recall": "the end of a recall",
}

FIELDS = {
    "name": "name",
    "owner_name": "the owner’s name",
    "phone": "telephone",
    "place": "place",
    "plot": "boundary of the plot",
    "producer": "producer",
    "counterparty": "trading partner",
    "buyer": "buyer",
    "mill": "mill",
    "price": "price",
    "recipe": "recipe",
    "lot_number": "own lot number",
    "ico_mark": "ICO mark",
    "photo": "photograph",
    "note": "note",
    "entered": "figures as entered",
    "source_row": "row of the file",
}


def weight(mass_mg: int) -> str:
    """Milligrams as people say them: grams below a kilogram, whole kilograms from a thousand on."""
    if mass_mg < MG_PER_KG:
        return f"{_short(Decimal(mass_mg) / 1000, 1)} g"
    kilograms = Decimal(mass_mg) / MG_PER_KG
    return f"{_short(kilograms, 0 if kilograms >= 1000 else 1)} kg"


def exact(mass_mg: int) -> str:
    """Milligrams to the last digit, in kilograms as they were signed."""
    return f"{said_kg(mass_mg)} kg"


def said_kg(mass_mg: int) -> str:
    """Milligrams as the figure stands in the signed event."""
    text = format(to_kg(mass_mg), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def count(number: int, one: str, many: str | None = None) -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def listed(words: list[str]) -> str:
    """a, b and c"""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def day(at: date | datetime) -> str:
    return f"{at.day} {at:%B %Y}"


def span(first: date, last: date) -> str:
    """May 2026, or May–June 2026, or November 2025 – January 2026."""
    if (first.year, first.month) == (last.year, last.month):
        return f"{first:%B %Y}"
    if first.year == last.year:
        return f"{first:%B}–{last:%B %Y}"
    return f"{first:%B %Y} – {last:%B %Y}"


def _short(number: Decimal, places: int) -> str:
    text = f"{number:,.{places}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
