import pytest
from django.urls import reverse

from provenance.bags.models import Product
from provenance.bags.services.issuing import draw_serials, keep_bags
from provenance.coffee.identifiers import gs1_lot_uri

ADD = "/admin/bags/product/add/"
NO_LINKS = {"links-TOTAL_FORMS": "0", "links-INITIAL_FORMS": "0"}


def product(party, **other):
    return {
        "party_uri": party,
        "name": "House blend",
        "gtin": "9521234000013",
        "net_g": "250",
        "label_level": "serial",
        **NO_LINKS,
        **other,
    }


@pytest.fixture
def roaster(client, log, kofi):
    client.force_login(kofi)
    return client


def test_a_roaster_adds_a_product_in_grams(roaster, kofi):
    assert "Kofi Roastery" in roaster.get(ADD).content.decode()

    answer = roaster.post(ADD, product(kofi.party))

    assert answer.status_code == 302
    made = Product.objects.get()
    assert (made.party_uri, made.gtin, made.net_mg) == (kofi.party, "09521234000013", 250_000)


def test_a_product_is_changed_by_its_roaster(roaster, kofi):
    made = Product.objects.create(party_uri=kofi.party, name="Old", net_mg=500_000)
    url = reverse("admin:bags_product_change", args=[made.pk])
    assert 'value="500.0"' in roaster.get(url).content.decode()

    roaster.post(url, product(kofi.party, name="New", gtin="", net_g="0.5"))
    made.refresh_from_db()
    assert made.name == "Old"

    roaster.post(url, product(kofi.party, name="New", gtin="", net_g="1000"))
    made.refresh_from_db()
    assert (made.name, made.net_mg) == ("New", 1_000_000)


@pytest.mark.parametrize(
    "wrong", [{"gtin": "9521234000014"}, {"gtin": "x"}, {"net_g": ""}, {"net_g": "-1"}, {"net_g": "NaN"}, {"name": ""}]
)
def test_a_wrong_product_is_not_kept(roaster, kofi, wrong):
    answer = roaster.post(ADD, product(kofi.party, **wrong))

    assert answer.status_code == 200
    assert not Product.objects.exists()


def test_nobody_adds_products_for_others(roaster, wote):
    assert roaster.post(ADD, product(wote.party)).status_code == 200
    assert not Product.objects.exists()


def test_products_of_others_are_not_shown(roaster, wote):
    theirs = Product.objects.create(party_uri=wote.party, name="Theirs", net_mg=250_000)

    assert "Theirs" not in roaster.get(reverse("admin:bags_product_changelist")).content.decode()
    assert roaster.get(reverse("admin:bags_product_change", args=[theirs.pk])).status_code == 404


def test_who_is_a_member_of_nothing_sees_no_products(client, db, otto):
    otto.is_staff = True
    otto.save()
    client.force_login(otto)

    assert client.get(ADD).status_code == 403
    assert client.get(reverse("admin:bags_product_changelist")).status_code == 403


def test_an_auditor_has_no_products(client, db, nadia):
    nadia.is_staff = True
    nadia.save()
    client.force_login(nadia)

    assert client.get(ADD).status_code == 403
    assert client.get(reverse("admin:bags_product_changelist")).status_code == 403
    assert "Products" not in client.get(reverse("admin:index")).content.decode()


@pytest.mark.parametrize("mark", ["\u202e", "\u2066", "\x1b"], ids=["turns around", "isolates", "controls"])
def test_a_name_that_turns_the_writing_beside_it_is_not_kept(roaster, kofi, mark):
    answer = roaster.post(ADD, product(kofi.party, name=f"House{mark}blend"))

    assert "one that turns the direction of writing" in answer.content.decode()
    assert not Product.objects.exists()


def test_a_name_in_arabic_letters_is_kept_composed(roaster, kofi):
    roaster.post(ADD, product(kofi.party, name="قهوة Cafe\u0301"))

    assert Product.objects.get().name == "قهوة Café"


@pytest.fixture
def packed(log, kofi):
    """A product of Kofi's, bags of which stand on shelves."""
    made = Product.objects.create(party_uri=kofi.party, name="House blend", gtin="09521234000013", net_mg=250_000)
    keep_bags(draw_serials(2), lot_uri=gs1_lot_uri(made.gtin, "B-1"), gtin=made.gtin, product=made)
    return made


@pytest.mark.parametrize("gtin", ["", "09521234000105"])
def test_a_gtin_that_bags_bear_is_not_set_free_for_others_to_take(client, roaster, packed, kofi, wote, gtin):
    answer = roaster.post(reverse("admin:bags_product_change", args=[packed.pk]), product(kofi.party, gtin=gtin))

    assert "Bags bear the GTIN 09521234000013, and their codes lead here." in answer.content.decode()
    client.force_login(wote)
    taken = client.post(ADD, product(wote.party, name="Elsewhere"))
    assert "Another product already has this GTIN." in taken.content.decode()
    assert list(Product.objects.values_list("name", "gtin")) == [("House blend", "09521234000013")]


def test_all_else_of_a_product_may_change_while_bags_bear_its_gtin(roaster, packed, kofi):
    url = reverse("admin:bags_product_change", args=[packed.pk])

    assert roaster.post(url, product(kofi.party, name="Winter blend")).status_code == 302

    packed.refresh_from_db()
    assert (packed.name, packed.gtin) == ("Winter blend", "09521234000013")


def test_a_product_whose_bags_bear_tokens_only_may_get_a_gtin(roaster, kofi):
    made = Product.objects.create(party_uri=kofi.party, name="House blend", net_mg=250_000)
    keep_bags(draw_serials(1), lot_uri="https://localhost:8000/epcis/class/packed.B-1", product=made)

    assert roaster.post(reverse("admin:bags_product_change", args=[made.pk]), product(kofi.party)).status_code == 302

    made.refresh_from_db()
    assert made.gtin == "09521234000013"
