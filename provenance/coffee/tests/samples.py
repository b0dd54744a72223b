"""One plausible act of every kind, for tests."""

from dataclasses import replace
from datetime import date, datetime, timedelta, timezone

from provenance.coffee.acts import (
    Act,
    AttachDocument,
    Attributes,
    Basis,
    Certify,
    Close,
    Confirm,
    Contest,
    Correct,
    Difference,
    Dispatch,
    Dispose,
    Erased,
    FileRow,
    Form,
    Genesis,
    Grade,
    Harvest,
    Index,
    LiftRecall,
    LossKind,
    LotMass,
    NewLot,
    Pack,
    Pay,
    Process,
    Recall,
    Receive,
    Refuse,
    RegisterKey,
    RegisterParty,
    RegisterPlot,
    RegisterSite,
    RevokeKey,
    Sample,
    Sell,
    Split,
    Succession,
    TransferTitle,
    Withdraw,
)
from provenance.coffee.epcis import event_of
from provenance.coffee.identifiers import gs1_lot_uri, lot_uri, party_uri, plot_uri, sample_uri, site_uri

HOST = "trace.example.org"
KG = 1_000_000
AT = datetime(2026, 1, 17, 16, 30, tzinfo=timezone(timedelta(hours=3)))
EVENT = "urn:uuid:00000001-5c1a-4f0e-9d2b-3a6f1e7c9b10"
OTHER_EVENT = "urn:uuid:00000002-5c1a-4f0e-9d2b-3a6f1e7c9b10"
DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
KEY = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
GTIN = "09521234000105"

ALMAZ = party_uri(HOST, "almaz")
WOTE = party_uri(HOST, "wote")
KOFI = party_uri(HOST, "kofi")
FARM = site_uri(HOST, "farm-0042")
STATION = site_uri(HOST, "wote-station")
ROASTERY = site_uri(HOST, "kofi-roastery")

CHERRY = lot_uri(HOST, Form.CHERRY, "H-2026-0117")
DAY_LOT = lot_uri(HOST, Form.CHERRY, "D-2026-0117")
PARCHMENT = lot_uri(HOST, Form.DRY_PARCHMENT, "W-2026-031")
GREEN = lot_uri(HOST, Form.GREEN, "G-2026-031")
TRIAGE = lot_uri(HOST, Form.TRIAGE, "T-2026-031")
HUSK = lot_uri(HOST, Form.PARCHMENT_HUSK, "W-2026-031")
ROASTED = lot_uri(HOST, Form.ROASTED, "R-2026-0907")
PACKED = gs1_lot_uri(GTIN, "R260907")

SAID = Attributes(
    country="ET",
    region="Sidama",
    species="arabica",
    variety=("74110", "Kurume"),
    process="washed",
    grade="Grade 1",
    altitude_m=(1850, 2100),
    harvest_start=date(2026, 1, 17),
    harvest_end=date(2026, 1, 17),
    roast_degree="medium",
    best_before=date(2027, 9, 7),
    claims=("organic",),
)

HARVEST = Harvest(
    at=AT,
    site=FARM,
    output=NewLot(lot=CHERRY, mass_mg=812_500_000, form=Form.CHERRY, attributes=SAID),
    owner=ALMAZ,
)
DISPATCH = Dispatch(
    at=AT,
    site=FARM,
    lines=(LotMass(lot=CHERRY, mass_mg=812_500_000),),
    to_party=WOTE,
    to_site=STATION,
    owner=ALMAZ,
    bags=17,
)
RECEIVE = Receive(
    at=AT,
    site=STATION,
    lines=(LotMass(lot=CHERRY, mass_mg=810 * KG),),
    from_party=ALMAZ,
    dispatch=EVENT,
    taken=(LotMass(lot=CHERRY, mass_mg=812_500_000),),
    into=NewLot(lot=DAY_LOT, mass_mg=810 * KG, form=Form.CHERRY),
    losses=(Difference(kind=LossKind.WEIGHING_DIFFERENCE, mass_mg=2_500_000),),
    bags=17,
    moisture_permille=112,
)
FIRST_HEARD = Receive(
    at=AT,
    site=STATION,
    lines=(LotMass(lot=CHERRY, mass_mg=30 * KG),),
    begins=(NewLot(lot=CHERRY, mass_mg=30 * KG, form=Form.CHERRY, attributes=Attributes(country="ET")),),
    title=False,
    declared_from=FileRow(sha256=DIGEST, row=12),
)
REFUSE = Refuse(at=AT, site=STATION, dispatch=EVENT, lines=(LotMass(lot=CHERRY, mass_mg=5 * KG),), reason="quality")
TITLE = TransferTitle(at=AT, site=STATION, lines=(LotMass(lot=GREEN, mass_mg=60 * KG),), to_party=KOFI, custodian=WOTE)
CLOSE = Close(at=AT, site=STATION, lot=DAY_LOT, receipts=41, mass_mg=4_012_345_678, receipts_root=DIGEST)
PROCESS = Process(
    at=AT,
    site=STATION,
    step="hull_washed",
    inputs=(LotMass(lot=PARCHMENT, mass_mg=290_500_000),),
    outputs=(
        NewLot(lot=GREEN, mass_mg=231 * KG, form=Form.GREEN_UNGRADED, attributes=SAID),
        NewLot(lot=HUSK, mass_mg=57 * KG, form=Form.PARCHMENT_HUSK),
    ),
    losses=(Difference(kind=LossKind.SPILLAGE, mass_mg=2_600_000, basis=Basis.ESTIMATED),),
    gains=(Difference(kind=LossKind.WATER, mass_mg=100_000, basis=Basis.WEIGHED),),
    owner=ALMAZ,
)
SPLIT = Split(
    at=AT,
    site=STATION,
    input=LotMass(lot=GREEN, mass_mg=60 * KG),
    outputs=(
        NewLot(lot=lot_uri(HOST, Form.GREEN, "G-31-A"), mass_mg=40 * KG, form=Form.GREEN),
        NewLot(lot=lot_uri(HOST, Form.GREEN, "G-31-B"), mass_mg=20 * KG, form=Form.GREEN),
    ),
)
PACK = Pack(
    at=AT,
    site=ROASTERY,
    inputs=(LotMass(lot=ROASTED, mass_mg=50_700_000),),
    output=NewLot(lot=PACKED, mass_mg=50 * KG, form=Form.PACKED, attributes=Attributes(best_before=date(2027, 9, 7))),
    count=200,
    net_mg=250_000,
    serials_root=DIGEST,
    gtin=GTIN,
    losses=(Difference(kind=LossKind.REJECT, mass_mg=700_000),),
)
GRADE = Grade(
    at=AT,
    site=ROASTERY,
    lot=GREEN,
    protocol="SCA 2004",
    results=(("score_centi", 8625), ("moisture_permille", 112), ("primary_defects", 3), ("density_g_per_l", 702)),
    conformant=True,
)
SAMPLE = Sample(
    at=AT, site=ROASTERY, line=LotMass(lot=GREEN, mass_mg=350_000), into=sample_uri(HOST, "S-1"), owner=KOFI
)
CERTIFICATE = AttachDocument(
    at=AT,
    site=STATION,
    lots=(GREEN,),
    kind="certificate",
    sha256=DIGEST,
    media_type="application/pdf",
    scheme="Organic EU",
    valid_from=date(2026, 1, 1),
    valid_to=date(2026, 12, 31),
)
SITE_PHOTO = AttachDocument(at=AT, site=FARM, lots=(), kind="photo", sha256=DIGEST, media_type="image/jpeg")
WITHHELD_PHOTO = AttachDocument(at=AT, site=FARM, lots=(), kind="photo", media_type="image/webp")
SELL = Sell(at=AT, site=ROASTERY, lines=(LotMass(lot=PACKED, mass_mg=250_000),), owner=KOFI)
DISPOSE = Dispose(at=AT, site=ROASTERY, lines=(LotMass(lot=ROASTED, mass_mg=KG),), reason="expired")
STOLEN = Dispose(at=AT, site=ROASTERY, lines=(LotMass(lot=ROASTED, mass_mg=KG),), reason="theft")
LOST = Dispose(at=AT, site=EVENT, lines=(LotMass(lot=ROASTED, mass_mg=KG),), reason="other")
RECALL = Recall(at=AT, site=ROASTERY, lots=(PACKED,), reason="foreign_body")
LIFT = LiftRecall(at=AT, site=ROASTERY, lots=(PACKED,), recall=EVENT)
PAY = Pay(
    at=AT,
    kind="first",
    deliveries=(EVENT, OTHER_EVENT),
    lots=(CHERRY, DAY_LOT),
    form=Form.CHERRY,
    mass_mg=840_500_000,
    final=True,
)
CONFIRM = Confirm(at=AT, event=EVENT, lots=(CHERRY, DAY_LOT))
CONTEST = Contest(at=AT, event=EVENT, lots=(CHERRY, DAY_LOT), reason="weight")
CONTEST_A_PLOT = Contest(at=AT, event=EVENT, lots=(), reason="place")
CERTIFY = Certify(
    at=AT,
    scheme="Organic EU",
    chain="segregated",
    valid_from=date(2026, 1, 1),
    valid_to=date(2026, 12, 31),
    lots=(GREEN, PARCHMENT),
)
CERTIFY_SITE = replace(CERTIFY, lots=(), site=STATION)
CERTIFY_PARTY = replace(CERTIFY, lots=(), party=WOTE)
WITHDRAW = Withdraw(at=AT, certificate=EVENT, since=date(2026, 3, 1), reason="breach", lots=(GREEN, PARCHMENT))
WITHDRAW_SITE = replace(WITHDRAW, lots=(), site=STATION)
WITHDRAW_PARTY = replace(WITHDRAW, lots=(), party=WOTE)
CORRECT = Correct(
    original=event_of(DISPATCH, event_id=EVENT),
    original_act="dispatch",
    declared_at=AT + timedelta(days=2, milliseconds=125),
    reason="incorrect_data",
    corrected_by=(OTHER_EVENT,),
)

EVENT_ACTS: tuple[Act, ...] = (
    HARVEST,
    DISPATCH,
    RECEIVE,
    FIRST_HEARD,
    REFUSE,
    TITLE,
    CLOSE,
    PROCESS,
    SPLIT,
    PACK,
    GRADE,
    SAMPLE,
    CERTIFICATE,
    SITE_PHOTO,
    WITHHELD_PHOTO,
    SELL,
    DISPOSE,
    STOLEN,
    LOST,
    RECALL,
    LIFT,
    PAY,
    CONFIRM,
    CONTEST,
    CONTEST_A_PLOT,
    CERTIFY,
    CERTIFY_SITE,
    CERTIFY_PARTY,
    WITHDRAW,
    WITHDRAW_SITE,
    WITHDRAW_PARTY,
    CORRECT,
)

REGISTRY: tuple[Act, ...] = (
    Genesis(
        origin="trace.example.org/log/harvest/1",
        operator=WOTE,
        operator_jwk=KEY,
        vkeys=(("a+1+AA", "b+1+AA"), ("a+2+AA", "b+2+AA"), ("a+3+AA",)),
    ),
    RegisterParty(party=ALMAZ, kind="person", roles=("farmer",), country="ET", guardian=WOTE),
    RegisterParty(party=WOTE, kind="organisation", roles=("station", "mill")),
    RegisterSite(site=FARM, party=ALMAZ, kind="farm", country="ET", geo="geo:6.5,38.4"),
    RegisterPlot(plot=plot_uri(HOST, "p1"), site=FARM, country="ET", area_m2=12_345, geo="geo:-0.1,38.4"),
    RegisterKey(party=ALMAZ, kid=KEY, x=KEY, custody="server", pop="eyJh.eyJi.c2ln"),
    RevokeKey(kid=KEY, since=AT, from_index=7, reason="lost"),
    Index(v=1, upto=40, root=KEY, prev=12),
    Index(v=1, upto=3, root=KEY),
    Succession(
        origin="trace.example.org/log/harvest/2",
        keys=("a+2+AA", "b+2+AA"),
        retired="trace.example.org/log/harvest/1\n40\nAAAA\n\n— a AAAA\n",
        lost=3,
    ),
    Erased(digests=(KEY, "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU")),
)
