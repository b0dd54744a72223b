"""Opens what is sealed."""

from collections.abc import Mapping, Sequence

from provenance.coffee.errors import CoffeeError
from provenance.coffee.ledger import Books
from provenance.coffee.statement import Statement, thumbprint
from provenance.keyring import Unsealable, unseal_secret
from provenance.tlog.keys import Ed25519Signer
from provenance.trail.models import Disclosure, Event, Key, Log, LogKey, ServerKey, SubjectKey
from provenance.trail.services import acting
from provenance.trail.services.disclosing import AUDITORS, PARTNERS, PUBLIC, open_disclosure
from provenance.trail.services.logs import KEYS_AHEAD, open_key, origin_of
from provenance.trail.services.sealing import open_subject_key
from provenance.trail.services.verifying.findings import Findings


def check_disclosures(
    events: Sequence[Event], statements: Mapping[int, Statement], books: Books, findings: Findings
) -> None:
    """Each disclosure opens, and is what its statement withholds under that name."""
    by_pk = {event.pk: event for event in events}
    rows = list(Disclosure.objects.filter(event__in=by_pk).order_by("event", "name"))
    keys = {row.party: row for row in SubjectKey.objects.filter(party__in={row.subject for row in rows})}
    for row in rows:
        findings.counts["disclosures"] += 1
        event, statement = by_pk[row.event_id], statements.get(row.event_id)
        if statement is None:
            continue
        what = _what_is_wrong(row, statement, keys.get(row.subject), books)
        if what:
            findings.fault(f"Its disclosure of {row.name} {what}.", event.event_id, event.index)


def _what_is_wrong(row: Disclosure, statement: Statement, key: SubjectKey | None, books: Books) -> str | None:
    if key is None:
        return "has lost the key of its subject"
    try:
        opened = open_disclosure(row, statement, open_subject_key(key.party, key.sealed))
    except (Unsealable, CoffeeError, UnicodeDecodeError) as error:
        return f"does not open: {error}"
    if (row.name, row.digest) != (opened.name, opened.digest):
        return "is not the value that was withheld"
    if row.audience not in {PUBLIC, PARTNERS, AUDITORS} and row.audience not in books.parties:
        return "is shown to nobody that exists"
    return None


def check_keys(log: Log, findings: Findings) -> None:
    """Every private key opens under KEY_ENCRYPTION_KEY and is the one that the log names."""
    for number in range(1, 1 + KEYS_AHEAD):
        origin = origin_of(log.name, number)
        found = {row.kind: row for row in LogKey.objects.filter(origin=origin, log__name=log.name, log__number=1)}
        for kind in LogKey.Kind.values:
            if kind not in found:
                findings.fault(f"The {kind} key of {origin} is missing.")
                continue
            findings.counts["keys"] += 1
            try:
                vkey = open_key(found[kind]).verifier.vkey
            except Unsealable as error:
                findings.fault(str(error))
                continue
            if vkey != found[kind].vkey or (number == log.number and vkey not in log.vkeys.splitlines()):
                findings.fault(f"The {kind} key of {origin} is not the one that it is said to be.")
    held = {row.kid: row for row in ServerKey.objects.all()}
    for key in Key.objects.filter(log=log, custody="server"):
        findings.counts["keys"] += 1
        if what := _what_is_wrong_with_key(key, held.get(key.kid)):
            findings.fault(f"The server's key {key.kid} of {key.party} {what}.")


def _what_is_wrong_with_key(key: Key, row: ServerKey | None) -> str | None:
    if row is None:
        return "is missing"
    try:
        signer = Ed25519Signer(unseal_secret(row.sealed, acting.bound_to(row.kid)))
    except Unsealable as error:
        return f"does not open: {error}"
    if thumbprint(signer.public.raw) != key.kid or row.party != key.party:
        return "is not the one that was registered"
    return None
