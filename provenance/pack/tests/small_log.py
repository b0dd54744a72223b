"""A log small enough to hold in the hand: what the pack's tests write their packs from."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import BytesIO

from provenance.coffee.acts import (
    Act,
    Difference,
    Dispatch,
    Erased,
    Form,
    Genesis,
    Harvest,
    LiftRecall,
    LossKind,
    LotMass,
    NewLot,
    Process,
    Recall,
    Receive,
    RegisterKey,
    RegisterParty,
    RegisterSite,
    RevokeKey,
)
from provenance.coffee.acts import Index as IndexAct
from provenance.coffee.indexing import VERSION, LeafIndex, names_in
from provenance.coffee.statement import Statement, audience, b64url, new_event_id, parse, sign, sign_pop, thumbprint
from provenance.pack.completeness import about_no_lot, rests_on, wanted
from provenance.pack.format import Entry, Listing
from provenance.pack.trust import Trust, format_trust, parse_trust
from provenance.pack.write import Heading, stream
from provenance.tlog.checkpoint import Checkpoint, sign_checkpoint
from provenance.tlog.hashing import leaf_hash, root_of
from provenance.tlog.index import key_of
from provenance.tlog.keys import Ed25519Signer, KeyType, MLDSA44Signer, NamedSigner
from provenance.tlog.proofs import inclusion_proof

HOST = "https://coffee.example/epcis"
SERIES = "coffee.example/log/main"
ORIGIN = f"{SERIES}/1"
OPERATOR, ALMAZ, WOTE = (f"{HOST}/party/{name}" for name in ("operator", "almaz", "wote"))
FARM, STATION = f"{HOST}/loc/farm", f"{HOST}/loc/station"
CHERRY, PARCHMENT = f"{HOST}/class/cherry.C1", f"{HOST}/class/dry-parchment.P1"
NOON = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)
KG = 1_000_000


def signer_of(party: str) -> Ed25519Signer:
    return Ed25519Signer(party.rpartition("/")[2].encode().ljust(32, b"."))


def _signers(number: int) -> list[NamedSigner]:
    """Who signs the log of this number in the series."""
    origin, seed = f"{SERIES}/{number}", bytes([number]) * 32
    return [
        NamedSigner(origin, KeyType.ED25519, Ed25519Signer(seed)),
        NamedSigner(origin, KeyType.COSIGNATURE_MLDSA44, MLDSA44Signer(seed)),
    ]


def _vkeys(number: int) -> tuple[str, ...]:
    return tuple(signer.verifier.vkey for signer in _signers(number))


@dataclass
class SmallLog:
    """Leaves in memory; ``say`` signs an act with the party's key and appends it."""

    leaves: list[bytes] = field(default_factory=list)
    disclosures: list[tuple[str, ...]] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    newest_index: int | None = None

    def __post_init__(self) -> None:
        self.signers = _signers(1)
        vkeys = tuple(_vkeys(number) for number in (1, 2, 3))
        jwk = b64url(signer_of(OPERATOR).public.raw)
        self.say(OPERATOR, Genesis(origin=ORIGIN, operator=OPERATOR, operator_jwk=jwk, vkeys=vkeys))

    @property
    def aud(self) -> str:
        return audience(ORIGIN, self.leaves[0] if self.leaves else None)

    def say(
        self, party: str, act: Act, *, jti: str | None = None, key: Ed25519Signer | None = None, **withheld: str
    ) -> str:
        key = key or signer_of(party)
        statement, disclosures = sign(
            act,
            iss=party,
            aud=self.aud,
            iat=1_793_700_000,
            kid=thumbprint(key.public.raw),
            signer=key.sign,
            jti=jti,
            withheld=withheld,
        )
        self.leaves.append(statement.jws)
        self.disclosures.append(tuple(each.text for each in disclosures))
        self.ids.append(statement.jti)
        return statement.jti

    def enrol(self, party: str, role: str, site: str, kind: str) -> None:
        self.say(OPERATOR, RegisterParty(party=party, kind="organisation", roles=(role,), country="ET"), name="A name")
        self.bind_key(party, signer_of(party))
        self.say(party, RegisterSite(site=site, party=party, kind=kind, country="ET"))

    def bind_key(self, party: str, key: Ed25519Signer, *, by: str = OPERATOR) -> None:
        jti, kid = new_event_id(), thumbprint(key.public.raw)
        registrar = thumbprint(signer_of(by).public.raw)
        pop = sign_pop(key.sign, aud=self.aud, party=party, kid=kid, registrar=registrar, jti=jti)
        act = RegisterKey(party=party, kid=kid, x=b64url(key.public.raw), custody="server", pop=pop)
        self.say(by, act, jti=jti)

    def index(self, forgotten: tuple[int, ...] = (), version: int = VERSION) -> None:
        """End in an index leaf; one that a dishonest operator signs has ``forgotten`` some leaves."""
        made = LeafIndex(version)
        for place, leaf in enumerate(self.leaves):
            if place not in forgotten:
                made.add(leaf, place, leaf_hash(leaf))
        made.grow()
        self.made = made.index
        before, self.newest_index = self.newest_index, len(self.leaves)
        self.say(OPERATOR, IndexAct(v=version, upto=self.newest_index, root=b64url(made.root), prev=before))

    # --- as a pack ---

    def listings(
        self, entries: list[Entry], traced: tuple[str, ...], shown: list[Entry] | None = None
    ) -> list[Listing]:
        """
        Which of these entries name what has to be proved, with proofs from the index, where the log ends in one.

        ``shown``: the entries of the pack that this is for, where those are others.
        """
        last = parse(self.leaves[-1]).body
        if not isinstance(last, IndexAct):
            return []
        said = judged([parse(entry.jws) for entry in shown or entries], traced)
        return [
            Listing(
                kind,
                name,
                tuple(entry.index for entry in entries if (kind, name) in names_in(entry.jws)),
                *self.made.prove(key_of(kind, name)),
            )
            for kind, name in wanted(traced, rests_on(said), about_no_lot(said), last.v)
        ]

    @property
    def checkpoint(self) -> bytes:
        root = root_of(leaf_hash(leaf) for leaf in self.leaves)
        return sign_checkpoint(Checkpoint(ORIGIN, len(self.leaves), root), self.signers, 1_793_700_100)

    @property
    def trust(self) -> Trust:
        return parse_trust(self.trust_file)

    @property
    def trust_file(self) -> bytes:
        logs = "".join(f"log {signer.verifier.vkey}\n" for signer in self.signers)
        return format_trust(leaf_hash(self.leaves[0]), f"{logs}quorum none\n".encode())

    def entries(self) -> list[Entry]:
        hashes = [leaf_hash(leaf) for leaf in self.leaves]

        def get_hash(level: int, index: int) -> bytes:
            return root_of(hashes[index << level : (index + 1) << level])

        size = len(self.leaves)
        return [
            Entry(index, jws, tuple(inclusion_proof(index, size, get_hash)), self.disclosures[index])
            for index, jws in enumerate(self.leaves)
        ]

    def pack(
        self,
        entries: list[Entry] | None = None,
        lots: tuple[str, ...] = (PARCHMENT,),
        traced: tuple[str, ...] = (CHERRY, PARCHMENT),
        **parts: object,
    ) -> BytesIO:
        heading = Heading(lots, traced, "auditors", ORIGIN, len(self.leaves), NOON)
        entries = self.entries() if entries is None else entries
        given: dict = {
            "checkpoint": self.checkpoint,
            "policy": b"quorum none\n",
            "listings": self.listings(self.entries(), traced, entries),
        }
        return BytesIO(b"".join(stream(heading, entries, **(given | parts))))


def judged(statements: list[Statement], traced: tuple[str, ...]) -> list[Statement]:
    """All but the bare ones: recalls of other lots, ends of keys and erasures of values of which nothing is here."""
    kids = {said.body.kid for said in statements if isinstance(said.body, RegisterKey)}
    withheld = {digest for said in statements for digest in said.withheld.values()}

    def is_judged(body: Act) -> bool:
        if isinstance(body, Recall | LiftRecall):
            return not set(traced).isdisjoint(body.lots)
        if isinstance(body, Erased):
            return not withheld.isdisjoint(body.digests)
        return not isinstance(body, RevokeKey) or body.kid in kids

    return [said for said in statements if is_judged(said.body)]


def told() -> SmallLog:
    """Almaz harvests 100 kg of cherry and sends it to Wote, which makes 20 kg of dry parchment."""
    log = SmallLog()
    log.enrol(ALMAZ, "farmer", FARM, "farm")
    log.enrol(WOTE, "station", STATION, "washing_station")
    cherry = (LotMass(lot=CHERRY, mass_mg=100 * KG),)
    log.say(
        ALMAZ, Harvest(at=NOON, site=FARM, output=NewLot(lot=CHERRY, mass_mg=100 * KG, form=Form.CHERRY)), price="2"
    )
    sent = log.say(ALMAZ, Dispatch(at=NOON, site=FARM, lines=cherry, to_party=WOTE, to_site=STATION))
    log.say(WOTE, Receive(at=NOON, site=STATION, lines=cherry, from_party=ALMAZ, dispatch=sent))
    log.say(
        WOTE,
        Process(
            at=NOON,
            site=STATION,
            step="wash_and_dry",
            inputs=cherry,
            outputs=(NewLot(lot=PARCHMENT, mass_mg=20 * KG, form=Form.DRY_PARCHMENT),),
            losses=(Difference(kind=LossKind.WATER, mass_mg=80 * KG),),
        ),
    )
    return log
