"""The registry: no EPCIS events; these travel in the statement's ``subject``."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from provenance.coffee.acts.base import Act


@dataclass(frozen=True, kw_only=True)
class Genesis(Act):
    """Leaf 0 of a log: whose it is, and every key that it will ever use before a succession."""

    name: ClassVar[str] = "genesis"
    origin: str
    operator: str
    operator_jwk: str  # base64url of the raw public key (the JWK's "x")
    vkeys: tuple[tuple[str, ...], ...]  # for log numbers n, n+1, n+2: the vkeys of each
    entries: str = "auditors"  # who may read the log's entries: "auditors" or "public"


@dataclass(frozen=True, kw_only=True)
class RegisterParty(Act):
    """A person, group or organisation. Its name is a withheld field."""

    name: ClassVar[str] = "register_party"
    party: str
    kind: str  # "person", "group", "organisation"
    roles: tuple[str, ...]  # farmer, collector, station, mill, exporter, importer, roaster, auditor, officer, operator
    country: str | None = None
    guardian: str | None = None  # who may register keys and sites for this party


@dataclass(frozen=True, kw_only=True)
class RegisterSite(Act):
    """A farm, washing station, mill … Name and place are withheld fields; ``geo`` is rounded to 0.1°."""

    name: ClassVar[str] = "register_site"
    site: str
    party: str
    kind: str  # farm, washing_station, dry_mill, warehouse, port, roastery, shop, laboratory
    country: str | None = None
    geo: str | None = None  # "geo:5.8,38.4"


@dataclass(frozen=True, kw_only=True)
class RegisterPlot(Act):
    """A piece of land of a farm. The boundary is a withheld field (``plot``); area and a blurred point are open."""

    name: ClassVar[str] = "register_plot"
    plot: str
    site: str
    country: str
    area_m2: int
    geo: str | None = None


@dataclass(frozen=True, kw_only=True)
class RegisterKey(Act):
    """Binds a key to a party for ever. ``pop`` is the key's own signature over this binding (trail format, 2)."""

    name: ClassVar[str] = "register_key"
    party: str
    kid: str
    x: str  # base64url of the raw Ed25519 public key
    custody: str  # "device" or "server"
    pop: str


@dataclass(frozen=True, kw_only=True)
class RevokeKey(Act):
    """Ends a key. Leaves in [from_index, this leaf) become disputed; ``since`` is only shown."""

    name: ClassVar[str] = "revoke_key"
    kid: str
    since: datetime
    from_index: int
    reason: str  # lost, stolen, replaced, ended


@dataclass(frozen=True, kw_only=True)
class Erased(Act):
    """Withheld values that their keeper has destroyed for good, by their digests. Every proof still holds."""

    name: ClassVar[str] = "erased"
    digests: tuple[str, ...]  # base64url SHA-256, as ``withheld`` has them


@dataclass(frozen=True, kw_only=True)
class Index(Act):
    """The log's word about itself: what its first ``upto`` leaves name (trail format, 5). It is leaf ``upto``."""

    name: ClassVar[str] = "index"
    v: int  # version of the map from leaves to names
    upto: int
    root: str  # base64url of the root over the buckets
    prev: int | None = None  # leaf of the index before


@dataclass(frozen=True, kw_only=True)
class Succession(Act):
    """
    Leaf 0 of a log that goes on where another was retired (trail format, 6).

    ``retired`` is that log's last checkpoint as a signed note: its leaves carry over, all of them. ``lost``: how many
    leaves beyond them it is known to have released.
    """

    name: ClassVar[str] = "succession"
    origin: str
    keys: tuple[str, ...]  # vkeys of this log, as leaf 0 of the series lists them
    retired: str
    lost: int
