"""
What an act has to be before anybody signs it, whoever made it: the form, the server, a phone or another system.

Stock, custody and authority are not looked at here: those need the trail (``ledger``, ``rules``).
"""

import re
from collections.abc import Callable
from typing import Any

from provenance.coffee import identifiers, words
from provenance.coffee.acts import (
    Act,
    AttachDocument,
    Close,
    Correct,
    Dispatch,
    Dispose,
    Form,
    Grade,
    Harvest,
    LiftRecall,
    Pack,
    Process,
    Recall,
    Receive,
    Refuse,
    Sample,
    Sell,
    Split,
    TransferTitle,
    check_lines,
)
from provenance.coffee.epcis.fields import (
    apart,
    day,
    differences,
    distinct,
    event_id,
    file_row,
    in_order,
    lines,
    lot,
    lots,
    mass,
    new_lot,
    new_lots,
    reference,
    sha256,
    text,
    time,
    whole,
    word,
)
from provenance.coffee.epcis.problems import problem
from provenance.coffee.epcis.sensors import MEASUREMENTS
from provenance.coffee.epcis.voices import CHECKS as VOICES
from provenance.coffee.errors import UnknownIdentifier
from provenance.coffee.steps import PROCESS_STEPS, STEPS

HARVESTED = frozenset({Form.CHERRY, Form.DRIED_CHERRY})

_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9.+-]{0,40}/[a-z0-9][a-z0-9.+-]{0,80}")


def check_event_act(act: Act) -> None:
    """Raises ``MalformedAct`` naming the field that breaks the vocabulary. For acts that are EPCIS events."""
    _CHECKS[act.name](act)


def _at_site(act: Any) -> None:
    time(act.at)
    reference(act.site, "site")


def _harvest(act: Harvest) -> None:
    _at_site(act)
    new_lot(act.output, "output")
    if act.output.form not in HARVESTED:
        raise problem("form", "a harvest gives cherry, or cherry dried on the tree.")
    reference(act.owner, "owner")


def _dispatch(act: Dispatch) -> None:
    _at_site(act)
    lines(act.lines)
    reference(act.to_party, "to_party")
    reference(act.to_site, "to_site")
    reference(act.owner, "owner")
    whole(act.bags, "bags")


def _receive(act: Receive) -> None:
    _at_site(act)
    lines(act.lines)
    reference(act.from_party, "from_party")
    if act.dispatch is not None:
        event_id(act.dispatch, "dispatch")
    if act.taken:
        if act.dispatch is None:
            raise problem("taken", "only a dispatch can be taken from: name it.")
        lines(act.taken, "taken")
    differences(act.losses, "losses")
    differences(act.gains, "gains")
    check_lines(inputs=act.taken or act.lines, outputs=act.lines, losses=act.losses, gains=act.gains)
    if act.into is not None:
        new_lot(act.into, "into")
        apart(act.lines, (act.into,), "into")
        if act.into.mass_mg != sum(line.mass_mg for line in act.lines):
            raise problem("into", "its weight is the sum of the lots poured into it.")
    if act.begins:
        new_lots(act.begins, "begins")
        received = {line.lot: line.mass_mg for line in act.lines}
        for new in act.begins:
            if received.get(new.lot) != new.mass_mg:
                raise problem("begins", f"{new.lot} is not received here with this weight.")
    whole(act.bags, "bags")
    whole(act.moisture_permille, "moisture_permille", most=MEASUREMENTS["moisture_permille"].most)
    file_row(act.declared_from)


def _refuse(act: Refuse) -> None:
    _at_site(act)
    event_id(act.dispatch, "dispatch")
    lines(act.lines)
    word(act.reason, words.REFUSE_REASONS, "reason")


def _transfer_title(act: TransferTitle) -> None:
    _at_site(act)
    lines(act.lines)
    reference(act.to_party, "to_party")
    reference(act.custodian, "custodian")


def _close(act: Close) -> None:
    _at_site(act)
    lot(act.lot, "lot")
    whole(act.receipts, "receipts")
    mass(act.mass_mg, "mass_mg")
    sha256(act.receipts_root, "receipts_root")


def _process(act: Process) -> None:
    _at_site(act)
    word(act.step, PROCESS_STEPS, "step")
    lines(act.inputs, "inputs")
    if not act.outputs:
        raise problem("outputs", "name at least one lot.")
    new_lots(act.outputs, "outputs")
    apart(act.inputs, act.outputs, "outputs")
    step = STEPS[act.step]
    for made in act.outputs:
        if not step.makes(made.form):
            raise problem("form", f"the step {act.step} does not make {made.form}.")
    if step.same_form and len({made.form for made in act.outputs} - step.byproducts) > 1:
        raise problem("form", f"the step {act.step} does not change the form of the coffee.")
    differences(act.losses, "losses")
    differences(act.gains, "gains")
    check_lines(inputs=act.inputs, outputs=act.outputs, losses=act.losses, gains=act.gains)
    reference(act.owner, "owner")


def _split(act: Split) -> None:
    _at_site(act)
    lines((act.input,), "input")
    if not act.outputs:
        raise problem("outputs", "name at least one lot.")
    new_lots(act.outputs, "outputs")
    apart((act.input,), act.outputs, "outputs")
    if len({made.form for made in act.outputs}) > 1:
        raise problem("form", "splitting does not change the form of the coffee.")
    check_lines(inputs=(act.input,), outputs=act.outputs)
    reference(act.owner, "owner")


def _pack(act: Pack) -> None:
    _at_site(act)
    lines(act.inputs, "inputs")
    new_lot(act.output, "output")
    apart(act.inputs, (act.output,), "output")
    if act.output.form is not Form.PACKED:
        raise problem("form", "packing makes packed coffee.")
    whole(act.count, "count")
    mass(act.net_mg, "net_mg")
    if act.output.mass_mg != act.count * act.net_mg:
        raise problem("output", "its weight is the number of bags times the net weight of one.")
    sha256(act.serials_root, "serials_root")
    _gtin(act.gtin, act.output.lot)
    differences(act.losses, "losses")
    differences(act.gains, "gains")
    check_lines(inputs=act.inputs, outputs=(act.output,), losses=act.losses, gains=act.gains)
    reference(act.owner, "owner")


def _gtin(gtin: str | None, lot: str) -> None:
    try:
        if gtin is not None and identifiers.check_gtin(gtin) != gtin:
            raise problem("gtin", "write it with 14 digits: put zeros before it.")
        if lot.startswith("https://id.gs1.org/01/") and identifiers.parse_gs1_lot(lot)[0] != gtin:
            raise problem("gtin", "it differs from the GTIN in the lot.")
    except UnknownIdentifier as error:
        raise problem("gtin", str(error)) from error


def _grade(act: Grade) -> None:
    _at_site(act)
    lot(act.lot, "lot")
    text(act.protocol, "protocol")
    for name, number in act.results:
        word(name, MEASUREMENTS, "results")
        whole(number, "results", least=0, most=MEASUREMENTS[name].most)
    distinct((name for name, _ in act.results), "results")
    file_row(act.declared_from)


def _sample(act: Sample) -> None:
    _at_site(act)
    lines((act.line,))
    if act.into is not None:
        lot(act.into, "into")
    if act.into == act.line.lot:
        raise problem("into", "a sample lot is another lot than the one it is taken from.")
    reference(act.owner, "owner")


def _attach_document(act: AttachDocument) -> None:
    _at_site(act)
    lots(act.lots, "lots")
    if act.site is None and not act.lots:
        raise problem("lots", "name the lots or the place that the document is about.")
    word(act.kind, words.DOCUMENT_KINDS, "kind")
    if act.sha256 is not None:
        sha256(act.sha256, "sha256")
    elif act.kind != "photo":
        raise problem("sha256", "only the digest of a photograph may be withheld.")
    if not _MEDIA_TYPE.fullmatch(act.media_type):
        raise problem("media_type", "it looks like application/pdf or image/jpeg.")
    text(act.scheme, "scheme")
    day(act.valid_from, "valid_from")
    day(act.valid_to, "valid_to")
    in_order(act.valid_from, act.valid_to, "valid_to")


def _sell(act: Sell) -> None:
    _at_site(act)
    lines(act.lines)
    reference(act.owner, "owner")


def _dispose(act: Dispose) -> None:
    time(act.at)
    # A load that was lost on its way is disposed of there: its place is its dispatch.
    (event_id if act.site.startswith("urn:") else reference)(act.site, "site")
    lines(act.lines)
    word(act.reason, words.DISPOSE_REASONS, "reason")
    reference(act.owner, "owner")


def _recall(act: Recall) -> None:
    _at_site(act)
    _named_lots(act.lots)
    word(act.reason, words.RECALL_REASONS, "reason")


def _lift_recall(act: LiftRecall) -> None:
    _at_site(act)
    _named_lots(act.lots)
    event_id(act.recall, "recall")


def _named_lots(named: tuple[str, ...]) -> None:
    if not named:
        raise problem("lots", "name at least one lot.")
    lots(named, "lots")


def _correct(act: Correct) -> None:
    time(act.declared_at, "declared_at")
    word(act.reason, words.CORRECT_REASONS, "reason")
    for uri in act.corrected_by:
        event_id(uri, "corrected_by")
    distinct(act.corrected_by, "corrected_by")
    # EPCIS 7.4.1.2
    if act.reason == "did_not_occur" and act.corrected_by:
        raise problem("corrected_by", "what did not happen has no event that says it right.")


_CHECKS: dict[str, Callable[[Any], None]] = {
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
