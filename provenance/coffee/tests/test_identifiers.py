"""GS1 keys, Digital Links and our own URIs."""

import csv
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.coffee.acts import Form
from provenance.coffee.errors import UnknownIdentifier
from provenance.coffee.identifiers import (
    DigitalLink,
    check_digit,
    check_event_id,
    check_gln,
    check_gtin,
    check_lot_code,
    check_uri,
    digital_link,
    gs1_lot_uri,
    gs1_serial_uri,
    lot_code_of,
    lot_uri,
    new_id,
    parse_digital_link,
    parse_gs1_lot,
    party_uri,
    plot_uri,
    site_uri,
)

GTIN = "09521234000105"
CHARSET_82 = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
lot_codes = st.text(alphabet=CHARSET_82, min_size=1, max_size=20)


def test_our_uris_have_the_forms_of_the_business_vocabulary() -> None:
    assert party_uri("localhost:8000", "ab2c") == "https://localhost:8000/epcis/party/ab2c"
    assert site_uri("trace.example.org", "x") == "https://trace.example.org/epcis/loc/x"
    assert plot_uri("trace.example.org", "x") == "https://trace.example.org/epcis/plot/x"
    assert (
        lot_uri("trace.example.org", Form.DRY_PARCHMENT, "W-2026-031")
        == "https://trace.example.org/epcis/class/dry-parchment.W-2026-031"
    )


def test_gs1_uris_have_their_canonical_form() -> None:
    assert gs1_lot_uri(GTIN, "LOT/1") == "https://id.gs1.org/01/09521234000105/10/LOT%2F1"
    assert gs1_serial_uri(GTIN, "7F3K9Q2M") == "https://id.gs1.org/01/09521234000105/21/7F3K9Q2M"
    assert (
        digital_link("beans.example.org", GTIN, "R260907", "7F3K9Q2M")
        == "https://beans.example.org/01/09521234000105/10/R260907/21/7F3K9Q2M"
    )


def test_new_ids_are_random_and_have_128_bits() -> None:
    ids = {new_id() for _ in range(100)}
    assert len(ids) == 100
    assert all(re.fullmatch("[a-z2-7]{26}", id) for id in ids)


@given(lot_codes)
def test_a_lot_code_survives_every_uri(code: str) -> None:
    assert lot_code_of(lot_uri("localhost:8000", Form.GREEN, code)) == code
    assert lot_code_of(gs1_lot_uri(GTIN, code)) == code
    assert parse_gs1_lot(gs1_lot_uri(GTIN, code)) == (GTIN, code)
    check_uri(lot_uri("localhost:8000", Form.GREEN, code), field="lot")
    check_uri(gs1_lot_uri(GTIN, code), field="lot")


@given(lot_codes, lot_codes)
def test_a_link_is_read_as_it_was_written(lot: str, serial: str) -> None:
    link = digital_link("beans.example.org", GTIN, lot, serial)
    assert parse_digital_link(link) == DigitalLink(gtin=GTIN, lot=lot, serial=serial)
    assert parse_digital_link(link.removeprefix("https://beans.example.org")) == parse_digital_link(link)


@pytest.mark.parametrize("code", ["", "A" * 21, "A B", "Ä", "A\n", "A@B", "A#", "A\x00"])
def test_a_lot_code_outside_of_set_82_is_refused(code: str) -> None:
    with pytest.raises(UnknownIdentifier, match="1 to 20 characters"):
        check_lot_code(code)


@pytest.mark.parametrize(
    ("given_text", "gtin"),
    [
        ("09521234000105", "09521234000105"),
        ("9521234000105", "09521234000105"),
        ("02345673", "00000002345673"),
        ("614141123452", "00614141123452"),
    ],
)
def test_a_gtin_gets_14_digits(given_text: str, gtin: str) -> None:
    assert check_gtin(given_text) == gtin


@pytest.mark.parametrize("text", ["", "0952123400010", "0952123400010x", " 9521234000105", "٠9521234000105", "0" * 14])
def test_what_is_no_gtin_is_refused(text: str) -> None:
    with pytest.raises(UnknownIdentifier):
        check_gtin(text)


@pytest.mark.parametrize("place", range(14))
def test_every_single_wrong_digit_of_a_gtin_is_found(place: int) -> None:
    for digit in "0123456789":
        wrong = GTIN[:place] + digit + GTIN[place + 1 :]
        if wrong != GTIN:
            with pytest.raises(UnknownIdentifier, match="last digit should be"):
                check_gtin(wrong)


def test_a_gln_has_13_digits_and_a_check_digit() -> None:
    assert check_gln("9521234000013") == "9521234000013"
    assert check_digit("952123400001") == 3
    for text in ("9521234000014", "952123400001", "952123400001x"):
        with pytest.raises(UnknownIdentifier):
            check_gln(text)


@pytest.mark.parametrize(
    "uri",
    [
        "http://trace.example.org/epcis/party/x",
        "https://trace.example.org",
        "https://trace.example.org/",
        "https://trace.example.org/a b",
        "https://trace.example.org/a?b",
        "https://trace.example.org/a#b",
        "https://trace.example.org/a%2",
        "https://trace.example.org/a%2f",
        "https://Trace.example.org/a",
        "https://user@trace.example.org/a",
        "https://trace.example.org/" + "a" * 200,
        "https://id.gs1.org/01/09521234000106/10/A",
        "https://id.gs1.org/01/9521234000105/10/A",
        "urn:epc:id:sgtin:1.2.3",
        "",
    ],
)
def test_what_is_no_reference_is_refused(uri: str) -> None:
    with pytest.raises(UnknownIdentifier):
        check_uri(uri, field="lot")


def test_a_reference_with_many_escapes_is_checked_in_no_time() -> None:
    with pytest.raises(UnknownIdentifier):
        check_uri("https://trace.example.org/" + "a" * 150 + "%", field="lot")


@pytest.mark.parametrize(
    "uri",
    [
        "urn:uuid:00000001-5c1a-1f0e-9d2b-3a6f1e7c9b10",
        "urn:uuid:00000001-5c1a-5f0e-9d2b-3a6f1e7c9b10",
        "urn:uuid:00000001-5c1a-8f0e-9d2b-3a6f1e7c9b10",
        "urn:uuid:00000001-5C1A-4f0e-9d2b-3a6f1e7c9b10",
        "00000001-5c1a-4f0e-9d2b-3a6f1e7c9b10",
        "urn:uuid:00000001-5c1a-4f0e-9d2b-3a6f1e7c9b10\n",
    ],
)
def test_what_is_no_event_id_is_refused(uri: str) -> None:
    with pytest.raises(UnknownIdentifier, match="not the id of an event"):
        check_event_id(uri, field="dispatch")


def test_a_place_is_no_lot() -> None:
    with pytest.raises(UnknownIdentifier):
        lot_code_of("https://trace.example.org/epcis/loc/x")


@pytest.mark.parametrize("host", ["", "a b", "a/b", "-a", "a-", "user@a", "a:b"])
def test_what_is_no_host_is_refused(host: str) -> None:
    with pytest.raises(UnknownIdentifier, match="is not the name of a host"):
        party_uri(host, "x")


def test_links_are_read_as_the_syntax_engine_of_gs1_reads_them(shared: Path) -> None:
    vectors = json.loads((shared / "standards/digitallink/coffee-dl-full-validation-vectors.json").read_text())[
        "vectors"
    ]
    seen = 0
    for vector in vectors:
        key = re.search(r"\((\d+)\)", vector["ai"] or "(01)")
        if key is None or key[1] != "01":
            continue  # other keys are not read here
        seen += 1
        if vector["valid"]:
            values = dict(re.findall(r"\((\d+)\)([^(]+)", vector["ai"]))
            assert parse_digital_link(vector["uri"]) == DigitalLink(
                gtin=values["01"], variant=values.get("22"), lot=values.get("10"), serial=values.get("21")
            )
        else:
            with pytest.raises(UnknownIdentifier):
                parse_digital_link(vector["uri"])
    assert seen == 26


def test_published_cases_of_bad_links_are_refused(shared: Path) -> None:
    seen = 0
    with (shared / "data/gs1_digital_link/digital_link_cases.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            if row["kind"] == "parse" and row["expected"] == "invalid":
                seen += 1
                with pytest.raises(UnknownIdentifier):
                    parse_digital_link(row["input"])
    assert seen == 37


def test_published_cases_of_good_links_are_read(shared: Path) -> None:
    seen = 0
    with (shared / "data/gs1_digital_link/digital_link_cases.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            path = re.fullmatch(
                r"https?://[^/]+(?:/[a-z-]+)*/01/(\d{14})(?:/22/([^/?#]+))?(?:/10/([^/?#]+))?(?:/21/([^/?#]+))?(?:[?#].*)?",
                row["input"],
            )
            if row["kind"] != "parse" or row["expected"] != "valid" or path is None:
                continue
            if "PermitUnknownAIs" in row["mode"]:
                continue  # attributes that GS1 has not defined are let through in this mode only
            if int(path[1][-1]) != check_digit(path[1][:-1]):
                continue  # these cases leave the check digit out of account
            seen += 1
            found = parse_digital_link(row["input"])
            assert found.gtin == path[1]
            assert (found.lot, found.serial) == (path[3], path[4])
    assert seen > 10


def test_a_serial_number_of_somebody_elses_stands_alone() -> None:
    assert parse_digital_link("/01/09521234000105/235/XYZ").other_serial == "XYZ"
    with pytest.raises(UnknownIdentifier):
        parse_digital_link("/01/09521234000105/10/L1/235/XYZ")


@pytest.mark.parametrize(
    "query", ["11=261307", "9=abc", "99999=abc", "99=A&99=A", "99=A+B", "10=L1", "01=09521234000105", "3103=12"]
)
def test_attributes_that_gs1_does_not_know_so_are_refused(query: str) -> None:
    with pytest.raises(UnknownIdentifier):
        parse_digital_link(f"/01/09521234000105/10/L1?{query}")


@pytest.mark.parametrize("query", ["", "11=260907", "3103=000250&utm=x", "utm_source=1&utm_source=2", "a10=L", "x"])
def test_what_else_hangs_on_a_link_does_no_harm(query: str) -> None:
    assert parse_digital_link(f"/01/09521234000105/10/L1?{query}").lot == "L1"


def test_reading_events_needs_no_barcode_library() -> None:
    program = "import provenance.coffee.epcis, sys; sys.exit('biip' in sys.modules or 'shapely' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
