"""
One test for each line of GS1-Conformant Resolver 1.2, conformance, in its order, and then what 1.2 says elsewhere.

docs/resolver.md tells how each is answered.
"""

import json
from http.client import HTTPConnection
from urllib.parse import quote, urlsplit

import pytest
from jsonschema import Draft7Validator

from provenance.bags.models import Link
from provenance.coffee import acts
from provenance.shelf.tests import world
from provenance.shelf.tests.world import GTIN
from provenance.trail.services.acting import Draft, record_acts

VOC = "https://ref.gs1.org/voc/"
SITE = "http://localhost:8000"
LINKSET = "application/linkset+json"
CONTEXT = "http://www.w3.org/ns/json-ld#context"

# (01) and our GTIN; (10) and R1103, both compressed.
COMPRESSED_GTIN, COMPRESSED_LOT = "ARFRq4px0g", "EGVHXXTc"


@pytest.fixture
def bag(log):
    return world.build(log)


def keep(bag, type: str, href: str, **more) -> Link:
    return Link.objects.create(product=bag.product, type=type, href=href, title=more.pop("title", "Title"), **more)


def linkset(client, address: str, **headers) -> list[dict]:
    answer = client.get(address, {"linkType": "linkset"}, headers=headers)
    assert (answer.status_code, answer["Content-Type"]) == (200, LINKSET)
    return answer.json()["linkset"]


def every_link(levels: list[dict]) -> list[tuple[str, dict]]:
    return [
        (name, one)
        for level in levels
        for name, links in level.items()
        if name not in ("anchor", "itemDescription")
        for one in links
    ]


# --- the list of 1.2 -------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_shall_support_http_1_1_get_head_and_options(live_server, log):
    link, where = world.build(log).digital_link, urlsplit(live_server.url)

    def ask(method: str) -> tuple[int, int, bytes]:
        connection = HTTPConnection(where.hostname, where.port)
        connection.request(method, link)
        answer = connection.getresponse()
        told = answer.version, answer.status, answer.read()
        connection.close()
        return told

    assert ask("GET") == (11, 307, b"")
    assert ask("HEAD") == (11, 307, b"")
    assert ask("OPTIONS") == (11, 204, b"")


def test_shall_support_https(client, bag, settings):
    settings.SECURE_SSL_REDIRECT = True
    settings.ALLOWED_HOSTS = ["beans.example"]
    settings.PUBLIC_URL = "https://beans.example"

    plain = client.get(bag.digital_link, headers={"Host": "beans.example"})
    assert (plain.status_code, plain["Location"]) == (301, f"https://beans.example{bag.digital_link}")

    safe = client.get(bag.digital_link, headers={"Host": "beans.example"}, secure=True)
    assert (safe.status_code, safe["Location"]) == (307, f"https://beans.example{bag.link}")


@pytest.mark.parametrize("method", ["get", "head", "options"])
@pytest.mark.parametrize("query", ["", "?linkType=linkset", "?linkType=gs1:nosuch"])
def test_shall_support_cors(client, bag, method, query):
    answer = getattr(client, method)(bag.digital_link + query, headers={"Origin": "https://app.example"})

    assert answer["Access-Control-Allow-Origin"] == "*"
    assert answer["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS"
    assert "Access-Control-Allow-Credentials" not in answer


def test_shall_be_able_to_decompress_a_uri(client, bag):
    whole = client.get(f"/{COMPRESSED_GTIN}")
    partly = client.get(f"/01/{GTIN}/{COMPRESSED_LOT}")

    assert (whole.status_code, whole["Location"]) == (307, f"{SITE}/page/01/{GTIN}")
    assert (partly.status_code, partly["Location"]) == (307, f"{SITE}/page/01/{GTIN}/10/R1103")


def test_shall_expose_the_uncompressed_uri_as_owl_same_as(client, bag):
    answer = client.get(f"/01/{GTIN}/{COMPRESSED_LOT}")

    assert f'<{SITE}/01/{GTIN}/10/R1103>; rel="owl:sameAs"' in answer["Link"]
    assert "owl:sameAs" not in client.get(f"/01/{GTIN}/10/R1103")["Link"]


@pytest.mark.parametrize(
    "address",
    [
        f"/01/{GTIN}/foo",
        f"/01/{GTIN}/10/R1103/foo",
        f"/01/{GTIN[:-1]}6",
        f"/01/{GTIN[1:]}",
        f"/01/{GTIN}/21/A/10/B",
        f"/01/{GTIN}?10=R1103",
        f"/01/{GTIN}?11=261307",
        "/01/x",
    ],
)
@pytest.mark.parametrize("accept", ["*/*", "text/html", LINKSET])
def test_shall_report_syntax_errors_with_400(client, bag, address, accept):
    assert client.get(address, headers={"Accept": accept}).status_code == 400


@pytest.mark.parametrize(
    ("address", "status"),
    [
        (f"/01/{GTIN}/foo", 400),
        ("/01/09521234000129", 404),
        ("/01/09521234000129?linkType=linkset", 404),
        (f"/01/{GTIN}?linkType=gs1:nosuch", 404),
        (f"/01/{GTIN}/10/R1103/21/NEVERISSUED", 404),
        (f"/page/01/{GTIN}/10/R1103/21/NEVERISSUED", 404),
        ("/t/aaaaaaaaaaaaaaaaaaaaaaaaaa", 404),
    ],
)
def test_shall_not_use_200_with_a_resource_that_indicates_an_error(client, bag, address, status):
    assert client.get(address, headers={"Accept": "text/html"}).status_code == status


@pytest.mark.parametrize(
    "ask",
    [
        {"data": {"linkType": "all"}},
        {"data": {"linkType": "linkset"}},
        {"headers": {"Accept": LINKSET}},
        {"data": {"linkType": "all"}, "headers": {"Accept": "text/html"}},
    ],
)
def test_shall_respond_to_all_with_the_linkset_of_each_level(client, bag, ask):
    answer = client.get(bag.digital_link, **ask)

    assert (answer.status_code, answer["Content-Type"]) == (200, LINKSET)
    anchors = [level["anchor"] for level in answer.json()["linkset"]]
    assert anchors == [f"{SITE}{bag.digital_link}", f"{SITE}/01/{GTIN}/10/R1103", f"{SITE}/01/{GTIN}"]


def test_shall_use_the_uncompressed_uri_as_the_subject(client, bag):
    anchors = [level["anchor"] for level in linkset(client, f"/01/{GTIN}/{COMPRESSED_LOT}")]

    assert anchors == [f"{SITE}/01/{GTIN}/10/R1103", f"{SITE}/01/{GTIN}"]


@pytest.mark.parametrize("method", ["get", "head", "options"])
def test_should_expose_the_link_to_the_linkset_even_when_redirecting(client, bag, method):
    answer = getattr(client, method)(bag.digital_link)

    assert answer["Link"] == f'<{SITE}{bag.digital_link}?linkType=linkset>; rel="linkset"; type="{LINKSET}"'


def test_shall_recognise_one_available_link_as_the_default(client, bag):
    for level in linkset(client, bag.digital_link):
        [default] = level[VOC + "defaultLink"]
        assert default.keys() == {"href", "title"}
        path = urlsplit(level["anchor"]).path
        assert client.get(path)["Location"] == default["href"] == f"{SITE}/page{path}"


def test_all_links_shall_include_target_type_and_title(client, bag):
    keep(bag, "recipeInfo", "https://kofi.example/recipe", media_type="", title="Cold brew")
    found = every_link(linkset(client, bag.digital_link))

    assert len(found) == 9
    for name, one in found:
        assert name.startswith(VOC)
        assert one["href"].startswith(("http://localhost:8000/", "https://kofi.example/"))
        assert one["title"]


@pytest.mark.parametrize("accept", ["*/*", "application/json", "image/png", "", "undefined", "text/*;q=x,,;"])
def test_shall_redirect_to_the_default_link_where_nothing_better_matches(client, bag, accept):
    answer = client.get(bag.digital_link, headers={"Accept": accept})

    assert (answer.status_code, answer["Location"]) == (307, f"{SITE}{bag.link}")
    assert answer.content == b""


@pytest.mark.parametrize("name", ["gs1:{}", VOC + "{}", "https://gs1.org/voc/{}", "http://www.gs1.org/voc/{}"])
def test_shall_redirect_to_the_requested_link_type(client, bag, name):
    keep(bag, "certificationInfo", "https://certifier.example/organic/1")
    asked = name.format("certificationInfo")

    answer = client.get(bag.digital_link, {"linkType": asked})

    assert answer.status_code == 307
    assert answer["Location"] == f"https://certifier.example/organic/1?linkType={quote(asked, safe='')}"


def test_shall_redirect_a_browser_to_the_requested_link_type_too(client, bag):
    answer = client.get(bag.digital_link, {"linkType": "gs1:traceability"}, headers={"Accept": "text/html"})

    assert (answer.status_code, answer["Location"]) == (307, f"{SITE}{bag.link}?linkType=gs1%3Atraceability")


@pytest.mark.parametrize(
    ("href", "query", "location"),
    [
        ("https://kofi.example/a", "foo=bar", "https://kofi.example/a?linkType=gs1:pip&foo=bar"),
        ("https://kofi.example/a?b=c", "x", "https://kofi.example/a?b=c&linkType=gs1:pip&x"),
        ("https://kofi.example/a#top", "15=271103", "https://kofi.example/a?linkType=gs1:pip&15=271103#top"),
        ("https://kofi.example/", "a=%20%C3%A9&a=2", "https://kofi.example/?linkType=gs1:pip&a=%20%C3%A9&a=2"),
    ],
)
def test_shall_pass_on_all_pairs_of_the_query(client, bag, href, query, location):
    keep(bag, "pip", href)

    assert client.get(f"{bag.digital_link}?linkType=gs1:pip&{query}")["Location"] == location
    assert client.get(f"{bag.digital_link}?{query}")["Location"] == f"{SITE}{bag.link}?{query}"


def test_shall_provide_a_description_file(client, shared):
    answer = client.get("/.well-known/gs1resolver")
    schema = next((shared / "standards/digitallink").glob("description-file-schema*.json"))

    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
    assert answer["Access-Control-Allow-Origin"] == "*"
    Draft7Validator(json.loads(schema.read_text())).validate(answer.json())
    assert answer.json()["resolverRoot"] == SITE
    assert answer.json()["supportedPrimaryKeys"] == ["01"]


def test_shall_recognise_the_gs1_vocabulary_and_duplicate_none_of_its_types(client, bag):
    namespaces = client.get("/.well-known/gs1resolver").json()["supportedLinkType"]
    assert namespaces == [{"namespace": VOC, "prefix": "gs1:"}]

    for type in Link.Type.values:
        keep(bag, type, f"https://kofi.example/{type}")
    names = {name for name, _ in every_link(linkset(client, bag.digital_link))}
    assert len(names) == len(Link.Type.values) + 3
    assert {name.rpartition("/")[0] + "/" for name in names} == {VOC}


def test_shall_not_redirect_by_company_prefix_without_saying_handled_by(client, bag):
    """Such redirection is optional, and there is none: a number of the same company that nobody sells here is 404."""
    same_prefix = "09521234000129"

    assert client.get(f"/01/{same_prefix}").status_code == 404
    assert client.get(f"/01/{same_prefix}", headers={"Accept": "text/html"}).status_code == 404


@pytest.mark.parametrize("query", ["", "?linkType=linkset", "?linkType=gs1:traceability", "?foo=bar"])
def test_should_tolerate_a_trailing_slash(client, bag, query):
    without, with_slash = (client.get(f"{bag.digital_link}{slash}{query}") for slash in ("", "/"))

    assert with_slash.status_code == without.status_code
    assert with_slash.get("Location") == without.get("Location")
    assert with_slash.content == without.content


# --- what 1.2 says of keys, linksets and choices ---------------------------------------------------------------------


@pytest.mark.parametrize("path", ["", "/22/2A", "/10/X1", "/21/X1", "/22/2A/10/X1/21/X1", "/10/X1/21/X1", "/235/X1"])
def test_for_primary_keys_with_qualifiers_all_qualifiers_shall_be_supported(client, bag, path):
    answer = client.get(f"/01/{GTIN}{path}")
    assert (answer.status_code, answer["Location"]) == (307, f"{SITE}/page/01/{GTIN}{path}")

    levels = linkset(client, f"/01/{GTIN}{path}")
    assert levels[0]["anchor"] == f"{SITE}/01/{GTIN}{path}"
    assert levels[-1]["anchor"] == f"{SITE}/01/{GTIN}"


def test_an_unknown_qualifier_walks_up_to_what_is_known(client, bag):
    keep(bag, "recipeInfo", "https://kofi.example/recipe")
    keep(bag, "instructions", "https://kofi.example/R1103", lot_code="R1103")

    def asked(path: str, type: str):
        return client.get(f"/01/{GTIN}{path}", {"linkType": type})

    assert asked("/10/R1103/21/UNKNOWN", "gs1:instructions")["Location"].startswith("https://kofi.example/R1103")
    assert asked("/10/UNKNOWN/21/UNKNOWN", "gs1:recipeInfo")["Location"].startswith("https://kofi.example/recipe")
    assert asked("/10/UNKNOWN", "gs1:instructions").status_code == 404


@pytest.mark.parametrize(
    "type", ["gs1:nosuchlt", "gs1:dpp", "gs1:recallStatus", "pip", "schema:url", "https://evil.example/pip", "gs1:", ""]
)
def test_shall_return_404_where_no_link_of_the_requested_type_is_available(client, bag, type):
    assert client.get(bag.digital_link, {"linkType": type}).status_code == 404


def test_the_default_link_shall_also_be_described_by_a_descriptive_type(client, bag):
    for level in linkset(client, bag.digital_link):
        described = [one["href"] for one in level[VOC + "traceability"]]
        assert described == [level[VOC + "defaultLink"][0]["href"]]


def test_a_linkset_validates_against_the_published_schema(client, bag, shared):
    folder = shared / "standards/digitallink"
    schema = Draft7Validator(json.loads((folder / "gs1-linkset-schema.json").read_text()))
    # What the schema can tell apart, before it is trusted.
    assert schema.is_valid(json.loads((folder / "modelLinkset.json").read_text()))
    assert not schema.is_valid(json.loads((folder / "invalid-gs1-example.json").read_text()))
    keep(bag, "recipeInfo", "https://kofi.example/rezept", language="de")
    keep(bag, "recipeInfo", "https://kofi.example/receita", language="pt-BR", media_type="")

    for address in (bag.digital_link, f"/01/{GTIN}/10/R1103", f"/01/{GTIN}", f"/t/{bag.bags[0].token}"):
        schema.validate({"linkset": linkset(client, address)})


def test_a_linkset_points_to_the_context_that_makes_it_json_ld(client, bag):
    answer = client.get(bag.digital_link, {"linkType": "linkset"})

    assert f'rel="{CONTEXT}"; type="application/ld+json"' in answer["Link"]
    context = client.get("/.well-known/gs1resolver").json()["jsonLdContextLocation"]
    assert f"<{context}>" in answer["Link"]


def test_links_to_what_was_recalled_and_recorded_stand_only_where_it_was(client, bag):
    def names(path: str) -> set[str]:
        return {name.removeprefix(VOC) for name, _ in every_link(linkset(client, path))}

    assert names(f"/01/{GTIN}/10/R9999") == {"traceability", "pip", "defaultLink"}
    assert names(f"/01/{GTIN}/10/R1103") == {"traceability", "pip", "defaultLink", "epcis"}

    recall = acts.Recall(at=world.at(11, 5), site=world.ROASTERY, lots=(world.PACKED,), reason="labelling")
    record_acts(world.KOFI, [Draft(recall)])

    assert names(f"/01/{GTIN}/10/R1103") == {"traceability", "pip", "defaultLink", "epcis", "recallStatus"}
    answer = client.get(bag.digital_link, {"linkType": "gs1:recallStatus"})
    assert answer["Location"].startswith(f"{SITE}/page/01/{GTIN}/10/R1103?")


def test_several_links_that_fit_equally_are_300_with_all_of_them(client, bag):
    keep(bag, "certificationInfo", "https://certifier.example/1", title="Organic")
    keep(bag, "certificationInfo", "https://certifier.example/2", title="Fairtrade")
    asked = {"linkType": "gs1:certificationInfo"}

    machine = client.get(bag.digital_link, asked)
    assert (machine.status_code, machine["Content-Type"]) == (300, LINKSET)
    [level] = machine.json()["linkset"]
    assert [one["title"] for one in level[VOC + "certificationInfo"]] == ["Organic", "Fairtrade"]
    assert "Location" not in machine

    browser = client.get(bag.digital_link, asked, headers={"Accept": "text/html"})
    assert browser.status_code == 300
    for number in (1, 2):
        assert f'href="https://certifier.example/{number}"' in browser.content.decode()
    assert browser.content.decode().count(">certifier.example<") == 2


RECIPES = [
    ("de", "text/html"),
    ("en", "text/html"),
    ("en", "application/pdf"),
    ("pt-BR", "text/html"),
    ("", "video/mp4"),
]


@pytest.mark.parametrize(
    ("language", "accept", "found"),
    [
        ("de", "*/*", ["de text/html"]),
        ("de-AT,en;q=0.5", "text/html", ["de text/html"]),
        ("pt", "*/*", ["pt-BR text/html"]),
        ("en", "application/pdf", ["en application/pdf"]),
        ("en", "text/html,*/*;q=0.8", ["en text/html"]),
        ("en", "text/*", ["en text/html"]),
        ("en", "*/*", ["en text/html", "en application/pdf"]),
        ("fr;q=0.9,en;q=0.1", "application/pdf;q=0.2,text/html;q=0.1", ["en application/pdf"]),
        ("", "*/*", [" video/mp4"]),
        ("am", "text/html", [" video/mp4"]),
        ("x" * 5000, "*/*", [" video/mp4"]),
    ],
)
def test_language_and_media_type_tell_links_of_one_type_apart(client, bag, language, accept, found):
    for lang, media in RECIPES:
        keep(bag, "recipeInfo", f"https://kofi.example/{lang}/{media}", language=lang, media_type=media)

    answer = client.get(
        bag.digital_link, {"linkType": "gs1:recipeInfo"}, headers={"Accept-Language": language, "Accept": accept}
    )

    targets = [f"https://kofi.example/{one.replace(' ', '/', 1)}" for one in found]
    if len(targets) == 1:
        assert (answer.status_code, answer["Location"].partition("?")[0]) == (307, targets[0])
    else:
        assert answer.status_code == 300
        [level] = answer.json()["linkset"]
        assert [one["href"] for one in level[VOC + "recipeInfo"]] == targets
    assert {"Accept", "Accept-Language"} <= set(answer["Vary"].split(", "))
