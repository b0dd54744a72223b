"""What each act does to the books. Law and reasons: ``docs/ledger.md``."""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from provenance.coffee import acts
from provenance.coffee.acts import LotMass, NewLot
from provenance.coffee.ledger.books import (
    FlagKind,
    Handover,
    KeyFact,
    LogFact,
    LotFact,
    PartyFact,
    PlotFact,
    SiteFact,
)
from provenance.coffee.ledger.entry import Entry, divide
from provenance.coffee.ledger.gains import most_mg, ppm_after
from provenance.coffee.steps import STEPS, Step, outcome

# A receipt weighs what was stored and shipped: what it gains above this step's ceiling is not the same coffee.
RECEIPT = STEPS["store"]


def genesis(entry: Entry, act: acts.Genesis) -> None:
    entry.effects.operator = act.operator
    entry.effects.log = LogFact(act.origin, entry.kid, act.vkeys)
    entry.effects.parties[act.operator] = PartyFact(act.operator, "organisation", ("operator",))
    entry.effects.keys[entry.kid] = KeyFact(
        entry.kid, act.operator, act.operator_jwk, "server", act.operator, from_leaf=entry.index
    )


def succession(entry: Entry, act: acts.Succession) -> None:
    before = entry.books.log
    if before is not None and entry.index is not None:
        entry.effects.log = LogFact(act.origin, entry.kid, before.vkeys[1:], entry.index)


def register_party(entry: Entry, act: acts.RegisterParty) -> None:
    entry.effects.parties[act.party] = PartyFact(
        act.party, act.kind, act.roles, act.country, act.guardian, registered_by=entry.jti
    )


def register_site(entry: Entry, act: acts.RegisterSite) -> None:
    entry.effects.sites[act.site] = SiteFact(act.site, act.party, act.kind, act.country, act.geo)


def register_plot(entry: Entry, act: acts.RegisterPlot) -> None:
    entry.effects.plots[act.plot] = PlotFact(act.plot, act.site, act.country, act.area_m2, act.geo)


def register_key(entry: Entry, act: acts.RegisterKey) -> None:
    entry.effects.keys[act.kid] = KeyFact(act.kid, act.party, act.x, act.custody, entry.signer, from_leaf=entry.index)


def revoke_key(entry: Entry, act: acts.RevokeKey) -> None:
    entry.effects.keys[act.kid] = entry.books.keys[act.kid]._replace(
        revoked_by=entry.jti, revoked_leaf=entry.index, disputed_from=act.from_index
    )


def erased(entry: Entry, act: acts.Erased) -> None:
    entry.effects.erased = act.digests


def harvest(entry: Entry, act: acts.Harvest) -> None:
    _begin(entry, act.output.lot, act.output)
    entry.put(act.output.lot, act.site, entry.signer, {act.owner or entry.signer: act.output.mass_mg})


def dispatch(entry: Entry, act: acts.Dispatch) -> None:
    lots = sorted({line.lot for line in act.lines})
    # A receipt that came in before its dispatch has taken this much already.
    early_mg = -sum(min(0, entry.in_transit_mg(entry.jti, lot)) for lot in lots)
    for lot in lots:
        if entry.in_transit_mg(entry.jti, lot) < 0:
            entry.effects.holders.setdefault(lot, set()).add(act.to_party)
    for line in act.lines:
        entry.put(line.lot, entry.jti, entry.signer, entry.take_held(line, act.site, act.owner))
    entry.effects.handovers[entry.jti] = Handover(
        entry.jti,
        entry.signer,
        act.site,
        act.to_party,
        act.to_site,
        act.title,
        rest=dict.fromkeys(lots, 0),
        received_mg=early_mg,
    )


def receive(entry: Entry, act: acts.Receive) -> None:
    weighed = _by_lot(act.lines)
    taken = _by_lot(act.taken) if act.taken else weighed
    begins = {new.lot: new for new in act.begins}
    poured: Counter[str] = Counter()
    unknown_mg = grown = 0
    if act.into:
        entry.open(act.into.lot, act.into.form, act.into, origin=False, day_lot=True)
    for lot in sorted(weighed.keys() | taken.keys()):
        line = LotMass(lot=lot, mass_mg=taken[lot])
        owners, began = _take_delivery(entry, act, line, begins.get(lot))
        excess_mg = 0 if began else _excess_mg(entry.lot(lot), weighed[lot], line.mass_mg)
        ppm = ppm_after(line.mass_mg, entry.grown({lot: line.mass_mg}), weighed[lot] - excess_mg) if not began else 0
        _flag_receipt(entry, lot, line.mass_mg, weighed[lot], excess_mg, began)
        target = act.into.lot if act.into else lot
        entry.put(target, act.site, entry.signer, divide(weighed[lot], owners))
        if act.into:
            poured[lot] += weighed[lot] - excess_mg
            unknown_mg += excess_mg
            grown += (weighed[lot] - excess_mg) * ppm
            entry.effects.holders.setdefault(lot, set()).add(entry.signer)
            continue
        entry.gain(lot, ppm)
        if excess_mg:
            entry.pour(lot, {}, excess_mg, held_mg=max(0, entry.held_mg(lot) - taken[lot] + weighed[lot] - excess_mg))
    if act.into:
        entry.pour(act.into.lot, poured, unknown_mg)
        entry.gain(act.into.lot, ppm_after(poured.total(), grown, poured.total()))


def refuse(entry: Entry, act: acts.Refuse) -> None:
    handover = entry.books.handovers[act.dispatch]
    for line in act.lines:
        owners = entry.take_in_transit(line, act.dispatch, handover.from_party)
        entry.put(line.lot, handover.from_site, handover.from_party, owners)


def transfer_title(entry: Entry, act: acts.TransferTitle) -> None:
    custodian = act.custodian or entry.signer
    for line in act.lines:
        for holder, mass_mg in entry.take_owned(line, act.site, custodian).items():
            entry.put(line.lot, act.site, holder, {act.to_party: mass_mg})


def close(entry: Entry, act: acts.Close) -> None:
    fact = entry.lot(act.lot)
    entry.effects.lots[act.lot] = fact._replace(closed=True)
    if (act.receipts, act.mass_mg) != (fact.pours, fact.poured_mg):
        entry.flag(FlagKind.CLOSE_DIFFERS, act.lot, abs(act.mass_mg - fact.poured_mg))


def process(entry: Entry, act: acts.Process) -> None:
    _run_step(entry, act, STEPS[act.step], act.outputs)


def pack(entry: Entry, act: acts.Pack) -> None:
    _run_step(entry, act, STEPS["pack"], (act.output,))
    fact = entry.lot(act.output.lot)
    entry.effects.lots[fact.uri] = fact._replace(count=act.count, net_mg=act.net_mg, gtin=act.gtin)


def split(entry: Entry, act: acts.Split) -> None:
    entry.make(act.site, (act.input,), act.outputs, act.owner, [0] * len(act.outputs))
    for output in act.outputs:
        entry.gain(output.lot, entry.lot(act.input.lot).gained_ppm)


def sample(entry: Entry, act: acts.Sample) -> None:
    owners = entry.take_held(act.line, act.site, act.owner)
    if act.into:
        parent = entry.lot(act.line.lot)
        entry.open(act.into, parent.form, None, origin=False)
        entry.put(act.into, act.site, entry.signer, owners)
        entry.pour(act.into, {act.line.lot: act.line.mass_mg})
        entry.gain(act.into, parent.gained_ppm)


def sell(entry: Entry, act: acts.Sell) -> None:
    for line in act.lines:
        entry.take_owned(line, act.site, entry.signer)


def dispose(entry: Entry, act: acts.Dispose) -> None:
    for line in act.lines:
        if _holds(entry, act.site, line.lot):
            entry.take_held(line, act.site, act.owner)
        else:
            entry.take_owned(line, act.site, entry.signer)


def recall(entry: Entry, act: acts.Recall) -> None:
    for lot in act.lots:
        entry.effects.recalls[lot] = {**entry.books.recalls.get(lot, {}), entry.jti: entry.signer}


def lift_recall(entry: Entry, act: acts.LiftRecall) -> None:
    for lot in act.lots:
        known = entry.books.recalls.get(lot, {})
        entry.effects.recalls[lot] = {event: by for event, by in known.items() if event != act.recall}


def only_say(entry: Entry, act: acts.Act) -> None:
    """A grade, a document, a payment, a reply, a certificate or the log's index changes no weights."""


HANDLERS: dict[str, Callable[[Entry, Any], None]] = {
    "genesis": genesis,
    "succession": succession,
    "register_party": register_party,
    "register_site": register_site,
    "register_plot": register_plot,
    "register_key": register_key,
    "revoke_key": revoke_key,
    "erased": erased,
    "index": only_say,
    "harvest": harvest,
    "dispatch": dispatch,
    "receive": receive,
    "refuse": refuse,
    "transfer_title": transfer_title,
    "close": close,
    "process": process,
    "split": split,
    "pack": pack,
    "grade": only_say,
    "sample": sample,
    "attach_document": only_say,
    "sell": sell,
    "dispose": dispose,
    "recall": recall,
    "lift_recall": lift_recall,
    "pay": only_say,
    "confirm": only_say,
    "contest": only_say,
    "certify": only_say,
    "withdraw": only_say,
}


def outweighs(act: acts.Receive, fact: LotFact) -> bool:
    """Whether more of a lot is weighed than can have come from what is taken: the rest is other coffee."""
    return _excess_mg(fact, _by_lot(act.lines)[fact.uri], _by_lot(act.taken or act.lines)[fact.uri]) > 0


def _excess_mg(fact: LotFact, weighed_mg: int, taken_mg: int) -> int:
    return max(0, weighed_mg - most_mg(taken_mg, taken_mg * fact.gained_ppm, RECEIPT.ceiling))


def begins_here(fact: LotFact, said: bool, signer: str) -> bool:
    """Whether a receipt without a dispatch is the first word about a lot, or more of what began with this signer."""
    again = said and fact.opened_by == signer and (fact.origin or fact.made_by is None)
    return fact.opened_by is None or again


def _take_delivery(entry: Entry, act: acts.Receive, line: LotMass, said: NewLot | None) -> tuple[Counter[str], bool]:
    """Take what is delivered from where it was: who owns it now (as weights), and whether it begins here."""
    title = act.title
    if act.dispatch:
        handover = entry.handover(act.dispatch)
        sender = handover.from_party if handover else act.from_party or entry.signer
        title = title and (handover is None or handover.title)
        owners = entry.take_in_transit(line, act.dispatch, sender)
    elif begins_here(entry.lot(line.lot), said is not None, entry.signer):
        _begin(entry, line.lot, said)
        owner = entry.signer if act.title else act.from_party or entry.signer
        return Counter({owner: 1}), True
    else:
        sender = act.from_party or entry.lot(line.lot).opened_by or entry.signer
        owners = entry.take_from(line, sender, act.site)
    owners = owners or Counter({sender: 1})
    return (entry.pass_title(owners, sender, entry.signer) if title else owners), False


def _begin(entry: Entry, lot: str, said: NewLot | None) -> None:
    entry.open(lot, said.form if said else None, said, origin=True)


def _run_step(entry: Entry, act: acts.Process | acts.Pack, step: Step, outputs: tuple[NewLot, ...]) -> None:
    in_mg = sum(line.mass_mg for line in act.inputs)
    grown = entry.grown(_by_lot(act.inputs))
    unknown = _unknown(step, in_mg, grown, outputs)
    _flag_yield(entry, act, step, outputs, in_mg, unknown)
    entry.make(act.site, act.inputs, outputs, act.owner, unknown)
    ppm = ppm_after(in_mg, grown, sum(output.mass_mg for output in outputs) - sum(unknown))
    for output in outputs:
        # What a step takes from the product, the by-product still has.
        entry.gain(output.lot, ppm if step.ceiling > 1000 or output.form in step.byproducts else 0)


def _unknown(step: Step, in_mg: int, grown: int, outputs: tuple[NewLot, ...]) -> list[int]:
    """How much of each output cannot come from the inputs: product above what can be, by-products above all."""
    ceiling_mg = most_mg(in_mg, grown, step.ceiling)
    product_mg = step.product_mg(outputs)
    byproduct_mg = sum(output.mass_mg for output in outputs) - product_mg
    excess_mg = max(0, product_mg - ceiling_mg)
    room_mg = max(in_mg, ceiling_mg) - (product_mg - excess_mg)
    rest_mg = max(0, byproduct_mg - room_mg)
    names = [str(place) for place in range(len(outputs))]
    products = {name: o.mass_mg for name, o in zip(names, outputs, strict=True) if o.form not in step.byproducts}
    others = {name: o.mass_mg for name, o in zip(names, outputs, strict=True) if o.form in step.byproducts}
    unknown = (divide(excess_mg, products) if products else {}) | (divide(rest_mg, others) if others else {})
    return [unknown[name] for name in names]


def _flag_yield(
    entry: Entry,
    act: acts.Process | acts.Pack,
    step: Step,
    outputs: tuple[NewLot, ...],
    in_mg: int,
    unknown: list[int],
) -> None:
    kinds = {"impossible": FlagKind.ABOVE_CEILING, "above": FlagKind.ABOVE_USUAL, "below": FlagKind.BELOW_USUAL}
    kind = kinds.get(outcome(step.name, in_mg, step.product_mg(outputs)))
    given = {entry.lot(line.lot).form for line in act.inputs} - {None}
    for output, unknown_mg in zip(outputs, unknown, strict=True):
        if unknown_mg:
            entry.flag(FlagKind.ABOVE_CEILING, output.lot, unknown_mg)
        elif kind and kind is not FlagKind.ABOVE_CEILING and output.form not in step.byproducts:
            entry.flag(kind, output.lot)
        if not all(form and step.allows(form, output.form) for form in given):
            entry.flag(FlagKind.STEP_UNUSUAL, output.lot)


def _flag_receipt(entry: Entry, lot: str, taken_mg: int, weighed_mg: int, excess_mg: int, began: bool) -> None:
    if began:
        return
    low, high = RECEIPT.usual
    if excess_mg:
        entry.flag(FlagKind.ABOVE_CEILING, lot, excess_mg)
    elif weighed_mg * 1000 > taken_mg * high:
        entry.flag(FlagKind.ABOVE_USUAL, lot, weighed_mg - taken_mg)
    elif weighed_mg * 1000 < taken_mg * low:
        entry.flag(FlagKind.BELOW_USUAL, lot, taken_mg - weighed_mg)


def _holds(entry: Entry, site: str, lot: str) -> bool:
    at_home = site in entry.books.sites and entry.books.sites[site].party == entry.signer
    rows = entry.books.balances.rows(lot)
    return at_home or any(key.site == site and key.custodian == entry.signer for key in rows)


def _by_lot(lines: Iterable[LotMass]) -> Counter[str]:
    masses: Counter[str] = Counter()
    for line in lines:
        masses[line.lot] += line.mass_mg
    return masses
