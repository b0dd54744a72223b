"""The ladder of the shelf: works · wrong method · no such thing · bad input, and what a page may and may not say."""

import re
from uuid import uuid4

import pytest
from django.utils.html import strip_tags

from provenance.bags.models import Bag
from provenance.bags.services.issuing import draw_serials, keep_bags
from provenance.coffee import acts
from provenance.coffee.acts import Attributes, Difference, Form, LossKind, LotMass, NewLot
from provenance.coffee.identifiers import gs1_lot_uri, lot_uri
from provenance.coffee.statement import parse
from provenance.coffee.statement.envelope import decode_b64url
from provenance.shelf.keeping import telling
from provenance.shelf.tests import world
from provenance.shelf.tests.world import BUNDLE, GTIN, KG, KOFI, PACKED, ROASTERY, STATION, WOTE
from provenance.trail.models import Disclosure, Event, Lot
from provenance.trail.services import publishing
from provenance.trail.services.acting import Draft, record_acts
from provenance.trail.services.witnessing import ask_due
from provenance.trail.tests.witnesses import connect

BLEND = lot_uri(world.HOST, Form.GREEN, "B-1")


@pytest.fixture
def bag(log):
    return world.build(log)


def text(answer) -> str:
    return re.sub(r"\s+", " ", strip_tags(answer.content.decode()))


def says(party: str, act: acts.Act) -> Event:
    return record_acts(party, [Draft(act)])[0]


# --- a scan ----------------------------------------------------------------------------------------------------------


def test_a_scan_tells_the_bags_story(client, bag):
    answer = client.get(bag.link)

    assert answer.status_code == 200
    page = text(answer)
    assert "Almaz site, Ethiopia" in page
    assert "Washed 74110 and Kurume · harvested March 2026 · roasted 3 November 2026" in page
    assert "0.55 USD a kg of cherry" in page
    assert "Number 1 of 3: its code is one of those that the roaster sealed when packing." in page
    for step in (
        "Almaz picked 84.5 kg of cherry",
        "Almaz sent 84.5 kg of cherry to Wote Station",
        "Wote Station took in 84.5 kg of cherry from Almaz",
        "Wote Station washed and dried the coffee",
        "Wote Station hulled the parchment",
        "Wote Station sent 13.5 kg of green coffee to Kofi Roastery",
        "Kofi Roastery took in 13.5 kg of green coffee from Wote Station",
        "Kofi Roastery examined the coffee (SCA 2004)",
        "Kofi Roastery roasted the coffee",
        "Kofi Roastery packed 3 bags of 250 g",
    ):
        assert step in page


def test_every_step_says_who_says_so_and_where_it_stands(client, bag):
    page = client.get(bag.link).content.decode()

    assert page.count('class="evidence one_side"') == 10
    assert page.count("Both sides say so, but one operator holds both keys") == 4
    assert f"entry {bag.events['packed'].leaf.index} of the log" in page


def test_a_page_takes_few_queries_whatever_the_trails_length(client, log, django_assert_max_num_queries):
    bag = world.build(log, others=25)

    # To tell it six: the bag, no kept page, the closure and how much it is, disclosures, pictures. Then it is kept.
    with django_assert_max_num_queries(13):
        answer = client.get(bag.link)
    with django_assert_max_num_queries(2):
        client.get(f"/t/{bag.bags[1].token}")

    assert "26 farmers picked" in text(answer)
    assert "Wote Station took in 26 deliveries" in text(answer)


def test_what_is_not_published_yet_is_shown_as_recorded(client, log):
    bag = world.build(log, publish=False)

    assert "recorded, not yet in the log" in text(client.get(bag.link))


def test_a_lot_has_a_page_at_its_own_uri(client, bag):
    answer = client.get(world.GREEN.removeprefix(f"https://{world.HOST}"))

    assert answer.status_code == 200
    assert "lot G-0302" in text(answer)
    assert "packed 3 bags" not in text(answer)


def test_a_link_without_serial_shows_the_lot(client, bag):
    answer = client.get(f"/page/01/{GTIN}/10/R1103")

    assert answer.status_code == 200
    assert "This bag" not in text(answer)


def test_a_trailing_slash_and_further_query_parameters_do_no_harm(client, bag):
    assert client.get(bag.link + "/?15=271103").status_code == 200


def test_a_bag_without_gtin_is_found_by_its_token(client, bag):
    keep_bags(draw_serials(1), lot_uri=world.ROASTED)
    token = Bag.objects.get(lot_uri=world.ROASTED).token

    assert "lot R-1103" in text(client.get(f"/t/{token}"))


def test_a_bag_that_the_pack_does_not_vouch_for_is_told(client, bag):
    Bag.objects.filter(pk=bag.bags[0].pk).update(salt=b"another salt....")

    page = text(client.get(bag.link))

    assert "This code is not among those that the roaster sealed when packing." in page
    assert "its code is one of those" not in page


# --- what was never issued, and what cannot be read ------------------------------------------------------------------


@pytest.mark.parametrize("address", [f"/page/01/{GTIN}/10/R1103/21/AAAAAAAAAAAAAAAA", "/t/aaaaaaaaaaaaaaaaaaaaaaaaaa"])
def test_a_code_that_was_never_issued_shows_no_story(client, bag, address):
    answer = client.get(address)

    assert answer.status_code == 404
    assert "This code was never issued" in text(answer)
    assert "Almaz" not in text(answer)


def test_a_lot_that_nobody_recorded_is_told_so(client, bag):
    answer = client.get(f"/page/01/{GTIN}/10/R9999")

    assert answer.status_code == 404
    assert "Nobody has recorded this lot" in text(answer)


@pytest.mark.parametrize(
    "address",
    [
        "/01/123",
        "/01/09521234000106",
        f"/01/{GTIN}/21/A/10/B",
        f"/01/{GTIN}/10/R1103/foo",
        f"/01/{GTIN}/10/{'R' * 21}",
        f"/01/{GTIN}/10/R%20110",
        f"/01/{GTIN}?10=R1103",
        f"/01/{GTIN}/10/%00",
        "/01/%F0%9F%92%A9",
        "/epcis/class/green",
        "/epcis/class/.",
    ],
)
def test_a_malformed_link_gets_a_page_in_plain_words(client, bag, address):
    answer = client.get(address)

    assert answer.status_code == 400
    assert "This link cannot be read" in text(answer)
    assert "Almaz" not in text(answer)


@pytest.mark.parametrize(
    "address",
    [
        f"/01/{GTIN}/10/R1103",
        f"/page/01/{GTIN}/10/R1103",
        "/t/abc",
        "/epcis/class/green.G-0302",
        BUNDLE,
        "/find/",
        "/how/",
        "/verify/",
    ],
)
@pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
def test_pages_are_only_read(client, bag, address, method):
    count = Event.objects.count()

    assert getattr(client, method)(address).status_code == 405
    assert Event.objects.count() == count


# --- product only ----------------------------------------------------------------------------------------------------


def test_a_code_that_names_only_the_product_asks_for_the_lot(client, bag):
    answer = client.get(f"/page/01/{GTIN}")

    assert answer.status_code == 200
    assert "The lot printed on the bag" in text(answer)
    assert "Almaz" not in text(answer)


def test_the_lot_that_is_typed_in_leads_to_its_page(client, bag):
    answer = client.get(f"/page/01/{GTIN}", {"lot": " R1103 "})

    assert answer.status_code == 302
    assert answer["Location"] == f"/01/{GTIN}/10/R1103"


def test_a_lot_with_strange_letters_is_asked_for_again(client, bag):
    answer = client.get(f"/page/01/{GTIN}", {"lot": "R 1103 ß"})

    assert answer.status_code == 400
    assert "A lot number has 1 to 20 characters" in text(answer)


# --- what a page must not say ----------------------------------------------------------------------------------------


def test_what_is_withheld_stands_neither_on_the_page_nor_in_the_bundle(client, log):
    bag = world.build(log, others=5)
    told = client.get(bag.link).content.decode() + client.get(BUNDLE).content.decode()

    assert "7.10 USD" not in told
    assert "Farmer 1" not in told
    assert "withheld" in told


def test_the_serials_of_other_bags_are_never_published(client, bag):
    told = client.get(bag.link).content.decode() + client.get(BUNDLE).content.decode()

    for other in bag.bags[1:]:
        assert other.serial not in told
        assert other.token not in told
        assert bytes(other.salt).hex() not in told


def test_an_erased_name_is_withheld_and_the_page_stands(client, bag):
    Disclosure.objects.filter(name="name").delete()

    page = text(client.get(bag.link))

    assert "Almaz" not in page
    assert "a farmer picked 84.5 kg of cherry" in page
    assert "a farm, Ethiopia" in page


def test_what_went_to_others_is_no_step_of_this_bag(client, bag):
    away = acts.Dispatch(
        at=world.at(11, 4),
        site=ROASTERY,
        lines=(LotMass(lot=world.ROASTED, mass_mg=KG),),
        to_party=WOTE,
        to_site=STATION,
    )
    event = says(KOFI, away)

    assert event.event_id not in client.get(bag.link).content.decode()


def test_every_figure_that_the_page_calls_signed_stands_in_the_signed_bytes(client, bag):
    page = client.get(bag.link).content.decode()
    signed = {str(event.place): bytes(event.statement) for event in bag.events.values()}

    steps = re.findall(r'<li class="step[^>]*data-leaves="(\d+)" [^>]*>(.*?)\n</li>', page, re.S)
    figures = [
        (place, said or shown)
        for place, step in steps
        for said, shown in re.findall(r'data-said(?:="([^"]*)")?>([^<]*)<', step)
    ]

    assert len(steps) == 10
    assert len(figures) > 40
    for place, figure in figures:
        payload = decode_b64url(signed[place].split(b".")[1], "payload").decode()
        assert re.search(rf'[":]{re.escape(figure)}[",}}]', payload), (place, figure)


def titles(page: str) -> list[str]:
    found = re.findall(r"<h3 data-title>(.*?)</h3>", page, re.S)
    return [re.sub(r"\s+", " ", strip_tags(one)).strip() for one in found]


# --- what happened since ---------------------------------------------------------------------------------------------


def test_a_recalled_lot_says_so_above_everything(client, bag):
    says(KOFI, acts.Recall(at=world.at(11, 5), site=ROASTERY, lots=(PACKED,), reason="foreign_body"))

    page = text(client.get(bag.link))

    assert "Recalled: do not drink this coffee." in page
    assert (
        "Kofi Roastery recalled this lot on 5 November 2026: something is in the coffee that does not belong there."
        in page
    )


def test_a_recall_of_what_it_was_made_from_reaches_the_bag(client, bag):
    says(WOTE, acts.Recall(at=world.at(11, 5), site=STATION, lots=(world.PARCHMENT,), reason="contamination"))

    assert "Wote Station recalled lot P-0302, which is in it," in text(client.get(bag.link))


def test_a_lifted_recall_is_a_step_and_no_banner(client, bag):
    recall = says(KOFI, acts.Recall(at=world.at(11, 5), site=ROASTERY, lots=(PACKED,), reason="labelling"))
    says(KOFI, acts.LiftRecall(at=world.at(11, 6), site=ROASTERY, lots=(PACKED,), recall=recall.event_id))

    page = text(client.get(bag.link))

    assert "do not drink" not in page
    assert "Kofi Roastery lifted a recall" in page


def test_a_correction_stands_beside_what_it_takes_back(client, bag):
    original = acts_event(bag.events["graded"])
    says(
        KOFI,
        acts.Correct(original=original, original_act="grade", declared_at=world.at(11, 6), reason="incorrect_data"),
    )

    page = client.get(bag.link).content.decode()

    assert "step one-side taken-back" in page
    assert "Taken back by its signer: a figure was wrong." in page
    assert "Kofi Roastery took back an examination" in text(client.get(bag.link))


def acts_event(event: Event) -> dict:
    return parse(bytes(event.statement)).event


def test_a_blend_shows_its_shares_and_what_nobody_says(client, bag):
    bought, said = lot_uri(world.HOST, Form.GREEN, "X-9"), Attributes(country="BR", region="Cerrado")
    says(
        KOFI,
        acts.Receive(
            at=world.at(10, 1),
            site=ROASTERY,
            lines=(LotMass(lot=bought, mass_mg=30 * KG),),
            begins=(NewLot(lot=bought, mass_mg=30 * KG, form=Form.GREEN, attributes=said),),
        ),
    )
    says(
        KOFI,
        acts.Process(
            at=world.at(10, 2),
            site=ROASTERY,
            step="blend",
            inputs=(LotMass(lot=world.GREEN, mass_mg=10 * KG), LotMass(lot=bought, mass_mg=30 * KG)),
            outputs=(NewLot(lot=BLEND, mass_mg=50 * KG, form=Form.GREEN),),
            gains=(Difference(kind=LossKind.UNEXPLAINED, mass_mg=10 * KG),),
        ),
    )

    page = text(client.get(BLEND.removeprefix(f"https://{world.HOST}")))

    assert "A blend from Brazil and Ethiopia" in page or "A blend of 2 origins" in page
    assert "Cerrado, Brazil · declared by Kofi Roastery; what came before is not recorded" in page
    assert "Nobody says where this part comes from" in page
    shares = [
        float(one) for one in re.findall(r"([\d.]+) % ", page.split("Where it comes from")[1].split("Shares by")[0])
    ]
    assert sum(shares) == pytest.approx(100)
    assert "more came out than this step can give: that part counts as of unknown origin." in page


def test_more_used_than_there_was_is_told(client, bag):
    too_much = LotMass(lot=world.ROASTED, mass_mg=20 * KG)
    pack = acts.Sell(at=world.at(11, 4), site=ROASTERY, lines=(too_much,))
    says(KOFI, pack)

    assert "more of lot R-1103 were used than anybody said were there." in text(client.get(bag.link))


def test_other_pages_stand(client):
    assert client.get("/how/").status_code == 200
    assert client.get("/verify/").status_code == 200


@pytest.mark.parametrize("typed", ["R1103", " r1103 "])
def test_a_lot_is_found_by_what_is_printed_beside_the_code(client, bag, typed):
    answer = client.get("/find/", {"lot": typed})

    assert (answer.status_code, answer["Location"]) == (302, f"/01/{GTIN}/10/R1103")


@pytest.mark.parametrize("typed", ["G-0302", "R1104", "x" * 3000, "a\x00b", "é", "<b>"])
def test_a_lot_that_is_in_no_bag_is_not_found_and_told_so(client, bag, typed):
    answer = client.get("/find/", {"lot": typed})

    assert answer.status_code == 404
    assert "Nobody on this site packed bags of this lot." in text(answer)
    assert "<b>" not in answer.content.decode()


def test_looking_up_begins_with_a_question(client, db):
    answer = client.get("/find/")

    assert answer.status_code == 200
    assert "type the lot that is printed beside it" in text(answer)


def test_two_coffees_of_one_lot_code_are_both_offered(client, bag):
    other = Lot.objects.get(uri=PACKED)
    other.pk, other.uri, other.gtin = uuid4(), gs1_lot_uri("09521234000112", "R1103"), "09521234000112"
    other.save(force_insert=True)

    answer = client.get("/find/", {"lot": "R1103"})

    assert answer.status_code == 200
    assert "Which one is yours?" in text(answer)
    for gtin in (GTIN, "09521234000112"):
        assert f'href="/01/{gtin}/10/R1103"' in answer.content.decode()


def test_a_page_says_who_witnesses_it_and_waits_for_all_of_it(client, bag, log, settings, tmp_path, monkeypatch):
    connect(log, settings, tmp_path, monkeypatch, "Port_Cooperative", "ACME_Importers")
    # That a page is witnessed may be told a minute later.
    monkeypatch.setattr(telling, "NOT_WITNESSED", 0)
    page = text(client.get(bag.link))
    assert "○ Nobody outside has witnessed this yet" in page and "nobody outside has witnessed all of this yet" in page

    publishing.publish(log, index=True)
    assert ask_due() == 2

    page = text(client.get(bag.link))
    assert re.search(r"◎ Witnessed by Port Cooperative and ACME Importers on \d+ \w+ \d{4}, \d\d:\d\d \(UTC\)\.", page)
    assert "That Port Cooperative and ACME Importers are independent of the operator." in page

    recall = acts.Recall(at=world.at(11, 5), site=world.ROASTERY, lots=(world.PACKED,), reason="labelling")
    record_acts(world.KOFI, [Draft(recall)])
    assert "○ Nobody outside has witnessed this yet" in text(client.get(bag.link))
