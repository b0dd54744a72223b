"""The auditors' door: the same ladder at every address, and answers that other software can check."""

import json
from io import BytesIO

import pytest
from django.urls import reverse
from jsonschema import Draft7Validator, FormatChecker
from rest_framework.authtoken.models import Token

from provenance.audit.tests.conftest import BAGS, CHERRY
from provenance.pack.read import PackFile
from provenance.pack.trust import parse_trust
from provenance.pack.verify import verify
from provenance.tlog.hashing import leaf_hash
from provenance.tlog.proof_file import check_proof, parse_proof
from provenance.tlog.tiles import decode_bundle
from provenance.trail.models import Event

NOBODY = "00000000-0000-4000-8000-000000000000"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_is_written(trail):
    """Whatever is asked of this door, the trail stays as it was."""
    before = Event.objects.count()
    yield
    assert Event.objects.count() == before


def get(client, user, path, **query):
    headers = {"authorization": f"Token {Token.objects.get_or_create(user=user)[0].key}"} if user else {}
    return client.get(path, query, headers=headers)


def events_in(response) -> list[dict]:
    return json.loads(response.content)["epcisBody"]["eventList"]


def is_problem(response, status: int) -> bool:
    body = json.loads(response.content)
    return (
        response.status_code == status
        and response["Content-Type"] == "application/problem+json"
        and body["status"] == status
        and body["title"].endswith(".")
    )


# --- events ---


def test_an_auditor_reads_all_events_as_valid_epcis(client, nadia, shared):
    response = get(client, nadia, "/api/events")

    assert response.status_code == 200
    schema = json.loads((shared / "standards/epcis/epcis-json-schema-2.0.1.json").read_text())
    assert list(Draft7Validator(schema, format_checker=FormatChecker()).iter_errors(json.loads(response.content))) == []
    assert len(events_in(response)) == 9
    assert all("recordTime" in event for event in events_in(response))


def test_pages_follow_each_other_without_gap_or_overlap(client, nadia):
    whole = [event["eventID"] for event in events_in(get(client, nadia, "/api/events"))]
    path, seen = "/api/events?limit=2", []
    while path:
        response = get(client, nadia, path)
        seen += [event["eventID"] for event in events_in(response)]
        path = response.headers.get("Link", "").partition("<")[2].partition(">")[0]

    assert seen == whole


def test_a_page_takes_the_same_queries_however_long_it_is(client, nadia, django_assert_num_queries):
    token = Token.objects.create(user=nadia).key
    for limit in (1, 9):
        with django_assert_num_queries(4):
            client.get("/api/events", {"limit": limit}, headers={"authorization": f"Token {token}"})


def test_events_are_found_by_lot_act_and_time(client, nadia, almaz):
    assert len(events_in(get(client, nadia, "/api/events", lot=CHERRY))) == 4
    assert len(events_in(get(client, nadia, "/api/events", act="process"))) == 2
    assert len(events_in(get(client, nadia, "/api/events", party=almaz.party))) == 4
    assert events_in(get(client, nadia, "/api/events", until="2020-01-01T00:00:00Z")) == []


def test_members_read_their_own_business_only(client, almaz, kofi):
    own = events_in(get(client, almaz, "/api/events"))
    assert {event["bizStep"] for event in own} == {"commissioning", "shipping", "receiving"}
    assert len(own) == 4
    assert len(events_in(get(client, kofi, "/api/events"))) == 4


@pytest.mark.parametrize(
    "query",
    [
        {"limit": "0"},
        {"limit": "many"},
        {"act": "register_party"},
        {"since": "yesterday"},
        {"after": "the last"},
        {"colour": "red"},
    ],
)
def test_a_wrong_question_names_its_parameter(client, nadia, query):
    response = get(client, nadia, "/api/events", **query)

    assert is_problem(response, 400)
    assert list(json.loads(response.content)["errors"]) == list(query)


# --- one event ---


def test_one_event_by_its_id(client, almaz, trail):
    response = get(client, almaz, f"/api/events/{trail.harvest.uuid}")

    assert [event["eventID"] for event in events_in(response)] == [trail.harvest.event_id]
    assert b"2.10 USD" not in response.content


def test_an_event_of_others_is_not_there(client, almaz, otto, trail):
    assert is_problem(get(client, almaz, f"/api/events/{trail.pack.uuid}"), 404)
    assert is_problem(get(client, otto, f"/api/events/{trail.harvest.uuid}"), 404)
    assert is_problem(get(client, otto, f"/api/events/{NOBODY}"), 404)


def test_the_proof_of_an_event_checks_out(client, trail):
    response = get(client, None, f"/api/events/{trail.harvest.uuid}/proof")
    trust = parse_trust(client.get(f"/log/main/{trail.log.number}/trust").content)

    found = check_proof(parse_proof(response.content), leaf_hash(bytes(trail.harvest.statement)), trust.policy)
    assert found.checkpoint.origin == trail.log.origin


def test_an_event_that_waits_has_no_proof_yet(client, trail):
    assert is_problem(get(client, None, f"/api/events/{trail.kept_from_the_log.uuid}/proof"), 409)
    assert is_problem(get(client, None, f"/api/events/{NOBODY}/proof"), 404)


# --- lots ---


def test_a_lots_trail_up_and_down(client, nadia):
    up = events_in(get(client, nadia, "/api/lots/B1/trail"))
    down = events_in(get(client, nadia, "/api/lots/C1/trail", direction="down"))

    assert len(up) == len(down) == 8


def test_a_lot_can_be_asked_for_by_its_uri(client, nadia):
    assert len(events_in(get(client, nadia, "/api/lots/-/trail", uri=BAGS))) == 8


def test_the_trail_of_a_lot_that_is_not_yours_is_not_there(client, almaz, otto):
    assert is_problem(get(client, almaz, "/api/lots/B1/trail"), 404)
    assert is_problem(get(client, otto, "/api/lots/C1/trail"), 404)
    assert is_problem(get(client, almaz, "/api/lots/nothing/trail"), 404)
    assert is_problem(get(client, almaz, "/api/lots/C1/trail", direction="sideways"), 400)


def _checked(client, response):
    trust = parse_trust(client.get("/log/main/1/trust").content)
    with PackFile(BytesIO(b"".join(response.streaming_content))) as pack:
        return verify(pack, trust), list(pack.entries())


def test_anybody_gets_the_pack_of_bagged_coffee_and_can_check_it(client):
    report, entries = _checked(client, get(client, None, "/api/lots/B1/pack"))

    assert report.faults == []
    assert report.trusted
    assert report.lots == (BAGS,)
    assert not any("2.10 USD" in text for entry in entries for text in _values(entry.disclosures))
    assert any("Picked red." in text for entry in entries for text in _values(entry.disclosures))


def test_the_packs_file_is_named_after_the_lot(client):
    response = get(client, None, "/api/lots/B1/pack")

    assert response["Content-Disposition"] == 'attachment; filename="B1.pack.zip"'


def test_partners_find_in_their_pack_what_is_disclosed_to_them(client, wote):
    report, entries = _checked(client, get(client, wote, "/api/lots/B1/pack"))

    assert report.faults == []
    assert any("2.10 USD" in text for entry in entries for text in _values(entry.disclosures))


def test_the_pack_of_unbagged_coffee_is_for_those_it_concerns(client, almaz, otto):
    report, _ = _checked(client, get(client, almaz, "/api/lots/C1/pack"))

    assert report.faults == []
    assert is_problem(get(client, None, "/api/lots/C1/pack"), 404)
    assert is_problem(get(client, otto, "/api/lots/C1/pack"), 404)


def test_a_lot_that_waits_has_no_pack_yet(client, almaz):
    assert is_problem(get(client, almaz, "/api/lots/C2/pack"), 409)


def _values(texts) -> list[str]:
    from provenance.coffee.statement import decode_b64url

    return [decode_b64url(text.encode(), "disclosure").decode() for text in texts]


# --- the log ---


def test_the_log_is_served_at_its_origin(client, nadia, trail):
    checkpoint = client.get("/log/main/1/checkpoint")
    origin, size, _ = checkpoint.content.decode().split("\n")[:3]
    assert origin == trail.log.origin
    assert checkpoint["Cache-Control"] == "public, max-age=5"

    tile = client.get(f"/log/main/1/tile/0/000.p/{size}")
    assert len(tile.content) == 32 * int(size)
    assert "immutable" in tile["Cache-Control"]
    assert tile["Access-Control-Allow-Origin"] == "*"

    bundle = decode_bundle(get(client, nadia, f"/log/main/1/tile/entries/000.p/{size}").content)
    assert [leaf_hash(entry) for entry in bundle] == [
        tile.content[at : at + 32] for at in range(0, len(tile.content), 32)
    ]


def test_entries_are_for_auditors(client, almaz):
    assert is_problem(client.get("/log/main/1/tile/entries/000.p/1"), 403)
    assert is_problem(get(client, almaz, "/log/main/1/tile/entries/000.p/1"), 403)
    assert is_problem(client.get("/log/main/1/tile/entries/000.p/1", headers={"authorization": "Token nonsense"}), 403)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/log/other/1/checkpoint", 404),
        ("/log/main/7/checkpoint", 404),
        ("/log/main/1/tile/0/000.p/255", 404),
        ("/log/main/1/tile/0/000", 404),
        ("/log/main/1/tile/0/../../etc", 400),
        ("/log/main/1/tile/0/0", 400),
        ("/log/main/1/tile/9000/000", 400),
        ("/log/other/1/tile/0/000", 404),
        ("/log/other/1/trust", 404),
        ("/log/other/1/policy", 404),
    ],
)
def test_what_the_log_does_not_have_is_said_so(client, path, status):
    assert is_problem(client.get(path), status)


# --- everywhere ---

ADDRESSES = ["/api/events", f"/api/events/{NOBODY}", "/api/lots/C1/trail"]


@pytest.mark.parametrize("path", ADDRESSES)
def test_who_is_not_logged_in_is_asked_to(client, path):
    assert is_problem(client.get(path), 401)


@pytest.mark.parametrize("path", [*ADDRESSES, f"/api/events/{NOBODY}/proof", "/api/lots/B1/pack"])
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_nothing_can_be_written_here(client, nadia, path, method):
    token = Token.objects.get_or_create(user=nadia)[0].key
    response = getattr(client, method)(path, headers={"authorization": f"Token {token}"})

    assert is_problem(response, 405)


@pytest.mark.parametrize("path", ["/log/main/1/checkpoint", "/log/main/1/tile/0/000", "/log/main/1/trust"])
def test_the_log_takes_no_posts(client, path):
    assert client.post(path).status_code == 405


def test_the_schema_and_its_page_name_every_address(client):
    schema = client.get(reverse("audit:schema"))
    page = client.get(reverse("audit:documentation"))

    assert json.loads(schema.content)["openapi"].startswith("3.1")
    assert list(json.loads(schema.content)["paths"]) == [
        "/api/events",
        "/api/events/{uuid}",
        "/api/events/{uuid}/attachments/{sha256}",
        "/api/events/{uuid}/proof",
        "/api/events/{uuid}/standing",
        "/api/lots/{code}/pack",
        "/api/lots/{code}/trail",
        "/log/{name}/{number}/index/{kind}/{id}",
        "/log/{name}/{number}/statements",
    ]
    assert page.status_code == 200
    assert "http" not in page.content.decode().split("<main", 1)[1].split("</main>")[0]
