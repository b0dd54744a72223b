"""What growers read: weights, times and the trade's words."""

from datetime import date, datetime, timedelta
from decimal import Decimal

from django.utils import timezone
from django.utils.formats import date_format

from provenance.coffee.acts import MG_PER_KG, Form

WITHHELD = "name withheld"

# Countries that grow coffee for sale.
COUNTRIES = {
    "AO": "Angola",
    "AU": "Australia",
    "BI": "Burundi",
    "BO": "Bolivia",
    "BR": "Brazil",
    "CD": "Congo (Kinshasa)",
    "CF": "Central African Republic",
    "CG": "Congo (Brazzaville)",
    "CI": "Côte d'Ivoire",
    "CM": "Cameroon",
    "CN": "China",
    "CO": "Colombia",
    "CR": "Costa Rica",
    "CU": "Cuba",
    "DO": "Dominican Republic",
    "EC": "Ecuador",
    "ET": "Ethiopia",
    "GA": "Gabon",
    "GH": "Ghana",
    "GN": "Guinea",
    "GT": "Guatemala",
    "HN": "Honduras",
    "HT": "Haiti",
    "ID": "Indonesia",
    "IN": "India",
    "JM": "Jamaica",
    "KE": "Kenya",
    "LA": "Laos",
    "LR": "Liberia",
    "MG": "Madagascar",
    "MM": "Myanmar",
    "MW": "Malawi",
    "MX": "Mexico",
    "MY": "Malaysia",
    "MZ": "Mozambique",
    "NG": "Nigeria",
    "NI": "Nicaragua",
    "NP": "Nepal",
    "PA": "Panama",
    "PE": "Peru",
    "PG": "Papua New Guinea",
    "PH": "Philippines",
    "PR": "Puerto Rico",
    "PY": "Paraguay",
    "RW": "Rwanda",
    "SL": "Sierra Leone",
    "SS": "South Sudan",
    "SV": "El Salvador",
    "TG": "Togo",
    "TH": "Thailand",
    "TL": "Timor-Leste",
    "TW": "Taiwan",
    "TZ": "Tanzania",
    "UG": "Uganda",
    "US": "United States",
    "VE": "Venezuela",
    "VN": "Viet Nam",
    "YE": "Yemen",
    "ZM": "Zambia",
    "ZW": "Zimbabwe",
}

REFUSED_FOR = {
    "quality": "the quality",
    "weight": "the weight",
    "moisture": "the moisture",
    "documents": "its papers",
    "not_ordered": "it was not ordered",
    "other": "another reason",
}

CONTESTED_FOR = {
    "weight": "The weight",
    "quality": "The quality",
    "price": "The price",
    "not_paid": "I was not paid",
    "not_mine": "It is not my coffee",
    "did_not_happen": "It did not happen",
    "date": "The day",
    "place": "The place",
    "claim": "What they claim of the coffee",
    "other": "Something else",
}

PAYMENTS = {
    "advance": "an advance",
    "first": "the first payment",
    "second": "the second payment",
    "bonus": "a bonus",
    "premium": "a premium",
    "dividend": "a dividend",
    "deduction": "kept back",
    "loan_repayment": "kept back for a loan",
}

ACTS = {
    "harvest": "a harvest",
    "dispatch": "a delivery",
    "process": "a step of work",
    "confirm": "a yes",
    "contest": "a no",
}

STEPS = {
    "wash_and_dry": "washed and dried",
    "honey": "dried with its mucilage",
    "natural": "dried whole",
}

HANDOVERS = {
    "open": "on its way: the other side has not answered yet",
    "part": "partly answered",
    "received": "received",
    "refused": "refused",
    "lost": "lost on the way",
    "withdrawn": "taken back by you",
}


def handover(state: str) -> str:
    return HANDOVERS[state]


def refused_for(reason: str) -> str:
    return REFUSED_FOR[reason]


def contested_for(reason: str) -> str:
    return CONTESTED_FOR[reason]


def payment(kind: str) -> str:
    return PAYMENTS[kind]


def country(code: str) -> str:
    return COUNTRIES.get(code, code)


def form(kind: str) -> str:
    """``DRY_PARCHMENT`` as "dry parchment"."""
    return Form(kind).value.lower().replace("_", " ") if kind else "coffee"


def kg(mass_mg: int) -> str:
    """Milligrams as kilograms, to the gram: "84.5 kg"."""
    kilograms = (Decimal(mass_mg) / MG_PER_KG).quantize(Decimal("0.001"))
    text = f"{kilograms:f}".rstrip("0").rstrip(".")
    return f"{text} kg"


def difference(mass_mg: int) -> str:
    """ "0.5 kg less", "none"."""
    if not mass_mg:
        return "none"
    return f"{kg(abs(mass_mg))} {'more' if mass_mg > 0 else 'less'}"


def hectares(area_m2: int) -> str:
    return f"{Decimal(area_m2) / 10_000:.2f} ha"


def when(at: datetime) -> str:
    """By the clock of the place: "today 14:20", "12 November 2026, 14:20"."""
    local = timezone.localtime(at)
    today = timezone.localdate()
    day = {today: "today", today - timedelta(days=1): "yesterday"}.get(local.date())
    return f"{day} {local:%H:%M}" if day else f"{date_of(local)}, {local:%H:%M}"


def date_of(day: date) -> str:
    return date_format(day, "j F Y")
