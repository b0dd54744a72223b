"""Registry acts: no EPCIS events, but the ``subject`` of a statement, whose members are the act's fields."""

import re
from collections.abc import Callable
from dataclasses import fields
from datetime import datetime
from typing import Any

from provenance.coffee import words
from provenance.coffee.acts import (
    ACTS,
    REGISTRY_ACTS,
    Act,
    Erased,
    Genesis,
    Index,
    RegisterKey,
    RegisterParty,
    RegisterPlot,
    RegisterSite,
    RevokeKey,
    Succession,
)
from provenance.coffee.epcis.fields import country, distinct, reference, time, whole, word
from provenance.coffee.epcis.members import Json, need, texts
from provenance.coffee.epcis.members import time as read_time
from provenance.coffee.epcis.problems import problem
from provenance.coffee.epcis.written import time_text

MAX_AREA_M2 = 10**10  # 10,000 square kilometres: larger than any estate
MAX_LEAF = 2**53 - 1
MAX_NOTE = 8_000  # letters: a log's own lines, and what cosignatures find room beside them in a statement
INDEX_VERSIONS = (1, 2)

_KEY = re.compile(r"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]")  # 32 bytes in canonical base64url
_ORIGIN = re.compile(r"[a-z0-9][a-z0-9.-]*(:[0-9]{1,5})?/log/[a-z0-9-]{1,40}/[1-9][0-9]{0,5}")
_VKEY = re.compile(r"[!-~]{1,4000}")
_COMPACT_JWS = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_GEO = re.compile(r"geo:(-?[0-9]{1,2}\.[0-9]),(-?[0-9]{1,3}\.[0-9])")


def subject_of(act: Act) -> Json:
    """The ``subject`` member for a registry act; absent fields are left out. Raises ``MalformedAct``."""
    if act.name not in REGISTRY_ACTS:
        raise problem("event", f"{act.name} is told by an EPCIS event, not by a subject.")
    _CHECKS[act.name](act)
    return _write(act)


def act_of_subject(name: str, subject: Json) -> Act:
    """The registry act of a ``subject``. Raises ``MalformedAct`` for anything ``subject_of`` would not have written."""
    if name not in REGISTRY_ACTS:
        raise problem("act", f"{name!r} is not an act of the registry.")
    act = _read(ACTS[name], subject)
    _CHECKS[name](act)
    if extra := subject.keys() - {field.name for field in fields(act)}:
        raise problem(min(extra), f"this is not part of {name}.")
    if _write(act) != subject:
        raise problem("subject", f"this is not the one written form of {name}.")
    return act


def _write(act: Act) -> Json:
    written: Json = {}
    for field in fields(act):
        value = getattr(act, field.name)
        if value is None:
            continue
        if isinstance(value, datetime):
            value = time_text(value)
        elif isinstance(value, tuple):
            value = [list(item) if isinstance(item, tuple) else item for item in value]
        written[field.name] = value
    return written


_TEXTS = frozenset({"roles", "keys", "digests"})
_NUMBERS = frozenset({"area_m2", "from_index", "v", "upto", "prev", "lost"})


def _read(kind: type[Act], subject: Json) -> Act:
    values: dict[str, Any] = {}
    for field in fields(kind):
        if field.name in subject or field.default is not None:
            values[field.name] = _value(subject, field.name)
    return kind(**values)


def _value(subject: Json, name: str) -> object:
    if name in _TEXTS:
        need(subject, name, list, name)
        return texts(subject, name, name)
    if name in _NUMBERS:
        return need(subject, name, int, name)
    if name == "since":
        return read_time(subject, name, name)
    if name == "vkeys":
        return tuple([_vkeys_of_one_log(log) for log in need(subject, name, list, name)])
    return need(subject, name, str, name)


def _vkeys_of_one_log(log: object) -> tuple[str, ...]:
    return texts({"vkeys": log}, "vkeys", "vkeys")


# --- checks ----------------------------------------------------------------------------------------------------------


def _genesis(act: Genesis) -> None:
    if not _ORIGIN.fullmatch(act.origin):
        raise problem("origin", "it looks like example.org/log/harvest/1.")
    reference(act.operator, "operator")
    _key(act.operator_jwk, "operator_jwk")
    if len(act.vkeys) != 3 or not all(act.vkeys):
        raise problem("vkeys", "give the keys of this log and of the two that would follow it.")
    for vkey in (vkey for log in act.vkeys for vkey in log):
        if not _VKEY.fullmatch(vkey):
            raise problem("vkeys", "a verifier key is one line without spaces.")
    distinct((vkey for log in act.vkeys for vkey in log), "vkeys")
    word(act.entries, words.ENTRIES_READERS, "entries")


def _register_party(act: RegisterParty) -> None:
    reference(act.party, "party")
    word(act.kind, words.PARTY_KINDS, "kind")
    if not act.roles:
        raise problem("roles", "name at least one.")
    for role in act.roles:
        word(role, words.ROLES, "roles")
    distinct(act.roles, "roles")
    country(act.country)
    reference(act.guardian, "guardian")
    if act.guardian == act.party:
        raise problem("guardian", "nobody is their own guardian.")


def _register_site(act: RegisterSite) -> None:
    reference(act.site, "site")
    reference(act.party, "party")
    word(act.kind, words.SITE_KINDS, "kind")
    country(act.country)
    _rough_position(act.geo)


def _register_plot(act: RegisterPlot) -> None:
    reference(act.plot, "plot")
    reference(act.site, "site")
    country(act.country)
    whole(act.area_m2, "area_m2", most=MAX_AREA_M2)
    _rough_position(act.geo)


def _register_key(act: RegisterKey) -> None:
    reference(act.party, "party")
    _key(act.kid, "kid")
    _key(act.x, "x")
    word(act.custody, words.CUSTODY, "custody")
    if len(act.pop) > 2000 or not _COMPACT_JWS.fullmatch(act.pop):
        raise problem("pop", "it is a signature in compact form.")


def _revoke_key(act: RevokeKey) -> None:
    _key(act.kid, "kid")
    time(act.since, "since")
    whole(act.from_index, "from_index", least=0, most=MAX_LEAF)
    word(act.reason, words.REVOKE_REASONS, "reason")


def _erased(act: Erased) -> None:
    if not act.digests:
        raise problem("digests", "name at least one.")
    for digest in act.digests:
        _key(digest, "digests")
    distinct(act.digests, "digests")


def _index(act: Index) -> None:
    if act.v not in INDEX_VERSIONS:
        raise problem("v", f"this software reads indexes of version {' and '.join(map(str, INDEX_VERSIONS))}.")
    whole(act.upto, "upto", least=1, most=MAX_LEAF)
    _key(act.root, "root")
    if act.prev is not None:
        whole(act.prev, "prev", least=1, most=act.upto - 1)


def _succession(act: Succession) -> None:
    if not _ORIGIN.fullmatch(act.origin):
        raise problem("origin", "it looks like example.org/log/harvest/2.")
    if not act.keys or not all(_VKEY.fullmatch(vkey) for vkey in act.keys):
        raise problem("keys", "give the verifier keys of this log, each one line without spaces.")
    distinct(act.keys, "keys")
    if not act.retired.endswith("\n") or len(act.retired) > MAX_NOTE:
        raise problem("retired", "it is the last checkpoint of the log that is retired, as a signed note.")
    whole(act.lost, "lost", least=0, most=MAX_LEAF)


def _key(text: str, field: str) -> None:
    if not _KEY.fullmatch(text):
        raise problem(field, "it is 32 bytes in base64url: 43 characters.")


def _rough_position(geo: str | None) -> None:
    if geo is None:
        return
    match = _GEO.fullmatch(geo)
    if match is None or not _in_range(match[1], 90) or not _in_range(match[2], 180):
        raise problem("geo", "it is latitude and longitude to one tenth of a degree, like geo:5.8,38.4.")


def _in_range(degrees: str, most: int) -> bool:
    return degrees == f"{float(degrees):.1f}" and degrees != "-0.0" and -most <= float(degrees) <= most


_CHECKS: dict[str, Callable[[Any], None]] = {
    "genesis": _genesis,
    "register_party": _register_party,
    "register_site": _register_site,
    "register_plot": _register_plot,
    "register_key": _register_key,
    "revoke_key": _revoke_key,
    "erased": _erased,
    "index": _index,
    "succession": _succession,
}


def check_subject_act(act: Act) -> None:
    """Raises ``MalformedAct`` naming the field that breaks the vocabulary. For acts of the registry."""
    _CHECKS[act.name](act)
