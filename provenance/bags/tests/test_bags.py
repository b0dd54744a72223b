import string

import pytest
from django.contrib.auth.models import Permission
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from provenance.bags.models import Bag, Product
from provenance.bags.services.issuing import (
    BadBags,
    bag_is_of,
    bag_path,
    bag_url,
    bags_of,
    draw_serials,
    find_bag,
    find_lot,
    keep_bags,
    serial_leaf,
)
from provenance.members.services import parties_of
from provenance.tlog.hashing import root_of

GTIN = "09521234000105"
LOT = f"https://id.gs1.org/01/{GTIN}/10/R260907"
OWN_LOT = "https://localhost:8000/epcis/class/packed.P-7"
ROASTER = "https://localhost:8000/epcis/party/kofi"


@pytest.fixture
def product(db):
    return Product.objects.create(party_uri=ROASTER, name="House blend", gtin=GTIN, net_mg=250_000_000)


@pytest.mark.parametrize("count", [1, 2, 3, 7, 8, 40, 129])
def test_the_root_is_the_merkle_root_of_all_salted_serials_in_their_order(count):
    drawn = draw_serials(count)

    assert drawn.root == root_of([serial_leaf(bag.salt, bag.serial) for bag in drawn.bags])
    assert [bag.position for bag in drawn.bags] == list(range(count))


def test_serials_hold_80_bits_and_tokens_128_and_none_comes_twice():
    drawn = draw_serials(500)

    assert {len(bag.serial) for bag in drawn.bags} == {16}
    assert {len(bag.token) for bag in drawn.bags} == {26}
    assert len({bag.serial for bag in drawn.bags}) == len({bag.token for bag in drawn.bags}) == 500
    assert len({bag.salt for bag in drawn.bags}) == 500
    assert set("".join(bag.serial for bag in drawn.bags)) <= set(string.ascii_uppercase + "234567")


@pytest.mark.parametrize("count", [-1, 0, 100_001])
def test_a_pack_of_no_bags_or_too_many_is_refused(count):
    with pytest.raises(BadBags, match="1 to 100,000 bags"):
        draw_serials(count)


def test_each_kept_bag_leads_to_the_root_that_was_signed(product):
    drawn = draw_serials(11)

    bags = keep_bags(drawn, lot_uri=LOT, gtin=GTIN, product=product)

    assert [bag.lot_code for bag in bags] == ["R260907"] * 11
    assert all(bag_is_of(bag, count=11, serials_root=drawn.root) for bag in Bag.objects.all())
    assert len(bag_path(Bag.objects.get(position=0))) == 4


@pytest.mark.parametrize("damage", ["serial", "salt", "position", "path", "root", "count"])
def test_a_bag_that_was_made_up_does_not_lead_to_the_root(product, damage):
    drawn = draw_serials(8)
    bag = keep_bags(drawn, lot_uri=LOT, gtin=GTIN, product=product)[3]
    root, count = drawn.root, 8
    match damage:
        case "serial":
            bag.serial = drawn.bags[4].serial
        case "salt":
            bag.salt = drawn.bags[4].salt
        case "position":
            bag.position = 4
        case "path":
            bag.path = drawn.bags[4].path
        case "root":
            root = draw_serials(8).root
        case "count":
            count = 3

    assert not bag_is_of(bag, count=count, serials_root=root)


def test_a_scan_finds_its_bag_by_link_and_by_token(product):
    keep_bags(draw_serials(3), lot_uri=LOT, gtin=GTIN, product=product)
    bag = bags_of(LOT)[1]

    assert find_bag(gtin=GTIN, lot="R260907", serial=bag.serial) == bag
    assert find_bag(token=bag.token) == bag
    assert find_bag(token=bag.token.upper()) == bag
    assert find_lot(gtin=GTIN, lot="R260907") == LOT


def test_what_was_never_issued_is_not_found(product):
    keep_bags(draw_serials(1), lot_uri=LOT, gtin=GTIN, product=product)
    bag = Bag.objects.get()

    assert find_bag(gtin=GTIN, lot="R260908", serial=bag.serial) is None
    assert find_bag(gtin=GTIN, lot="R260907", serial="A" * 16) is None
    assert find_bag(token="a" * 26) is None
    assert find_lot(gtin=GTIN, lot="R260908") is None


@pytest.mark.parametrize(
    ("level", "tail"), [("gtin", ""), ("lot", "/10/R260907"), ("serial", "/10/R260907/21/{serial}")]
)
def test_the_code_names_as_much_as_the_product_wants(product, settings, level, tail):
    settings.PUBLIC_URL = "https://beans.example"
    product.label_level = level
    [bag] = keep_bags(draw_serials(1), lot_uri=LOT, gtin=GTIN, product=product)

    assert bag_url(bag) == f"https://beans.example/01/{GTIN}" + tail.format(serial=bag.serial)


def test_a_roaster_without_gtin_gets_links_with_a_token(db, settings):
    settings.PUBLIC_URL = "https://beans.example"
    [bag] = keep_bags(draw_serials(1), lot_uri=OWN_LOT)

    assert bag_url(bag) == f"https://beans.example/t/{bag.token}"
    assert bag.lot_code == "P-7"


def test_bags_of_another_gtin_than_the_products_are_not_kept(product):
    with pytest.raises(BadBags, match="House blend has the GTIN 09521234000105, the pack states none"):
        keep_bags(draw_serials(2), lot_uri=OWN_LOT, product=product)

    assert not Bag.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_lot_is_packed_into_bags_once():
    keep_bags(draw_serials(2), lot_uri=OWN_LOT)
    serials = set(Bag.objects.values_list("serial", flat=True))

    with pytest.raises(IntegrityError):
        keep_bags(draw_serials(2), lot_uri=OWN_LOT)

    assert set(Bag.objects.values_list("serial", flat=True)) == serials


@pytest.mark.parametrize("gtin", ["09521234000106", "952123400010", "abc", "٠٩٥٢١٢٣٤٠٠٠١٠٥"])
def test_a_product_with_a_wrong_gtin_is_refused(db, gtin):
    product = Product(party_uri=ROASTER, name="House blend", gtin=gtin, net_mg=1)

    with pytest.raises(ValidationError) as refused:
        product.full_clean()

    assert "gtin" in refused.value.message_dict


def test_a_member_sees_only_the_products_of_its_own_parties(client, kofi, wote, product):
    Product.objects.filter(pk=product.pk).update(party_uri=parties_of(kofi)[0])
    for user in (kofi, wote):
        user.user_permissions.add(Permission.objects.get(codename="view_product"))

    client.force_login(kofi)
    own = client.get("/admin/bags/product/").content.decode()
    client.force_login(wote)
    others = client.get("/admin/bags/product/").content.decode()

    assert "House blend" in own
    assert "House blend" not in others


def test_drawing_stores_nothing(db):
    draw_serials(3)

    assert not Bag.objects.exists()


@pytest.mark.parametrize("code", ["", "a\x00b", "' OR 1=1", "../t"])
def test_what_cannot_be_a_token_is_not_looked_for(db, django_assert_num_queries, code):
    with django_assert_num_queries(0):
        assert find_bag(token=code) is None
