"""How many voices become one page: crowds, chapters, sources."""

import re
from hashlib import sha256
from itertools import accumulate

from django.utils.html import strip_tags

from provenance.coffee import acts
from provenance.coffee.acts import Attributes, Difference, Form, LossKind, LotMass, NewLot
from provenance.coffee.identifiers import lot_uri
from provenance.coffee.statement import b64url
from provenance.shelf.reading import page_of
from provenance.shelf.tests import world
from provenance.shelf.tests.world import (
    ALMAZ,
    DAY_LOT,
    FARM,
    GREEN,
    HOST,
    KG,
    PACKED,
    ROASTED,
    STATION,
    WOTE,
)
from provenance.tlog.hashing import leaf_hash
from provenance.trail.models import Event
from provenance.trail.services.acting import Draft, record_acts


def titles(lot: str) -> list[str]:
    page = page_of(lot)
    assert page is not None
    return [step.title for step in page.story.steps]


def test_three_farmers_are_named_and_four_are_a_crowd(log):
    world.build(log, others=2)
    assert sum("picked" in title for title in titles(PACKED)) == 3


def test_a_crowd_is_one_step_with_all_its_weight(log):
    world.build(log, others=3)

    told = titles(PACKED)

    assert told[:3] == [
        "4 farmers picked 266 kg of cherry",
        "4 farmers sent 266 kg to Wote Station",
        "Wote Station took in 4 deliveries, 266 kg together",
    ]
    assert len(told) == 10


def test_a_crowd_is_bound_to_its_statements_by_one_digest(log):
    world.build(log, others=30)

    crowd = page_of(PACKED).story.steps[2]

    leaves = list(accumulate(map(int, crowd.leaves.split())))
    assert len(leaves) == 31 and crowd.unplaced == []
    events = Event.objects.filter(act="receive", leaf__index__in=leaves).order_by("leaf__index")
    hashes = [leaf_hash(bytes(event.statement)) for event in events]
    assert crowd.digest == b64url(sha256(b"".join(hashes)).digest()[:16])


def test_an_event_that_was_taken_back_leaves_the_crowd(log):
    bag = world.build(log, others=4)
    original = page_of(PACKED).reading
    taken = next(one for one in original.journey if one.event_id == bag.events["took in"].event_id)
    correct = acts.Correct(
        original=taken.statement.event,
        original_act="receive",
        declared_at=world.at(11, 9),
        reason="incorrect_data",
    )
    record_acts(WOTE, [Draft(correct)])

    steps = page_of(PACKED).story.steps

    alone = next(step for step in steps if step.events[0].event_id == bag.events["took in"].event_id)
    assert str(alone.taken_back) == "Taken back by its signer: a figure was wrong."
    assert len(alone.events) == 1


def test_deliveries_of_growers_whom_nobody_names_count_with_the_station(log):
    world.build(log)
    lot = lot_uri(HOST, Form.CHERRY, "N-1")
    second = lot_uri(HOST, Form.CHERRY, "D-0303")
    receipt = acts.Receive(
        at=world.at(3, 3),
        site=STATION,
        lines=(LotMass(lot=lot, mass_mg=50 * KG),),
        begins=(NewLot(lot=lot, mass_mg=50 * KG, form=Form.CHERRY, attributes=Attributes(country="ET")),),
        into=NewLot(lot=second, mass_mg=50 * KG, form=Form.CHERRY),
    )
    record_acts(WOTE, [Draft(receipt)])

    [source] = page_of(second).story.sources

    assert (source.name.text, str(source.growers)) == ("Wote Station site", "1 delivery")
    assert str(source.unnamed) == "1 of them from growers whom nobody names"
    assert source.permyriad == 10_000


def test_a_receipt_of_less_than_was_sent_says_so_and_by_how_much(log):
    world.build(log)
    lot, day_lot = (lot_uri(HOST, Form.CHERRY, code) for code in ("H-9", "D-0304"))
    sent, weighed = LotMass(lot=lot, mass_mg=100 * KG), LotMass(lot=lot, mass_mg=90 * KG)
    cherry = NewLot(lot=lot, mass_mg=sent.mass_mg, form=Form.CHERRY, attributes=Attributes(country="ET"))
    picked = acts.Harvest(at=world.at(3, 4, 6), site=FARM, output=cherry)
    sending = acts.Dispatch(at=world.at(3, 4, 8), site=FARM, lines=(sent,), to_party=WOTE)
    [_, dispatch] = record_acts(ALMAZ, [Draft(picked), Draft(sending)])
    receipt = acts.Receive(
        at=world.at(3, 4, 9),
        site=STATION,
        lines=(weighed,),
        taken=(sent,),
        from_party=ALMAZ,
        dispatch=dispatch.event_id,
        into=NewLot(lot=day_lot, mass_mg=weighed.mass_mg, form=Form.CHERRY),
        losses=(Difference(kind=LossKind.WEIGHING_DIFFERENCE, mass_mg=10 * KG),),
    )
    record_acts(WOTE, [Draft(receipt)])

    said = {step.title: [str(remark) for remark in step.remarks] for step in page_of(day_lot).story.steps}

    assert said["Wote Station took in 90 kg of cherry from Almaz"] == ["10 kg less were weighed than had been sent."]


def test_a_blend_has_a_chapter_for_each_source_and_one_for_all(log):
    world.build(log)
    blend = world.blended_with_more_of_brazil()

    story = page_of(blend).story

    assert [(source.permyriad, source.name.text) for source in story.sources] == [
        (8000, "Brazil"),
        (2000, "Almaz site"),
    ]
    assert [chapter.source and chapter.source.name.text for chapter in story.chapters] == ["Brazil", "Almaz site", None]
    assert [step.title for step in story.chapters[2].steps] == ["Kofi Roastery blended the coffee"]
    assert sum(len(chapter.steps) for chapter in story.chapters) == len(story.steps)
    assert not any("harvested" in str(part) for part in story.coffee)


def test_every_step_of_every_lot_stands_in_exactly_one_chapter(log):
    world.build(log, others=5)

    for lot in (DAY_LOT, GREEN, ROASTED, PACKED):
        story = page_of(lot).story
        told = [event.event_id for chapter in story.chapters for step in chapter.steps for event in step.events]
        assert sorted(told) == sorted(telling.event_id for telling in page_of(lot).reading.journey)
        assert len(told) == len(set(told))


def test_a_lot_that_nobody_named_has_no_page(log):
    assert page_of(lot_uri(HOST, Form.GREEN, "nowhere")) is None


def test_a_station_of_many_farmers_is_the_headline(client, log):
    world.build(log, others=5)

    page = client.get(f"/page/01/{world.GTIN}/10/R1103").content.decode()

    assert "6 farmers, Wote Station site" in re.sub(r"\s+", " ", strip_tags(page))
