"""From the printed sheet to the check on the phone, and what a changed byte does to it."""

import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connection
from playwright.sync_api import expect

from provenance.coffee.acts import Form
from provenance.coffee.statement.envelope import b64url, decode_b64url
from provenance.demo import vienna
from provenance.demo.stage import lot, pack_lot
from provenance.shelf.views.bundles import kept
from provenance.tests.scanning import scan
from provenance.trail import triggers
from provenance.trail.models import Event, Lot
from provenance.trail.services.verifying import verify_trail

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

CHECKED = "#check[data-outcome=checked]"


def printed_link(roaster) -> str:
    """The roaster prints the sheet of the single origin; the camera reads its first label."""
    packed = Lot.objects.get(uri=pack_lot(vienna.SINGLE_ORIGIN_GTIN, vienna.SINGLE_ORIGIN))
    roaster.log_in("roaster")
    roaster.page.goto(f"/admin/shipments/ownlot/{packed.pk}/labels/")
    cookies = {cookie["name"]: cookie["value"] for cookie in roaster.page.context.cookies()}
    form = {
        name: roaster.page.input_value(f"[name={name}]") for name in ("csrfmiddlewaretoken", "first", "last", "order")
    }
    sheet = roaster.page.request.post(roaster.page.url, form=form, headers={"Referer": roaster.page.url})
    assert cookies and sheet.ok
    links = scan(sheet.body())
    assert len(links) == 16
    return urlsplit(sorted(links)[0]).path


def roasting() -> Event:
    return Lot.objects.get(uri=lot(Form.ROASTED, "R261103-HUI")).made_by


def change_one_byte(event: Event) -> None:
    """What somebody with the database's password can do: the coffee was roasted a day later."""
    header, payload, signature = bytes(event.statement).split(b".")
    said = decode_b64url(payload, "payload")
    changed = said.replace(b'"eventTime":"2026-11-03T', b'"eventTime":"2026-11-04T')
    assert sum(a != b for a, b in zip(said, changed, strict=True)) == 1
    triggers.lift(connection)
    Event.objects.filter(pk=event.pk).update(statement=b".".join([header, b64url(changed).encode(), signature]))
    triggers.install(connection)


def offline_check(folder: Path, trust: bytes, pack: bytes) -> tuple[int, str]:
    (folder / "trust").write_bytes(trust)
    (folder / "pack.zip").write_bytes(pack)
    done = subprocess.run(
        [sys.executable, "-m", "provenance.pack", "verify", folder / "pack.zip", "--trust", folder / "trust"],
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_a_printed_code_leads_to_a_checked_page_until_one_byte_is_changed(demo, visit, tmp_path):
    link = printed_link(visit(width=1000))
    shopper = visit()
    get = shopper.page.request.get
    trust = get(f"/log/{settings.TRAIL_LOG}/1/trust").body()

    shopper.page.goto(link)
    shopper.page.wait_for_selector(CHECKED, timeout=30_000)

    expect(shopper.page.locator("#check")).to_contain_text("Checked on your phone just now")
    expect(shopper.page.locator("#does-not-match")).to_be_hidden()
    expect(shopper.page.get_by_role("heading", level=1)).to_have_text("5 farmers, Bodega Érase Una Vez")
    expect(shopper.page.locator("main")).to_contain_text("Huila, Colombia")
    code, said = offline_check(tmp_path, trust, get(f"/api/lots/{vienna.SINGLE_ORIGIN}/pack").body())
    assert code == 0, said

    event = roasting()
    change_one_byte(event)
    # The first phone may hold what it fetched for some seconds, and the server what it told for a minute.
    kept.forget()
    first, shopper = shopper, visit()
    shopper.page.goto(link)
    shopper.page.wait_for_selector("#check[data-outcome=mismatch]", timeout=30_000)

    expect(shopper.page.locator("#does-not-match")).to_be_visible()
    expect(shopper.page.locator("#does-not-match")).to_contain_text("Rösterei Nirgendwo roasted the coffee")
    # The changed day stands with the step that does not match, and nowhere else.
    expect(shopper.page.get_by_text("roasted 4 November")).to_have_count(0)
    assert event.event_id in " ".join(str(fault) for fault in verify_trail(event.log))
    code, said = offline_check(tmp_path, trust, get(f"/api/lots/{vienna.SINGLE_ORIGIN}/pack").body())
    assert (code, event.event_id in said) == (1, True), said
    assert first.complaints == shopper.complaints == []


def test_without_script_the_page_is_whole_and_says_that_the_phone_did_not_check(demo, visit):
    link = f"/01/{vienna.BLEND_GTIN}/10/{vienna.BLEND}"
    with_script, without = visit(), visit(script=False)

    with_script.page.goto(link)
    with_script.page.wait_for_selector(CHECKED, timeout=60_000)
    without.page.goto(link)

    steps = ".timeline > li"
    assert without.page.locator(steps).all_text_contents() == with_script.page.locator(steps).all_text_contents()
    assert without.page.locator(steps).count() > 30
    expect(without.page.locator("#check")).to_contain_text("Not checked on your phone")
    whole = " ".join(without.page.locator("main").text_content().split())
    for said in ("took in 300 deliveries", "45 kg more of lot FDC-2606N were used", "41.8 % João Faz-de-Conta"):
        assert said in whole
    assert with_script.complaints == without.complaints == []
