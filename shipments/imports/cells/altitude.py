"""
Altitude in metres, lowest and highest. It is said in fifty ways, and no lot is refused for it.

A number counts only when every word around it is understood: half of a cell read right is how 1,200 m became 12 m.
"""

import re
import unicodedata
from decimal import Decimal

from shipments.imports.cells import Cell, Note, left_out
from shipments.imports.cells.texts import is_nothing, tidy

LOWEST_M, HIGHEST_M = 20, 2_800  # where coffee grows
METRES_A_FOOT = Decimal("0.3048")

_NUMBER = re.compile(r"\d{1,3}(?:[.,'’]\d{3})+(?:\.\d+)?(?!\d)|\d+(?:\.\d+)?")
_METRES = frozenset(
    [
        "m",
        "mt",
        "mts",
        "mtr",
        "mtrs",
        "meter",
        "meters",
        "metre",
        "metres",
        "metro",
        "metros",
        "msnm",
        "msn",
        "msm",
        "msl",
        "masl",
        "mals",
        "mosl",
        "msnn",
        "asl",
        "snm",
        "公尺",
        "m公尺",
        "米",
    ]
)
_FEET = frozenset(["ft", "feet", "foot", "pies", "psnm", "psn", "f"])
_FILLERS = frozenset(
    [
        "de",
        "entre",
        "between",
        "from",
        "altitude",
        "sea",
        "level",
        "sobre",
        "el",
        "nivel",
        "del",
        "mar",
        "above",
        "approx",
        "aprox",
        "on",
        "average",
    ]
)
_ABOUT = frozenset(["above", "approx", "aprox", "average", "+", "~"])
_RANGES = frozenset(["-", "–", "~", "a", "to", "thru", "through", "and", "y", "hasta"])
_SIGNS = frozenset(["+", ":", ".", ","])


def altitude(text: str) -> Cell[tuple[int, int]]:
    """Metres from the lowest to the highest plot; None with a note where the cell is not wholly understood."""
    said = unicodedata.normalize("NFKC", tidy(text).value or "").casefold()
    said = re.sub(r"a nivel del mar|above sea level", " ", said)
    if not said:
        return Cell()
    numbers = [_value(found) for found in _NUMBER.findall(said)]
    words = re.findall(r"#|[^\W\d_]+|[^\w\s]", re.sub(r"(?<=[^\W\d_])\.", "", _NUMBER.sub("#", said)))
    units = {"m" if word in _METRES else "ft" for word in words if word in _METRES | _FEET}
    if (is_nothing(said) and said != "0") or not _understood(words) or len(units) > 1:
        return left_out("altitude_not_understood", "This is not understood as an altitude: it is left out.")
    notes: tuple[Note, ...] = ()
    if units == {"ft"}:
        numbers = [value * METRES_A_FOOT for value in numbers]
        notes = (Note("altitude_from_feet", "Said in feet: converted to metres."),)
    lowest, highest = round(numbers[0]), round(numbers[-1])
    if highest > HIGHEST_M:
        return left_out("altitude_perhaps_feet", f"Coffee does not grow above {HIGHEST_M} m: perhaps feet. Left out.")
    if not LOWEST_M <= lowest <= highest:
        return left_out("altitude_unlikely", "Too low, or the lowest is above the highest: it is left out.")
    if _ABOUT & set(words[: words.index("#")] + [word for word in words if word not in _RANGES]):
        notes = (*notes, Note("altitude_approximate", "Said as about, or as at least: kept as the number that stands."))
    return Cell((lowest, highest), notes)


def _value(found: str) -> Decimal:
    grouped = re.fullmatch(r"(\d{1,3}(?:[.,'’]\d{3})+)(\.\d+)?", found)
    if grouped:
        return Decimal(re.sub(r"[.,'’]", "", grouped[1]) + (grouped[2] or ""))
    return Decimal(found)


def _understood(words: list[str]) -> bool:
    """One number, or two with a word of range between them; nothing else but units and fillers."""
    if "#" not in words or words[0] in {"-", "–"}:
        return False
    first = words.index("#")
    core = [word for word in words[first:] if word not in _METRES | _FEET | _FILLERS | _SIGNS]
    before = [word for word in words[:first] if word not in _METRES | _FEET | _FILLERS | _SIGNS | {"~"}]
    return not before and (core == ["#"] or (len(core) == 3 and core[0] == core[2] == "#" and core[1] in _RANGES))
