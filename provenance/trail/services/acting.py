"""Lets a party act with the key that this server holds for it: sign, then record like anybody else's statement."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.db.models import Exists, OuterRef
from django.utils import timezone

from provenance.coffee.acts import Act
from provenance.coffee.statement import new_event_id, sign
from provenance.keyring import unseal_secret
from provenance.tlog.keys import Ed25519Signer
from provenance.trail.errors import NoServerKey, RecordRefused
from provenance.trail.models import Event, Key, Log, ServerKey
from provenance.trail.services.attaching.tying import Stored
from provenance.trail.services.logs import active_log
from provenance.trail.services.recording import Incoming, Shown, record, rehearse

__all__ = ["Draft", "Withheld", "new_event_id", "record_acts", "rehearse_acts", "sign_drafts"]


@dataclass(frozen=True)
class Withheld:
    """A value that stays out of the signed bytes; ``audience``: "public", "partners", "auditors" or a party's URI."""

    value: str
    audience: str


@dataclass(frozen=True)
class Draft:
    """
    What a person is about to say. ``jti`` where another draft of the same batch has to name this event; ``files``:
    those that it names and that are stored already.
    """

    act: Act
    withheld: Mapping[str, Withheld] = field(default_factory=dict)
    jti: str | None = None
    files: Sequence[Stored] = ()


@dataclass(frozen=True)
class HeldKey:
    """A party's key, opened for signing."""

    kid: str
    signer: Ed25519Signer


def record_acts(party: str, drafts: Sequence[Draft], key: HeldKey | None = None) -> list[Event]:
    """
    Sign the drafts with ``key``, else with the one that this server holds for the party, and record them: all or none.

    Raises what ``recording.record`` and ``coffee.statement.sign`` raise, and ``NoServerKey``.
    """
    return record(sign_drafts(active_log(), party, drafts, key))


def rehearse_acts(party: str, drafts: Sequence[Draft]) -> None:
    """Raise, in the words of the law, what stands against these acts now: before anybody is asked to sign them."""
    try:
        rehearse(sign_drafts(active_log(), party, drafts))
    except RecordRefused as refused:
        raise refused.problems[0].error from None


def sign_drafts(log: Log, party: str, drafts: Sequence[Draft], key: HeldKey | None = None) -> list[Incoming]:
    """Signed with the party's key, as they would come in from a phone."""
    key = key or held_key(log, party)
    now = int(timezone.now().timestamp())
    return [_sign_draft(log, party, key, draft, now) for draft in drafts]


def _sign_draft(log: Log, party: str, key: HeldKey, draft: Draft, now: int) -> Incoming:
    statement, disclosures = sign(
        draft.act,
        iss=party,
        aud=log.aud,
        iat=now,
        kid=key.kid,
        signer=key.signer.sign,
        jti=draft.jti,
        withheld={name: each.value for name, each in draft.withheld.items()},
    )
    shown = [Shown(each.text, draft.withheld[each.name].audience) for each in disclosures]
    return Incoming(statement.jws, shown, draft.files)


def held_key(log: Log, party: str) -> HeldKey:
    """The party's newest key that this server holds and nobody has revoked."""
    standing = Key.objects.filter(log=log, kid=OuterRef("kid"), revoked_by=None)
    row = ServerKey.objects.filter(Exists(standing), party=party).order_by("-pk").first()
    if row is None:
        raise NoServerKey("This site holds no key for you, so it cannot sign in your name.")
    return HeldKey(row.kid, Ed25519Signer(unseal_secret(row.sealed, bound_to(row.kid))))


def bound_to(kid: str) -> str:
    """A party's seed opens under its own kid only."""
    return f"party key {kid}"
