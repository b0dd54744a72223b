"""The whole log in one answer: every byte of it is checked against the checkpoint that comes last."""

import json
import zipfile
from io import BytesIO

import pytest
from django.db import DatabaseError, connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from rest_framework.authtoken.models import Token

from provenance.audit.services.packing import pack_of
from provenance.audit.services.readers import Reader
from provenance.audit.tests.conftest import BAGS
from provenance.audit.views.statements import Statements
from provenance.pack.format import STATEMENTS
from provenance.tlog.checkpoint import open_checkpoint
from provenance.tlog.hashing import leaf_hash, root_of
from provenance.tlog.keys import parse_vkey
from provenance.trail import triggers
from provenance.trail.errors import Corrupt
from provenance.trail.models import CheckpointRelease, Event, Leaf, Log
from provenance.trail.services import guarding, lines, registry
from provenance.trail.services.publishing import publish
from provenance.trail.services.queries import latest_checkpoint
from provenance.trail.services.recovering import succeed

pytestmark = pytest.mark.django_db
PATH = "/log/main/1/statements"


@pytest.fixture(autouse=True)
def several_queries(monkeypatch):
    monkeypatch.setattr(lines, "AT_ONCE", 4)


@pytest.fixture
def size(trail) -> int:
    return latest_checkpoint(trail.log).size


@pytest.fixture
def without_triggers(trail):
    """The store as it is to somebody who has the database."""
    connection.check_constraints()
    triggers.lift(connection)
    yield
    # PostgreSQL alters no table whose deferred checks still wait.
    connection.check_constraints()
    triggers.install(connection)


def get(client, user, path=PATH, **query):
    headers = {"authorization": f"Token {Token.objects.get_or_create(user=user)[0].key}"} if user else {}
    return client.get(path, query, headers=headers)


def body(response) -> bytes:
    assert response.status_code == 200
    return b"".join(response.streaming_content)


def refused(response, status: int) -> str:
    assert response.status_code == status and response["Content-Type"] == "application/problem+json"
    told = json.loads(response.content)
    return told.get("detail") or str(told["errors"])


def checked(told: bytes, log: Log) -> list[bytes]:
    """The statements of a whole log, after every byte of the answer was checked with nothing but the log's keys."""
    *leaves, last = told.decode("ascii").splitlines(keepends=True)
    statements = [json.loads(line)["jws"].encode() for line in leaves]
    assert leaves == [f'{{"index":{at},"jws":"{jws.decode()}"}}\n' for at, jws in enumerate(statements)]
    closing = json.loads(last)
    assert last == json.dumps(closing, separators=(",", ":")) + "\n" and list(closing) == ["size", "checkpoint"]
    keys = [parse_vkey(line) for line in log.vkeys.splitlines()]
    checkpoint, _ = open_checkpoint(closing["checkpoint"].encode(), keys, origin=log.origin, every_key=True)
    assert closing["size"] == checkpoint.size == len(statements)
    assert root_of(map(leaf_hash, statements)) == checkpoint.root
    return statements


def test_every_byte_is_checked_against_the_checkpoint_that_comes_last(client, nadia, trail):
    response = get(client, nadia)

    assert response["Content-Type"] == "application/x-ndjson"
    assert response["Cache-Control"] == "no-store" and response["Access-Control-Allow-Origin"] == "*"
    told = body(response)
    events = Event.objects.filter(leaf__log=trail.log).order_by("leaf__index")
    assert checked(told, trail.log) == [bytes(event.statement) for event in events]
    assert json.loads(told.splitlines()[-1])["checkpoint"] == client.get("/log/main/1/checkpoint").content.decode()


def test_ranges_join_to_the_whole(client, nadia, size):
    whole = body(get(client, nadia)).splitlines(keepends=True)

    for middle in (0, 1, 4, 7, size):
        first, second = (body(get(client, nadia, **asked)) for asked in ({"to": middle}, {"from": middle}))
        assert first.splitlines(keepends=True) == [*whole[:middle], whole[-1]]
        assert second.splitlines(keepends=True) == whole[middle:]
    assert body(get(client, nadia, **{"from": 3, "to": 5})).splitlines(keepends=True) == [*whole[3:5], whole[-1]]


def test_lines_are_those_of_a_pack_without_its_disclosures(client, nadia, trail, without_triggers):
    def changed(event: Event, jws: bytes) -> None:
        Event.objects.filter(pk=event.pk).update(statement=jws)

    changed(trail.pack, b'"}\n{"index":0\\\x00' + bytes(trail.pack.statement))
    changed(trail.harvest, b"\xff")
    whole = body(get(client, nadia)).splitlines(keepends=True)
    with zipfile.ZipFile(BytesIO(b"".join(pack_of([BAGS], Reader.of(nadia)).stream()))) as pack:
        packed = pack.read(STATEMENTS).splitlines(keepends=True)

    assert len(packed) > 10
    for line in packed:
        assert whole[json.loads(line)["index"]] == line.partition(b',"disclosures"')[0] + b"}\n"
    assert len(whole) == latest_checkpoint(trail.log).size + 1


def test_a_log_that_misses_a_leaf_breaks_off_and_shows_no_end(client, nadia, trail, size, without_triggers):
    Leaf.objects.filter(log=trail.log, index=6).update(index=size)
    pieces = iter(get(client, nadia).streaming_content)

    assert next(pieces).count(b"\n") == 4
    with pytest.raises(Corrupt, match="does not have all of its leaves 4 to 7"):
        next(pieces)


def test_nothing_beyond_the_released_checkpoint_is_shown(client, nadia, trail, size, without_triggers):
    before = body(get(client, nadia))
    newer = publish(trail.log)
    CheckpointRelease.objects.filter(checkpoint=newer).delete()

    assert newer.size == size + 1
    assert body(get(client, nadia)) == before
    assert refused(get(client, nadia, to=newer.size), 404).endswith(f"it has {size} leaves.")


def test_the_statements_are_for_auditors(client, almaz, otto, trail):
    sentence = "The entries of this log are for auditors. Send your token."

    for user in (None, almaz, otto):
        assert refused(get(client, user), 403) == sentence
    assert refused(client.get(PATH, headers={"authorization": "Token nonsense"}), 401) == "Invalid token."


def test_everybody_gets_them_where_genesis_says_so(client, db):
    log = registry.found_log("open", "Test operator", entries="public")
    publish(log)

    assert len(checked(body(client.get("/log/open/1/statements")), log)) == latest_checkpoint(log).size


@pytest.mark.parametrize(
    ("query", "status", "sentence"),
    [
        ({"from": "first"}, 400, "{'from': ['A valid integer is required.']}"),
        ({"to": "1.5"}, 400, "{'to': ['A valid integer is required.']}"),
        ({"from": "-1"}, 400, "{'from': ['Ensure this value is greater than or equal to 0.']}"),
        ({"from": "5", "to": "4"}, 400, "{'from': [\"It is larger than 'to', which is 4.\"]}"),
        ({"upto": "4"}, 400, "{'upto': ['There is no such parameter.']}"),
        ({"from": "{beyond}"}, 404, "The log is not that large yet: it has {size} leaves."),
        ({"to": "{beyond}"}, 404, "The log is not that large yet: it has {size} leaves."),
        ({"to": "9" * 40}, 404, "The log is not that large yet: it has {size} leaves."),
    ],
)
def test_what_cannot_be_answered_is_said_plainly(client, nadia, size, query, status, sentence):
    asked = {name: value.replace("{beyond}", str(size + 1)) for name, value in query.items()}

    assert refused(get(client, nadia, **asked), status) == sentence.replace("{size}", str(size))


def test_a_log_that_is_not_there_is_said_so(client, nadia, trail):
    for path in ("/log/other/1/statements", "/log/main/2/statements"):
        assert refused(get(client, nadia, path), 404) == "This server keeps no such log."


def test_it_takes_no_posts(client, nadia, trail):
    response = client.post(PATH, headers={"authorization": f"Token {Token.objects.create(user=nadia).key}"})

    assert response.status_code == 405


def test_a_retired_log_still_gives_all_that_it_released(client, nadia, trail):
    guarding.forget()
    before = checked(body(get(client, nadia)), trail.log)
    second = succeed(trail.log)
    publish(second)
    guarding.forget()

    assert Log.objects.get(pk=trail.log.pk).state == Log.State.RETIRED
    assert checked(body(get(client, nadia)), trail.log)[: len(before)] == before
    assert len(checked(body(get(client, nadia, "/log/main/2/statements")), second)) == latest_checkpoint(second).size


def test_head_tells_the_same_and_reads_no_statement(nadia, size):
    whole = get(Client(), nadia)
    with CaptureQueriesContext(connection) as asked:
        # As a server asks: it reads whatever comes, for HEAD too.
        request = RequestFactory().head(PATH, headers={"authorization": f"Token {Token.objects.get(user=nadia).key}"})
        response = Statements.as_view()(request, "main", 1)
        assert b"".join(response.streaming_content) == b""

    assert asked.captured_queries and not any("trail_leaf" in query["sql"] for query in asked.captured_queries)
    assert response.status_code == 200 and response["Content-Type"] == whole["Content-Type"]
    assert response["Cache-Control"] == whole["Cache-Control"]


def test_head_refuses_as_get_does(client, trail):
    assert client.head(PATH).status_code == 403


@pytest.mark.django_db(transaction=True)
def test_a_reader_who_takes_his_time_keeps_no_writer_waiting(client, nadia, trail, size):
    pieces = iter(get(client, nadia).streaming_content)
    read = [next(pieces)]
    writer = connection.copy()
    try:
        writer.ensure_connection()
        with writer.cursor() as cursor:
            if writer.vendor == "sqlite":
                cursor.execute("PRAGMA busy_timeout = 100")
            cursor.execute("UPDATE trail_log SET why_frozen = 'looked at' WHERE name = 'main'")
    except DatabaseError as error:
        pytest.fail(f"The writer had to wait: {error}")
    finally:
        writer.close()

    assert len(checked(b"".join([*read, *pieces]), trail.log)) == size
    assert Log.objects.get(pk=trail.log.pk).why_frozen == "looked at"


def test_the_documentation_names_it(client):
    schema = json.loads(client.get(reverse("audit:schema")).content)
    operation = schema["paths"]["/log/{name}/{number}/statements"]["get"]
    page = client.get(reverse("audit:documentation")).content.decode()

    assert {each["name"] for each in operation["parameters"]} == {"name", "number", "from", "to"}
    assert list(operation["responses"]["200"]["content"]) == ["application/x-ndjson"]
    assert operation["security"] == [{"tokenAuth": []}]
    assert "/log/{name}/{number}/statements" in page
