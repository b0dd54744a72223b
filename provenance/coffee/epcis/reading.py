"""
EPCIS 2.0 event to act: the reverse of ``writing``, member by member.

Only what makes the act is read here. ``act_of`` then writes the act again and compares, which catches whatever is
superfluous, misspelt or inconsistent; so nothing here looks for that.
"""

from base64 import urlsafe_b64decode
from collections.abc import Callable

from provenance.coffee.acts import (
    Act,
    AttachDocument,
    Attributes,
    Basis,
    Close,
    Correct,
    Difference,
    Dispatch,
    Dispose,
    FileRow,
    Form,
    Grade,
    Harvest,
    LiftRecall,
    LossKind,
    LotMass,
    NewLot,
    Pack,
    Process,
    Recall,
    Receive,
    Refuse,
    Sample,
    Sell,
    Split,
    TransferTitle,
)
from provenance.coffee.epcis.members import (
    Json,
    day,
    mass_mg,
    may,
    may_objects,
    need,
    number,
    objects,
    texts,
    time,
)
from provenance.coffee.epcis.problems import problem
from provenance.coffee.epcis.sensors import NAME_OF_PROPERTY, number_of
from provenance.coffee.epcis.writing import CONFORMITY

_FORMS = {form.value: form for form in Form}
_LOSS_KINDS = {kind.value: kind for kind in LossKind}
_BASES = {basis.value: basis for basis in Basis}
_CONFORMS = {disposition: conformant for conformant, disposition in CONFORMITY.items()}


def read(name: str, event: Json) -> Act:
    """The act that the event tells of, not yet checked."""
    return _READERS[name](event)


# --- parts -----------------------------------------------------------------------------------------------------------


def _site(event: Json) -> str:
    return need(need(event, "readPoint", dict, "site"), "id", str, "site")


def _lines(where: Json, member: str, field: str) -> tuple[LotMass, ...]:
    return tuple(
        [
            LotMass(lot=need(item, "epcClass", str, field), mass_mg=mass_mg(item, field))
            for item in objects(where, member, field)
        ]
    )


def _one_line(where: Json, member: str, field: str) -> LotMass:
    found = _lines(where, member, field)
    if len(found) != 1:
        raise problem(field, f"{member} names one lot.")
    return found[0]


def _lots(event: Json) -> tuple[str, ...]:
    return tuple([need(item, "epcClass", str, "lots") for item in may_objects(event, "quantityList", "lots")])


def _party(event: Json, list_member: str, member: str, type: str, field: str) -> str | None:
    for item in may_objects(event, list_member, field):
        if item.get("type") == type:
            return need(item, member, str, field)
    return None


def _source(event: Json, type: str, field: str) -> str | None:
    return _party(event, "sourceList", "source", type, field)


def _destination(event: Json, type: str, field: str) -> str | None:
    return _party(event, "destinationList", "destination", type, field)


def _needed(found: str | None, field: str) -> str:
    if found is None:
        raise problem(field, "it is missing.")
    return found


def _about_event(event: Json, field: str) -> str | None:
    for item in may_objects(event, "bizTransactionList", field):
        return need(item, "bizTransaction", str, field)
    return None


def _described(where: Json, lot: str, mass: int) -> NewLot:
    form = _FORMS.get(need(where, "coffee:form", str, "form"))
    if form is None:
        raise problem("form", f"{where['coffee:form']!r} is not a form of coffee.")
    if len(where) - ("coffee:lot" in where) == 1:
        return NewLot(lot=lot, mass_mg=mass, form=form)
    return NewLot(lot=lot, mass_mg=mass, form=form, attributes=_attributes(where))


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


def _made(event: Json) -> tuple[NewLot, ...]:
    lines = _lines(event, "outputQuantityList", "outputs")
    ilmd = need(event, "ilmd", dict, "outputs")
    described = [ilmd] if len(lines) == 1 else objects(ilmd, "coffee:lots", "outputs")
    if len(described) != len(lines):
        raise problem("outputs", "coffee:lots describes each lot of outputQuantityList once.")
    return tuple(
        [_described(description, line.lot, line.mass_mg) for line, description in zip(lines, described, strict=True)]
    )


def _differences(event: Json, member: str, field: str) -> tuple[Difference, ...]:
    return tuple([_difference(item, field) for item in may_objects(event, member, field)])


def _difference(item: Json, field: str) -> Difference:
    kind = _LOSS_KINDS.get(need(item, "coffee:kind", str, field))
    basis = _BASES.get(need(item, "coffee:basis", str, field))
    if kind is None or basis is None:
        raise problem(field, f"kind is one of {', '.join(_LOSS_KINDS)}; basis is one of {', '.join(_BASES)}.")
    return Difference(kind=kind, basis=basis, mass_mg=mass_mg(item, field))


def _file_row(event: Json) -> FileRow | None:
    row = may(event, "coffee:declaredFrom", dict, "declared_from")
    if row is None:
        return None
    return FileRow(
        sha256=need(row, "coffee:sha256", str, "declared_from"), row=need(row, "coffee:row", int, "declared_from")
    )


def _results(event: Json, field: str) -> tuple[tuple[str, int], ...]:
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


def _moisture(event: Json) -> int | None:
    for name, whole in _results(event, "moisture_permille"):
        if name == "moisture_permille":
            return whole
    return None


# --- acts ------------------------------------------------------------------------------------------------------------


def _harvest(event: Json) -> Harvest:
    line = _one_line(event, "quantityList", "output")
    return Harvest(
        at=time(event, "eventTime", "at"),
        site=_site(event),
        output=_described(need(event, "ilmd", dict, "output"), line.lot, line.mass_mg),
        owner=_source(event, "owning_party", "owner"),
    )


def _dispatch(event: Json) -> Dispatch:
    return Dispatch(
        at=time(event, "eventTime", "at"),
        site=_site(event),
        lines=_lines(event, "quantityList", "lines"),
        to_party=_needed(_destination(event, "possessing_party", "to_party"), "to_party"),
        to_site=_destination(event, "location", "to_site"),
        title=_destination(event, "owning_party", "title") is not None,
        owner=_source(event, "owning_party", "owner"),
        bags=may(event, "coffee:bagCount", int, "bags"),
    )


def _receive(event: Json) -> Receive:
    lines = _lines(event, "quantityList", "lines")
    into = may(event, "coffee:into", dict, "into")
    received = {line.lot: line.mass_mg for line in lines}
    return Receive(
        at=time(event, "eventTime", "at"),
        site=_site(event),
        lines=lines,
        from_party=_source(event, "possessing_party", "from_party"),
        dispatch=_about_event(event, "dispatch"),
        taken=_lines(event, "coffee:taken", "taken") if "coffee:taken" in event else (),
        into=None if into is None else _named(into, sum(received.values()), "into"),
        begins=tuple([_begun(item, received) for item in may_objects(event, "coffee:begins", "begins")]),
        losses=_differences(event, "coffee:losses", "losses"),
        gains=_differences(event, "coffee:gains", "gains"),
        title=need(event, "coffee:titlePasses", bool, "title"),
        bags=may(event, "coffee:bagCount", int, "bags"),
        moisture_permille=_moisture(event),
        declared_from=_file_row(event),
    )


def _named(where: Json, mass: int, field: str) -> NewLot:
    return _described(where, need(where, "coffee:lot", str, field), mass)


def _begun(where: Json, received: dict[str, int]) -> NewLot:
    lot = need(where, "coffee:lot", str, "begins")
    if lot not in received:
        raise problem("begins", f"{lot} is not received here.")
    return _described(where, lot, received[lot])


def _refuse(event: Json) -> Refuse:
    return Refuse(
        at=time(event, "eventTime", "at"),
        site=_site(event),
        dispatch=_needed(_about_event(event, "dispatch"), "dispatch"),
        lines=_lines(event, "quantityList", "lines"),
        reason=need(event, "coffee:reason", str, "reason"),
    )


def _transfer_title(event: Json) -> TransferTitle:
    return TransferTitle(
        at=time(event, "eventTime", "at"),
        site=_site(event),
        lines=_lines(event, "quantityList", "lines"),
        to_party=_needed(_destination(event, "owning_party", "to_party"), "to_party"),
        custodian=_source(event, "possessing_party", "custodian"),
    )


def _close(event: Json) -> Close:
    line = _one_line(event, "quantityList", "lot")
    return Close(
        at=time(event, "eventTime", "at"),
        site=_site(event),
        lot=line.lot,
        mass_mg=line.mass_mg,
        receipts=need(event, "coffee:receipts", int, "receipts"),
        receipts_root=need(event, "coffee:receiptsRoot", str, "receipts_root"),
    )


def _process(event: Json) -> Process:
    return Process(
        at=time(event, "eventTime", "at"),
        site=_site(event),
        step=need(event, "coffee:step", str, "step"),
        inputs=_lines(event, "inputQuantityList", "inputs"),
        outputs=_made(event),
        losses=_differences(event, "coffee:losses", "losses"),
        gains=_differences(event, "coffee:gains", "gains"),
        owner=_source(event, "owning_party", "owner"),
    )


def _split(event: Json) -> Split:
    return Split(
        at=time(event, "eventTime", "at"),
        site=_site(event),
        input=_one_line(event, "inputQuantityList", "input"),
        outputs=_made(event),
        owner=_source(event, "owning_party", "owner"),
    )


def _pack(event: Json) -> Pack:
    bags = objects(event, "outputQuantityList", "output")
    if len(bags) != 1:
        raise problem("output", "outputQuantityList names one lot.")
    count = need(bags[0], "quantity", int, "count")
    net_mg = mass_mg(need(event, "coffee:netContent", dict, "net_mg"), "net_mg")
    lot = need(bags[0], "epcClass", str, "output")
    return Pack(
        at=time(event, "eventTime", "at"),
        site=_site(event),
        inputs=_lines(event, "inputQuantityList", "inputs"),
        output=_described(need(event, "ilmd", dict, "output"), lot, count * net_mg),
        count=count,
        net_mg=net_mg,
        serials_root=need(event, "coffee:serialsRoot", str, "serials_root"),
        gtin=may(event, "coffee:gtin", str, "gtin"),
        losses=_differences(event, "coffee:losses", "losses"),
        gains=_differences(event, "coffee:gains", "gains"),
        owner=_source(event, "owning_party", "owner"),
    )


def _grade(event: Json) -> Grade:
    lots = _lots(event)
    if len(lots) != 1:
        raise problem("lot", "quantityList names one lot.")
    disposition = may(event, "disposition", str, "conformant")
    if disposition not in _CONFORMS:
        raise problem("conformant", "disposition is conformant, non_conformant or absent.")
    return Grade(
        at=time(event, "eventTime", "at"),
        site=_site(event),
        lot=lots[0],
        protocol=need(event, "coffee:protocol", str, "protocol"),
        results=_results(event, "results"),
        conformant=_CONFORMS[disposition],
        declared_from=_file_row(event),
    )


def _sample(event: Json) -> Sample:
    return Sample(
        at=time(event, "eventTime", "at"),
        site=_site(event),
        line=_one_line(event, "quantityList", "lines"),
        into=may(event, "coffee:sampleLot", str, "into"),
        owner=_source(event, "owning_party", "owner"),
    )


def _attach_document(event: Json) -> AttachDocument:
    return AttachDocument(
        at=time(event, "eventTime", "at"),
        site=_site(event) if "readPoint" in event else None,
        lots=_lots(event),
        kind=need(event, "coffee:documentKind", str, "kind"),
        sha256=_file_digest(_needed(_about_event(event, "sha256"), "sha256")),
        media_type=need(event, "coffee:mediaType", str, "media_type"),
        scheme=may(event, "coffee:scheme", str, "scheme"),
        valid_from=day(event, "coffee:validFrom", "valid_from"),
        valid_to=day(event, "coffee:validTo", "valid_to"),
    )


def _file_digest(uri: str) -> str:
    prefix, digest = uri[:14], uri[14:]
    if prefix != "ni:///sha-256;" or len(digest) != 43:
        raise problem("sha256", "the document is named ni:///sha-256; and its digest (RFC 6920).")
    try:
        return urlsafe_b64decode(digest + "=").hex()
    except ValueError as error:
        raise problem("sha256", "the digest is not in base64url.") from error


def _sell(event: Json) -> Sell:
    return Sell(
        at=time(event, "eventTime", "at"),
        site=_site(event),
        lines=_lines(event, "quantityList", "lines"),
        owner=_source(event, "owning_party", "owner"),
    )


def _dispose(event: Json) -> Dispose:
    return Dispose(
        at=time(event, "eventTime", "at"),
        site=_site(event),
        lines=_lines(event, "quantityList", "lines"),
        reason=need(event, "coffee:reason", str, "reason"),
        owner=_source(event, "owning_party", "owner"),
    )


def _recall(event: Json) -> Recall:
    return Recall(
        at=time(event, "eventTime", "at"),
        site=_site(event),
        lots=_lots(event),
        reason=need(event, "coffee:reason", str, "reason"),
    )


def _lift_recall(event: Json) -> LiftRecall:
    return LiftRecall(
        at=time(event, "eventTime", "at"),
        site=_site(event),
        lots=_lots(event),
        recall=_needed(_about_event(event, "recall"), "recall"),
    )


def _correct(event: Json) -> Correct:
    declaration = need(event, "errorDeclaration", dict, "reason")
    return Correct(
        original={member: value for member, value in event.items() if member != "errorDeclaration"},
        original_act=need(declaration, "coffee:originalAct", str, "original_act"),
        declared_at=time(declaration, "declarationTime", "declared_at"),
        reason=need(declaration, "reason", str, "reason"),
        corrected_by=texts(declaration, "correctiveEventIDs", "corrected_by"),
    )


_READERS: dict[str, Callable[[Json], Act]] = {
    "harvest": _harvest,
    "dispatch": _dispatch,
    "receive": _receive,
    "refuse": _refuse,
    "transfer_title": _transfer_title,
    "close": _close,
    "process": _process,
    "split": _split,
    "pack": _pack,
    "grade": _grade,
    "sample": _sample,
    "attach_document": _attach_document,
    "sell": _sell,
    "dispose": _dispose,
    "recall": _recall,
    "lift_recall": _lift_recall,
    "correct": _correct,
}
