"""A small log made with the trail's own formats, the same bytes every time, and the bundles of its lot."""

from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256, shake_256
from typing import Any

from provenance.coffee import epcis, strict_json
from provenance.coffee.acts import (
    REGISTRY_ACTS,
    Act,
    Dispatch,
    Form,
    Genesis,
    Index,
    LotMass,
    NewLot,
    Process,
    Receive,
    RegisterKey,
    RegisterParty,
    RegisterSite,
    RevokeKey,
)
from provenance.coffee.indexing import names_in
from provenance.coffee.statement import Disclosure, audience, b64url, sign_pop, thumbprint
from provenance.coffee.statement.envelope import STATEMENT_TYPE, seal, signing_input
from provenance.pack.bundle.completeness import hashes, is_about_no_lot, others_in, wanted
from provenance.pack.bundle.form import VERSION, jws_of, readable
from provenance.pack.bundle.outcome import Mismatch
from provenance.pack.bundle.said import read
from provenance.pack.bundle.tree import Telling, Tree, way
from provenance.tlog.checkpoint import Checkpoint, sign_checkpoint
from provenance.tlog.hashing import leaf_hash, node_hash, root_of
from provenance.tlog.index import BUCKETS, Growth, Proof, key_of, number_of
from provenance.tlog.index import Index as LogIndex
from provenance.tlog.keys import Ed25519Signer, KeyType, MLDSA44Signer, NamedSigner
from provenance.tlog.note import Signature
from provenance.tlog.proofs import inclusion_proof
from provenance.tlog.tiles import TILE_WIDTH, full_tiles, partial_tiles

HOST = "https://b.example/epcis"
ORIGIN = "b.example/log/main/1"
OPERATOR, WOTE, KOFI, OTTO = (f"{HOST}/party/{name}" for name in ("operator", "wote", "kofi", "otto"))
STATION, ROASTERY, CELLAR = (f"{HOST}/loc/{name}" for name in ("station", "roastery", "cellar"))
CHERRY, ROASTED, OTHER = (f"{HOST}/class/{name}" for name in ("cherry.W-1", "roasted.R-1", "cherry.X-9"))
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
IAT = 1_772_452_800
KG = 1_000_000

Case = dict[str, Any]


def signer(name: str) -> Ed25519Signer:
    return Ed25519Signer(sha256(name.encode()).digest())


def signer_of(party: str) -> Ed25519Signer:
    return signer(party.rpartition("/")[2])


def kid_of(name: str) -> str:
    return thumbprint(signer(name).public.raw)


def uuid(number: int) -> str:
    return f"urn:uuid:00000000-0000-4000-8000-{number:012}"


def b64(data: bytes) -> str:
    return b64encode(data).decode()


def log_signer(name: str, origin: str) -> NamedSigner:
    return NamedSigner(origin, KeyType.ED25519, signer(name))


def disclose(jti: str, name: str, value: str) -> Disclosure:
    """With a salt that is the same every time."""
    return Disclosure(jti, name, value, sha256(f"{jti} {name}".encode()).digest()[:16])


@dataclass
class BundleLog:
    """
    A log in memory. ``state`` appends an act as its party says it, ``append`` any bytes.

    ``shown`` are the bundle's entries, whether logged or waiting. ``version``: of the index's map.
    """

    origin: str = ORIGIN
    log_key: str = "log"
    vkeys: list[list[str]] | None = None
    version: int = 1
    leaves: list[bytes] = field(default_factory=list)
    shown: list[Case] = field(default_factory=list)
    aud: str = ""
    count: int = 0  # of statements: their event ids
    newest_index: int | None = None
    made: Any = field(default_factory=LogIndex)

    def begin(self, change: Callable[[dict[str, Any]], object] | None = None) -> "BundleLog":
        origins = [self.origin[:-1] + number for number in "123"]
        usual = [[log_signer(f"log {origin[-1]}", origin).verifier.vkey] for origin in origins]
        usual[0] = [self.signer.verifier.vkey]
        vkeys = [*(self.vkeys or []), *usual[len(self.vkeys or []) :]]
        jwk = b64url(signer("operator").public.raw)
        genesis = Genesis(
            origin=self.origin, operator=OPERATOR, operator_jwk=jwk, vkeys=tuple(tuple(keys) for keys in vkeys)
        )
        self.aud = audience(self.origin)
        self.state(OPERATOR, genesis, change=change)
        self.aud = audience(self.origin, self.leaves[0])
        return self

    @property
    def signer(self) -> NamedSigner:
        return log_signer(self.log_key, self.origin)

    # --- saying ---

    def payload(self, iss: str, act: Act, jti: str, **withheld: str) -> tuple[dict[str, Any], list[str]]:
        content = (
            {"subject": epcis.subject_of(act)}
            if act.name in REGISTRY_ACTS
            else {"event": epcis.event_of(act, event_id=jti)}
        )
        opened = [disclose(jti, name, value) for name, value in withheld.items()]
        payload = {"v": 1, "jti": jti, "iss": iss, "aud": self.aud, "iat": IAT, "act": act.name, **content}
        if opened:
            payload["withheld"] = {one.name: {"_sd": [one.digest]} for one in opened}
        return payload, [one.text for one in opened]

    def seal(self, payload: dict[str, Any] | bytes, key: Ed25519Signer, kid: str | None = None) -> bytes:
        raw = payload if isinstance(payload, bytes) else strict_json.dumps(payload)
        return seal(signing_input(kid or thumbprint(key.public.raw), STATEMENT_TYPE, raw), key.sign)

    def next_id(self) -> str:
        return uuid(self.count)

    def state(
        self,
        iss: str,
        act: Act,
        *,
        key: str | None = None,
        logged: bool = True,
        change: Callable[[dict[str, Any]], object] | None = None,
        **withheld: str,
    ) -> str:
        """``change`` damages the payload before it is signed: only what it says is wrong then."""
        jti = self.next_id()
        payload, texts = self.payload(iss, act, jti, **withheld)
        if change:
            change(payload)
        self.append(self.seal(payload, signer(key) if key else signer_of(iss)), texts, logged=logged)
        return jti

    def append(self, jws: bytes, texts: Sequence[str] = (), *, logged: bool = True) -> int:
        self.count += 1
        index = len(self.leaves)
        if logged:
            self.leaves.append(jws)
        self.shown.append({"index": index if logged else None, "jws": jws.decode(), "disclosures": list(texts)})
        return index

    # --- the registry ---

    def party(self, party: str, *roles: str, by: str = OPERATOR, guardian: str | None = None) -> None:
        act = RegisterParty(party=party, kind="organisation", roles=roles or ("station",), guardian=guardian)
        self.state(by, act)

    def site(self, site: str, party: str, by: str = OPERATOR) -> None:
        self.state(by, RegisterSite(site=site, party=party, kind="warehouse"))

    def key(
        self, party: str, *, by: str = OPERATOR, name: str | None = None, key: Ed25519Signer | None = None, **wrong: Any
    ) -> None:
        """``wrong``: members of the subject that are other than they should be."""
        key = key or signer(name or party.rpartition("/")[2])
        kid = thumbprint(key.public.raw)
        registrar = thumbprint(signer_of(by).public.raw)
        pop = sign_pop(key.sign, aud=self.aud, party=party, kid=kid, registrar=registrar, jti=self.next_id())
        act = RegisterKey(party=party, kid=kid, x=b64url(key.public.raw), custody="server", pop=pop)
        self.state(by, act, change=lambda payload: payload["subject"].update(wrong))

    def revoke(self, name: str, by: str = OPERATOR, from_index: int = 1) -> None:
        self.state(by, RevokeKey(kid=kid_of(name), since=NOON, from_index=from_index, reason="lost"))

    def enrol(self, party: str, site: str, *roles: str) -> None:
        self.party(party, *roles)
        self.site(site, party)
        self.key(party)

    # --- the index and the checkpoint ---

    def growth(self, forgets: Sequence[int] = ()) -> Growth:
        growth = Growth()
        for place, leaf in enumerate(self.leaves):
            names = {name for name in names_in(leaf) if self.version > 1 or name[0] != "registered"}
            if place not in forgets:
                growth.add([key_of(*name) for name in names], place, leaf_hash(leaf))
        return growth

    def index(
        self,
        *,
        forgets: Sequence[int] = (),
        anew: bool = True,
        by: str = OPERATOR,
        key: str | None = None,
        **wrong: Any,
    ) -> None:
        """End in an index leaf; a dishonest operator's ``forgets`` some leaves, or is not made ``anew`` of them."""
        if anew:
            self.made = LogIndex()
            self.made.grow(self.growth(forgets))
        before, self.newest_index = self.newest_index, len(self.leaves)
        act = Index(v=self.version, upto=self.newest_index, root=b64url(self.made.root), prev=before)
        self.state(by, act, key=key, change=lambda payload: payload["subject"].update(wrong))

    def listing(self, kind: str, name: str, leaves: Sequence[int] | None = None) -> Case:
        proof = self.made.prove(key_of(kind, name))
        upto = self.newest_index or 0
        naming = [place for place, leaf in enumerate(self.leaves[:upto]) if (kind, name) in names_in(leaf)]
        return {
            "kind": kind,
            "id": name,
            "leaves": naming if leaves is None else list(leaves),
            "bucket": proof.bucket,
            "path": proof.path,
        }

    def registered(self) -> set[str]:
        found = {name for leaf in self.leaves for kind, name in names_in(leaf) if kind == "registered"}
        return found if self.version > 1 else set()

    def about_no_lot(self) -> set[str]:
        found = set()
        for leaf in self.leaves:
            with suppress(Mismatch):
                said = read(leaf.decode())
                found |= {said.jti} if is_about_no_lot(said.act, names_in(leaf)) else set()
        return found

    def hash(self, level: int, index: int) -> bytes:
        start = index << level
        return root_of(leaf_hash(leaf) for leaf in self.leaves[start : start + (1 << level)])

    def root(self, size: int | None = None) -> bytes:
        return root_of(leaf_hash(leaf) for leaf in self.leaves[:size])

    @property
    def size(self) -> int:
        return len(self.leaves)

    @property
    def checkpoint(self) -> Checkpoint:
        return Checkpoint(self.origin, self.size, self.root())

    @property
    def note(self) -> str:
        return sign_checkpoint(self.checkpoint, [self.signer], IAT + 100).decode()

    # --- what a phone is given ---

    def memory(self, size: int | None = None, **more: Any) -> Case:
        """What a phone kept that saw the log at this size."""
        size = size or self.size
        at = Checkpoint(self.origin, size, self.root(size))
        return {
            "genesis": leaf_hash(self.leaves[0]).hex(),
            "log": 0,
            "size": size,
            "root": b64(at.root),
            "note": sign_checkpoint(at, [self.signer], IAT + 50).decode(),
            "policy": "quorum none\n",
            "at": None,
            **more,
        }

    def tiles(self) -> dict[str, str]:
        """The tiles as they are served: hexadecimal, by their paths."""
        return {
            f"{self.origin}/{tile.path}": b"".join(
                self.hash(8 * (tile.level or 0), TILE_WIDTH * tile.index + at) for at in range(tile.width)
            ).hex()
            for tile in (*full_tiles(self.size), *partial_tiles(self.size))
        }

    def bundle(self, lot: str = CHERRY, lots: Sequence[str] | None = None) -> Case:
        """Not written yet (``written``): with whole statements, paths and buckets, to be damaged in any way."""
        lots = sorted(lots or [lot])
        asked = wanted(lots, self.about_no_lot(), self.registered(), self.version)
        names = asked if self.newest_index is not None else []
        return {
            "v": VERSION,
            "origin": self.origin,
            "lot": lot,
            "lots": lots,
            "policy": "quorum none\n",
            "retired": [],
            "checkpoint": self.note,
            "statements": [self._entry(one) for one in self.shown],
            "index": [self.listing(*name) for name in names],
        }

    def _entry(self, one: Case) -> Case:
        if one["index"] is None:
            return {**one, "log": 0, "path": []}
        return {**one, "log": 0, "path": inclusion_proof(one["index"], self.size, self.hash)}


class Dishonest:
    """An index in which one bucket holds other bytes than it should."""

    def __init__(self, honest: LogIndex, key: bytes, bucket: bytes) -> None:
        self.honest, self.number, self.bucket = honest, number_of(key), bucket
        self.above = [leaf_hash(bucket)]  # the hashes from the bucket to the root
        for level, sibling in enumerate(honest.prove(key).path):
            left, right = (sibling, self.above[-1]) if self.number >> level & 1 else (self.above[-1], sibling)
            self.above.append(node_hash(left, right))
        self.root = self.above[-1]

    def prove(self, key: bytes) -> Proof:
        bucket, path = self.honest.prove(key)
        if number_of(key) == self.number:
            return Proof(self.bucket, path)
        beside = [(number_of(key) >> level) ^ 1 == self.number >> level for level in range(len(path))]
        changed = (self.above[level] if beside[level] else path[level] for level in range(len(path)))
        return Proof(bucket, tuple(changed))


# --- stories ---------------------------------------------------------------------------------------------------------


def new_cherry(lot: str = CHERRY, site: str = STATION) -> Receive:
    """Wote takes cherry in, of which nobody spoke before."""
    line = LotMass(lot=lot, mass_mg=84_500_000)
    begins = (NewLot(lot=lot, mass_mg=84_500_000, form=Form.CHERRY),)
    return Receive(at=NOON, site=site, lines=(line,), begins=begins)


def sent(to: str = KOFI, site: str = STATION) -> Dispatch:
    return Dispatch(at=NOON, site=site, lines=(LotMass(lot=CHERRY, mass_mg=84_500_000),), to_party=to, to_site=ROASTERY)


def arrived(dispatch: str, site: str = ROASTERY) -> Receive:
    line = LotMass(lot=CHERRY, mass_mg=84_500_000)
    return Receive(at=NOON, site=site, lines=(line,), from_party=WOTE, dispatch=dispatch)


def roasted(site: str = ROASTERY) -> Process:
    output = NewLot(lot=ROASTED, mass_mg=60 * KG, form=Form.ROASTED)
    used = LotMass(lot=CHERRY, mass_mg=60 * KG)
    return Process(at=NOON, site=site, step="roast", inputs=(used,), outputs=(output,))


def registry(version: int = 1) -> BundleLog:
    """Wote is known, with a station and a key: leaves 0 to 3."""
    log = BundleLog(version=version).begin()
    log.enrol(WOTE, STATION)
    return log


def cherry(version: int = 1) -> BundleLog:
    """Leaf 4: Wote takes cherry in."""
    log = registry(version)
    log.state(WOTE, new_cherry(), note="Rain all day")
    return log


def honest(version: int = 1) -> BundleLog:
    log = cherry(version)
    log.index()
    return log


def handed_over() -> BundleLog:
    """Wote's cherry, which Kofi gets and roasts: leaves 5 to 10."""
    log = cherry()
    log.enrol(KOFI, ROASTERY, "roaster")
    dispatch = log.state(WOTE, sent())
    log.state(KOFI, arrived(dispatch))
    log.state(KOFI, roasted())
    return log


def entry(bundle: Case, index: int) -> Case:
    return next(one for one in bundle["statements"] if one["index"] == index)


def written(bundle: Any) -> Any:
    """
    The bundle as it is served: its statements readable, its proofs short, its buckets without what their readers find.

    Members that a case has written already stay as they are.
    """
    if not isinstance(bundle, dict) or "statements" not in bundle:
        return bundle
    trees = [Telling(size) for size, _ in _ends(bundle)]
    entries = bundle["statements"]
    # Who reads takes them in the order of the log, in whichever they come.
    order = sorted(range(len(entries)), key=lambda at: (entries[at]["index"] is None, *_place(entries[at])))
    done = {at: _written_entry(entries[at], trees) for at in order}
    bundle = {**bundle, "statements": [done[at] for at in range(len(entries))]}
    if "index" in bundle:
        tree = Telling(BUCKETS)
        bundle["index"] = [_written_listing(one, tree) for one in bundle["index"]]
    return bundle


def _ends(bundle: Case) -> list[tuple[int, bytes]]:
    """Size and root of each log's checkpoint."""
    notes = [*bundle["retired"], *filter(None, [bundle["checkpoint"]])]
    return [(int(size), b64decode(root)) for _, size, root, *_ in (note.split("\n") for note in notes)]


def _place(entry: Case) -> tuple[int, float]:
    return entry["log"], entry["index"] or 0


def _written_entry(one: Case, trees: Sequence[Telling]) -> Case:
    rest = {name: value for name, value in one.items() if name not in ("jws", "path")}
    log, index, path = one["log"], one["index"], one.get("path")
    if path and log < len(trees) and type(index) is int and index < trees[log].size:
        path = trees[log].rest(index, path)
    proof = {} if path is None else {"proof": b64(b"".join(path))}
    return {"statement": readable(one["jws"].encode()), **proof, **rest}


def _written_listing(one: Case, tree: Telling) -> Case:
    rest = {name: value for name, value in one.items() if name not in ("bucket", "path")}
    key = key_of(one["kind"], one["id"])
    if "others" not in rest:
        rest["others"] = b64(others_in(key, one["bucket"]))
    return {"proof": b64(b"".join(tree.rest(number_of(key), one["path"]))), **rest}


def taken_out(bundle: Case, at: int) -> Case:
    """A written bundle as whoever serves it writes it without one of its statements."""
    trees = [Tree(*end) for end in _ends(bundle)]
    entries = [{**one, "jws": jws_of(one["statement"])} for one in bundle["statements"]]
    placed = sorted((one for one in entries if one["index"] is not None), key=_place)
    for one in placed:
        trees[one["log"]].prove(one["index"], leaf_hash(one["jws"].encode()), hashes(one.pop("proof")))
    for one in placed:
        one["path"] = _path(trees[one["log"]], one["index"])
    listings = bundle["index"]
    kept = {**bundle, "statements": [*entries[:at], *entries[at + 1 :]], "index": []}
    return {**written(kept), "index": listings}


def _path(tree: Tree, index: int) -> list[bytes]:
    """The whole audit path, once all that a bundle says of the tree is proved."""
    path: list[bytes] = []
    for (_, node), sibling in way(index, tree.size):
        if sibling:
            path.append(tree.nodes[sibling])
        elif not node:
            break
    return path


def without(bundle: Case, *leaves: int) -> Case:
    """The bundle as somebody serves it who hides these leaves."""
    return {**bundle, "statements": [one for one in bundle["statements"] if one["index"] not in leaves]}


# --- witnesses -------------------------------------------------------------------------------------------------------

PORT, ACME, LAB = "Port_Cooperative", "ACME_Importers", "Lab"
MARCH = 1_772_500_000  # 3 March 2026, 01:06:40 UTC


def witness(name: str) -> NamedSigner:
    return NamedSigner(f"{name.lower()}.example/w", KeyType.COSIGNATURE_ED25519, signer(f"witness {name}"))


def quantum_safe(name: str) -> NamedSigner:
    seed = sha256(f"witness {name} ml-dsa".encode()).digest()
    return NamedSigner(f"{name.lower()}.example/w", KeyType.COSIGNATURE_MLDSA44, MLDSA44Signer(seed))


def quantum_safe_line(name: str) -> str:
    """A line of that key's form. Browsers look no further, and real ones are never twice the same."""
    key = quantum_safe(name).verifier
    return Signature(key.name, key.key_id, shake_256(name.encode()).digest(8 + 2420)).line


def policy(quorum: str = "two", *further: str) -> str:
    """Port and ACME as a group of two, the Lab beside it."""
    names = {name: witness(name).verifier.vkey for name in (PORT, ACME, LAB)}
    lines = [f"witness {name} {vkey} https://{name.lower()}.example" for name, vkey in names.items()]
    return "\n".join([*lines, f"group two all {PORT} {ACME}", *further, f"quorum {quorum}", ""])
