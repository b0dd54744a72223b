"""Designing and printing labels, door by door: works · strangers · wrong method · bad input, with nothing written."""

import re
from email.message import Message
from io import BytesIO

import pypdfium2
import pytest
from django.urls import reverse
from django.utils.html import strip_tags

from provenance.bags.models import Bag, Product
from provenance.bags.services.glancing import glance_at
from provenance.bags.services.issuing import bag_url
from provenance.coffee.acts import Form
from provenance.jobs.models import Job
from provenance.jobs.services import run_due
from provenance.trail.models import Lot
from shipments.labels.pictures import codes_in, pages
from shipments.models import LabelLayout
from shipments.services.ending import recall
from shipments.services.lots import new_lot
from shipments.services.making import pack
from shipments.services.moving import Line
from shipments.services.plans import Weight
from shipments.tests.conftest import MORNING, take_in
from shipments.tests.test_labels import read_zpl

ADD = "/admin/shipments/labellayout/add/"
FIELDS = ["product", "roaster", "origin", "cup_notes", "best_before", "number"]


@pytest.fixture
def packed(roastery, house_blend):
    """A function that packs so many bags, with or without GTIN, and gives the pack lot."""

    def pack_bags(count, code="B-1", product=house_blend):
        roasted = take_in(roastery.user, f"R-{code}", count, Form.ROASTED)
        lot = new_lot(code, Form.PACKED, party=roastery.user.party, gtin=product.gtin or None)
        pack(
            party=roastery.user.party,
            at=MORNING,
            site=roastery.user.site,
            inputs=[Line(roasted.uri, Weight(count * 252_500))],
            lot=lot,
            product=product,
            count=count,
        ).sign()
        return Lot.objects.get(uri=lot)

    return pack_bags


def design(product, **other):
    return {
        "product": product.pk,
        "name": "Shelf",
        "paper": "a4-24",
        "printer": "pdf",
        "level": "serial",
        "fields_shown": FIELDS,
        "cup_notes": "Plum, cocoa",
        "right_mm": "1.5",
        "down_mm": "-2",
        **other,
    }


def change_url(layout):
    return reverse("admin:shipments_labellayout_change", args=[layout.pk])


def label_url(lot):
    return reverse("admin:shipments_ownlot_labels", args=[lot.pk])


def order(client, lot, **answers):
    form = client.get(label_url(lot)).context["form"]
    return client.post(label_url(lot), {"order": form["order"].value(), "first": 1, "last": lot.count, **answers})


def body(answer):
    assert answer.status_code == 200 and answer.streaming, answer.context["form"].errors
    return b"".join(answer.streaming_content)


def text(answer):
    return re.sub(r"\s+", " ", strip_tags(answer.content.decode()))


# --- designing -------------------------------------------------------------------------------------------------------


def test_a_roaster_designs_a_layout_and_prints_with_it(packed, roastery, house_blend):
    lot = packed(3)
    answer = roastery.client.post(ADD, design(house_blend))
    layout = LabelLayout.objects.get()
    assert (answer.status_code, answer.url) == (302, change_url(layout))
    assert (layout.fields, layout.right_mm, layout.down_mm) == (FIELDS, 1.5, -2)

    form = roastery.client.get(label_url(lot)).context["form"]
    assert (form["layout"].value(), form["right"].value()) == (layout.pk, layout.right_mm)
    sheet = body(order(roastery.client, lot, layout=layout.pk))

    said = pypdfium2.PdfDocument(sheet)[0].get_textpage().get_text_bounded()
    assert "Plum, cocoa" in said and "Ethiopia · washed" in said and "3 of 3" in said
    assert "250 g" not in said
    [page] = pages(sheet, 150)
    assert sorted(codes_in(page)) == sorted(bag_url(bag) for bag in Bag.objects.all())


def test_the_label_is_shown_before_anything_is_kept(roastery, house_blend):
    page = roastery.client.post(ADD, design(house_blend, name="", show="1"))

    assert page.status_code == 200
    assert 'src="data:image/png;base64,' in page.content.decode()
    assert page.context["shown"].reads_back
    assert not LabelLayout.objects.exists()


def test_the_page_says_what_has_no_room_and_what_has_no_letters(roastery, house_blend):
    said = design(house_blend, paper="a4-65", cup_notes="珈琲, bergamot and ripe apricot", show="1")

    page = text(roastery.client.post(ADD, said))

    assert "No room for: cup notes" in page
    assert "No letters here for 珈琲: printed as “?”." in page


def test_a_layout_is_changed_and_deleted(roastery, house_blend):
    layout = LabelLayout.objects.create(product=house_blend, name="Old")
    assert "Shelf" not in roastery.client.get(change_url(layout)).content.decode()

    roastery.client.post(change_url(layout), design(house_blend, capitals="on"))
    layout.refresh_from_db()
    assert (layout.name, layout.capitals, layout.paper) == ("Shelf", True, "a4-24")

    roastery.client.post(reverse("admin:shipments_labellayout_delete", args=[layout.pk]), {"post": "yes"})
    assert not LabelLayout.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"paper": "a3"}, "a3 is no paper that is known here."),
        ({"printer": "zpl-600"}, "zpl-600 is no printer that is known here."),
        ({"printer": "zpl-203"}, "A label printer prints on rolls."),
        ({"height_mm": "40"}, "Labels on a sheet have a height already."),
        ({"paper": "roll-58", "height_mm": "5"}, "greater than or equal to 20"),
        ({"paper": "roll-58", "height_mm": "900"}, "less than or equal to 200"),
        ({"level": "all"}, "A code cannot name all."),
        ({"fields_shown": ["product", "price"]}, "price is nothing that can stand on a label."),
        ({"right_mm": "11"}, "less than or equal to 10"),
        ({"down_mm": "NaN"}, "Enter a number."),
        ({"name": ""}, "This field is required."),
        ({"product": ""}, "This field is required."),
        ({"product": "٤"}, "Select a valid choice."),
        ({"origin": "Sidama \u202e"}, "one that turns the direction of writing"),
    ],
)
def test_a_layout_that_cannot_be_is_not_kept(roastery, house_blend, wrong, said):
    page = roastery.client.post(ADD, {**design(house_blend), **wrong})

    assert page.status_code == 200
    assert said in text(page) and "Nothing was kept." in text(page)
    assert not LabelLayout.objects.exists()


def test_a_product_without_gtin_is_named_by_a_link(roastery, kofi):
    product = Product.objects.create(party_uri=kofi.party, name="No number", net_mg=250_000)

    page = roastery.client.post(ADD, design(product))
    assert "No number has no GTIN: its code can name the bag by a link without GTIN only." in text(page)
    assert not LabelLayout.objects.exists()

    assert roastery.client.post(ADD, design(product, level="token")).status_code == 302


def test_a_label_too_small_for_its_code_is_not_kept(roastery, house_blend, settings):
    settings.PUBLIC_URL = "https://" + "x" * 60 + "." + "y" * 60 + "." + "z" * 60 + ".example"

    page = roastery.client.post(ADD, design(house_blend, paper="a4-65"))

    assert "phones do not read it. Take a larger label" in text(page)
    assert not LabelLayout.objects.exists()


def test_a_name_is_given_once_a_product(roastery, house_blend):
    LabelLayout.objects.create(product=house_blend, name="Shelf")

    assert "This product has a layout of that name already." in text(roastery.client.post(ADD, design(house_blend)))
    assert LabelLayout.objects.count() == 1


def test_layouts_of_others_do_not_exist(roastery, house_blend, wote, otto):
    layout = LabelLayout.objects.create(product=house_blend, name="Kofi's own")
    delete = reverse("admin:shipments_labellayout_delete", args=[layout.pk])
    roastery.client.force_login(wote)

    assert roastery.client.get(change_url(layout)).status_code == 404
    assert roastery.client.post(change_url(layout), design(house_blend)).status_code == 404
    assert roastery.client.post(delete, {"post": "yes"}).status_code in (403, 404)
    assert "own" not in text(roastery.client.get(reverse("admin:shipments_labellayout_changelist"))).split("Label")[-1]
    assert roastery.client.post(ADD, design(house_blend)).status_code == 200
    assert list(LabelLayout.objects.values_list("name", flat=True)) == ["Kofi's own"]

    otto.is_staff = True
    otto.save()
    roastery.client.force_login(otto)
    assert roastery.client.get(ADD).status_code == 403
    roastery.client.logout()
    assert roastery.client.get(ADD).status_code == 302


def test_a_layout_cannot_be_given_to_somebody_elses_product(roastery, house_blend, wote):
    theirs = Product.objects.create(party_uri=wote.party, name="Theirs", net_mg=1)
    layout = LabelLayout.objects.create(product=house_blend, name="Own")

    assert roastery.client.post(change_url(layout), design(theirs, level="token")).status_code == 200
    layout.refresh_from_db()
    assert layout.product == house_blend


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_a_layout_page_takes_no_other_method(roastery, house_blend, method):
    assert getattr(roastery.client, method)(ADD).status_code == 405


# --- what a shopper will see -----------------------------------------------------------------------------------------


def test_before_printing_one_reads_what_the_shopper_will_read(packed, roastery):
    lot = packed(2)
    bag = Bag.objects.get(lot_uri=lot.uri, position=0)
    glance = glance_at(lot.uri)

    page = roastery.client.get(label_url(lot))

    assert "This is what a shopper will see" in text(page)
    assert glance.verdict in page.context["glance"].verdict and glance.verdict in text(page).replace("&#x27;", "'")
    assert glance.flags and all(flag in text(page) for flag in glance.flags)
    assert f'href="/01/{bag.gtin}/10/B-1/21/{bag.serial}"' in page.content.decode()
    # The page itself, or the resolver's way to it.
    assert roastery.client.get(f"/01/{bag.gtin}/10/B-1/21/{bag.serial}").status_code in (200, 307)


def test_the_badge_is_there_to_copy(packed, roastery):
    page = roastery.client.get(label_url(packed(1))).content.decode()

    [source] = re.findall(r'<img src="(/badge/[^"]+)"', page)
    assert roastery.client.get(source)["Content-Type"] == "image/svg+xml"
    assert "&lt;a href=" in page and "&lt;img src=" in page


def test_labels_of_a_recalled_lot_print_only_on_demand(packed, roastery):
    lot = packed(2)
    recall(
        party=roastery.user.party, at=MORNING, site=roastery.user.site, lots=[lot.uri], reason="contamination"
    ).sign()

    page = roastery.client.get(label_url(lot))
    assert "! Recalled. Do not put these bags on sale." in text(page)
    assert "Recalled: do not drink this coffee." in text(page)

    refused = order(roastery.client, lot)
    assert "This lot is recalled. Tick this if labels are wanted all the same." in text(refused)
    assert body(order(roastery.client, lot, all_the_same="on")).startswith(b"%PDF")


def test_a_sound_lot_raises_no_alarm(packed, roastery):
    page = roastery.client.get(label_url(packed(1)))

    assert "Recalled" not in text(page) and "all_the_same" not in page.context["form"].fields


# --- printing --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("level", ["gtin", "lot", "serial", "token"])
def test_the_code_names_what_the_layout_says(packed, roastery, house_blend, level):
    lot = packed(1)
    layout = LabelLayout.objects.create(product=house_blend, name=level, level=level)

    [page] = pages(body(order(roastery.client, lot, layout=layout.pk)), 150)

    bag = Bag.objects.get()
    tail = {
        "gtin": f"/01/{bag.gtin}",
        "lot": f"/01/{bag.gtin}/10/B-1",
        "serial": f"/01/{bag.gtin}/10/B-1/21/{bag.serial}",
        "token": f"/t/{bag.token}",
    }[level]
    assert codes_in(page) == [f"http://localhost:8000{tail}"]


def test_a_label_printer_gets_zpl(packed, roastery, house_blend):
    lot = packed(2)
    layout = LabelLayout.objects.create(product=house_blend, name="Roll", paper="roll-58", printer="zpl-203")

    answer = order(roastery.client, lot, layout=layout.pk)

    assert answer["Content-Disposition"] == 'attachment; filename="labels-B-1-1-2.zpl"'
    burnt = read_zpl(body(answer))
    assert [codes_in(image) for image in burnt] == [[bag_url(bag)] for bag in Bag.objects.order_by("position")]


def test_a_sheet_that_was_begun_is_used_up(packed, roastery):
    lot = packed(3)

    first, second = pages(body(order(roastery.client, lot, start="20")), 150)

    assert (len(codes_in(first)), len(codes_in(second))) == (2, 1)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"start": "22"}, "This sheet has 21 labels."),
        ({"start": "0"}, "greater than or equal to 1"),
        ({"first": "2", "last": "1"}, "This is before the first."),
        ({"last": "5"}, "This lot has 4 bags."),
        ({"last": "9" * 30}, "This lot has 4 bags."),
        ({"right": "50"}, "less than or equal to 10"),
        ({"down": "x"}, "Enter a number."),
        ({"layout": "77"}, "There is no such layout of this product any more."),
        ({"layout": "9" * 30}, "There is no such layout of this product any more."),
        ({"layout": "x"}, "There is no such layout of this product any more."),
        ({"order": "x"}, "Enter a valid UUID."),
    ],
)
def test_what_cannot_be_printed_is_said_and_nothing_is_ordered(packed, roastery, wrong, said):
    lot = packed(4)

    page = order(roastery.client, lot, **wrong)

    assert not page.streaming
    assert said in text(page) and "Nothing was printed." in text(page)
    assert not Job.objects.exists()


@pytest.mark.parametrize("asked", ["9" * 30, "x", "٤", "-1", ""])
def test_a_layout_that_is_asked_for_and_not_there_is_passed_over(packed, roastery, asked):
    lot = packed(1)

    assert roastery.client.get(label_url(lot), {"layout": asked}).context["form"]["layout"].value() is None
    assert roastery.client.get(ADD, {"product": asked}).status_code == 200


def test_a_layout_of_another_product_is_not_offered(packed, roastery, kofi):
    other = Product.objects.create(party_uri=kofi.party, name="Other", net_mg=1)
    layout = LabelLayout.objects.create(product=other, name="Other's")

    page = order(roastery.client, packed(1), layout=layout.pk)

    assert "There is no such layout of this product any more." in text(page)


def test_a_job_prints_as_it_was_ordered_whatever_happens_to_the_layout(
    packed, roastery, house_blend, tmp_path, settings
):
    settings.MEDIA_ROOT = tmp_path / "media"
    lot = packed(101)
    layout = LabelLayout.objects.create(product=house_blend, name="Shelf", paper="a4-65", level="lot")
    assert order(roastery.client, lot, layout=layout.pk).status_code == 302
    layout.delete()

    assert run_due() == 1

    job = Job.objects.get()
    assert (job.state, job.message, job.party_uri) == ("done", "101 labels", roastery.user.party)
    with job.file.open("rb") as file:
        first, second = pages(file.read(), 150)
    assert set(codes_in(first)) == {"http://localhost:8000/01/09521234000013/10/B-1"}
    assert (len(codes_in(first)), len(codes_in(second))) == (65, 36)


def test_who_has_left_the_roastery_gets_no_sheet_that_he_ordered(packed, roastery, kofi, tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path / "media"
    answer = order(roastery.client, packed(101))
    run_due()
    file = reverse("jobs:file", args=[Job.objects.get().pk])
    assert roastery.client.get(file).status_code == 200

    kofi.memberships.all().delete()

    assert roastery.client.get(file).status_code == 404
    assert roastery.client.get(answer.url).status_code == 404


def test_a_code_too_large_for_its_label_orders_no_job(packed, roastery, house_blend, settings):
    lot = packed(101)
    layout = LabelLayout.objects.create(product=house_blend, name="Tiny", paper="a4-65")
    settings.PUBLIC_URL = "https://" + "x" * 60 + "." + "y" * 60 + "." + "z" * 60 + ".example"

    page = order(roastery.client, lot, layout=layout.pk)

    assert "phones do not read it. Take a larger label" in text(page)
    assert not Job.objects.exists()


# --- one code for all bags -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "content_type"), [("svg", "image/svg+xml"), ("png", "image/png")])
def test_a_printing_house_gets_the_lots_code_as_a_file(packed, roastery, kind, content_type):
    from PIL import Image

    answer = roastery.client.get(reverse("admin:shipments_ownlot_code", args=[packed(2).pk, kind]))

    assert (answer["Content-Type"], answer["Content-Disposition"]) == (
        content_type,
        f'attachment; filename="code-B-1.{kind}"',
    )
    if kind == "png":
        image = Image.open(BytesIO(answer.content)).convert("L")
        assert codes_in(image) == ["http://localhost:8000/01/09521234000013/10/B-1"]


@pytest.mark.parametrize("code", ['A";x="/1', "..", "A%0d%0aX:1"])
def test_a_lot_number_does_not_end_the_name_of_its_file(packed, roastery, code):
    answer = roastery.client.get(reverse("admin:shipments_ownlot_code", args=[packed(1, code=code).pk, "svg"]))

    said = Message()
    said["Content-Disposition"] = answer["Content-Disposition"]
    assert said.get_params(header="Content-Disposition") == [
        ("attachment", ""),
        ("filename", f"code-{code.replace('/', '-')}.svg"),
    ]


def test_there_is_no_such_file_for_strangers_of_other_kinds_or_without_gtin(packed, roastery, kofi, wote):
    lot = packed(1)
    own = Product.objects.create(party_uri=kofi.party, name="No number", net_mg=250_000)
    without = packed(1, code="B-2", product=own)
    url = reverse("admin:shipments_ownlot_code", args=[lot.pk, "svg"])

    assert roastery.client.get(reverse("admin:shipments_ownlot_code", args=[lot.pk, "exe"])).status_code == 404
    assert roastery.client.get(reverse("admin:shipments_ownlot_code", args=[without.pk, "svg"])).status_code == 404
    assert roastery.client.post(url).status_code == 405
    roastery.client.force_login(wote)
    assert roastery.client.get(url).status_code == 404
