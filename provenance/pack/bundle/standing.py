"""Who may say what, as far as the statements of one bundle tell (``law``): judged in the log's order."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from provenance.coffee.errors import CoffeeError
from provenance.coffee.statement import check_pop, decode_b64url, thumbprint
from provenance.pack.bundle.law import OVERSIGHT
from provenance.pack.bundle.outcome import Mismatch, Unchecked
from provenance.pack.bundle.said import Said
from provenance.tlog.errors import TlogError
from provenance.tlog.keys import PublicKey, check_enrolment


class Party(NamedTuple):
    guardian: str | None = None
    roles: tuple[str, ...] = ()
    named_only: bool = False  # by genesis, which registers nobody


class Key(NamedTuple):
    party: str
    raw: bytes


@dataclass
class Standing:
    """
    What the statements so far have established.

    ``held``: for each lot, everybody who can have owned or held it; more than did, since weights are not followed.
    """

    lots: frozenset[str] = frozenset()  # the traced ones
    operator: str = ""
    first_key: str = ""  # that signed leaf 0 of the present log
    parties: dict[str, Party] = field(default_factory=dict)
    sites: dict[str, str] = field(default_factory=dict)  # to their party
    plots: dict[str, str] = field(default_factory=dict)  # to their site
    keys: dict[str, Key] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)
    events: dict[str, Said] = field(default_factory=dict)
    corrected: set[str] = field(default_factory=set)
    openers: dict[str, str] = field(default_factory=dict)
    held: dict[str, set[str]] = field(default_factory=dict)

    def begin(self, genesis: Said) -> None:
        """Leaf 0 of the series. Raises ``Mismatch`` unless it registers the key that signed it."""
        subject = genesis.subject
        raw = _raw(subject.get("operator_jwk"))
        _check_key(raw, genesis.kid)
        self.operator, self.first_key = genesis.iss, genesis.kid
        self.parties[genesis.iss] = Party(roles=("operator",), named_only=True)
        self.keys[genesis.kid] = Key(genesis.iss, raw)
        self._check_signature(genesis)
        self.events[genesis.jti] = genesis

    def is_bystander(self, said: Said) -> bool:
        """Whether it is there only so that all of its kind are: what would judge it is not, and nothing hangs on it."""
        if said.act == "revoke_key":
            return said.subject.get("kid") not in self.keys
        return said.act in ("recall", "lift_recall") and not said.about & self.lots

    def pass_by(self, said: Said) -> None:
        if said.act == "revoke_key":
            self.ended.add(str(said.subject.get("kid")))

    def judge(self, said: Said) -> None:
        """Raise ``Mismatch`` unless its key stands, signed it, and its signer may say it; then it has its effect."""
        key = self.keys.get(said.kid)
        if key is None:
            raise Mismatch("key_unknown")
        if key.party != said.iss:
            raise Mismatch("key_of_another")
        if said.kid in self.ended:
            raise Mismatch("key_ended")
        self._check_signature(said)
        if "by" not in said.row:
            raise Unchecked("act_unknown", act=said.act)
        by = said.row["by"]
        assert isinstance(by, list)
        if not any(_MAY[who](self, said) for who in by):
            raise Mismatch("not_allowed", act=said.act)
        for lot in sorted(said.makes & self.lots):
            if self.openers.get(lot, said.iss) != said.iss:
                raise Mismatch("lot_of_another", lot=lot)
        _EFFECTS.get(said.act, _no_effect)(self, said)
        self.events[said.jti] = said
        if said.row.get("moves"):
            self._move(said)

    def _check_signature(self, said: Said) -> None:
        try:
            PublicKey(self.keys[said.kid].raw).verify(said.signature, said.signed)
        except TlogError:
            raise Mismatch("signature") from None

    def _move(self, said: Said) -> None:
        for lot in sorted(said.makes | (said.begins if said.refers is None else set())):
            self.openers.setdefault(lot, said.iss)
        hands = said.parties.union(*(self.held.get(lot, set()) for lot in said.about))
        for lot in said.lots:
            self.held.setdefault(lot, set()).update(hands)


# --- who -------------------------------------------------------------------------------------------------------------


def _own(standing: Standing, said: Said) -> bool:
    uri = _subject_party(standing, said)
    if uri not in standing.parties:
        raise Mismatch("not_registered")
    return said.iss in {uri, standing.parties[uri].guardian, standing.operator}


def _subject_party(standing: Standing, said: Said) -> str:
    subject = said.subject
    match said.act:
        case "register_plot":
            return standing.sites.get(str(subject.get("site")), "")
        case "revoke_key":
            key = standing.keys.get(str(subject.get("kid")))
            return key.party if key else ""
    return str(subject.get("party"))


def _site_party(standing: Standing, said: Said) -> str:
    party = standing.sites.get(said.site or "")
    # A load that is lost on its way is disposed of where it is: with its sender.
    if party is None and (said.site or "").startswith("urn:uuid:"):
        return ""
    if party is None:
        raise Mismatch("not_registered")
    return party


def _guardian(standing: Standing, said: Said) -> bool:
    party = standing.parties.get(_site_party(standing, said))
    return party is not None and party.guardian == said.iss


def _holder(standing: Standing, said: Said) -> bool:
    return all(said.iss in standing.held.get(lot, ()) for lot in said.about & standing.lots)


def _addressee(standing: Standing, said: Said) -> bool:
    sent = standing.events.get(said.refers or "")
    if sent is not None and sent.jti not in standing.corrected:
        return sent.act == "dispatch" and sent.addressee == said.iss
    return said.act == "receive" and _site_party(standing, said) == said.iss


def _signer(standing: Standing, said: Said) -> bool:
    original = standing.events.get(said.refers or "")
    return original is not None and original.iss == said.iss


def _concerned(standing: Standing, said: Said) -> bool:
    about = standing.events.get(said.refers or "")
    if about is None or not about.lots <= standing.lots:
        return True
    return said.iss in about.parties.union(*(standing.held.get(lot, set()) for lot in about.lots))


def _has_role(role: str) -> Callable[[Standing, Said], bool]:
    return lambda standing, said: role in standing.parties.get(said.iss, Party()).roles


_MAY: dict[str, Callable[[Standing, Said], bool]] = {
    "anybody": lambda standing, said: True,
    "operator": lambda standing, said: said.iss == standing.operator,
    "first key": lambda standing, said: (
        said.iss == standing.operator
        and said.kid == standing.first_key
        and type(said.subject.get("upto")) is int
        and said.subject["upto"] == said.index
    ),
    "guardian named": lambda standing, said: said.iss == said.subject.get("guardian"),
    "own": _own,
    "site": lambda standing, said: _site_party(standing, said) == said.iss,
    "guardian": _guardian,
    "holder": _holder,
    "addressee": _addressee,
    "signer": _signer,
    "concerned": _concerned,
    "auditor": _has_role("auditor"),
    "officer": _has_role("officer"),
}


# --- what comes of it ------------------------------------------------------------------------------------------------


def _no_effect(standing: Standing, said: Said) -> None:
    """Most acts establish nothing but who held what."""


def _first(standing: Standing, known: Iterable[str], uri: object) -> str:
    if not isinstance(uri, str):
        raise Mismatch("form")
    if uri in known:
        raise Mismatch("registered_twice")
    return uri


def _register_party(standing: Standing, said: Said) -> None:
    subject = said.subject
    known = [uri for uri, party in standing.parties.items() if not party.named_only]
    uri = _first(standing, known, subject.get("party"))
    roles = tuple(str(role) for role in subject.get("roles") or ())
    if said.iss != standing.operator and set(OVERSIGHT).intersection(roles):
        raise Mismatch("not_allowed", act=said.act)
    guardian = subject.get("guardian")
    standing.parties[uri] = Party(guardian if isinstance(guardian, str) else None, roles)


def _register_site(standing: Standing, said: Said) -> None:
    standing.sites[_first(standing, standing.sites, said.subject.get("site"))] = str(said.subject["party"])


def _register_plot(standing: Standing, said: Said) -> None:
    standing.plots[_first(standing, standing.plots, said.subject.get("plot"))] = str(said.subject["site"])


def _register_key(standing: Standing, said: Said) -> None:
    subject = said.subject
    kid = subject.get("kid")
    if kid in standing.keys or kid in standing.ended:
        raise Mismatch("key_taken")
    raw = _raw(subject.get("x"))
    _check_key(raw, str(kid))
    try:
        check_pop(
            str(subject.get("pop")),
            raw,
            aud=said.aud,
            party=str(subject.get("party")),
            kid=str(kid),
            registrar=said.kid,
            jti=said.jti,
        )
    except CoffeeError:
        raise Mismatch("key_pop") from None
    standing.keys[str(kid)] = Key(str(subject["party"]), raw)


def _revoke_key(standing: Standing, said: Said) -> None:
    kid = str(said.subject.get("kid"))
    if kid in standing.ended:
        raise Mismatch("key_ended")
    standing.ended.add(kid)


def _succession(standing: Standing, said: Said) -> None:
    standing.first_key = said.kid


def _correct(standing: Standing, said: Said) -> None:
    original = standing.events[str(said.refers)]
    repeated = {name: value for name, value in said.event.items() if name != "errorDeclaration"}
    if original.jti in standing.corrected or original.act == "correct" or repeated != original.event:
        raise Mismatch("correction")
    standing.corrected.add(original.jti)


_EFFECTS: dict[str, Callable[[Standing, Said], None]] = {
    "register_party": _register_party,
    "register_site": _register_site,
    "register_plot": _register_plot,
    "register_key": _register_key,
    "revoke_key": _revoke_key,
    "succession": _succession,
    "correct": _correct,
}


def _raw(x: object) -> bytes:
    try:
        return decode_b64url(str(x).encode(errors="replace"), "x")
    except CoffeeError:
        raise Mismatch("form") from None


def _check_key(raw: bytes, kid: str) -> None:
    try:
        check_enrolment(raw)
        weak = thumbprint(raw) != kid
    except TlogError:
        weak = True
    if weak:
        raise Mismatch("key_weak")
