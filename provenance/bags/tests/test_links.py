"""Where a roaster may lead a scan, and where nobody may."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from provenance.bags.models import Link, Product
from provenance.bags.services.linking import links_of

GOOD = {"type": "recipeInfo", "title": "Cold brew", "href": "https://kofi.example/cold-brew"}


@pytest.fixture
def product(log, kofi):
    return Product.objects.create(party_uri=kofi.party, name="House blend", gtin="09521234000105", net_mg=250_000)


def link(product, **other) -> Link:
    return Link(product=product, **{**GOOD, **other})


def sent(product, *links: dict) -> dict:
    fields = {"party_uri": product.party_uri, "name": product.name, "gtin": product.gtin, "net_g": "250"}
    forms = {
        f"links-{number}-{name}": value
        for number, one in enumerate(links)
        for name, value in {"product": product.pk, "media_type": "text/html", **GOOD, **one}.items()
    }
    return {
        **fields,
        "label_level": "serial",
        "links-TOTAL_FORMS": str(len(links)),
        "links-INITIAL_FORMS": str(sum("id" in one for one in links)),
        **forms,
    }


def change(product) -> str:
    return reverse("admin:bags_product_change", args=[product.pk])


def test_a_roaster_adds_links_and_takes_them_away(client, kofi, product):
    client.force_login(kofi)
    assert "how to brew it" in client.get(change(product)).content.decode()

    assert client.post(change(product), sent(product, {"language": "de", "lot_code": "R1103"})).status_code == 302
    [kept] = links_of(product)
    assert (kept.type, kept.href, kept.language, kept.lot_code) == ("recipeInfo", GOOD["href"], "de", "R1103")

    assert client.post(change(product), sent(product, {"id": kept.pk, "DELETE": "on"})).status_code == 302
    assert not Link.objects.exists()


WRONG = [
    ({"href": "http://kofi.example/"}, "begins with https://"),
    ({"href": "javascript:alert(1)"}, "Enter a valid URL"),
    ({"href": "https://localhost:8000@evil.example/"}, "looks like another host"),
    ({"href": "https://localhost:8000/01/09521234000105"}, "lead in a circle"),
    ({"href": "https://localhost:8000/t/abc"}, "lead in a circle"),
    ({"href": "https://[::1"}, "Enter a valid URL"),
    ({"type": "defaultLink"}, "is not one of the available choices"),
    ({"type": "traceability"}, "is not one of the available choices"),
    ({"type": "recallStatus"}, "is not one of the available choices"),
    ({"language": "german"}, "at most 5 characters"),
    ({"language": "DE"}, "Write the language as en, de or pt-BR."),
    ({"media_type": "text/plain"}, "is not one of the available choices"),
    ({"lot_code": "R 1"}, "A lot number has 1 to 20 characters"),
    ({"title": ""}, "This field is required"),
]


@pytest.mark.parametrize(("wrong", "words"), WRONG)
def test_a_wrong_link_is_not_kept_and_told_in_plain_words(client, kofi, product, wrong, words):
    client.force_login(kofi)

    answer = client.post(change(product), sent(product, wrong))

    assert answer.status_code == 200
    assert words in answer.content.decode()
    assert not Link.objects.exists()


def test_one_link_is_kept_once(product):
    link(product).save()

    with pytest.raises(ValidationError, match="has this link already"):
        link(product).full_clean()
    link(product, language="de").full_clean()


def test_nobody_else_changes_the_links_of_a_product(client, wote, product):
    client.force_login(wote)

    assert client.post(change(product), sent(product, {})).status_code == 404
    assert not Link.objects.exists()


@pytest.mark.parametrize("href", ["http://kofi.example/", "HTTPS://evil.example/", "javascript:alert(1)", "//evil"])
def test_what_no_form_would_keep_is_not_led_to(product, href):
    link(product, href=href).save()
    link(product, type="anything").save()

    assert links_of(product) == []


def test_a_title_that_turns_the_writing_beside_it_is_not_kept(client, kofi, product):
    client.force_login(kofi)

    answer = client.post(change(product), sent(product, {"title": "moc.live\u202e"}))

    assert "one that turns the direction of writing" in answer.content.decode()
    assert not Link.objects.exists()
