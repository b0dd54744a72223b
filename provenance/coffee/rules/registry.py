"""Who may register parties, sites, plots and keys, end keys, and speak for the log itself."""

import base64
import binascii

from provenance.coffee import acts
from provenance.coffee.errors import MalformedStatement, NotAuthorised
from provenance.coffee.ledger.books import Books, Signed
from provenance.coffee.rights import check_own, party_of, site_of
from provenance.coffee.statement import check_pop, successor, thumbprint
from provenance.tlog.checkpoint import open_checkpoint
from provenance.tlog.errors import TlogError
from provenance.tlog.keys import parse_vkey

# Roles that open doors to the coffee of others: nobody gives them to a party of his own.
OVERSIGHT = frozenset({"auditor", "officer", "operator"})


def genesis(books: Books, statement: Signed, act: acts.Genesis, index: int | None) -> None:
    if books.operator is not None or index not in (None, 0):
        raise NotAuthorised("A log has one genesis, and it comes first.")
    if statement.iss != act.operator or statement.kid != _thumbprint(act.operator_jwk):
        raise NotAuthorised("A genesis is signed by the operator it names, with the key it names.")


def register_party(books: Books, statement: Signed, act: acts.RegisterParty, index: int | None) -> None:
    known = books.parties.get(act.party)
    # Genesis only names the operator: what kind of party it is may be said once more.
    if known and known.registered_by:
        raise NotAuthorised("This party is registered already.")
    if statement.iss not in {books.operator, act.guardian}:
        raise NotAuthorised("Only the operator, or the guardian named, may register this party.")
    if statement.iss != books.operator and OVERSIGHT.intersection(act.roles):
        raise NotAuthorised("Only the operator may register an auditor, an officer or an operator.", field="roles")


def register_site(books: Books, statement: Signed, act: acts.RegisterSite, index: int | None) -> None:
    if act.site in books.sites:
        raise NotAuthorised("This site is registered already.")
    check_own(books, statement, party_of(books, act.party), "register a site of this party")


def register_plot(books: Books, statement: Signed, act: acts.RegisterPlot, index: int | None) -> None:
    if act.plot in books.plots:
        raise NotAuthorised("This plot is registered already.")
    party = party_of(books, site_of(books, act.site).party)
    check_own(books, statement, party, "register a plot of this site")


def register_key(books: Books, statement: Signed, act: acts.RegisterKey, index: int | None) -> None:
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


def revoke_key(books: Books, statement: Signed, act: acts.RevokeKey, index: int | None) -> None:
    key = books.keys.get(act.kid)
    if key is None:
        raise NotAuthorised("The key to be revoked is not registered.")
    if key.revoked_by is not None:
        raise NotAuthorised("This key is revoked already, and a revocation stays as it was made.")
    check_own(books, statement, party_of(books, key.party), "revoke a key of this party")


def erased(books: Books, statement: Signed, act: acts.Erased, index: int | None) -> None:
    if statement.iss != books.operator and "officer" not in party_of(books, statement.iss).roles:
        raise NotAuthorised("Only the operator, or an officer who registers people, may say that values were erased.")


def index(books: Books, statement: Signed, act: acts.Index, index: int | None) -> None:
    log = books.log
    if log is None or statement.iss != books.operator or statement.kid != log.kid:
        raise NotAuthorised("Only the operator's key that leaf 0 names may sign the log's index.")
    if index is None or index - log.first_leaf != act.upto:
        raise NotAuthorised("An index covers all leaves before it, and no others.", field="upto")


def succession(books: Books, statement: Signed, act: acts.Succession, index: int | None) -> None:
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


def _raw(x: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(x + "=" * (-len(x) % 4))
    except binascii.Error as error:
        raise NotAuthorised("The key is not base64url of a raw public key.", field="x") from error


def _thumbprint(x: str) -> str:
    return thumbprint(_raw(x))
