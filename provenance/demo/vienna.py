"""One roastery, three coffees, forty-six bags, and six of them called back."""

from datetime import date

from provenance.bags.models import Product
from provenance.coffee.acts import Form, LossKind
from provenance.demo import garden, huila, sul_de_minas, yirgacheffe
from provenance.demo.cast import Cast
from provenance.demo.stage import Stage, kg, line, lot, pack_lot
from provenance.demo.trade import to_vienna
from shipments.services.ending import recall, sell
from shipments.services.lots import inherited
from shipments.services.making import output, pack, process

# GS1 prefix 952 is set aside for demonstrations.
SINGLE_ORIGIN_GTIN, BLEND_GTIN, GARDEN_GTIN = "09521234000105", "09521234000112", "09521234000129"

ROASTED = {name: lot(Form.ROASTED, f"R261103-{name}") for name in ("HUI", "MIS", "FDC", "ALM")}
SINGLE_ORIGIN, BLEND, RECALLED, GARDEN = "HU-261104", "HM-261104", "HM-261110", "AG-261104"


def tell(stage: Stage, cast: Cast) -> None:
    to_vienna(stage, cast, huila.VOYAGE, 140, bags=2)
    to_vienna(stage, cast, yirgacheffe.VOYAGE, 120, bags=2)
    to_vienna(stage, cast, sul_de_minas.VOYAGE, 180, bags=3)
    roast(stage, cast, "HUI", huila.GREEN, 30, 25.4)
    roast(stage, cast, "MIS", yirgacheffe.GREEN, 24, 20.4)
    # Two batches went on one ticket: the second one's 15 kg of green coffee were never written down.
    roast(stage, cast, "FDC", sul_de_minas.GREEN, 45, 50.1)
    roast(stage, cast, "ALM", garden.GREEN, 2, 1.69)
    single = stage.product(cast.roaster, "Huila, five farms", gtin=SINGLE_ORIGIN_GTIN, grams=250)
    house = stage.product(cast.roaster, "Hausmischung Nirgendwo", gtin=BLEND_GTIN, grams=250)
    fill(stage, cast, single, SINGLE_ORIGIN, ROASTED["HUI"], 4.03, 16, "2026-11-04 15:00")
    blend(stage, cast, "HM261104", 20, "2026-11-04 16:00")
    fill(stage, cast, house, BLEND, lot(Form.ROASTED, "HM261104"), 4.52, 18, "2026-11-04 17:00")
    blend(stage, cast, "HM261110", 10, "2026-11-10 10:00")
    fill(stage, cast, house, RECALLED, lot(Form.ROASTED, "HM261110"), 1.51, 6, "2026-11-10 11:00")
    own = stage.product(cast.roaster, "Almaz, one garden", gtin=GARDEN_GTIN, grams=250)
    fill(stage, cast, own, GARDEN, ROASTED["ALM"], 1.51, 6, "2026-11-04 18:00")
    sell_some(stage, cast, house)
    call_back(stage, cast, house)


def roast(stage: Stage, cast: Cast, name: str, green: str, green_kg: float, roasted_kg: float) -> None:
    roaster = cast.roaster
    stage.tell(
        f"vienna/roasted {name}",
        lambda: process(
            party=roaster.party,
            at=roaster.at("2026-11-03 11:00"),
            site=roaster.site,
            step="roast",
            inputs=[line(green, green_kg)],
            outputs=[
                output(ROASTED[name], Form.ROASTED, kg(roasted_kg), parents=[green], roast_degree="medium"),
                output(lot(Form.CHAFF, f"R261103-{name}"), Form.CHAFF, kg(green_kg / 100), parents=[green]),
            ],
            rest=LossKind.ROAST_GAS,
        ),
    )


def blend(stage: Stage, cast: Cast, code: str, kilograms: float, at: str) -> None:
    """Half Sul de Minas, three tenths Yirgacheffe, a fifth Huila; a spoonful stays in the mixer."""
    roaster = cast.roaster
    parts = {"FDC": 0.5, "MIS": 0.3, "HUI": 0.2}
    inputs = [line(ROASTED[name], kilograms * part) for name, part in parts.items()]
    stage.tell(
        f"vienna/blended {code}",
        lambda: process(
            party=roaster.party,
            at=roaster.at(at),
            site=roaster.site,
            step="blend",
            inputs=inputs,
            outputs=[
                output(
                    lot(Form.ROASTED, code),
                    Form.ROASTED,
                    kg(kilograms - 0.03),
                    parents=[given.lot for given in inputs],
                )
            ],
            rest=LossKind.SPILLAGE,
        ),
    )


def fill(
    stage: Stage, cast: Cast, product: Product, code: str, roasted: str, roasted_kg: float, bags: int, at: str
) -> None:
    roaster = cast.roaster
    stage.tell(
        f"vienna/packed {code}",
        lambda: pack(
            party=roaster.party,
            at=roaster.at(at),
            site=roaster.site,
            inputs=[line(roasted, roasted_kg)],
            lot=pack_lot(product.gtin, code),
            product=product,
            count=bags,
            attributes=inherited([roasted], best_before=date(2027, 11, 1)),
        ),
    )


def sell_some(stage: Stage, cast: Cast, house: Product) -> None:
    roaster = cast.roaster
    stage.tell(
        "vienna/sold",
        lambda: sell(
            party=roaster.party,
            at=roaster.at("2026-11-07 18:00"),
            site=roaster.site,
            lines=[line(pack_lot(house.gtin, BLEND), 2)],
            price="11.90 EUR a bag",
        ),
    )


def call_back(stage: Stage, cast: Cast, house: Product) -> None:
    roaster = cast.roaster
    stage.tell(
        "vienna/recalled",
        lambda: recall(
            party=roaster.party,
            at=roaster.at("2026-11-12 08:30"),
            site=roaster.site,
            lots=[pack_lot(house.gtin, RECALLED)],
            reason="foreign_body",
            note="A small stone was found in one bag. Do not grind it: bring it back.",
        ),
    )
