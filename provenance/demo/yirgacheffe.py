"""Three hundred families bring cherry to one washing station on one day."""

from dataclasses import replace

from provenance.coffee.acts import Attributes, Form, Harvest, LossKind, NewLot
from provenance.demo.cast import Cast
from provenance.demo.stage import Stage, kg, line, lot
from provenance.demo.trade import Voyage, sell_at_mill, ship
from provenance.trail.services.acting import Draft
from shipments.services.making import Output, close, output, process
from shipments.services.moving import Pour, dispatch, receive_unannounced
from shipments.services.plans import plan

FARMERS = 300
DAY = "2025-12-04"
DAY_LOT = lot(Form.CHERRY, "MIS-251204")
GREEN = lot(Form.GREEN, "MIS-251204-G1")
CHERRY = Attributes(country="ET", region="Yirgacheffe", species="arabica", variety=("Kurume", "Dega"))
POUR = Pour(DAY_LOT, Form.CHERRY, CHERRY)
ALMAZ_KG = 84.5

VOYAGE = Voyage(
    story="yirgacheffe",
    lot=GREEN,
    kg=1_740,
    landed_kg=1_737.4,
    bags=29,
    sold="2026-02-18 10:30",
    sent="2026-02-20 07:00",
    stored="2026-02-20 16:40",
    cupped="2026-02-24 10:00",
    shipped="2026-03-12 20:00",
    landed="2026-05-06 09:30",
    score_centi=8775,
    price="9.15 USD a kg of green coffee, free on board",
)


def tell(stage: Stage, cast: Cast) -> None:
    others = stage.people(FARMERS - 1, guardian=cast.misale, name="Farmer {n:03} of Misale")
    stage.tell_all("yirgacheffe/receipts", cast.misale.party, lambda: receipts(cast, others))
    bring_own(stage, cast)
    make_parchment(stage, cast)
    hull(stage, cast)
    sell_at_mill(stage, VOYAGE, owner=cast.misale, mill=cast.yirgacheffe_mill, exporter=cast.yirgacheffe_exporter)
    ship(stage, cast, VOYAGE, cast.yirgacheffe_exporter)
    # The new season: two bags wait at the station's gate.
    pick_and_send(stage, cast, "yirgacheffe/almaz this season", "2026-11-19", 61.5)


def kilograms(number: int) -> float:
    """What the farmer with this number brought: 14 to 59.5 kg, to the half kilogram."""
    return 14 + number * 37 % 92 / 2


TOTAL_KG = ALMAZ_KG + sum(kilograms(number) for number in range(1, FARMERS))


def receipts(cast: Cast, farmers: list[str]) -> list[Draft]:
    """Weighed at the station's gate; harvest and way there were not recorded."""
    station = cast.misale
    plans = [
        receive_unannounced(
            party=station.party,
            at=station.at(f"{DAY} {13 + number // 50:02}:{number % 50 + 5:02}"),
            site=station.site,
            lot=lot(Form.CHERRY, f"MIS-251204-{number:03}"),
            form=Form.CHERRY,
            weight=kg(kilograms(number)),
            attributes=CHERRY,
            from_party=farmer,
            into=POUR,
        )
        for number, farmer in enumerate(farmers, 1)
    ]
    return [draft for each in plans for draft in each.drafts]


def bring_own(stage: Stage, cast: Cast) -> None:
    """Almaz keeps her own record: her harvest and her dispatch are hers to say."""
    picked, sent = pick_and_send(stage, cast, "yirgacheffe/almaz", DAY, ALMAZ_KG)
    stage.take_in("yirgacheffe/almaz/received", cast.misale, sent, f"{DAY} 15:10", (picked, ALMAZ_KG), into=POUR)


def pick_and_send(stage: Stage, cast: Cast, story: str, day: str, kilograms: float) -> tuple[str, str]:
    """Returns the lot of cherry and the event id of its dispatch."""
    almaz, picked = cast.almaz, lot(Form.CHERRY, f"ALMAZ-{day[2:].replace('-', '')}")
    at = almaz.at(f"{day} 12:30")
    said = replace(CHERRY, altitude_m=(1950, 2050), harvest_start=at.date(), harvest_end=at.date())
    cherry = NewLot(lot=picked, mass_mg=kg(kilograms).mass_mg, form=Form.CHERRY, attributes=said)
    stage.tell(
        f"{story}/harvest",
        lambda: plan(almaz.party, Harvest(at=at, site=almaz.site, output=cherry), weights=[("cherry", kg(kilograms))]),
    )
    sent = stage.tell(
        f"{story}/sent",
        lambda: dispatch(
            party=almaz.party,
            at=almaz.at(f"{day} 14:20"),
            site=almaz.site,
            lines=[line(picked, kilograms)],
            to_party=cast.misale.party,
            bags=2,
        ),
    )
    return picked, sent


def make_parchment(stage: Stage, cast: Cast) -> None:
    station = cast.misale
    stage.tell(
        "yirgacheffe/closed",
        lambda: close(party=station.party, at=station.at(f"{DAY} 20:00"), site=station.site, lot=DAY_LOT),
    )
    ripe, wet = lot(Form.CHERRY, "MIS-251204-R"), lot(Form.WET_PARCHMENT, "MIS-251204-W")
    clean, dried = lot(Form.WET_PARCHMENT, "MIS-251204-C"), lot(Form.DRY_PARCHMENT, "MIS-251204-P")
    ripe_kg = round(TOTAL_KG * 0.955)
    wet_kg, clean_kg, dried_kg = round(ripe_kg * 0.56), round(ripe_kg * 0.46), round(ripe_kg * 0.215)
    step(
        stage, cast, "sort_cherry", f"{DAY} 20:40", (DAY_LOT, TOTAL_KG), LossKind.REJECT,
        output(ripe, Form.CHERRY, kg(ripe_kg), parents=[DAY_LOT]),
        output(lot(Form.FLOATERS, "MIS-251204-F"), Form.FLOATERS, kg(round(TOTAL_KG * 0.035)), parents=[DAY_LOT]),
    )  # fmt: skip
    step(
        stage, cast, "pulp", f"{DAY} 22:30", (ripe, ripe_kg), LossKind.WATER,
        output(wet, Form.WET_PARCHMENT, kg(wet_kg), parents=[ripe], process="washed"),
        output(lot(Form.PULP, "MIS-251204-U"), Form.PULP, kg(round(ripe_kg * 0.42)), parents=[ripe]),
    )  # fmt: skip
    step(
        stage, cast, "wash", "2025-12-07 08:00", (wet, wet_kg), LossKind.MUCILAGE,
        output(clean, Form.WET_PARCHMENT, kg(clean_kg), parents=[wet]),
    )  # fmt: skip
    step(
        stage, cast, "dry_parchment", "2025-12-19 16:30", (clean, clean_kg), LossKind.WATER,
        output(dried, Form.DRY_PARCHMENT, kg(dried_kg), parents=[clean]),
    )  # fmt: skip


def step(
    stage: Stage, cast: Cast, name: str, at: str, given: tuple[str, float], rest: LossKind, *outputs: Output
) -> None:
    station = cast.misale
    stage.tell(
        f"yirgacheffe/{name}",
        lambda: process(
            party=station.party,
            at=station.at(at),
            site=station.site,
            step=name,
            inputs=[line(*given)],
            outputs=outputs,
            rest=rest,
        ),
    )


def hull(stage: Stage, cast: Cast) -> None:
    station, mill = cast.misale, cast.yirgacheffe_mill
    parchment = lot(Form.DRY_PARCHMENT, "MIS-251204-P")
    parchment_kg = round(round(TOTAL_KG * 0.955) * 0.215)
    sent = stage.tell(
        "yirgacheffe/to the mill",
        lambda: dispatch(
            party=station.party,
            at=station.at("2026-01-28 06:00"),
            site=station.site,
            lines=[line(parchment, parchment_kg)],
            to_party=mill.party,
            title=False,
        ),
    )
    stage.take_in("yirgacheffe/at the mill", mill, sent, "2026-01-29 11:00", (parchment, parchment_kg))
    stage.tell(
        "yirgacheffe/hulled",
        lambda: process(
            party=mill.party,
            at=mill.at("2026-02-10 17:00"),
            site=mill.site,
            step="hull_washed",
            inputs=[line(parchment, parchment_kg)],
            outputs=[
                output(GREEN, Form.GREEN, kg(VOYAGE.kg), parents=[parchment], grade="Grade 1"),
                output(lot(Form.TRIAGE, "MIS-251204-T"), Form.TRIAGE, kg(50), parents=[parchment]),
            ],
            rest=LossKind.REJECT,
            owner=station.party,
        ),
    )
