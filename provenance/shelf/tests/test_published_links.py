"""Every case of GS1's own engine and of two other libraries that is an address here is answered as they expect."""

import csv
import json
import re
from urllib.parse import unquote, urlsplit

import pytest

from provenance.bags.models import Product
from provenance.coffee.errors import UnknownIdentifier
from provenance.coffee.identifiers import check_digit
from provenance.shelf.resolver.compression import decompressed, values_in

# What other modes of the engine let through and its standard mode does not; it tells them apart by its options.
LENIENT = re.compile(r"Permit|lenient|convenienceAlphas")


def cases(shared, *kinds: str) -> list[dict[str, str]]:
    with (shared / "data/gs1_digital_link/digital_link_cases.csv").open(newline="") as file:
        return [row for row in csv.DictReader(file) if row["kind"] in kinds]


def asked(client, uri: str):
    parts = urlsplit(uri)
    address = parts.path + (f"?{parts.query}" if parts.query else "")
    return client.get(address or "/", RAW_URI=address or "/")


def known(uri: str) -> str | None:
    """The GTIN of a link whose path begins with it; somebody sells it here."""
    found = re.match(r"https?://[^/]+/01/(\d{14})(?:[/?#]|$)", uri)
    if found and int(found[1][-1]) == check_digit(found[1][:-1]):
        return Product.objects.get_or_create(
            gtin=found[1], defaults={"party_uri": "https://localhost:8000/epcis/party/x", "name": "X", "net_mg": 1}
        )[0].gtin
    return None


def test_a_good_link_is_led_to_a_page_and_a_bad_one_is_400(client, db, shared):
    good = bad = 0
    for row in cases(shared, "parse", "extract"):
        uri = row["input"]
        if LENIENT.search(row["mode"]) or not uri.startswith(("http://", "https://")) or "/01/" not in uri:
            continue
        if row["expected"] == "valid" and known(uri):
            good += 1
            assert asked(client, uri).status_code == 307, uri
        elif row["expected"] == "invalid" and urlsplit(uri).path.startswith("/01/"):
            bad += 1
            assert asked(client, uri).status_code == 400, uri
    assert (good, bad) == (30, 14)


def test_full_validation_vectors_are_answered_as_the_engine_of_gs1_judges_them(client, db, shared):
    vectors = json.loads((shared / "standards/digitallink/coffee-dl-full-validation-vectors.json").read_text())
    counts = {307: 0, 400: 0, 404: 0}
    for vector in vectors["vectors"]:
        uri = vector["uri"]
        known(uri)
        answer = asked(client, uri)
        counts[answer.status_code] += 1
        path = urlsplit(uri).path
        if not path.startswith("/01/"):
            # Other keys and longer stems are no addresses of ours, and the description file says so.
            assert answer.status_code == 404, uri
        elif uri.endswith("/09521234000105/") or uri.startswith("hTTps"):
            # Tolerated by the standard; and a server sees no scheme.
            assert answer.status_code == 307, uri
        else:
            assert answer.status_code == (307 if vector["valid"] else 400), uri
    assert counts == {307: 11, 400: 13, 404: 7}


def test_parse_vectors_of_the_engine_are_answered_as_it_judges_them(client, db, shared):
    vectors = json.loads((shared / "standards/digitallink/gs1-syntax-engine-dl-parse-vectors.json").read_text())
    seen = 0
    for vector in vectors["vectors"]:
        uri = vector["uri"]
        if not uri.startswith(("http://", "https://")) or not urlsplit(uri).path.startswith("/01/"):
            continue
        gtin = re.match(r"/01/(\d{8,14})", urlsplit(uri).path)
        undefined = "89=" in uri  # an attribute that GS1 has not defined
        if undefined or gtin and (len(gtin[1]) < 14 or int(gtin[1][-1]) != check_digit(gtin[1][:-1])):
            # These vectors leave check digits out of account, and take the shorter GTINs of before version 1.4.
            assert asked(client, uri).status_code == 400, uri
            continue
        seen += 1
        known(uri)
        assert (asked(client, uri).status_code == 307) == vector["valid"], uri
    assert seen > 5


def test_compressed_links_are_read_as_they_were_meant(shared):
    seen = 0
    for row in cases(shared, "decompress"):
        path, meant = urlsplit(row["input"]).path, urlsplit(row["expected_value"]).path.strip("/").split("/")
        if not meant[0].isdecimal():
            continue  # words for numbers ended with version 1.3 of the standard
        seen += 1
        values = dict(zip(meant[::2], map(unquote, meant[1::2]), strict=True))
        assert values_in(path.strip("/")) == values
        if meant[0] == "01":
            assert decompressed(path) == f"/{'/'.join(meant)}"
    assert seen == 34


@pytest.mark.parametrize("text", ["", "foo", "AQnYUc1gm", "AQnYUc1gmiCNV4J", "_" * 40, "F" * 130, "é", "AQnY Uc1gmg"])
def test_what_is_no_compressed_link_is_refused(text):
    with pytest.raises(UnknownIdentifier):
        decompressed(f"/{text}")


def test_a_word_that_is_no_compressed_link_is_a_page_that_is_not_there(client, db):
    answer = client.get("/farmersmarket")

    assert answer.status_code == 404
    assert "This link cannot be read" not in answer.content.decode()
