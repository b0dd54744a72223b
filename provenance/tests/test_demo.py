"""`make demo`, as a newcomer meets it."""

from datetime import date
from decimal import Decimal
from io import StringIO
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command

from provenance.bags.models import Bag
from provenance.bags.services.counting import Often, opened_often
from provenance.coffee import evidence
from provenance.coffee.acts import Form
from provenance.coffee.certificates import certificates
from provenance.coffee.evidence import Grade, Reason
from provenance.coffee.ledger import shares
from provenance.coffee.money import prices, read_amount
from provenance.demo import garden, huila, sul_de_minas, vienna, yirgacheffe
from provenance.demo.stage import Stage, lot, pack_lot
from provenance.management.commands import demo
from provenance.tests.scanning import scan, sheet_of
from provenance.trail.models import Balance, Event, Flag, Handover, Lot, Pending, Recall, Shortfall
from provenance.trail.services.closure import closure
from provenance.trail.services.disclosing import disclosures_of
from provenance.trail.services.publishing import publish
from provenance.trail.services.registry import found_log
from provenance.trail.services.verifying import verify_trail

pytestmark = pytest.mark.django_db

KG = 1_000_000


def tell() -> str:
    said = StringIO()
    call_command("demo", stdout=said)
    return said.getvalue()


def trail() -> list[tuple[object, ...]]:
    return list(Event.objects.order_by("pk").values_list("uuid", "leaf_hash"))


def test_the_demo_tells_its_three_stories_once_and_all_of_it_can_be_checked(client):
    said = tell()

    log = Event.objects.earliest("pk").log
    assert verify_trail(log) == []
    assert not Pending.objects.exists()
    assert settings.PUBLIC_URL in said and demo.PASSWORD in said
    for username in ("rosa", "almaz", "joao", "misale", "huila-mill", "importer", "roaster", "auditor"):
        assert authenticate(username=username, password=demo.PASSWORD).username == username
        assert username in said

    # Three hundred farmers, one day-lot.
    day_lot = Lot.objects.get(uri=yirgacheffe.DAY_LOT)
    assert (day_lot.closed, day_lot.parents.count()) == (True, yirgacheffe.FARMERS) == (True, 300)

    # One delivery that went home, one weight put right, one recall.
    [refused] = Handover.objects.filter(refused_mg__gt=0)
    assert refused.refused_mg == 92 * KG
    [short] = Shortfall.objects.filter(closed_by=None)
    assert (short.lot.uri, short.mg) == (sul_de_minas.DRIED, 45 * KG)
    [recalled] = Recall.objects.all()
    assert recalled.lot.uri == pack_lot(vienna.BLEND_GTIN, vienna.RECALLED)

    # A farmer's new season has begun: two bags wait for the station.
    assert [sum(waiting.rest.values()) for waiting in Handover.objects.filter(state="open")] == [61_500_000]

    # Nothing else is out of the ordinary: yields, receipts and pools are as in the trade.
    assert set(Flag.objects.values_list("kind", "lot__uri")) == {
        ("shortfall", sul_de_minas.DRIED),
        ("above_ceiling", vienna.ROASTED["FDC"]),
        ("below_usual", garden.PICKED),
    }
    assert list(Balance.objects.filter(mg__lt=0).values_list("lot__uri", "mg")) == [(sul_de_minas.DRIED, -45 * KG)]

    before = trail()
    assert "All was told before." in tell()
    assert trail() == before


def test_each_of_the_bags_scans_and_opens(client):
    tell()

    packed = [
        (vienna.SINGLE_ORIGIN_GTIN, vienna.SINGLE_ORIGIN, 16, "Huila, five farms"),
        (vienna.BLEND_GTIN, vienna.BLEND, 18, "Hausmischung Nirgendwo"),
        (vienna.BLEND_GTIN, vienna.RECALLED, 6, "Hausmischung Nirgendwo"),
        (vienna.GARDEN_GTIN, vienna.GARDEN, 6, "Almaz, one garden"),
    ]
    scanned = []
    for gtin, code, bags, product in packed:
        uri = pack_lot(gtin, code)
        links = scan(sheet_of(uri, bags))
        assert len(set(links)) == bags
        for link in links:
            assert link.startswith(f"{settings.PUBLIC_URL}/01/{gtin}/10/{code}/21/")
            page = client.get(urlsplit(link).path, headers={"Accept": "text/html"})
            assert page.status_code == 200
            assert product in page.content.decode()
            assert ("Recalled" in page.content.decode()) == (code == vienna.RECALLED)
        scanned += links
    assert len(set(scanned)) == 46 == Bag.objects.count()


def test_the_demo_shows_both_sides_a_contest_a_price_a_certificate_an_unknown_share_and_a_copied_code():
    tell()
    found = closure([pack_lot(vienna.SINGLE_ORIGIN_GTIN, vienna.SINGLE_ORIGIN)])
    books = found.books
    handovers = [event.id for event in books.events.values() if event.act in evidence.HANDED_ON]
    assert {evidence.grade(books, event).grade for event in handovers} == {Grade.BOTH_SIDES}
    [certificate] = certificates(books)
    assert (certificate.lots, certificate.holds_on(date(2026, 11, 22))) == ((huila.GREEN,), True)
    paid = [event for event in found.events if event.act == "pay"]
    shown = disclosures_of(paid, ["public"])
    amounts = [(found.statements[event.event_id].body, read_amount(shown[event.pk][0].value)) for event in paid]
    [price] = prices(amounts)
    assert (price.per_kg, price.currency, price.form, price.so_far) == (Decimal("2.10"), "USD", "DRY_PARCHMENT", True)
    said = disclosures_of([event for event in found.events if event.act == "confirm"], ["public"])
    assert [one.name for several in said.values() for one in several] == ["words", "words"]

    contested = closure([pack_lot(vienna.GARDEN_GTIN, vienna.GARDEN)]).books
    assert evidence.weakest(contested, contested.events).reason is Reason.CONTESTED

    blend = pack_lot(vienna.BLEND_GTIN, vienna.BLEND)
    unknown = shares(closure([blend]).edges, blend)[-1]
    assert (unknown.origin, unknown.permyriad) == (None, 823)

    [copied] = [bag for bag in Bag.objects.all() if opened_often(bag)]
    assert opened_often(copied) == Often(30, 6)


def test_a_demo_that_was_killed_is_told_to_its_end(monkeypatch):
    told = Stage.tell

    def killed(stage, name, plan):
        if name == "huila/hulled":
            raise KeyboardInterrupt
        return told(stage, name, plan)

    monkeypatch.setattr(Stage, "tell", killed)
    with pytest.raises(KeyboardInterrupt):
        tell()
    half = trail()
    assert not Lot.objects.filter(form=Form.GREEN).exists()
    monkeypatch.undo()

    tell()

    assert trail()[: len(half)] == half
    assert Lot.objects.filter(uri=lot(Form.GREEN, "HUI-2607-EX")).exists()
    assert Event.objects.filter(act="register_party").count() == 318
    assert verify_trail(Event.objects.earliest("pk").log) == []


def test_made_up_coffee_does_not_go_on_a_real_log():
    publish(found_log(settings.TRAIL_LOG, "A real cooperative"))
    before = trail()

    with pytest.raises(CommandError, match="holds real coffee"):
        tell()

    assert trail() == before


def test_a_production_site_gets_no_demo_unasked(settings):
    settings.PRODUCTION = True

    with pytest.raises(CommandError, match="This is a production site"):
        tell()

    assert trail() == []


def test_a_production_site_that_asks_for_it_gets_a_password_of_its_own(settings):
    settings.PRODUCTION = True
    said = StringIO()

    call_command("demo", "--force", stdout=said)

    assert demo.PASSWORD not in said.getvalue()
    assert authenticate(username="roaster", password=demo.PASSWORD) is None
