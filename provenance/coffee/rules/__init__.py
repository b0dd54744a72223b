"""
Who may say what: the one law that the recorder, the offline verifier and every mirror judge by, in leaf order.

Missing stock is no reason to refuse (the ledger opens a shortfall); a missing right is. Every refusal is a sentence
that names what was tried and who may do it.
"""

import base64
import binascii
from collections.abc import Callable
from typing import Any

from provenance.coffee import acts
from provenance.coffee.bounds import check_room
from provenance.coffee.errors import MalformedStatement, NotAuthorised
from provenance.coffee.ledger.acting import begins_here, outweighs
from provenance.coffee.ledger.books import Books, KeyFact, LotFact, Signed
from provenance.coffee.ledger.naming import original_id
from provenance.coffee.rights import (
    check_begins,
    check_custodian,
    check_given,
    check_handled,
    check_own,
    check_owner,
    check_pour,
    is_custodian,
    lots_of,
    owns,
    party_of,
    site_of,
    traced,
)
from provenance.coffee.statement import check_pop, successor, thumbprint
from provenance.tlog.checkpoint import open_checkpoint
from provenance.tlog.errors import TlogError
from provenance.tlog.keys import parse_vkey

# Roles that open doors to the coffee of others: nobody gives them to a party of his own.
OVERSIGHT = frozenset({"auditor", "officer", "operator"})


def authorise(books: Books, statement: Signed, index: int | None) -> None:
    """
    Raise ``NotAuthorised`` unless the signer's key stands and the signer may say this.

    ``index`` is the statement's place in the log series; None while recording, when a revocation counts at once.
    """
    if statement.jti in books.events:
        raise NotAuthorised("This event is recorded already: an event id is used once.")
    if statement.act != "genesis":
        check_key(books, statement, index)
    RULES[statement.act](books, statement, statement.body, index)
    check_room(books, statement)


def check_key(books: Books, statement: Signed, index: int | None) -> None:
    """Raise ``NotAuthorised`` unless the key is registered, the signer's own and not revoked at leaf ``index``."""
    key = books.keys.get(statement.kid)
    if key is None:
        raise NotAuthorised("The key that signed this is not registered: the operator or a guardian registers keys.")
    if key.party != statement.iss:
        raise NotAuthorised("The key that signed this belongs to somebody else: only its own party may use it.")
    if index is not None and key.from_leaf is not None and key.from_leaf >= index:
        raise NotAuthorised("The key that signed this was registered only later in the log.")
    if _is_revoked(key, index):
        raise NotAuthorised("The key that signed this is revoked: its party needs a new one.")


def _is_revoked(key: KeyFact, index: int | None) -> bool:
    if index is None:
        return key.revoked_by is not None
    return key.revoked_leaf is not None and key.revoked_leaf < index


# --- registry --------------------------------------------------------------------------------------------------------


def _genesis(books: Books, statement: Signed, act: acts.Genesis, index: int | None) -> None:
    if books.operator is not None or index not in (None, 0):
        raise NotAuthorised("A log has one genesis, and it comes first.")
    if statement.iss != act.operator or statement.kid != _thumbprint(act.operator_jwk):
        raise NotAuthorised("A genesis is signed by the operator it names, with the key it names.")


def _register_party(books: Books, statement: Signed, act: acts.RegisterParty, index: int | None) -> None:
    known = books.parties.get(act.party)
    # Genesis only names the operator: what kind of party it is may be said once more.
    if known and known.registered_by:
        raise NotAuthorised("This party is registered already.")
    if statement.iss not in {books.operator, act.guardian}:
        raise NotAuthorised("Only the operator, or the guardian named, may register this party.")
    if statement.iss != books.operator and OVERSIGHT.intersection(act.roles):
        raise NotAuthorised("Only the operator may register an auditor, an officer or an operator.", field="roles")


def _register_site(books: Books, statement: Signed, act: acts.RegisterSite, index: int | None) -> None:
    if act.site in books.sites:
        raise NotAuthorised("This site is registered already.")
    check_own(books, statement, party_of(books, act.party), "register a site of this party")


def _register_plot(books: Books, statement: Signed, act: acts.RegisterPlot, index: int | None) -> None:
    if act.plot in books.plots:
        raise NotAuthorised("This plot is registered already.")
    party = party_of(books, site_of(books, act.site).party)
    check_own(books, statement, party, "register a plot of this site")


def _register_key(books: Books, statement: Signed, act: acts.RegisterKey, index: int | None) -> None:
    if act.kid in books.keys:
        raise NotAuthorised("This key is registered already: a key belongs to one party for ever.")
    check_own(books, statement, party_of(books, act.party), "register a key of this party")
    try:
        check_pop(
            act.pop,
            _raw(act.x),
            aud=statement.aud,
            party=act.party,
            kid=act.kid,
            registrar=statement.kid,
            jti=statement.jti,
        )
    except MalformedStatement as error:
        raise NotAuthorised(f"The new key does not prove itself: {error}", field="pop") from error


def _revoke_key(books: Books, statement: Signed, act: acts.RevokeKey, index: int | None) -> None:
    key = books.keys.get(act.kid)
    if key is None:
        raise NotAuthorised("The key to be revoked is not registered.")
    if key.revoked_by is not None:
        raise NotAuthorised("This key is revoked already, and a revocation stays as it was made.")
    check_own(books, statement, party_of(books, key.party), "revoke a key of this party")


def _index(books: Books, statement: Signed, act: acts.Index, index: int | None) -> None:
    log = books.log
    if log is None or statement.iss != books.operator or statement.kid != log.kid:
        raise NotAuthorised("Only the operator's key that leaf 0 names may sign the log's index.")
    if index is None or index - log.first_leaf != act.upto:
        raise NotAuthorised("An index covers all leaves before it, and no others.", field="upto")


def _succession(books: Books, statement: Signed, act: acts.Succession, index: int | None) -> None:
    before = books.log
    if statement.iss != books.operator:
        raise NotAuthorised("Only the operator may begin a further log.")
    if before is None or len(before.vkeys) < 2:
        raise NotAuthorised("Leaf 0 of the series lists no keys for a further log: another series has to begin.")
    if act.origin != successor(before.origin) or act.keys != before.vkeys[1]:
        raise NotAuthorised("A log is succeeded by the next number, with the keys that leaf 0 of the series lists.")
    try:
        keys = [parse_vkey(vkey) for vkey in before.vkeys[0]]
        retired, _ = open_checkpoint(act.retired.encode(), keys, origin=before.origin, every_key=True)
    except TlogError as error:
        raise NotAuthorised(f"The log that is retired did not sign the checkpoint quoted: {error}") from error
    if index is not None and index - before.first_leaf != retired.size:
        raise NotAuthorised("A succession follows the last leaf under the checkpoint that it quotes.", field="retired")


# --- movement --------------------------------------------------------------------------------------------------------


def _harvest(books: Books, statement: Signed, act: acts.Harvest, index: int | None) -> None:
    site = site_of(books, act.site)
    if statement.iss not in {site.party, party_of(books, site.party).guardian}:
        raise NotAuthorised("Only the farm's own party, or its collector, may record a harvest there.")
    if act.owner not in {None, site.party, statement.iss}:
        raise NotAuthorised("A harvest belongs to the farm's party or to the signer.")
    check_begins(books, statement, act.output.lot)


def _dispatch(books: Books, statement: Signed, act: acts.Dispatch, index: int | None) -> None:
    check_custodian(books, statement, act.site, lots_of(act.lines), "send it")
    party_of(books, act.to_party)
    if act.to_site:
        site_of(books, act.to_site)


def _receive(books: Books, statement: Signed, act: acts.Receive, index: int | None) -> None:
    site = site_of(books, act.site)
    handover = books.handovers.get(act.dispatch) if act.dispatch else None
    if handover and not handover.withdrawn:
        if handover.to_party != statement.iss:
            raise NotAuthorised("Only the party that this was sent to may receive it.")
    elif act.dispatch in books.events and not handover:
        raise NotAuthorised("What this receipt names as its dispatch is none.")
    elif site.party != statement.iss:
        raise NotAuthorised("Without a dispatch to you, you may receive only at a site of your own.")
    for lot in traced(books, lots_of(act.lines)):
        fact = books.lots.get(lot) or LotFact(lot)
        if not act.dispatch and begins_here(fact, any(new.lot == lot for new in act.begins), statement.iss):
            check_begins(books, statement, lot)
            continue
        if not act.dispatch and act.title:
            check_given(books, statement, lot, act.from_party or fact.opened_by)
        if not act.into and fact.opened_by not in {None, statement.iss} and outweighs(act, fact):
            raise NotAuthorised(
                f"{lot} is somebody else's lot, and weighs more than storing can have added since it last changed: "
                "receive it into a lot of your own.",
                field="lines",
            )
    if act.into:
        check_pour(books, statement, act.into.lot, lots_of(act.lines))


def _refuse(books: Books, statement: Signed, act: acts.Refuse, index: int | None) -> None:
    handover = books.handovers.get(act.dispatch)
    if handover is None or handover.withdrawn:
        raise NotAuthorised("There is no dispatch to refuse.")
    if handover.to_party != statement.iss:
        raise NotAuthorised("Only the party that this was sent to may refuse it.")


def _transfer_title(books: Books, statement: Signed, act: acts.TransferTitle, index: int | None) -> None:
    party_of(books, act.to_party)
    if act.custodian:
        party_of(books, act.custodian)
    check_owner(books, statement, act.site, lots_of(act.lines), "pass on its title")


# --- making ----------------------------------------------------------------------------------------------------------


def _close(books: Books, statement: Signed, act: acts.Close, index: int | None) -> None:
    check_custodian(books, statement, act.site, [act.lot], "close it")
    lot = books.lots.get(act.lot)
    if lot is None or not lot.day_lot or lot.opened_by != statement.iss:
        raise NotAuthorised(f"{act.lot} is no day-lot of yours: whoever opened a day-lot closes it.")
    if lot.closed:
        raise NotAuthorised(f"{act.lot} is closed already.")


def _process(books: Books, statement: Signed, act: acts.Process, index: int | None) -> None:
    inputs = lots_of(act.inputs)
    check_custodian(books, statement, act.site, inputs, "process it")
    for output in act.outputs:
        check_pour(books, statement, output.lot, inputs)


def _split(books: Books, statement: Signed, act: acts.Split, index: int | None) -> None:
    check_custodian(books, statement, act.site, [act.input.lot], "split it")
    for output in act.outputs:
        check_pour(books, statement, output.lot, [act.input.lot])


def _pack(books: Books, statement: Signed, act: acts.Pack, index: int | None) -> None:
    inputs = lots_of(act.inputs)
    check_custodian(books, statement, act.site, inputs, "pack it")
    lot = books.lots.get(act.output.lot)
    if lot and lot.made_by:
        raise NotAuthorised(f"{lot.uri} exists already: a pack lot is packed once.")
    check_pour(books, statement, act.output.lot, inputs)


# --- looking ---------------------------------------------------------------------------------------------------------


def _grade(books: Books, statement: Signed, act: acts.Grade, index: int | None) -> None:
    site_of(books, act.site)
    check_handled(books, statement, [act.lot], "grade it", auditor=True)


def _sample(books: Books, statement: Signed, act: acts.Sample, index: int | None) -> None:
    check_custodian(books, statement, act.site, [act.line.lot], "take a sample")
    if act.into:
        check_pour(books, statement, act.into, [act.line.lot])


def _attach_document(books: Books, statement: Signed, act: acts.AttachDocument, index: int | None) -> None:
    check_handled(books, statement, act.lots, "attach a document", auditor=True)
    if act.site and not act.lots:
        check_own(books, statement, party_of(books, site_of(books, act.site).party), "attach a document to this site")


# --- ending ----------------------------------------------------------------------------------------------------------


def _sell(books: Books, statement: Signed, act: acts.Sell, index: int | None) -> None:
    if act.owner not in {None, statement.iss}:
        raise NotAuthorised("Only the owner may sell: pass the title first.")
    check_owner(books, statement, act.site, lots_of(act.lines), "sell it")


def _dispose(books: Books, statement: Signed, act: acts.Dispose, index: int | None) -> None:
    for lot in traced(books, lots_of(act.lines)):
        if not is_custodian(books, statement.iss, act.site, lot) and not owns(books, statement.iss, act.site, lot):
            raise NotAuthorised(f"Only the custodian or the owner of {lot} there may dispose of it.")


def _recall(books: Books, statement: Signed, act: acts.Recall, index: int | None) -> None:
    check_handled(books, statement, act.lots, "recall it")


def _lift_recall(books: Books, statement: Signed, act: acts.LiftRecall, index: int | None) -> None:
    for lot in traced(books, act.lots):
        if books.recalls.get(lot, {}).get(act.recall) != statement.iss:
            raise NotAuthorised(f"Only whoever recalled {lot} may lift that recall.")


# --- voice -----------------------------------------------------------------------------------------------------------


def _correct(books: Books, statement: Signed, act: acts.Correct, index: int | None) -> None:
    original = books.events.get(original_id(act))
    if original is None:
        raise NotAuthorised("There is no such event to correct.")
    if original.iss != statement.iss:
        raise NotAuthorised("Only whoever signed an event may correct it.")
    if original.act in acts.REGISTRY_ACTS or original.act == "correct":
        raise NotAuthorised("Registrations and corrections cannot be corrected.")
    if original.corrected_by:
        raise NotAuthorised("This event is corrected already, and an event is corrected once.")
    if original.act == "recall" and not all(original.id in books.recalls.get(lot, {}) for lot in original.lots):
        raise NotAuthorised("This recall was lifted: that said already that it stands no more.")
    if original.act != act.original_act or original.payload != act.original:
        raise NotAuthorised("The correction does not repeat the event as it was signed.")


RULES: dict[str, Callable[[Books, Signed, Any, int | None], None]] = {
    "genesis": _genesis,
    "register_party": _register_party,
    "register_site": _register_site,
    "register_plot": _register_plot,
    "register_key": _register_key,
    "revoke_key": _revoke_key,
    "index": _index,
    "succession": _succession,
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


def _raw(x: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(x + "=" * (-len(x) % 4))
    except binascii.Error as error:
        raise NotAuthorised("The key is not base64url of a raw public key.", field="x") from error


def _thumbprint(x: str) -> str:
    return thumbprint(_raw(x))
