"""Every door in a real browser: nothing breaks, nobody else is called, made-up names stay names."""

from datetime import UTC, datetime

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from provenance.bags.models import Bag, Product
from provenance.coffee.acts import Attributes, Form
from provenance.coffee.statement import parse
from provenance.demo import vienna
from provenance.demo.stage import kg, line, lot, pack_lot
from provenance.members.models import User
from provenance.members.services import enrol
from provenance.trail.models import Event, Lot
from provenance.trail.services import registry
from provenance.trail.services.publishing import publish
from shipments.services import making, moving

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PASSWORD = "mallory-has-one"
OWNED = "<script>window.owned=1</script><img src=x onerror=window.owned=1>\"'>{{7*7}}"


def test_a_farmer_records_a_harvest_on_a_small_phone_without_script(demo, visit):
    almaz = visit(width=320, script=False)
    almaz.log_in("almaz")
    before = Event.objects.filter(act="harvest").count()

    almaz.page.goto("/farms/harvest/")
    almaz.page.fill("[name=weight]", "61,5")
    almaz.page.fill("[name=variety]", "Kurume")
    assert_fits(almaz.page)
    almaz.page.get_by_role("button", name="Continue").click()
    expect(almaz.page.get_by_text("61.5 kg").first).to_be_visible()
    assert Event.objects.filter(act="harvest").count() == before
    assert_fits(almaz.page)
    almaz.page.get_by_role("button", name="Sign this harvest").click()

    expect(almaz.page.get_by_text("Signed and recorded").first).to_be_visible()
    harvested = Event.objects.filter(act="harvest").latest("pk")
    assert str(harvested.uuid) in almaz.page.url
    assert parse(bytes(harvested.statement)).body.output.mass_mg == 61_500_000
    assert almaz.complaints == []


def assert_fits(page) -> None:
    """No sideways scrolling; measured from outside, since the page runs no script."""
    box = page.locator("body").bounding_box()
    widest = max((one.bounding_box() or {"x": 0, "width": 0})["x"] + (one.bounding_box() or {"width": 0})["width"]
                 for one in page.locator("main *:visible").all())  # fmt: skip
    assert box["width"] <= 320 and widest <= 321


DESKS = {
    "almaz": ["/farms/", "/farms/farm/", "/farms/plot/", "/farms/harvest/", "/farms/delivery/", "/farms/deliveries/"],
    "misale": ["/farms/growers/", "/farms/growers/new/", "/admin/", "/admin/shipments/ownlot/"],
    "minas-coop": ["/admin/", "/admin/shipments/openshortfall/", "/admin/shipments/trailevent/"],
    "roaster": [
        "/admin/",
        "/admin/shipments/stock/",
        "/admin/shipments/delivery/",
        "/admin/bags/product/",
        "/admin/shipments/stock/act/roast/",
        "/admin/shipments/stock/act/pack/",
        "/admin/shipments/stock/act/recall/",
        "/jobs/",
    ],
    "auditor": ["/api/"],
}


def test_no_page_of_any_door_breaks_its_policy_or_calls_anybody_else(demo, visit):
    packed = pack_lot(vienna.BLEND_GTIN, vienna.RECALLED)
    anybody = visit()
    for address in (
        "/",
        "/login/",
        "/how/",
        "/verify/",
        f"/01/{vienna.BLEND_GTIN}",
        f"/01/{vienna.BLEND_GTIN}/10/{vienna.RECALLED}",
        f"/01/{vienna.BLEND_GTIN}/10/{vienna.RECALLED}/21/NEVER-ISSUED",
        "/no/such/page",
    ):
        anybody.page.goto(address)
        anybody.page.wait_for_load_state("networkidle")
    assert anybody.complaints == []

    labels = reverse("admin:shipments_ownlot_labels", args=[Lot.objects.get(uri=packed).pk])
    for username, addresses in {**DESKS, "roaster": [*DESKS["roaster"], labels]}.items():
        desk = visit(width=1100)
        desk.log_in(username)
        for address in addresses:
            answer = desk.page.goto(address)
            desk.page.wait_for_load_state("networkidle")
            assert answer.status == 200, (username, address)
        assert desk.complaints == [], username


def test_a_name_that_is_a_script_stays_a_name_at_every_door(live_server, log, visit):
    link = mallory_sells_coffee(log)
    shopper = visit()
    shopper.page.goto(link)
    shopper.page.wait_for_selector("#check[data-outcome=checked]", timeout=30_000)
    expect(shopper.page.get_by_text(OWNED).first).to_be_visible()
    assert_harmless(shopper)

    mallory = visit(width=1100)
    mallory.log_in("mallory", PASSWORD)
    shown = 0
    for address in (
        "/admin/",
        "/admin/shipments/stock/",
        "/admin/shipments/ownlot/",
        "/admin/shipments/trailevent/",
        reverse("admin:shipments_trailevent_change", args=[Event.objects.get(act="receive").pk]),
        "/admin/bags/product/",
        "/admin/shipments/stock/act/pack/",
        "/admin/shipments/stock/act/sell/",
        "/farms/",
        "/farms/farm/",
        "/farms/harvest/",
        "/farms/growers/",
        "/api/",
    ):
        mallory.page.goto(address)
        mallory.page.wait_for_load_state("networkidle")
        shown += OWNED in mallory.page.content().replace("&lt;", "<").replace("&gt;", ">")
        assert_harmless(mallory)
    assert shown >= 8, "the pages that were looked at must show the names"
    assert shopper.complaints == mallory.complaints == []


def assert_harmless(visitor) -> None:
    assert visitor.page.evaluate("window.owned") is None
    assert visitor.page.locator("img[src=x]").count() == 0


def mallory_sells_coffee(log) -> str:
    """Somebody whose name, farm, roastery, product and notes are scripts; returns the link of a bag."""
    party = registry.register_party(kind="organisation", roles=["roaster", "farmer"], name=OWNED, country="AT")
    site = registry.register_site(party=party, kind="roastery", name=OWNED, place=OWNED, country="AT")
    registry.register_site(party=party, kind="farm", name=OWNED, place=OWNED, country="AT")
    user = User.objects.create_user("mallory", password=PASSWORD, is_staff=True, first_name=OWNED)
    for role in ("roaster", "farmer", "officer"):
        enrol(user=user, party_uri=party, role=role)
    at = datetime(2026, 11, 3, 9, tzinfo=UTC)
    roasted = lot(Form.ROASTED, "R-1")
    about = {"party": party, "at": at, "site": site, "note": OWNED}
    moving.receive_unannounced(
        lot=roasted, form=Form.ROASTED, weight=kg(2), attributes=Attributes(), from_party=party, **about
    ).sign()
    product = Product.objects.create(party_uri=party, name=OWNED, net_mg=250_000_000)
    packed = lot(Form.PACKED, "B-1")
    making.pack(inputs=[line(roasted, 1)], lot=packed, product=product, count=4, **about).sign()
    publish(log, index=True)
    return f"/t/{Bag.objects.filter(lot_uri=packed).first().token}"
