"""
Countries that grow coffee, in the words of the trade, and regions that lie in one of them only.

The country of origin decides what the law asks of a lot, so it is neither defaulted nor put right here: a cell that
names none is refused, and where region and country contradict each other nobody is quoted with either.
"""

import re

from provenance.coffee.words import COUNTRIES
from shipments.imports.cells import Cell, CellRefused, Note
from shipments.imports.cells.texts import tidy
from shipments.imports.mapping import plain

_NAMES = """
AO angola|AU australia|BI burundi|BO bolivia|bolivia plurinational state of|BR brazil|brasil|bresil|brasilien
CD congo kinshasa|dr congo|democratic republic of the congo|congo democratic republic of the|drc
CF central african republic|CG congo|congo brazzaville|CI cote d ivoire|ivory coast|costa de marfil
CM cameroon|cameroun|camerun|CN china|CO colombia|kolumbien|CR costa rica|CU cuba|CV cape verde|cabo verde
DO dominican republic|republica dominicana|EC ecuador|ET ethiopia|etiopia|athiopien|GA gabon|GH ghana|GN guinea
GQ equatorial guinea|GT guatemala|GY guyana|HN honduras|HT haiti|ID indonesia|indonesien|IN india|JM jamaica|JP japan
KE kenya|kenia|KH cambodia|LA laos|lao people s democratic republic|lao pdr|LK sri lanka|LR liberia|MG madagascar
MM myanmar|burma|MU mauritius|MW malawi|MX mexico|mexiko|MY malaysia|MZ mozambique|NC new caledonia|NG nigeria
NI nicaragua|NP nepal|PA panama|PE peru|PG papua new guinea|papua nueva guinea|PH philippines|filipinas|PR puerto rico
PY paraguay|RE reunion|RW rwanda|ruanda|SL sierra leone|SV el salvador|salvador|TG togo|TH thailand|TL timor leste
TL east timor|TT trinidad and tobago|TW taiwan|TZ tanzania|tanzania united republic of|united republic of tanzania
UG uganda|US united states|united states of america|usa|us|estados unidos|VE venezuela|VN vietnam|viet nam|YE yemen
ZA south africa|ZM zambia|ZW zimbabwe
"""
# Part of a country that the name says too.
_PARTS = {"united states hawaii": ("US", "Hawaii"), "hawaii": ("US", "Hawaii"), "united states puerto rico": ("PR", "")}

_REGIONS = """
CO antioquia|huila|narino|cauca|tolima|pitalito|cundinamarca|quindio|caldas|risaralda
ID berastagi|brastagi|sumatra|aceh|gayo|lintong|sulawesi|toraja|java|bali|kintamani|flores island|mandheling
US kona|hawaii|maui|kauai
ET sidamo|sidama|yirgacheffe|guji|limu|oromia|harrar|gedeo|kaffa
KE nyeri|kirinyaga|kiambu|muranga|TZ mbeya|kilimanjaro|ruvuma|mbinga|CR tarrazu|tres rios|PA boquete
GT huehuetenango|acatenango|atitlan|quetzaltenango|SV apaneca|ahuachapan|HN marcala|comayagua|intibuca
NI jinotega|matagalpa|nueva segovia|MX chiapas|oaxaca|veracruz|coatepec|BR minas gerais|cerrado mineiro|mogiana
PE cajamarca|chanchamayo|CN yunnan|TW nantou|alishan|chiayi|TH chiang rai|BI kayanza
"""
# The few places of a country that grows coffee nowhere else.
_ONLY = {"US": frozenset({"kona", "hawaii", "maui", "kauai", "california", "molokai", "oahu", "kau", "puna"})}


def _by_name(lines: str) -> dict[str, str]:
    named: dict[str, str] = {}
    code = ""
    for word in lines.replace("\n", "|").split("|"):
        head, _, rest = word.strip().partition(" ")
        if len(head) == 2 and head.isupper():
            code, word = head, rest
        if word.strip():
            named[word.strip()] = code
    return named


NAMES = _by_name(_NAMES)
REGIONS = _by_name(_REGIONS)


def country(text: str) -> Cell[tuple[str, str]]:
    """Code of ISO 3166 and, where the name says it, the part of the country. Raises ``CellRefused``."""
    tidied = tidy(text)
    said = tidied.value or ""
    if not said:
        raise CellRefused("no_country", "There is no country of origin: write where the coffee grew.")
    if said in COUNTRIES:
        return Cell((said, ""), tidied.notes)
    key = plain(said)
    found = _PARTS.get(key) or ((NAMES[key], "") if key in NAMES else None)
    if found is None:
        raise CellRefused("country_unknown", "This is no country that is known here: write its name or its ISO code.")
    notes = tidied.notes
    if "?" in said or "\ufffd" in said:
        notes = (*notes, Note("lost_character", "A letter was lost on the way. The country is clear without it."))
    return Cell(found, notes)


def contradiction(code: str, region: str) -> str:
    """A sentence where the region lies in another country than the one named; empty where nothing speaks against it."""
    words = plain(region)
    elsewhere = {where for name, where in {**NAMES, **REGIONS}.items() if re.search(rf"\b{name}\b", words)}
    if not words or code in elsewhere:
        return ""
    if elsewhere:
        return f"The country looks wrong: the region lies in {' or '.join(sorted(map(english, elsewhere)))}."
    if code in _ONLY and not _ONLY[code] & set(words.split()):
        return "The country looks wrong: this region is none of its few that grow coffee."
    return ""


def is_place(name: str) -> bool:
    """Whether a name without accents and case is that of a country or of a region that is known to grow coffee."""
    return name in NAMES or name in REGIONS


def english(code: str) -> str:
    """The first name that stands for the code above; the code itself where none does."""
    return next((name.title() for name, named in NAMES.items() if named == code), code)
