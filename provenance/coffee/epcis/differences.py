"""Where an event is not what its act would have been written as."""

from provenance.coffee.epcis.problems import problem
from provenance.coffee.errors import MalformedAct

# The member of an event -> the field of the act it stands for.
_FIELDS = {
    "eventTime": "at",
    "eventTimeZoneOffset": "at",
    "quantityList": "lines",
    "inputQuantityList": "inputs",
    "outputQuantityList": "outputs",
    "ilmd": "outputs",
    "readPoint": "site",
    "bizLocation": "site",
    "sensorElementList": "results",
    "coffee:bagCount": "bags",
    "coffee:begins": "begins",
    "coffee:gains": "gains",
    "coffee:into": "into",
    "coffee:losses": "losses",
    "coffee:netContent": "net_mg",
    "coffee:taken": "taken",
    "coffee:paidFor": "mass_mg",
    "coffee:payment": "kind",
    "coffee:reply": "event",
    "coffee:scope": "party",
    "bizTransactionList": "event",
    "errorDeclaration": "reason",
}


def first_difference(written: object, found: object, name: str) -> MalformedAct:
    """The refusal that names the first member of ``found`` that is superfluous, missing or other than ``written``."""
    path, sentence = _look(written, found, ())
    field = _FIELDS.get(path[0], path[0]) if path else "event"
    return problem(field, f"{'.'.join(path) or 'the event'} {sentence} in {name}.")


def _look(written: object, found: object, path: tuple[str, ...]) -> tuple[tuple[str, ...], str]:
    if isinstance(written, dict) and isinstance(found, dict):
        for member in found:
            if member not in written:
                return (*path, str(member)), "does not belong"
        for member in written:
            if member not in found:
                return (*path, member), "is missing"
            if written[member] != found[member]:
                return _look(written[member], found[member], (*path, member))
    if isinstance(written, list) and isinstance(found, list) and len(written) == len(found):
        for place, (one, other) in enumerate(zip(written, found, strict=True), start=1):
            if one != other:
                return _look(one, other, (*path, str(place)))
    return path, f"has to be {_short(written)}"


def _short(value: object) -> str:
    if isinstance(value, str):
        return repr(value)
    return f"a list of {len(value)}" if isinstance(value, list) else str(value)
