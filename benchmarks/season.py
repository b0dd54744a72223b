"""
Seasons of coffee told through the trail's own services: the large logs of the benchmarks.

    python benchmarks/season.py FOLDER SIZE...

Makes one log and keeps a copy of its site in FOLDER/SIZE when it has reached each size. A season is one container:
ten day-lots of a hundred deliveries, washed, hulled into one lot of green coffee, sent to the roaster, split, roasted
and packed. So a packed lot has six levels and about 1,025 lots behind it.
"""

import os
import shutil
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

if __name__ == "__main__":
    os.environ["BENCHMARK_SITE"] = str(Path(sys.argv[1]).resolve() / "growing")

import fresh_site  # noqa: F401  # must come first
from django.conf import settings
from django.db import connection

from provenance.coffee.acts import (
    Act,
    Close,
    Difference,
    Dispatch,
    Form,
    Harvest,
    LossKind,
    LotMass,
    NewLot,
    Pack,
    Process,
    Receive,
    Split,
)
from provenance.coffee.identifiers import gs1_lot_uri, lot_uri
from provenance.coffee.statement import new_event_id
from provenance.tlog.hashing import leaf_hash, root_of
from provenance.trail.models import LogHead
from provenance.trail.services import registry
from provenance.trail.services.acting import Draft, held_key, sign_drafts
from provenance.trail.services.publishing import publish
from provenance.trail.services.recording import Incoming, record

FARMERS = 40
DAYS = 10  # day-lots in a container
DELIVERIES = 100  # in a day-lot
LOTS = 4  # of green coffee that the roaster splits a container into
BATCH = 100
BATCHES = 20  # that one checkpoint covers
KG = 1_000_000
GTIN = "09521234000105"
NOON = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)


class Actor:
    """A party with one place, whose key the site keeps."""

    def __init__(self, kind: str, role: str, place: str, name: str) -> None:
        self.party = registry.register_party(kind=kind, roles=[role], name=name, country="ET")
        self.site = registry.register_site(party=self.party, kind=place, name=name, country="ET")


class Season:
    """A log with forty farmers, a station and a roaster, and what they say, season after season."""

    def __init__(self) -> None:
        self.log = registry.found_log("main", "Benchmark", country="ET")
        self.farmers = [Actor("person", "farmer", "farm", f"Farmer {n}") for n in range(FARMERS)]
        self.station = Actor("organisation", "station", "washing_station", "Station")
        self.roaster = Actor("organisation", "roaster", "roastery", "Roastery")
        publish(self.log)
        everybody = [*self.farmers, self.station, self.roaster]
        self._keys = {actor.party: held_key(self.log, actor.party) for actor in everybody}
        self._number = count(1)
        self.packed: list[str] = []
        self.cherries: list[str] = []

    def statements(self) -> Iterator[Incoming]:
        """Without end, in the order in which they have to be recorded."""
        while True:
            yield from self._container(next(self._number))

    def batches(self) -> Iterator[list[Incoming]]:
        statements = self.statements()
        while True:
            yield [next(statements) for _ in range(BATCH)]

    def _say(self, actor: Actor, act: Act, jti: str | None = None) -> Incoming:
        [said] = sign_drafts(self.log, actor.party, [Draft(act, jti=jti)], self._keys[actor.party])
        return said

    def _container(self, number: int) -> Iterator[Incoming]:
        self.cherries.append(_lot(Form.CHERRY, f"{number}-0-0"))
        parchment = []
        for day in range(DAYS):
            yield from self._day(f"{number}-{day}")
            parchment.append(LotMass(lot=_lot(Form.DRY_PARCHMENT, f"{number}-{day}"), mass_mg=DELIVERIES * 8 * KG))
        weight = DAYS * DELIVERIES * 8 * KG
        green = NewLot(lot=_lot(Form.GREEN, f"{number}"), mass_mg=weight * 4 // 5, form=Form.GREEN)
        yield self._say(self.station, _making(self.station, "hull_washed", parchment, green))
        yield from self._hand_over(self.station, self.roaster, LotMass(lot=green.lot, mass_mg=green.mass_mg))
        part = green.mass_mg // LOTS
        parts = [NewLot(lot=f"{green.lot}-{n}", mass_mg=part, form=Form.GREEN) for n in range(LOTS)]
        whole = LotMass(lot=green.lot, mass_mg=green.mass_mg)
        yield self._say(self.roaster, Split(at=NOON, site=self.roaster.site, input=whole, outputs=tuple(parts)))
        for n, raw in enumerate(parts):
            yield from self._roasted(raw, f"{number}-{n}")

    def _day(self, code: str) -> Iterator[Incoming]:
        """A hundred deliveries into one day-lot, its seal, and what the station makes of it."""
        lot, receipts = _lot(Form.CHERRY, f"D-{code}"), []
        for delivery in range(DELIVERIES):
            farmer = self.farmers[delivery % FARMERS]
            cherry = NewLot(lot=_lot(Form.CHERRY, f"{code}-{delivery}"), mass_mg=40 * KG, form=Form.CHERRY)
            yield self._say(farmer, Harvest(at=NOON, site=farmer.site, output=cherry))
            into = NewLot(lot=lot, mass_mg=40 * KG, form=Form.CHERRY)
            line = LotMass(lot=cherry.lot, mass_mg=40 * KG)
            sent, received = self._hand_over(farmer, self.station, line, into)
            receipts.append(leaf_hash(received.jws))
            yield from (sent, received)
        mass = DELIVERIES * 40 * KG
        yield self._say(
            self.station,
            Close(
                at=NOON,
                site=self.station.site,
                lot=lot,
                receipts=DELIVERIES,
                mass_mg=mass,
                receipts_root=root_of(receipts).hex(),
            ),
        )
        parchment = NewLot(lot=_lot(Form.DRY_PARCHMENT, code), mass_mg=mass // 5, form=Form.DRY_PARCHMENT)
        yield self._say(
            self.station, _making(self.station, "wash_and_dry", [LotMass(lot=lot, mass_mg=mass)], parchment)
        )

    def _hand_over(
        self, giver: Actor, taker: Actor, line: LotMass, into: NewLot | None = None
    ) -> tuple[Incoming, Incoming]:
        jti = new_event_id()
        sent = Dispatch(at=NOON, site=giver.site, lines=(line,), to_party=taker.party, to_site=taker.site)
        taken = Receive(at=NOON, site=taker.site, lines=(line,), from_party=giver.party, dispatch=jti, into=into)
        return self._say(giver, sent, jti), self._say(taker, taken)

    def _roasted(self, raw: NewLot, code: str) -> Iterator[Incoming]:
        mass = raw.mass_mg * 17 // 20
        roasted = NewLot(lot=_lot(Form.ROASTED, code), mass_mg=mass, form=Form.ROASTED)
        yield self._say(
            self.roaster, _making(self.roaster, "roast", [LotMass(lot=raw.lot, mass_mg=raw.mass_mg)], roasted)
        )
        packed = NewLot(lot=gs1_lot_uri(GTIN, f"P{code}"), mass_mg=mass, form=Form.PACKED)
        yield self._say(
            self.roaster,
            Pack(
                at=NOON,
                site=self.roaster.site,
                inputs=(LotMass(lot=roasted.lot, mass_mg=mass),),
                output=packed,
                count=mass // (KG // 4),
                net_mg=KG // 4,
                serials_root="00" * 32,
                gtin=GTIN,
            ),
        )
        self.packed.append(packed.lot)


def _lot(form: Form, code: str) -> str:
    return lot_uri(settings.TRAIL_HOST, form, code)


def _making(actor: Actor, step: str, inputs: list[LotMass], output: NewLot) -> Process:
    lost = sum(line.mass_mg for line in inputs) - output.mass_mg
    kind = LossKind.SPILLAGE if step == "hull_washed" else LossKind.WATER
    return Process(
        at=NOON,
        site=actor.site,
        step=step,
        inputs=tuple(inputs),
        outputs=(output,),
        losses=(Difference(kind=kind, mass_mg=lost),),
    )


def grow(folder: Path, sizes: list[int]) -> None:
    """Copies of the growing site, one at each size."""
    season, began = Season(), time.monotonic()
    batches, recorded = season.batches(), 0
    for size in sorted(sizes):
        while LogHead.objects.get(log=season.log).size + recorded * BATCH < size:
            record(next(batches))
            recorded += 1
            if recorded == BATCHES:
                publish(season.log)
                recorded = 0
        publish(season.log)
        recorded = 0
        connection.close()
        (folder / str(size)).mkdir(parents=True, exist_ok=True)
        shutil.copytree(folder / "growing", folder / str(size), dirs_exist_ok=True)
        print(f"{size} events after {time.monotonic() - began:.0f} s, {time.process_time():.0f} s of CPU", flush=True)


if __name__ == "__main__":
    grow(Path(sys.argv[1]).resolve(), [int(size) for size in sys.argv[2:]])
