"""The members of an EPCIS event that several acts share, as they are read."""

from typing import TypeVar

from provenance.coffee.acts import Attributes, Basis, Difference, FileRow, Form, LossKind, LotMass, NewLot
from provenance.coffee.epcis.members import Json, day, mass_mg, may, may_objects, need, number, objects, texts
from provenance.coffee.epcis.problems import problem
from provenance.coffee.epcis.sensors import NAME_OF_PROPERTY, number_of

T = TypeVar("T")

_FORMS = {form.value: form for form in Form}
_LOSS_KINDS = {kind.value: kind for kind in LossKind}
_BASES = {basis.value: basis for basis in Basis}


def site(event: Json) -> str:
    return need(need(event, "readPoint", dict, "site"), "id", str, "site")


def lines(where: Json, member: str, field: str) -> tuple[LotMass, ...]:
    return tuple(
        [
            LotMass(lot=need(item, "epcClass", str, field), mass_mg=mass_mg(item, field))
            for item in objects(where, member, field)
        ]
    )


def one_line(where: Json, member: str, field: str) -> LotMass:
    found = lines(where, member, field)
    if len(found) != 1:
        raise problem(field, f"{member} names one lot.")
    return found[0]


def lots(event: Json) -> tuple[str, ...]:
    return tuple([need(item, "epcClass", str, "lots") for item in may_objects(event, "quantityList", "lots")])


def _party(event: Json, list_member: str, member: str, type: str, field: str) -> str | None:
    for item in may_objects(event, list_member, field):
        if item.get("type") == type:
            return need(item, member, str, field)
    return None


def source(event: Json, type: str, field: str) -> str | None:
    return _party(event, "sourceList", "source", type, field)


def destination(event: Json, type: str, field: str) -> str | None:
    return _party(event, "destinationList", "destination", type, field)


def needed(found: T | None, field: str) -> T:
    if found is None:
        raise problem(field, "it is missing.")
    return found


def about_event(event: Json, field: str) -> str | None:
    for item in may_objects(event, "bizTransactionList", field):
        return need(item, "bizTransaction", str, field)
    return None


def form(where: Json) -> Form:
    found = _FORMS.get(need(where, "coffee:form", str, "form"))
    if found is None:
        raise problem("form", f"{where['coffee:form']!r} is not a form of coffee.")
    return found


def described(where: Json, lot: str, mass: int) -> NewLot:
    if len(where) - ("coffee:lot" in where) == 1:
        return NewLot(lot=lot, mass_mg=mass, form=form(where))
    return NewLot(lot=lot, mass_mg=mass, form=form(where), attributes=_attributes(where))


def _attributes(where: Json) -> Attributes:
    lowest = may(where, "coffee:lowestMetres", int, "altitude_m")
    highest = may(where, "coffee:highestMetres", int, "altitude_m")
    return Attributes(
        country=may(where, "cbvmda:countryOfOrigin", str, "country"),
        harvest_start=day(where, "cbvmda:harvestStartDate", "harvest_start"),
        harvest_end=day(where, "cbvmda:harvestEndDate", "harvest_end"),
        best_before=day(where, "cbvmda:bestBeforeDate", "best_before"),
        region=may(where, "coffee:region", str, "region"),
        species=may(where, "coffee:species", str, "species"),
        variety=texts(where, "coffee:variety", "variety"),
        process=may(where, "coffee:process", str, "process"),
        grade=may(where, "coffee:grade", str, "grade"),
        roast_degree=may(where, "coffee:roastDegree", str, "roast_degree"),
        claims=texts(where, "coffee:claims", "claims"),
        altitude_m=None if lowest is None or highest is None else (lowest, highest),
    )


def made(event: Json) -> tuple[NewLot, ...]:
    masses = lines(event, "outputQuantityList", "outputs")
    ilmd = need(event, "ilmd", dict, "outputs")
    descriptions = [ilmd] if len(masses) == 1 else objects(ilmd, "coffee:lots", "outputs")
    if len(descriptions) != len(masses):
        raise problem("outputs", "coffee:lots describes each lot of outputQuantityList once.")
    return tuple(
        [described(description, line.lot, line.mass_mg) for line, description in zip(masses, descriptions, strict=True)]
    )


def differences(event: Json, member: str, field: str) -> tuple[Difference, ...]:
    return tuple([_difference(item, field) for item in may_objects(event, member, field)])


def _difference(item: Json, field: str) -> Difference:
    kind = _LOSS_KINDS.get(need(item, "coffee:kind", str, field))
    basis = _BASES.get(need(item, "coffee:basis", str, field))
    if kind is None or basis is None:
        raise problem(field, f"kind is one of {', '.join(_LOSS_KINDS)}; basis is one of {', '.join(_BASES)}.")
    return Difference(kind=kind, basis=basis, mass_mg=mass_mg(item, field))


def file_row(event: Json) -> FileRow | None:
    row = may(event, "coffee:declaredFrom", dict, "declared_from")
    if row is None:
        return None
    return FileRow(
        sha256=need(row, "coffee:sha256", str, "declared_from"), row=need(row, "coffee:row", int, "declared_from")
    )


def results(event: Json, field: str) -> tuple[tuple[str, int], ...]:
    return tuple(
        [
            _result(report, field)
            for element in may_objects(event, "sensorElementList", field)
            for report in objects(element, "sensorReport", field)
        ]
    )


def _result(report: Json, field: str) -> tuple[str, int]:
    found = need(report, "coffee:property", str, field)
    name = NAME_OF_PROPERTY.get(found)
    if name is None:
        raise problem(field, f"{found!r} is not something that is measured here.")
    whole = number_of(name, number(report, "value", field))
    if whole is None:
        raise problem(field, f"{name} has too many places after the point.")
    return name, whole


def moisture(event: Json) -> int | None:
    for name, whole in results(event, "moisture_permille"):
        if name == "moisture_permille":
            return whole
    return None
