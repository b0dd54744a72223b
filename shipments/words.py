"""The trade's words for what the code names, and weights as people write them."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from provenance.coffee.acts import MG_PER_KG, Act, Basis, Form, LossKind
from provenance.coffee.epcis.quantities import to_kg
from provenance.coffee.epcis.sensors import MEASUREMENTS

FORMS = {
    Form.CHERRY: "cherry",
    Form.FLOATERS: "floaters",
    Form.DRIED_CHERRY: "dried cherry",
    Form.WET_PARCHMENT: "wet parchment",
    Form.DRY_PARCHMENT: "dry parchment",
    Form.WET_GREEN: "wet green (labu)",
    Form.GREEN_UNGRADED: "green, ungraded",
    Form.GREEN: "green",
    Form.GREEN_DECAF: "green, decaffeinated",
    Form.ROASTED: "roasted",
    Form.GROUND: "ground",
    Form.PACKED: "packed",
    Form.PULP: "pulp",
    Form.PARCHMENT_HUSK: "parchment husk",
    Form.CHERRY_HUSK: "cherry husk",
    Form.TRIAGE: "triage",
    Form.CHAFF: "chaff",
    Form.SWEEPINGS: "sweepings",
}
LOSSES = {
    LossKind.WATER: "water",
    LossKind.MUCILAGE: "mucilage",
    LossKind.ROAST_GAS: "roast gases",
    LossKind.SPILLAGE: "spillage",
    LossKind.SAMPLE: "sample",
    LossKind.REJECT: "rejects",
    LossKind.THEFT: "theft",
    LossKind.WEIGHING_DIFFERENCE: "weighing difference",
    LossKind.UNEXPLAINED: "unexplained",
}
BASES = {Basis.WEIGHED: "weighed", Basis.COMPUTED: "worked out", Basis.ESTIMATED: "estimated"}
STEPS = {
    "sort_cherry": "float and sort cherry",
    "pulp": "pulp",
    "wash": "ferment and wash",
    "dry_parchment": "dry parchment",
    "wash_and_dry": "pulp, wash and dry (cherry to dry parchment)",
    "honey": "honey (cherry to dried parchment)",
    "natural": "dry whole (natural)",
    "hull_natural": "hull dried cherry",
    "hull_washed": "hull dry parchment",
    "wet_hull": "hull wet parchment",
    "dry_green": "dry wet green",
    "sort_green": "grade and sort green",
    "cherry_to_green": "cherry to green",
    "store": "store, re-bag",
    "blend": "blend",
    "decaf": "decaffeinate",
    "roast": "roast",
    "grind": "grind",
    "pack": "pack",
}
ACTS = {
    "harvest": "Harvest",
    "dispatch": "Dispatch",
    "receive": "Receipt",
    "refuse": "Refusal",
    "transfer_title": "Change of owner",
    "close": "Day-lot closed",
    "process": "Step",
    "split": "Split",
    "pack": "Packing",
    "grade": "Grading",
    "sample": "Sample",
    "attach_document": "Document",
    "sell": "Sale",
    "dispose": "Disposal",
    "recall": "Recall",
    "lift_recall": "Recall lifted",
    "pay": "Payment",
    "confirm": "Confirmation",
    "contest": "Contest",
    "certify": "Certificate",
    "withdraw": "Certificate withdrawn",
    "correct": "Correction",
    "genesis": "Start of the log",
    "register_party": "Party registered",
    "register_site": "Place registered",
    "register_plot": "Plot registered",
    "register_key": "Key registered",
    "revoke_key": "Key ended",
    "erased": "Values erased",
    "index": "Index of the log",
    "succession": "Start of the next log",
}
REASONS = {
    "not_ordered": "not ordered",
    "not_paid": "not paid",
    "not_mine": "not their coffee",
    "did_not_happen": "it did not happen",
    "foreign_body": "foreign body",
    "did_not_occur": "It did not happen",
    "incorrect_data": "It happened, but a weight is wrong",
}
PAYMENTS = {
    "advance": "an advance",
    "first": "the first payment",
    "second": "the second payment",
    "bonus": "a bonus",
    "premium": "a premium",
    "dividend": "a dividend",
    "deduction": "a deduction",
    "loan_repayment": "repayment of a loan",
}
CHAINS = {
    "identity_preserved": "identity preserved",
    "segregated": "segregated",
    "mass_balance": "mass balance",
}
RESULTS = {
    "score_centi": "Cup score",
    "moisture_permille": "Moisture, %",
    "screen_15_up_permille": "Screen 15 and above, %",
    "peaberry_permille": "Peaberry, %",
    "water_activity_milli": "Water activity",
    "density_g_per_l": "Density, g/l",
    "primary_defects": "Primary defects (350 g)",
    "secondary_defects": "Secondary defects (350 g)",
    "agtron": "Roast colour (Agtron)",
}
HANDOVERS = {
    "open": "on its way",
    "part": "partly received",
    "received": "received",
    "refused": "refused",
    "lost": "lost",
    "withdrawn": "taken back by the sender",
}
WITHHELD = {
    "buyer": "Buyer",
    "entered": "As it was typed",
    "name": "Name",
    "note": "Note",
    "photo": "Words under the photo",
    "place": "Place",
    "price": "Price",
    "recipe": "Recipe",
}
ATTRIBUTES = {
    "country": "Country",
    "region": "Region",
    "species": "Species",
    "variety": "Variety",
    "process": "Process",
    "grade": "Grade",
    "altitude_m": "Altitude, m",
    "harvest_start": "Harvest from",
    "harvest_end": "Harvest to",
    "roast_degree": "Roast",
    "best_before": "Best before",
    "claims": "Claims",
}
DOCUMENTS = {"dds": "due diligence statement", "ico_certificate": "ICO certificate", "cupping_report": "cupping report"}


def kg(mass_mg: int) -> str:
    """1234500000 mg -> "1,234.5 kg"; nothing is rounded away."""
    return f"{to_kg(mass_mg):,f} kg"


def plain_kg(mass_mg: int) -> str:
    """As a number field wants it: "1234.5"."""
    return f"{Decimal(mass_mg) / MG_PER_KG:f}"


def percent(part_mg: int, whole_mg: int) -> str:
    return f"{Decimal(part_mg) * 100 / whole_mg:.1f} %"


def form(word: str) -> str:
    """Of a lot: one that was only ever drawn from has no form that anybody stated."""
    return FORMS[Form(word)] if word else "nobody says"


def attributes(stored: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What is said of a lot, as its row keeps it."""
    return [
        (ATTRIBUTES[name], ", ".join(map(str, value)) if isinstance(value, list) else str(value))
        for name, value in stored.items()
    ]


def reason(word: str) -> str:
    return REASONS.get(word, word.replace("_", " "))


def document(word: str) -> str:
    return DOCUMENTS.get(word, word)


def result_name(name: str) -> str:
    return RESULTS.get(
        name, name.rpartition("_")[0].replace("_", " ").capitalize() if "_" in name else name.capitalize()
    )


def result(name: str, number: int) -> str:
    measured = MEASUREMENTS[name]
    value = f"{Decimal(number).scaleb(-measured.places):f}"
    return f"{value.rstrip('0').rstrip('.') if '.' in value else value}{' %' if measured.uom == 'P1' else ''}"


def act_name(act: Act) -> str:
    return ACTS[act.name]


def payment(kind: str) -> str:
    return PAYMENTS[kind]
