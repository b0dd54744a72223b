"""Who may answer what others said, certify coffee, and take back a statement."""

from provenance.coffee import acts
from provenance.coffee.errors import NotAuthorised
from provenance.coffee.ledger.books import Books, Signed
from provenance.coffee.ledger.naming import original_id
from provenance.coffee.rights import check_repeated, is_concerned, party_of, site_of, traced


def confirm(books: Books, statement: Signed, act: acts.Confirm, index: int | None) -> None:
    _reply(books, statement, act, "confirm")


def contest(books: Books, statement: Signed, act: acts.Contest, index: int | None) -> None:
    _reply(books, statement, act, "contest")


def _reply(books: Books, statement: Signed, act: acts.Confirm | acts.Contest, what: str) -> None:
    target = books.events.get(act.event)
    if target is None:
        raise NotAuthorised(f"There is no such event to {what}.", field="event")
    if target.act in acts.LOG_ACTS or target.act in {"confirm", "contest"}:
        raise NotAuthorised(f"The log's own statements and replies are not to {what}: reply to what they are about.")
    if target.iss == statement.iss:
        raise NotAuthorised(f"Nobody may {what} what he said himself: correct it.")
    check_repeated(act.lots, [target])
    if not is_concerned(books, statement.iss, target):
        raise NotAuthorised(
            f"Only a party that the event names, or a present or past owner or custodian of its lots, may {what} it."
        )


def certify(books: Books, statement: Signed, act: acts.Certify, index: int | None) -> None:
    if "auditor" not in party_of(books, statement.iss).roles:
        raise NotAuthorised("Only an auditor may certify.")
    if act.party:
        party_of(books, act.party)
    # A third party is nobody who gains by it.
    own = act.party == statement.iss or (act.site and site_of(books, act.site).party == statement.iss)
    if own or any(statement.iss in books.holders.get(lot, ()) for lot in traced(books, act.lots)):
        raise NotAuthorised("Nobody may certify himself, a place of his own or coffee that he has or had.")


def withdraw(books: Books, statement: Signed, act: acts.Withdraw, index: int | None) -> None:
    certificate = books.events.get(act.certificate)
    if certificate is None or certificate.act != "certify":
        raise NotAuthorised("There is no such certificate to withdraw.", field="certificate")
    if certificate.iss != statement.iss:
        raise NotAuthorised("Only whoever issued a certificate may withdraw it.")
    if certificate.corrected_by:
        raise NotAuthorised("This certificate was taken back already.")
    parties = {statement.iss, act.party or statement.iss}
    if set(act.lots) != set(certificate.lots) or parties != set(certificate.parties):
        raise NotAuthorised("A withdrawal names the lots, the place or the party that the certificate is about.")


def correct(books: Books, statement: Signed, act: acts.Correct, index: int | None) -> None:
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
