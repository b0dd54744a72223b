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
    Close,
    Correct,
    Dispatch,
    Dispose,
    Grade,
    Harvest,
    LiftRecall,
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
from provenance.coffee.epcis.found import (
    about_event,
    described,
    destination,
    differences,
    file_row,
    lines,
    lots,
    made,
    moisture,
    needed,
    one_line,
    results,
    site,
    source,
)
from provenance.coffee.epcis.members import Json, day, mass_mg, may, may_objects, need, objects, texts, time
from provenance.coffee.epcis.problems import problem
from provenance.coffee.epcis.voices import READERS as VOICES
from provenance.coffee.epcis.writing import CONFORMITY

_CONFORMS = {disposition: conformant for conformant, disposition in CONFORMITY.items()}


def read(name: str, event: Json) -> Act:
    """The act that the event tells of, not yet checked."""
    return _READERS[name](event)


def _harvest(event: Json) -> Harvest:
    line = one_line(event, "quantityList", "output")
    return Harvest(
        at=time(event, "eventTime", "at"),
        site=site(event),
        output=described(need(event, "ilmd", dict, "output"), line.lot, line.mass_mg),
        owner=source(event, "owning_party", "owner"),
    )


def _dispatch(event: Json) -> Dispatch:
    return Dispatch(
        at=time(event, "eventTime", "at"),
        site=site(event),
        lines=lines(event, "quantityList", "lines"),
        to_party=needed(destination(event, "possessing_party", "to_party"), "to_party"),
        to_site=destination(event, "location", "to_site"),
        title=destination(event, "owning_party", "title") is not None,
        owner=source(event, "owning_party", "owner"),
        bags=may(event, "coffee:bagCount", int, "bags"),
    )


def _receive(event: Json) -> Receive:
    received = lines(event, "quantityList", "lines")
    into = may(event, "coffee:into", dict, "into")
    masses = {line.lot: line.mass_mg for line in received}
    return Receive(
        at=time(event, "eventTime", "at"),
        site=site(event),
        lines=received,
        from_party=source(event, "possessing_party", "from_party"),
        dispatch=about_event(event, "dispatch"),
        taken=lines(event, "coffee:taken", "taken") if "coffee:taken" in event else (),
        into=None if into is None else _named(into, sum(masses.values()), "into"),
        begins=tuple([_begun(item, masses) for item in may_objects(event, "coffee:begins", "begins")]),
        losses=differences(event, "coffee:losses", "losses"),
        gains=differences(event, "coffee:gains", "gains"),
        title=need(event, "coffee:titlePasses", bool, "title"),
        bags=may(event, "coffee:bagCount", int, "bags"),
        moisture_permille=moisture(event),
        declared_from=file_row(event),
    )


def _named(where: Json, mass: int, field: str) -> NewLot:
    return described(where, need(where, "coffee:lot", str, field), mass)


def _begun(where: Json, masses: dict[str, int]) -> NewLot:
    lot = need(where, "coffee:lot", str, "begins")
    if lot not in masses:
        raise problem("begins", f"{lot} is not received here.")
    return described(where, lot, masses[lot])


def _refuse(event: Json) -> Refuse:
    return Refuse(
        at=time(event, "eventTime", "at"),
        site=site(event),
        dispatch=needed(about_event(event, "dispatch"), "dispatch"),
        lines=lines(event, "quantityList", "lines"),
        reason=need(event, "coffee:reason", str, "reason"),
    )


def _transfer_title(event: Json) -> TransferTitle:
    return TransferTitle(
        at=time(event, "eventTime", "at"),
        site=site(event),
        lines=lines(event, "quantityList", "lines"),
        to_party=needed(destination(event, "owning_party", "to_party"), "to_party"),
        custodian=source(event, "possessing_party", "custodian"),
    )


def _close(event: Json) -> Close:
    line = one_line(event, "quantityList", "lot")
    return Close(
        at=time(event, "eventTime", "at"),
        site=site(event),
        lot=line.lot,
        mass_mg=line.mass_mg,
        receipts=need(event, "coffee:receipts", int, "receipts"),
        receipts_root=need(event, "coffee:receiptsRoot", str, "receipts_root"),
    )


def _process(event: Json) -> Process:
    return Process(
        at=time(event, "eventTime", "at"),
        site=site(event),
        step=need(event, "coffee:step", str, "step"),
        inputs=lines(event, "inputQuantityList", "inputs"),
        outputs=made(event),
        losses=differences(event, "coffee:losses", "losses"),
        gains=differences(event, "coffee:gains", "gains"),
        owner=source(event, "owning_party", "owner"),
    )


def _split(event: Json) -> Split:
    return Split(
        at=time(event, "eventTime", "at"),
        site=site(event),
        input=one_line(event, "inputQuantityList", "input"),
        outputs=made(event),
        owner=source(event, "owning_party", "owner"),
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
        site=site(event),
        inputs=lines(event, "inputQuantityList", "inputs"),
        output=described(need(event, "ilmd", dict, "output"), lot, count * net_mg),
        count=count,
        net_mg=net_mg,
        serials_root=need(event, "coffee:serialsRoot", str, "serials_root"),
        gtin=may(event, "coffee:gtin", str, "gtin"),
        losses=differences(event, "coffee:losses", "losses"),
        gains=differences(event, "coffee:gains", "gains"),
        owner=source(event, "owning_party", "owner"),
    )


def _grade(event: Json) -> Grade:
    graded = lots(event)
    if len(graded) != 1:
        raise problem("lot", "quantityList names one lot.")
    disposition = may(event, "disposition", str, "conformant")
    if disposition not in _CONFORMS:
        raise problem("conformant", "disposition is conformant, non_conformant or absent.")
    return Grade(
        at=time(event, "eventTime", "at"),
        site=site(event),
        lot=graded[0],
        protocol=need(event, "coffee:protocol", str, "protocol"),
        results=results(event, "results"),
        conformant=_CONFORMS[disposition],
        declared_from=file_row(event),
    )


def _sample(event: Json) -> Sample:
    return Sample(
        at=time(event, "eventTime", "at"),
        site=site(event),
        line=one_line(event, "quantityList", "lines"),
        into=may(event, "coffee:sampleLot", str, "into"),
        owner=source(event, "owning_party", "owner"),
    )


def _attach_document(event: Json) -> AttachDocument:
    uri = about_event(event, "sha256")
    return AttachDocument(
        at=time(event, "eventTime", "at"),
        site=site(event) if "readPoint" in event else None,
        lots=lots(event),
        kind=need(event, "coffee:documentKind", str, "kind"),
        sha256=None if uri is None else _file_digest(uri),
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
        site=site(event),
        lines=lines(event, "quantityList", "lines"),
        owner=source(event, "owning_party", "owner"),
    )


def _dispose(event: Json) -> Dispose:
    return Dispose(
        at=time(event, "eventTime", "at"),
        site=site(event),
        lines=lines(event, "quantityList", "lines"),
        reason=need(event, "coffee:reason", str, "reason"),
        owner=source(event, "owning_party", "owner"),
    )


def _recall(event: Json) -> Recall:
    return Recall(
        at=time(event, "eventTime", "at"),
        site=site(event),
        lots=lots(event),
        reason=need(event, "coffee:reason", str, "reason"),
    )


def _lift_recall(event: Json) -> LiftRecall:
    return LiftRecall(
        at=time(event, "eventTime", "at"),
        site=site(event),
        lots=lots(event),
        recall=needed(about_event(event, "recall"), "recall"),
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
    **VOICES,
}
