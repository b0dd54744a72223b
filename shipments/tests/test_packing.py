from io import BytesIO

import pypdfium2
import pytest
import zxingcpp
from django.urls import reverse

from provenance.bags.models import Bag
from provenance.bags.services.issuing import bag_is_of, bag_url
from provenance.coffee.acts import Form
from provenance.coffee.errors import CoffeeError
from provenance.jobs.models import Job
from provenance.jobs.services import run_due
from provenance.trail.models import Event, Lot
from shipments.services.correcting import act_of
from shipments.services.lots import new_lot
from shipments.services.making import pack
from shipments.services.moving import Line
from shipments.services.plans import Weight
from shipments.tests.conftest import KG, MORNING, errors_on, take_in


@pytest.fixture
def packed(roastery, house_blend):
    """A function that packs so many bags of a fresh lot of roasted coffee, and gives the pack lot."""

    def pack_bags(count):
        roasted = take_in(roastery.user, "R-1", count, Form.ROASTED)
        lot = new_lot("B-1", Form.PACKED, party=roastery.user.party, gtin=house_blend.gtin)
        pack(
            party=roastery.user.party,
            at=MORNING,
            site=roastery.user.site,
            inputs=[Line(roasted.uri, Weight(count * 252_500))],
            lot=lot,
            product=house_blend,
            count=count,
        ).sign()
        return Lot.objects.get(uri=lot)

    return pack_bags


def label_url(lot):
    return reverse("admin:shipments_ownlot_labels", args=[lot.pk])


def order(client, lot, **answers):
    form = client.get(label_url(lot)).context["form"]
    return client.post(label_url(lot), {"order": form["order"].value(), **answers})


def test_every_bag_is_under_the_root_that_was_signed(packed):
    lot = packed(40)

    act = act_of(lot.made_by)
    bags = Bag.objects.filter(lot_uri=lot.uri)
    assert (act.count, act.net_mg, act.output.mass_mg) == (40, 250_000, 10 * KG)
    assert bags.count() == 40
    assert all(bag_is_of(bag, count=40, serials_root=bytes.fromhex(act.serials_root)) for bag in bags)
    assert all(bag.serial.encode() not in bytes(lot.made_by.statement) for bag in bags)


def test_a_refused_pack_keeps_no_bags(roastery, house_blend, wote):
    roasted = take_in(wote, "R-1", 20, Form.ROASTED)
    before = Event.objects.count()
    plan = pack(
        party=roastery.user.party,
        at=MORNING,
        site=wote.site,
        inputs=[Line(roasted.uri, Weight(10 * KG))],
        lot=new_lot("B-1", Form.PACKED, party=roastery.user.party, gtin=house_blend.gtin),
        product=house_blend,
        count=40,
    )

    with pytest.raises(CoffeeError):
        plan.sign()

    assert Event.objects.count() == before
    assert not Bag.objects.exists()


def test_bags_do_not_expire_before_they_are_packed(roastery, house_blend):
    take_in(roastery.user, "R-1", 5, Form.ROASTED)
    before = Event.objects.count()

    page = roastery.review(
        "pack",
        product=house_blend.pk,
        code="B-1",
        count="4",
        best_before="2025-11-20",
        inputs__0__line=roastery.stock("R-1"),
        inputs__0__weight_kg="1",
        rest="spillage",
    )

    assert "This is before the day of packing. Is the year right?" in errors_on(page)
    assert (Event.objects.count(), Bag.objects.count()) == (before, 0)


def test_a_pack_lot_is_packed_once(packed, roastery, house_blend):
    packed(4)
    page = roastery.review(
        "pack",
        product=house_blend.pk,
        code="B-1",
        count="4",
        inputs__0__line=roastery.stock("R-1"),
        inputs__0__weight_kg="1",
        rest="spillage",
    )

    assert "There is a lot B-1 already." in errors_on(page)
    assert Bag.objects.count() == 4


def test_the_printed_codes_are_those_of_the_bags(packed, roastery):
    lot = packed(40)

    sheet = order(roastery.client, lot, first="1", last="40")

    assert sheet["Content-Type"] == "application/pdf"
    document = pypdfium2.PdfDocument(BytesIO(b"".join(sheet.streaming_content)))
    found = [
        code.text
        for page in document
        for code in zxingcpp.read_barcodes(page.render(scale=203 / 72).to_pil(), formats=zxingcpp.BarcodeFormat.QRCode)
    ]
    assert sorted(found) == sorted(bag_url(bag) for bag in Bag.objects.filter(lot_uri=lot.uri))


def test_some_bags_can_be_printed_again(packed, roastery):
    lot = packed(40)

    sheet = order(roastery.client, lot, first="7", last="8")

    text = pypdfium2.PdfDocument(BytesIO(b"".join(sheet.streaming_content)))[0].get_textpage().get_text_bounded()
    assert "250 g · 7 of 40" in text
    assert "250 g · 8 of 40" in text
    assert "9 of 40" not in text
    assert "Kofi Roastery" in text


def test_above_a_hundred_labels_a_job_draws_them(packed, roastery):
    lot = packed(101)

    answer = order(roastery.client, lot, first="1", last="101")

    job = Job.objects.get()
    assert answer.status_code == 302
    assert answer.url == reverse("jobs:job", args=[job.pk])
    assert run_due() == 1
    job.refresh_from_db()
    assert (job.state, job.done, job.total, job.message) == ("done", 101, 101, "101 labels")
    assert len(pypdfium2.PdfDocument(job.file.open("rb"))) == 5


def test_ordering_twice_by_one_click_is_one_job(packed, roastery):
    lot = packed(101)
    form = roastery.client.get(label_url(lot)).context["form"]
    data = {"order": form["order"].value(), "first": "1", "last": "101"}

    assert roastery.client.post(label_url(lot), data).url == roastery.client.post(label_url(lot), data).url
    assert Job.objects.count() == 1


@pytest.mark.parametrize(("first", "last"), [("0", "4"), ("3", "2"), ("1", "5"), ("", ""), ("x", "٤")])
def test_labels_that_do_not_exist_are_not_printed(packed, roastery, first, last):
    lot = packed(4)

    answer = order(roastery.client, lot, first=first, last=last)

    assert answer.status_code == 200
    assert answer.context["form"].errors


def test_others_labels_are_not_found(packed, roastery, wote):
    lot = packed(4)
    roastery.client.force_login(wote)

    assert roastery.client.get(label_url(lot)).status_code == 404
    assert roastery.client.post(label_url(lot), {"first": "1", "last": "4"}).status_code == 404


def test_a_lot_without_bags_has_no_labels(roastery):
    lot = take_in(roastery.user, "G-1", 10)

    assert roastery.client.get(label_url(lot)).status_code == 404
