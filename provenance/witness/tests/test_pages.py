"""What a witness shows to monitors and to people."""

import logging
from hashlib import sha256
from urllib.parse import quote

import pytest

from provenance.tlog.checkpoint import open_checkpoint
from provenance.tlog.policy import parse_policy
from provenance.witness.services import keys, watching
from provenance.witness.tests.conftest import NAME
from provenance.witness.tests.logs import ORIGIN, GrowingLog

LOG = f"/witness/logs/{sha256(ORIGIN.encode()).hexdigest()}"


@pytest.fixture
def caught(watched, ask, grown) -> None:
    """The log has shown the witness two histories."""
    logging.disable(logging.CRITICAL)
    ask(grown.request(0, 5))
    ask(GrowingLog(forked_at=2).request(5, 5))
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize("path", [LOG, f"/witness/logs/{ORIGIN}", f"/witness/logs/{quote(ORIGIN, safe='')}"])
def test_monitors_read_the_latest_cosigned_checkpoint(client, watched, ask, grown, path):
    for old, size in [(0, 3), (3, 8)]:
        ask(grown.request(old, size))

    response = client.get(f"{path}/checkpoint")

    assert (response.status_code, response["Content-Type"]) == (200, "text/plain; charset=utf-8")
    assert response["Access-Control-Allow-Origin"] == "*"
    checkpoint, lines = open_checkpoint(response.content, [*grown.keys, *keys.verifiers()], every_key=True)
    assert checkpoint == grown.checkpoint(8)
    assert len(lines) == 4


@pytest.mark.parametrize("path", [f"{LOG}/checkpoint", "/witness/logs/unknown/checkpoint"])
def test_of_a_log_not_yet_cosigned_or_not_watched_there_is_no_checkpoint(client, watched, path):
    assert client.get(path).status_code == 404


def test_a_witness_shows_both_histories_that_a_log_signed(client, caught, grown):
    text = client.get(f"{LOG}/contradictions").content.decode()

    for log in (grown, GrowingLog(forked_at=2)):
        start = text.index(log.checkpoint(5).text)
        signed = log.note(5).partition(b"\n\n")[2].splitlines()[0].decode()
        assert text[start:].startswith(f"{log.checkpoint(5).text}\n{signed}\n")


def test_the_contradictions_of_an_honest_log_are_none(client, watched):
    assert client.get(f"{LOG}/contradictions").content == b"None.\n"
    assert client.get("/witness/logs/unknown/contradictions").status_code == 404


def test_the_policy_lines_can_be_put_into_a_policy_and_count_the_witness_once(client, watched, ask, grown):
    ask(grown.request(0, 5))
    lines = client.get("/witness/policy").content.decode()
    logs = "".join(f"log {key.vkey}\n" for key in grown.keys)

    policy = parse_policy((logs + lines + f"quorum {NAME}\n").encode())

    note = client.get(f"{LOG}/checkpoint").content
    assert set(policy.check(note).witnesses) == {f"{NAME}/ed25519", f"{NAME}/ml-dsa-44"}
    assert policy.groups[NAME].threshold == 1
    assert {witness.url for witness in policy.witnesses.values()} == {"http://localhost:8000/witness"}


def test_the_page_names_the_witness_its_keys_and_what_it_watches(client, watched, ask, grown):
    ask(grown.request(0, 5))
    watching.watch("waiting.example/log", GrowingLog("waiting.example/log").keys)

    response = client.get("/witness/")

    page = response.content.decode()
    assert response["Cache-Control"] == "public, max-age=5"
    assert response.cookies == {}
    assert f"<h1>Witness {NAME}</h1>" in page
    for key in keys.verifiers():
        assert key.vkey.replace("+", "&#x2B;") in page or key.vkey in page
    assert ORIGIN in page and '<span class="number">5</span> entries' in page and f"{LOG}/checkpoint" in page
    assert "It has not asked us yet." in page
    assert "two histories" not in page and "says little" not in page
    assert "<script" not in page


def test_the_page_shows_a_log_that_was_caught(client, caught):
    page = client.get("/witness/").content.decode()

    assert "A log has two histories" in page
    assert f'<a href="{LOG}/contradictions">1 contradicting state</a>' in page


def test_the_evidence_against_a_log_stays_when_it_is_watched_no_more(client, caught):
    before = client.get(f"{LOG}/contradictions").content

    watching.stop(ORIGIN)

    page = client.get("/witness/").content.decode()
    assert "We do not watch it any more" in page and "A log has two histories" in page
    assert client.get(f"{LOG}/contradictions").content == before
    assert client.get(f"{LOG}/checkpoint").status_code == 200


def test_the_page_says_that_a_word_about_ones_own_log_is_worth_little(client, watched, settings):
    settings.TRAIL_HOST = "coffee.example"

    assert "so our signature alone says little about it" in client.get("/witness/").content.decode()


def test_a_site_without_keys_says_that_it_is_no_witness(client, db):
    assert "This installation is no witness yet" in client.get("/witness/").content.decode()
    assert client.get("/witness/policy").status_code == 404


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_page_fits_a_phone(caught, phone):
    phone.goto("/witness/")
    phone.get_by_text("Its ML-DSA-44 key").click()

    assert phone.evaluate("document.documentElement.scrollWidth") <= 360
    assert phone.get_by_role("link", name="1 contradicting state").is_visible()
