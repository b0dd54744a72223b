"""
The whole way of one coffee through the doors, as its people would go it, without JavaScript and without a shortcut:
a farmer's phone, the businesses' pages, a printed sheet, a shopper's page, an auditor's pack, an offline check.
"""

import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from rest_framework.authtoken.models import Token

from provenance.members.models import User
from provenance.members.services import enrol
from provenance.tests.scanning import scan
from provenance.tests.visitor import Visitor
from provenance.trail.models import Shortfall
from provenance.trail.services import registry
from provenance.trail.services.publishing import publish
from provenance.trail.services.verifying import verify_trail

pytestmark = pytest.mark.django_db

PASSWORD = "kefa-buna-1770"
GTIN = "09521234000105"

# Log-in, name, roles, country, kind of place.
BUSINESSES = (
    ("station", "Wote station", ("station", "officer"), "ET", "washing_station"),
    ("mill", "Abol mill", ("mill",), "ET", "dry_mill"),
    ("exporter", "Tona export", ("exporter",), "ET", "warehouse"),
    ("importer", "Baraka import", ("importer",), "DE", "warehouse"),
    ("roaster", "Kofi roastery", ("roaster",), "AT", "roastery"),
    ("auditor", "Nadia audits", ("auditor",), "CH", "laboratory"),
)


@pytest.fixture
def operator(db):
    """The operator lets businesses in; everything after that happens at the doors."""
    log = registry.found_log(settings.TRAIL_LOG, "Test operator", country="ET")
    for username, name, roles, country, place in BUSINESSES:
        party = registry.register_party(kind="organisation", roles=roles, name=name, country=country)
        registry.register_site(party=party, kind=place, name=f"{name} site", country=country)
        user = User.objects.create_user(username, password=PASSWORD, is_staff=True)
        for role in roles:
            enrol(user=user, party_uri=party, role=role)
    return log


def at_desk(username: str) -> Visitor:
    return Visitor().log_in(username, PASSWORD)


def act(visitor: Visitor, slug: str, **answers: str) -> Visitor:
    """One act at a business's desk."""
    return visitor.open(f"/admin/shipments/stock/act/{slug}/").sign(**answers)


def receive(visitor: Visitor, weighed: str, **answers: str) -> Visitor:
    """Take in the one delivery that waits."""
    visitor.open("/admin/shipments/delivery/").follow("Receive")
    return visitor.sign(arrivals__0__weighed=weighed, **answers)


def send_on(visitor: Visitor, code: str, weight: str, to: str, **more: str) -> Visitor:
    return act(visitor, "dispatch", lines__0__line=code, lines__0__weight=weight, to_party=to, **more)


def farmer_grows_and_sends() -> None:
    officer = at_desk("station").open("/farms/growers/new/")
    officer.send(name="Almaz Ayana", readers="public", country="Ethiopia", username="almaz")
    officer.send(press="sign", password=PASSWORD)

    almaz = Visitor().log_in("almaz", PASSWORD)
    almaz.open("/farms/farm/").sign(
        name="Almaz’s garden", place="Aricha, Yirgacheffe", country="Ethiopia", readers="public",
        latitude="6.1624", longitude="38.2058",
    )  # fmt: skip
    almaz.open("/farms/plot/").sign(name="Upper field", latitude="6.1624", longitude="38.2058", area="0.75")
    almaz.open("/farms/harvest/").sign(weight="84.5", variety="Kurume")
    almaz.open("/farms/delivery/").sign(weight="84.5", station="Wote station", bags="2")


def station_washes() -> None:
    station = at_desk("station")
    receive(station, "84.3", into="new", day_lot_code="DAY-1", bags="2")
    act(station, "close", lot="DAY-1")
    act(
        station, "process", step="wash_and_dry", process="washed", rest="water",
        inputs__0__line="DAY-1", inputs__0__weight="84.3",
        outputs__0__code="PARCH-1", outputs__0__form="DRY_PARCHMENT", outputs__0__weight="17.1",
    )  # fmt: skip
    send_on(station, "PARCH-1", "17.1", "Abol mill", title_passes="")


def mill_hulls_for_the_station() -> None:
    mill = at_desk("mill")
    receive(mill, "17.1")
    act(
        mill, "process", step="hull_washed", rest="spillage",
        inputs__0__line="PARCH-1", inputs__0__weight="17.1",
        outputs__0__code="GREEN-1", outputs__0__form="GREEN", outputs__0__weight="13.5", outputs__0__grade="Grade 1",
        outputs__1__code="HUSK-1", outputs__1__form="PARCHMENT_HUSK", outputs__1__weight="3.4",
    )  # fmt: skip
    act(at_desk("station"), "transfer-title", lines__0__line="GREEN-1", lines__0__weight="13.5", to_party="Tona export")
    send_on(mill, "GREEN-1", "13.5", "Tona export", title_passes="")


def trade() -> None:
    exporter = at_desk("exporter")
    receive(exporter, "13.5")
    act(exporter, "grade", line="GREEN-1", protocol="SCA 2004", score_centi="87.25", moisture_permille="11.1")
    send_on(exporter, "GREEN-1", "13.5", "Baraka import", price="9.15 USD/kg")
    importer = at_desk("importer")
    receive(importer, "13.5")
    send_on(importer, "GREEN-1", "12", "Kofi roastery")


def roaster_fills_bags() -> str:
    """Returns the link on the first label."""
    roaster = at_desk("roaster")
    receive(roaster, "12")
    roaster.open("/admin/bags/product/add/").send(
        press="_save", party_uri="Kofi roastery", name="Almaz’s garden, washed", gtin=GTIN, net_g="250"
    )
    act(
        roaster, "roast", roast_degree="light", rest="water",
        inputs__0__line="GREEN-1", inputs__0__weight="12",
        outputs__0__code="ROAST-1", outputs__0__form="ROASTED", outputs__0__weight="10.2",
    )  # fmt: skip
    act(
        roaster, "pack", product="Almaz’s garden", code="BAGS-1", count="40",
        inputs__0__line="ROAST-1", inputs__0__weight="10.1",
    )  # fmt: skip
    roaster.follow("Print labels").send(first="1", last="3")
    links = scan(roaster.body)
    assert len(links) == 3
    return sorted(links)[0]


def test_one_coffee_from_the_farmers_phone_to_the_auditors_desk(operator, tmp_path):
    farmer_grows_and_sends()
    station_washes()
    mill_hulls_for_the_station()
    trade()
    link = roaster_fills_bags()
    publish(operator, index=True)

    shopper = Visitor(urlsplit(link).path)
    for said in (
        "Almaz’s garden", "Aricha, Yirgacheffe", "Ethiopia", "Washed Kurume", "84.5 kg of cherry", "84.3 kg",
        "Wote station", "Abol mill", "Tona export", "Baraka import", "Kofi roastery", "40 bags of 250 g", "100 %",
    ):  # fmt: skip
        assert said in shopper.page.text, said
    assert "9.15" not in shopper.page.text

    assert verify_trail(operator) == []
    assert not Shortfall.objects.exists()
    code, said = offline_check(tmp_path)
    assert code == 0, said
    assert "Checked: every statement is signed by who it names, allowed, unchanged and in the log" in said


def offline_check(folder: Path) -> tuple[int, str]:
    """The auditor takes the pack and the trust file home and checks them where there is no Django."""
    auditor = Visitor()
    token, _ = Token.objects.get_or_create(user=User.objects.get(username="auditor"))
    auditor.client.defaults["HTTP_AUTHORIZATION"] = f"Token {token.key}"
    pack, trust = folder / "BAGS-1.pack.zip", folder / "trust"
    pack.write_bytes(auditor.open("/api/lots/BAGS-1/pack").body)
    trust.write_bytes(auditor.open(f"/log/{settings.TRAIL_LOG}/1/trust").body)
    done = subprocess.run(
        [sys.executable, "-m", "provenance.pack", "verify", pack, "--trust", trust],
        cwd=settings.BASE_DIR,
        env={"PATH": "", "DJANGO_SETTINGS_MODULE": "there.is.none"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr
