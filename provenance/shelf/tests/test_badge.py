"""The badge for shops: works · wrong method · no such lot · bad address, and what other sites may do with it."""

import re
from base64 import b64encode
from datetime import timedelta
from hashlib import sha256
from xml.etree import ElementTree

import pytest
from django.utils import timezone

from provenance.bags.services.glancing import glance_at
from provenance.coffee import acts
from provenance.coffee.acts import Form
from provenance.coffee.identifiers import lot_uri
from provenance.shelf import glance
from provenance.shelf.keeping.grounds import Grounds
from provenance.shelf.reading import page_of
from provenance.shelf.tests import world
from provenance.shelf.tests.world import GREEN, GTIN, KG, KOFI, PACKED, ROASTERY
from provenance.trail.services.acting import Draft, record_acts

BADGE = f"/badge/01/{GTIN}/10/R1103.svg"


@pytest.fixture(autouse=True)
def nothing_kept():
    glance.kept.forget()


@pytest.fixture
def bag(log):
    return world.build(log)


def words_on(answer) -> str:
    svg = ElementTree.fromstring(answer.content)
    return " ".join("".join(text.itertext()) for text in svg.iter("{http://www.w3.org/2000/svg}text"))


def test_the_badge_says_what_the_page_says(client, bag):
    answer = client.get(BADGE)

    assert (answer.status_code, answer["Content-Type"]) == (200, "image/svg+xml")
    story = page_of(PACKED).story
    assert str(story.verdict.words) in words_on(answer)
    assert "Lot R1103 localhost:8000" in words_on(answer)
    assert "genuine" not in words_on(answer)


def test_the_badge_speaks_the_shoppers_language(client, bag):
    by_header = client.get(BADGE, headers={"Accept-Language": "de-AT, en;q=0.5"})
    by_address = client.get(BADGE, {"lang": "fr"})

    assert "Charge R1103" in words_on(by_header) and by_header["Content-Language"] == "de"
    assert "Lot R1103" in words_on(by_address) and by_address["Content-Language"] == "fr"
    assert "Accept-Language" in by_header["Vary"]
    assert words_on(client.get(BADGE)) != words_on(by_address)


def test_a_recall_is_on_the_badge_before_anything_else(client, bag):
    before = glance_at(PACKED)
    recall = acts.Recall(at=world.at(11, 20), site=ROASTERY, lots=(PACKED,), reason="contamination")
    record_acts(KOFI, [Draft(recall)])

    assert "Recalled: do not drink this coffee." in words_on(client.get(BADGE))
    assert glance_at(PACKED).flags[0] == before.verdict
    assert glance_at(PACKED).code == "recalled"


def test_a_recall_of_what_is_in_the_bag_is_on_the_badge(client, bag):
    recall = acts.Recall(at=world.at(11, 20), site=ROASTERY, lots=(GREEN,), reason="contamination")
    record_acts(KOFI, [Draft(recall)])

    assert "Recalled" in words_on(client.get(BADGE))


def test_what_nobody_knows_and_what_is_missing_is_among_the_flags(log):
    ghost, lot = (lot_uri(world.HOST, form, "U-1") for form in (Form.GREEN, Form.ROASTED))
    roast = acts.Process(
        at=world.at(11, 1),
        site=ROASTERY,
        step="roast",
        inputs=(acts.LotMass(lot=ghost, mass_mg=10 * KG),),
        outputs=(acts.NewLot(lot=lot, mass_mg=8 * KG, form=Form.ROASTED),),
        losses=(acts.Difference(kind=acts.LossKind.ROAST_GAS, mass_mg=2 * KG),),
    )
    record_acts(KOFI, [Draft(roast)])

    flags = glance_at(lot).flags

    assert "10 kg more of lot U-1 were used than anybody said were there." in flags
    assert "Nobody says where 100 % of it come from." in flags
    assert "1 of its statements has no place in the log yet." in flags


def test_a_lot_without_gtin_has_a_badge_at_its_own_path(client, bag):
    answer = client.get("/badge/epcis/class/green.G-0302.svg")

    assert answer.status_code == 200
    assert "Lot G-0302" in words_on(answer)


def test_other_sites_may_embed_it_for_a_minute(client, bag):
    answer = client.get(BADGE)

    assert answer["Access-Control-Allow-Origin"] == "*"
    assert answer["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert answer["Cache-Control"] == "public, max-age=60"
    assert not answer.cookies


def test_nothing_runs_in_it_and_nothing_is_fetched(client, bag):
    answer = client.get(BADGE)
    svg = answer.content.decode()

    style = re.search("<style>(.*)</style>", svg).group(1)
    digest = b64encode(sha256(style.encode()).digest()).decode()
    assert answer["Content-Security-Policy"] == f"default-src 'none'; style-src 'sha256-{digest}'"
    assert not re.search(r"<script|href|url\(|@import|\son\w+=", svg)
    assert "prefers-color-scheme:dark" in style


def test_it_stays_within_its_width(client, bag):
    svg = ElementTree.fromstring(client.get(BADGE).content)

    assert svg.get("width") == "220"
    lines = [text.text for text in svg.iter("{http://www.w3.org/2000/svg}text")]
    assert max(map(len, lines)) <= 34


@pytest.fixture
def tellings(monkeypatch) -> list[str]:
    """The lots whose badges were told from the trail, and not given again."""
    told: list[str] = []

    def counted(uri: str, **options: bool):
        told.append(uri)
        return page_of(uri, **options)

    monkeypatch.setattr(glance, "page_of", counted)
    return told


LINKSET = f"/01/{GTIN}/10/R1103?linkType=linkset"


def test_a_badge_is_told_once_and_then_takes_three_queries(client, bag, tellings, django_assert_num_queries):
    first = client.get(BADGE).content
    with django_assert_num_queries(3):
        assert client.get(f"{BADGE}?anew=1").content == first
    client.get(LINKSET)

    assert tellings == [PACKED]


def recall_it():
    recall = acts.Recall(at=world.at(11, 20), site=ROASTERY, lots=(PACKED,), reason="contamination")
    record_acts(KOFI, [Draft(recall)])


def test_a_recall_is_on_the_very_next_badge_and_among_the_very_next_links(client, bag, tellings):
    before = [client.get(address).content for address in (BADGE, LINKSET)]
    recall_it()

    badge, links = (client.get(address) for address in (BADGE, LINKSET))

    assert tellings == [PACKED] * 3, "what waits for its place is told each time"
    assert "Recalled" in words_on(badge) and b"recallStatus" in links.content
    assert b"Recalled" not in before[0] and b"recallStatus" not in before[1]


def test_a_badge_that_is_not_proved_stays_old_after_a_recall(client, bag, monkeypatch):
    """The planted bug: what the test above catches."""
    monkeypatch.setattr(Grounds, "stand", True)
    client.get(BADGE)
    recall_it()

    assert "Recalled" not in words_on(client.get(BADGE))


def test_a_badge_is_of_its_lot_and_its_language(client, bag, tellings):
    other = "/badge/epcis/class/green.G-0302.svg"
    english, german = (client.get(BADGE, headers={"Accept-Language": each}).content for each in ("en", "de"))

    assert "Lot G-0302" in words_on(client.get(other))
    assert client.get(BADGE, headers={"Accept-Language": "de"}).content == german != english
    assert tellings == [PACKED, PACKED, GREEN]


def test_a_badge_is_told_anew_when_certificates_may_have_ended(client, bag, tellings, monkeypatch):
    client.get(BADGE)
    tomorrow = timezone.now() + timedelta(days=1)
    monkeypatch.setattr(glance.timezone, "now", lambda: tomorrow)
    client.get(BADGE)

    assert tellings == [PACKED, PACKED]


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_one_can_only_look(client, bag, method):
    assert getattr(client, method)(BADGE).status_code == 405


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"01/{GTIN}/10/NONE", 404),
        ("epcis/class/green.NONE", 404),
        (f"01/{GTIN}", 400),
        (f"01/{GTIN}/10/R1103/21/AAAAAAAAAAAAAAAA", 400),
        ("01/09521234000106/10/R1103", 400),
        ("01/x/10/R1103", 400),
        ("epcis/class/green.", 400),
        ("epcis/class/green.a%00b", 400),
        ("epcis/class/" + "x" * 400, 400),
        ("nothing", 400),
    ],
)
def test_what_is_no_lot_is_said_so_in_the_picture(client, log, path, status):
    answer = client.get(f"/badge/{path}.svg")

    assert answer.status_code == status
    assert ("Nobody has recorded this lot." if status == 404 else "This is no address of a lot.") in words_on(answer)


def test_a_hostile_name_stays_text(client, log, monkeypatch):
    from provenance.bags.services.glancing import Glance
    from provenance.shelf.views import badge

    hostile = '</text><script>alert(1)</script>"><image href=x onerror=alert(1)>'
    monkeypatch.setattr(badge, "glance", lambda lot: Glance("contested", "≠", hostile, ()))

    answer = client.get(BADGE)

    assert {element.tag.rpartition("}")[2] for element in ElementTree.fromstring(answer.content).iter()} == {
        "svg", "title", "style", "rect", "text",
    }  # fmt: skip
