"""
The closed vocabulary of acts: what somebody can say happened to coffee.

An act is what a form, an import or a phone produces; ``epcis`` turns it into the EPCIS 2.0 event that is signed,
and back. Every quantity is an integer of milligrams, every time carries its offset, every reference is a URI.
What is personal or commercial never stands in an act: it travels beside it as a withheld field (``statement``).
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar

from provenance.coffee.errors import LinesDoNotAddUp

MG_PER_KG = 1_000_000


class Form(StrEnum):
    """What a lot is made of. By-products stand last; they keep their origins and can be sold."""

    CHERRY = "CHERRY"
    FLOATERS = "FLOATERS"
    DRIED_CHERRY = "DRIED_CHERRY"
    WET_PARCHMENT = "WET_PARCHMENT"
    DRY_PARCHMENT = "DRY_PARCHMENT"
    WET_GREEN = "WET_GREEN"
    GREEN_UNGRADED = "GREEN_UNGRADED"
    GREEN = "GREEN"
    GREEN_DECAF = "GREEN_DECAF"
    ROASTED = "ROASTED"
    GROUND = "GROUND"
    PACKED = "PACKED"
    PULP = "PULP"
    PARCHMENT_HUSK = "PARCHMENT_HUSK"
    CHERRY_HUSK = "CHERRY_HUSK"
    TRIAGE = "TRIAGE"
    CHAFF = "CHAFF"
    SWEEPINGS = "SWEEPINGS"


class LossKind(StrEnum):
    """Where weight went, or came from. A gain (moisture taken up, a scale's error) uses the same words."""

    WATER = "water"
    MUCILAGE = "mucilage"
    ROAST_GAS = "roast_gas"
    SPILLAGE = "spillage"
    SAMPLE = "sample"
    REJECT = "reject"
    THEFT = "theft"
    WEIGHING_DIFFERENCE = "weighing_difference"
    UNEXPLAINED = "unexplained"


class Basis(StrEnum):
    WEIGHED = "weighed"
    COMPUTED = "computed"
    ESTIMATED = "estimated"


@dataclass(frozen=True, kw_only=True)
class LotMass:
    """So much of a lot that exists (or, in a receipt, begins here)."""

    lot: str
    mass_mg: int


@dataclass(frozen=True, kw_only=True)
class Attributes:
    """What a lot is said to be, beyond its form. All optional; nothing here is personal."""

    country: str | None = None  # ISO 3166-1 alpha-2
    region: str | None = None
    species: str | None = None  # "arabica", "robusta"
    variety: tuple[str, ...] = ()
    process: str | None = None  # washed, natural, honey, wet-hulled, anaerobic ...
    grade: str | None = None
    altitude_m: tuple[int, int] | None = None  # lowest, highest
    harvest_start: date | None = None
    harvest_end: date | None = None
    roast_degree: str | None = None
    best_before: date | None = None
    claims: tuple[str, ...] = ()  # certification schemes claimed by the signer: "organic", "fairtrade" ...


NOTHING_SAID = Attributes()


@dataclass(frozen=True, kw_only=True)
class NewLot:
    """A lot that this act makes, or adds to (a day-lot, a silo)."""

    lot: str
    mass_mg: int
    form: Form
    attributes: Attributes = NOTHING_SAID


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A loss or a gain: weight that no lot holds."""

    kind: LossKind
    mass_mg: int
    basis: Basis = Basis.COMPUTED


@dataclass(frozen=True, kw_only=True)
class FileRow:
    """Where a declared fact was read: the imported file's SHA-256 (hex) and its record number, from 1."""

    sha256: str
    row: int


@dataclass(frozen=True, kw_only=True)
class Act:
    """Base of all acts; ``name`` is the word in the statement's ``act`` member."""

    name: ClassVar[str] = ""


# --- registry: these are no EPCIS events; they travel in the statement's ``subject`` ---------------------------------


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


# --- movement --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Harvest(Act):
    name: ClassVar[str] = "harvest"
    at: datetime
    site: str
    output: NewLot
    owner: str | None = None  # the signer, unless a collector signs for the farmer


@dataclass(frozen=True, kw_only=True)
class Dispatch(Act):
    """Sends lots to a named party; they are in transit until received, refused or declared lost."""

    name: ClassVar[str] = "dispatch"
    at: datetime
    site: str
    lines: tuple[LotMass, ...]
    to_party: str
    to_site: str | None = None
    title: bool = True  # ownership passes when it is received
    owner: str | None = None  # whose stock, where the custodian holds several owners'
    bags: int | None = None


@dataclass(frozen=True, kw_only=True)
class Receive(Act):
    """
    Takes in lots, on a dispatch or as the first anybody says of them.

    ``lines`` are the receiver's own weights. ``into`` names the open day-lot they are poured into; its ``mass_mg``
    equals the sum of the lines. ``taken`` says how much of the dispatch this uses up, where that differs: the
    difference stands in ``losses`` and ``gains``. Without a dispatch, a lot nobody named before begins here
    (``begins`` gives its form and attributes) and what came before is "not recorded".
    """

    name: ClassVar[str] = "receive"
    at: datetime
    site: str
    lines: tuple[LotMass, ...]
    from_party: str | None = None
    dispatch: str | None = None  # event id
    taken: tuple[LotMass, ...] = ()  # as the lines, where empty
    into: NewLot | None = None
    begins: tuple[NewLot, ...] = ()
    losses: tuple[Difference, ...] = ()
    gains: tuple[Difference, ...] = ()
    title: bool = True
    bags: int | None = None
    moisture_permille: int | None = None
    declared_from: FileRow | None = None


@dataclass(frozen=True, kw_only=True)
class Refuse(Act):
    """Sends a dispatch, or part of it, back to who sent it."""

    name: ClassVar[str] = "refuse"
    at: datetime
    site: str
    dispatch: str
    lines: tuple[LotMass, ...]
    reason: str  # quality, weight, moisture, documents, not_ordered, other


@dataclass(frozen=True, kw_only=True)
class TransferTitle(Act):
    """Changes the owner of coffee that stays where it is."""

    name: ClassVar[str] = "transfer_title"
    at: datetime
    site: str
    lines: tuple[LotMass, ...]
    to_party: str
    custodian: str | None = None  # who holds it; the signer where None


# --- making ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Close(Act):
    """Seals a day-lot: so many receipts, so much, and the Merkle root of their leaf hashes."""

    name: ClassVar[str] = "close"
    at: datetime
    site: str
    lot: str
    receipts: int
    mass_mg: int
    receipts_root: str  # hex


@dataclass(frozen=True, kw_only=True)
class Process(Act):
    """One step of making (``steps``): several lots in, several out, by-products among them, differences named."""

    name: ClassVar[str] = "process"
    at: datetime
    site: str
    step: str
    inputs: tuple[LotMass, ...]
    outputs: tuple[NewLot, ...]
    losses: tuple[Difference, ...] = ()
    gains: tuple[Difference, ...] = ()
    owner: str | None = None


@dataclass(frozen=True, kw_only=True)
class Split(Act):
    name: ClassVar[str] = "split"
    at: datetime
    site: str
    input: LotMass
    outputs: tuple[NewLot, ...]
    owner: str | None = None


@dataclass(frozen=True, kw_only=True)
class Pack(Act):
    """Fills bags. The recipe belongs to the pack lot; serials stay secret behind the root of their salted hashes."""

    name: ClassVar[str] = "pack"
    at: datetime
    site: str
    inputs: tuple[LotMass, ...]
    output: NewLot
    count: int
    net_mg: int  # of one bag
    serials_root: str  # hex
    gtin: str | None = None
    losses: tuple[Difference, ...] = ()
    gains: tuple[Difference, ...] = ()
    owner: str | None = None


# --- looking ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Grade(Act):
    """What an inspection found. ``results``: closed names to integers (score_centi, moisture_permille, defects ...)."""

    name: ClassVar[str] = "grade"
    at: datetime
    site: str
    lot: str
    protocol: str
    results: tuple[tuple[str, int], ...]
    conformant: bool | None = None
    declared_from: FileRow | None = None


@dataclass(frozen=True, kw_only=True)
class Sample(Act):
    """Takes a sample out of a lot: a lot of its own where ``into`` names it, else used up."""

    name: ClassVar[str] = "sample"
    at: datetime
    site: str
    line: LotMass
    into: str | None = None
    owner: str | None = None


@dataclass(frozen=True, kw_only=True)
class AttachDocument(Act):
    """A certificate, contract, DDS … bound by digest to lots, or to a site."""

    name: ClassVar[str] = "attach_document"
    at: datetime
    site: str | None
    lots: tuple[str, ...]
    kind: str  # certificate, contract, dds, ico_certificate, cupping_report, photo, invoice, other
    sha256: str
    media_type: str
    scheme: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None


# --- ending ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Sell(Act):
    """Coffee leaves the trail: over the counter, or to a buyer who is not on it."""

    name: ClassVar[str] = "sell"
    at: datetime
    site: str
    lines: tuple[LotMass, ...]
    owner: str | None = None


@dataclass(frozen=True, kw_only=True)
class Dispose(Act):
    name: ClassVar[str] = "dispose"
    at: datetime
    site: str
    lines: tuple[LotMass, ...]
    reason: str  # spoiled, contaminated, expired, composted, theft, other
    owner: str | None = None


@dataclass(frozen=True, kw_only=True)
class Recall(Act):
    name: ClassVar[str] = "recall"
    at: datetime
    site: str
    lots: tuple[str, ...]
    reason: str  # contamination, foreign_body, allergen, labelling, quality, other


@dataclass(frozen=True, kw_only=True)
class LiftRecall(Act):
    name: ClassVar[str] = "lift_recall"
    at: datetime
    site: str
    lots: tuple[str, ...]
    recall: str  # event id of the recall


# --- voice -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Correct(Act):
    """
    An EPCIS error declaration: takes back ``original`` (the event as it was signed).

    ``corrected_by`` are the ids of the events that say it right; empty where it did not occur.
    """

    name: ClassVar[str] = "correct"
    original: dict[str, object]
    original_act: str
    declared_at: datetime
    reason: str  # "did_not_occur" or "incorrect_data"
    corrected_by: tuple[str, ...] = ()


ACTS: dict[str, type[Act]] = {
    act.name: act
    for act in (
        Genesis,
        RegisterParty,
        RegisterSite,
        RegisterPlot,
        RegisterKey,
        RevokeKey,
        Index,
        Succession,
        Harvest,
        Dispatch,
        Receive,
        Refuse,
        TransferTitle,
        Close,
        Process,
        Split,
        Pack,
        Grade,
        Sample,
        AttachDocument,
        Sell,
        Dispose,
        Recall,
        LiftRecall,
        Correct,
    )
}

REGISTRY_ACTS = frozenset(
    {
        "genesis",
        "register_party",
        "register_site",
        "register_plot",
        "register_key",
        "revoke_key",
        "index",
        "succession",
    }
)
# What the log says about itself: no door takes these in.
LOG_ACTS = frozenset({"genesis", "index", "succession"})


def check_lines(
    *,
    inputs: tuple[LotMass, ...],
    outputs: tuple[LotMass | NewLot, ...],
    losses: tuple[Difference, ...] = (),
    gains: tuple[Difference, ...] = (),
) -> None:
    """Inputs + gains = outputs + losses, to the milligram; raises ``LinesDoNotAddUp`` naming the difference."""
    came_mg = sum(line.mass_mg for line in inputs) + sum(gain.mass_mg for gain in gains)
    went_mg = sum(line.mass_mg for line in outputs) + sum(loss.mass_mg for loss in losses)
    if rest_mg := came_mg - went_mg:
        word = "are not accounted for: name a loss" if rest_mg > 0 else "come from nowhere: name a gain"
        raise LinesDoNotAddUp(
            f"{abs(rest_mg) // MG_PER_KG}.{abs(rest_mg) % MG_PER_KG:06d} kg {word}.",
            field="losses" if rest_mg > 0 else "gains",
        )
