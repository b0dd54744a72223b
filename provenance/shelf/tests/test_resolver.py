"""What the resolver does beyond the standard: no open redirect, no story behind a made-up code, few queries."""

import random
import string
from dataclasses import replace
from datetime import date
from urllib.parse import quote, urlsplit

import pytest
from django.utils.html import strip_tags

from provenance.bags.models import Bag, Link, Product
from provenance.bags.services.issuing import draw_serials, keep_bags
from provenance.coffee.identifiers import gs1_lot_uri
from provenance.shelf import glance
from provenance.shelf.reading import page_of
from provenance.shelf.resolver import addresses, levels
from provenance.shelf.story.sentences import Named
from provenance.shelf.story.values import Certified
from provenance.shelf.tests import world
from provenance.shelf.tests.world import GTIN

SITE = "http://localhost:8000"
BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8"}
VOC = "https://ref.gs1.org/voc/"


@pytest.fixture
def bag(log):
    return world.build(log)


@pytest.fixture
def token(bag) -> str:
    """The link of a bag of roasted coffee without a GTIN."""
    product = Product.objects.create(party_uri=world.KOFI, name="Sack of the house", net_mg=250_000)
    [kept] = keep_bags(draw_serials(1), lot_uri=world.ROASTED, product=product)
    return f"/t/{kept.token}"


# --- the page --------------------------------------------------------------------------------------------------------


def test_a_browser_gets_the_page_at_the_code_itself(client, bag):
    answer = client.get(bag.digital_link, headers=BROWSER)

    assert answer.status_code == 200
    assert "R1103" in answer.content.decode()
    assert answer["Content-Location"] == bag.link
    assert answer.content == client.get(bag.link).content
    assert {"Accept", "Accept-Language"} <= set(answer["Vary"].split(", "))
    assert 'rel="linkset"' in answer["Link"]


def test_a_scan_takes_four_queries_at_most_and_a_redirect_one(client, bag, django_assert_max_num_queries):
    client.get(f"/t/{bag.bags[1].token}")
    with django_assert_max_num_queries(4):
        assert client.get(bag.digital_link, headers=BROWSER).status_code == 200
    with django_assert_max_num_queries(1):
        assert client.get(bag.digital_link).status_code == 307
    with django_assert_max_num_queries(1):
        assert client.get(f"/01/{GTIN}/10/R1103/21/NEVERISSUED", headers=BROWSER).status_code == 404


def test_a_scan_sets_no_cookie(client, bag):
    for address in (bag.digital_link, bag.link, f"/01/{GTIN}", f"{bag.digital_link}?linkType=all"):
        assert not client.get(address, headers=BROWSER).cookies


def test_a_lot_number_with_a_slash_is_told_from_the_slashes_between(client, log):
    product = Product.objects.create(party_uri=world.KOFI, name="Slash", gtin="09521234000112", net_mg=250_000)
    keep_bags(draw_serials(1), lot_uri=gs1_lot_uri(product.gtin, "13/42"), gtin=product.gtin, product=product)
    serial = Bag.objects.get(gtin=product.gtin).serial
    path = f"/01/{product.gtin}/10/13%2F42/21/{serial}"

    # As gunicorn hands an address over: decoded, and as it was sent.
    answer = client.get(path, headers={"Accept": "*/*"}, RAW_URI=path)
    assert (answer.status_code, answer["Location"]) == (307, f"{SITE}/page{path}")
    [own, *_] = client.get(f"{path}?linkType=all", RAW_URI=f"{path}?linkType=all").json()["linkset"]
    assert own["anchor"] == f"{SITE}{path}"
    assert own["itemDescription"] == f"Slash, the bag {serial}"
    unescaped = path.replace("%2F", "/")
    assert client.get(unescaped, RAW_URI=unescaped).status_code == 400


def test_an_epcis_bag_without_its_lot_is_found_by_its_serial_number(client, bag):
    answer = client.get(f"/01/{GTIN}/21/{bag.bags[0].serial}", headers=BROWSER)

    assert answer.status_code == 200
    assert "lot R1103" in answer.content.decode()


# --- roasters without a GTIN -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("headers", [{}, BROWSER, {"Accept": "*/*"}])
def test_a_token_is_the_address_of_its_page(client, token, headers):
    answer = client.get(token, headers=headers)

    assert answer.status_code == 200
    assert "lot R-1103" in answer.content.decode()
    assert f'<{SITE}{token}?linkType=linkset>; rel="linkset"' in answer["Link"]
    assert answer["Access-Control-Allow-Origin"] == "*"


def test_a_token_is_the_anchor_of_its_linkset(client, token):
    product = Product.objects.get(name="Sack of the house")
    Link.objects.create(product=product, type="homepage", href="https://kofi.example/", title="Kofi")

    answer = client.get(token, headers={"Accept": "application/linkset+json"})

    assert answer["Content-Type"] == "application/linkset+json"
    [level] = answer.json()["linkset"]
    assert level["anchor"] == f"{SITE}{token}"
    assert level["itemDescription"] == "Sack of the house, lot R-1103"
    assert level[VOC + "defaultLink"][0]["href"] == level[VOC + "traceability"][0]["href"] == f"{SITE}{token}"
    assert client.get(token, {"linkType": "gs1:homepage"})["Location"].startswith("https://kofi.example/?")
    assert client.get(token, {"linkType": "gs1:pip"}).status_code == 404


# --- what was never issued -------------------------------------------------------------------------------------------


def text(answer) -> str:
    return " ".join(strip_tags(answer.content.decode()).split())


def test_an_unknown_serial_is_led_to_the_page_that_says_so(client, bag):
    led = client.get(f"/01/{GTIN}/10/R1103/21/MADEUP")
    assert led.status_code == 307

    page = client.get(urlsplit(led["Location"]).path)
    assert page.status_code == 404
    assert "This code was never issued" in text(page)
    assert "Almaz" not in text(page)


def test_a_linkset_says_of_an_unknown_serial_that_it_was_never_issued(client, bag):
    [own, *_] = client.get(f"/01/{GTIN}/10/R1103/21/MADEUP", {"linkType": "all"}).json()["linkset"]

    assert own["itemDescription"] == "The serial number MADEUP was never issued"
    for type in ("gs1:traceability", "gs1:defaultLink"):
        led = client.get(f"/01/{GTIN}/10/R1103/21/MADEUP", {"linkType": type})
        assert urlsplit(led["Location"]).path == f"/page/01/{GTIN}/10/R1103/21/MADEUP"


def test_a_product_that_nobody_sells_here_is_told_so(client, bag):
    for address in ("/01/09521234000129", "/page/01/09521234000129"):
        answer = client.get(address, headers=BROWSER)
        assert answer.status_code == 404
        assert "Nobody sells this here" in text(answer)


# --- where it never leads --------------------------------------------------------------------------------------------

HOSTILE = [
    "https://evil.example",
    "//evil.example",
    "/\\evil.example",
    "https:evil.example",
    "javascript:alert(1)",
    "\r\nLocation: https://evil.example",
    "%0d%0aLocation:%20https://evil.example",
    "@evil.example",
    "https://localhost:8000@evil.example",
    "\x00",
    "｡evil｡example",
    "#https://evil.example",
]


def hostile_requests(rng: random.Random, link: str):
    names = ["linkType", "url", "next", "redirect", "lot", "href", "context", "01", "x", ""]
    for _ in range(600):
        junk = rng.choice(HOSTILE) + "".join(rng.choices(string.printable, k=rng.randrange(6)))
        other = rng.choice(["gs1:pip", "gs1:traceability", "all", "gs1:homepage", VOC + "pip", junk])
        query = "&".join(
            f"{name}={rng.choice([quote(junk), quote(other), junk.strip()])}" for name in rng.sample(names, 2)
        )
        path = rng.choice(
            [link, link, f"/01/{GTIN}", f"/page/01/{GTIN}", f"{link}/{quote(junk)}", f"/01/{quote(junk)}"]
        )
        yield f"{path}?{query}", rng.choice(["*/*", "text/html", "application/linkset+json", junk.strip()])


def test_no_request_is_ever_led_anywhere_but_to_stored_links_and_ourselves(client, bag):
    Link.objects.create(product=bag.product, type="pip", href="https://kofi.example/p#top", title="Pip")
    # What no form lets through, and a hand at the database may leave there.
    for href in ("http://kofi.example/", "javascript:alert(1)", "//evil.example/", "HTTPS://evil.example/"):
        Link.objects.create(product=bag.product, type="homepage", href=href, title="Bad")
    led = []
    for address, accept in hostile_requests(random.Random(4), bag.digital_link):
        answer = client.get(address, headers={"Accept": accept.encode("ascii", "replace").decode()})
        assert answer.status_code in (200, 302, 307, 400, 404), address
        assert answer["Content-Type"].startswith(("text/html", "application/linkset+json"))
        if "Location" in answer:
            led.append(urlsplit(answer["Location"]))
            assert not set(answer["Location"]) & set("\r\n\x00 \\")

    assert len(led) > 100
    hosts = {(one.scheme, one.netloc) for one in led}
    assert hosts <= {("http", "localhost:8000"), ("https", "kofi.example"), ("", "")}
    assert {one.path for one in led if one.netloc == "kofi.example"} == {"/p"}
    assert all(one.path.startswith(("/01/", "/page/01/")) for one in led if one.netloc != "kofi.example")


def test_the_fuzz_would_notice_a_resolver_that_follows_the_query(client, bag, monkeypatch):
    def follows(href: str, query: str) -> str:
        return f"https://{query.rpartition('//')[2]}" if "//" in query else href

    monkeypatch.setattr("provenance.shelf.views.resolver.with_query", follows)
    with pytest.raises(AssertionError):
        test_no_request_is_ever_led_anywhere_but_to_stored_links_and_ourselves(client, bag)


@pytest.mark.parametrize("host", ["evil.example", "localhost:8000.evil.example", "localhost@evil.example", "", "a b"])
def test_a_false_host_is_refused_and_never_repeated(client, bag, host):
    for address in (bag.digital_link, f"{bag.digital_link}?linkType=all", "/.well-known/gs1resolver"):
        answer = client.get(address, headers={"Host": host, "X-Forwarded-Host": "evil.example"})
        told = answer.content.decode() + answer.get("Location", "") + answer.get("Link", "")
        assert "evil.example" not in told
        if host:
            assert answer.status_code == 400


def test_another_name_of_this_site_leads_to_its_public_address(client, bag, settings):
    settings.ALLOWED_HOSTS = ["localhost", "www.beans.example"]

    answer = client.get(bag.digital_link, headers={"Host": "www.beans.example"})

    assert answer["Location"] == f"{SITE}{bag.link}"


def test_the_query_is_added_before_the_fragment():
    assert addresses.with_query("https://a.example/p?x=1#top", "y=2") == "https://a.example/p?x=1&y=2#top"
    assert addresses.with_query("https://a.example/p", "") == "https://a.example/p"


def test_certificates_are_linked_only_while_the_page_tells_of_any(client, bag, monkeypatch):
    asked = {"linkType": "gs1:certificationInfo"}
    assert client.get(bag.digital_link, asked).status_code == 404

    def certified(lot_uri: str, **options: bool):
        page = page_of(lot_uri, **options)
        held = Certified("organic", Named("Kontroll GmbH"), "for H-1", date(2027, 6, 30), "kept apart")
        return replace(page, story=replace(page.story, certificates=(held,)))

    monkeypatch.setattr(glance, "page_of", certified)
    glance.kept.forget()

    assert urlsplit(client.get(bag.digital_link, asked)["Location"]).path == f"/page/01/{GTIN}/10/R1103"
    glance.kept.forget()


def test_levels_go_up_from_the_bag_to_the_product(bag):
    link = addresses.DigitalLink(gtin=GTIN, variant="2A", lot="R1103", serial="X")

    paths = [urlsplit(level.anchor).path for level in levels.levels_of(link)]

    base = f"/01/{GTIN}"
    assert paths == [f"{base}/22/2A/10/R1103/21/X", f"{base}/22/2A/10/R1103", f"{base}/22/2A", base]
