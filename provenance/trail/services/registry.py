"""Who and where: founding a log, registering parties, keys, sites and plots."""

from collections.abc import Mapping, Sequence
from hashlib import sha256

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from provenance.coffee import identifiers
from provenance.coffee.acts import Genesis, RegisterKey, RegisterParty, RegisterPlot, RegisterSite, RevokeKey
from provenance.coffee.statement import new_event_id, sign, sign_pop, thumbprint
from provenance.coffee.statement.envelope import b64url, decode_b64url
from provenance.keyring import seal_secret
from provenance.tlog.hashing import EMPTY_ROOT
from provenance.tlog.keys import Ed25519Signer
from provenance.trail.errors import RecordingStopped
from provenance.trail.models import Event, Log, LogHead, ServerKey
from provenance.trail.services import recording
from provenance.trail.services.acting import Draft, HeldKey, Withheld, bound_to, held_key, record_acts, sign_drafts
from provenance.trail.services.fence import Fence
from provenance.trail.services.logs import active_log, make_keys, origin_of, series_of
from provenance.trail.services.publishing import publish
from provenance.trail.services.recording import Incoming

# What anybody may read of a party or site, unless its registration says otherwise.
PUBLIC = "public"


def found_log(name: str, operator_name: str, *, entries: str = "auditors", country: str | None = None) -> Log:
    """
    Begin the series ``name`` with log number 1: its keys, its operator, its genesis as leaf 0, its first checkpoint.

    Raises ``RecordingStopped`` where the series exists, or where a fence says that it once did.
    """
    if Log.objects.filter(name=name).exists():
        raise RecordingStopped(f"There is a log called {name} already.")
    fence = Fence(settings.FENCE_DIR / f"{name}-1")
    if fence.read() is not None:
        raise RecordingStopped(
            f"A log called {name} has released checkpoints before (fence file {fence.path}): a second one under the "
            "same name would be a fork. Restore its database, or choose another name."
        )
    operator = identifiers.party_uri(settings.TRAIL_HOST, identifiers.new_id())
    key = _new_key()
    ahead = make_keys(name, 1)
    act = Genesis(
        origin=origin_of(name, 1),
        operator=operator,
        operator_jwk=b64url(key.signer.public.raw),
        vkeys=tuple(tuple(verifier.vkey for _, verifier in keys) for _, keys in ahead),
        entries=entries,
    )
    now = int(timezone.now().timestamp())
    genesis, _ = sign(act, iss=operator, aud=series_of(name), iat=now, kid=key.kid, signer=key.signer.sign)
    batch = recording.read([Incoming(genesis.jws)])
    batch.stop_if_refused()
    with transaction.atomic(durable=True):
        log = Log.objects.create(
            name=name, origin=act.origin, vkeys="\n".join(verifier.vkey for _, verifier in ahead[0][1])
        )
        LogHead.objects.create(log=log, root=EMPTY_ROOT)
        for _, keys in ahead:
            for row, _ in keys:
                row.log = log
                row.save()
        _keep_key(operator, key)
        recording.verify_signatures(log, batch)
        batch.stop_if_refused()
        recording.write_batch(log, batch)
        log.operator = operator
        log.aud = f"{series_of(name)}#{sha256(genesis.jws).hexdigest()[:16]}"
        log.save(update_fields=["operator", "aud"])
    register = RegisterParty(party=operator, kind="organisation", roles=("operator",), country=country)
    recording.record(sign_drafts(log, operator, [Draft(register, _named(operator_name))]))
    publish(log)
    return log


def register_party(
    *,
    kind: str,
    roles: Sequence[str],
    name: str,
    country: str | None = None,
    guardian: str | None = None,
    custody: str = "server",
    party: str | None = None,
    withheld: Mapping[str, Withheld] | None = None,
    audience: str = PUBLIC,
) -> str:
    """
    Register a party, and with ``custody="server"`` a key that this server keeps for it; returns its URI.

    Signed by the operator, or by the guardian where there is one. The name is withheld and shown to ``audience``.
    A device's key is registered with ``register_key`` when the device has proved that it holds it.
    """
    log = active_log()
    party = party or identifiers.party_uri(settings.TRAIL_HOST, identifiers.new_id())
    act = RegisterParty(party=party, kind=kind, roles=tuple(roles), country=country, guardian=guardian)
    drafts = [Draft(act, {**_named(name, audience), **(withheld or {})})]
    registrar = guardian or log.operator
    signer = held_key(log, registrar)
    if custody == "server":
        key = _new_key()
        # Kept before the log knows of it: a crash in between leaves a key that nobody uses, not a party without one.
        _keep_key(party, key)
        drafts.append(Draft(*_key_act(log, party, key, signer.kid)))
    recording.record(sign_drafts(log, registrar, drafts, signer))
    return party


def register_people(
    *,
    names: Sequence[str],
    roles: Sequence[str],
    guardian: str,
    country: str | None = None,
    audience: str = "auditors",
) -> list[str]:
    """
    Register many persons of one guardian in one batch: a station's deliverers, with a card and no key of their own.

    Returns their URIs in the order of ``names``, which are withheld and shown to ``audience``. Signed by the guardian.
    """
    parties = [identifiers.party_uri(settings.TRAIL_HOST, identifiers.new_id()) for _ in names]
    drafts = [
        Draft(
            RegisterParty(party=party, kind="person", roles=tuple(roles), country=country, guardian=guardian),
            _named(name, audience),
        )
        for party, name in zip(parties, names, strict=True)
    ]
    record_acts(guardian, drafts)
    return parties


def register_key(*, party: str, x: str, pop: str, jti: str, registrar: str) -> Event:
    """
    Bind a device's key to a party. ``pop`` is the device's proof over this party, registrar's kid and ``jti``.

    ``x`` is base64url of the raw public key. Signed by the registrar's server-held key.
    """
    kid = thumbprint(decode_b64url(x.encode(), "x"))
    act = RegisterKey(party=party, kid=kid, x=x, custody="device", pop=pop)
    return record_acts(registrar, [Draft(act, jti=jti)])[0]


def revoke_key(act: RevokeKey, *, by: str) -> Event:
    """End a key, signed by ``by``: the party itself, its guardian or the operator."""
    return record_acts(by, [Draft(act)])[0]


def register_site(
    *,
    party: str,
    kind: str,
    name: str,
    place: str = "",
    country: str | None = None,
    geo: str | None = None,
    by: str | None = None,
    audience: str = PUBLIC,
    site: str | None = None,
) -> str:
    """Register a site of a party; returns its URI. Name and place are withheld. ``by``: who signs, if not the party."""
    site = site or identifiers.site_uri(settings.TRAIL_HOST, identifiers.new_id())
    act = RegisterSite(site=site, party=party, kind=kind, country=country, geo=geo)
    withheld = _named(name, audience) | ({"place": Withheld(place, audience)} if place else {})
    record_acts(by or party, [Draft(act, withheld)])
    return site


def register_plot(
    *,
    site: str,
    country: str,
    area_m2: int,
    geo: str | None = None,
    boundary: str | None = None,
    name: str = "",
    by: str,
    audience: str = "auditors",
) -> str:
    """
    Register a plot of a site; returns its URI. ``by`` signs: the site's party or its guardian.

    ``boundary`` (GeoJSON text) is withheld and shown to ``audience``; ``geo`` is the blurred point anybody may see.
    """
    plot = identifiers.plot_uri(settings.TRAIL_HOST, identifiers.new_id())
    act = RegisterPlot(plot=plot, site=site, country=country, area_m2=area_m2, geo=geo)
    values = {"plot": boundary, "name": name}
    withheld = {field: Withheld(value, audience) for field, value in values.items() if value}
    record_acts(by, [Draft(act, withheld)])
    return plot


def _key_act(log: Log, party: str, key: HeldKey, registrar_kid: str) -> tuple[RegisterKey, dict[str, Withheld], str]:
    """A ``register_key`` with its proof, as the arguments of a Draft."""
    jti = new_event_id()
    pop = sign_pop(key.signer.sign, aud=log.aud, party=party, kid=key.kid, registrar=registrar_kid, jti=jti)
    x = b64url(key.signer.public.raw)
    return RegisterKey(party=party, kid=key.kid, x=x, custody="server", pop=pop), {}, jti


def _new_key() -> HeldKey:
    signer = Ed25519Signer.generate()
    return HeldKey(thumbprint(signer.public.raw), signer)


def _keep_key(party: str, key: HeldKey) -> None:
    ServerKey.objects.create(party=party, kid=key.kid, sealed=seal_secret(key.signer.seed, bound_to(key.kid)))


def _named(name: str, audience: str = PUBLIC) -> dict[str, Withheld]:
    return {"name": Withheld(name, audience)} if name else {}
