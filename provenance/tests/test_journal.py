"""A thousand requests by people whose names and addresses are known leave none of them in the journal."""

import json
import logging
import sys
from io import StringIO

import pytest
from django.db import DataError, IntegrityError, OperationalError
from django.views.generic import TemplateView

from provenance.journal import Json, Line, WithoutPaths, stack_of

REQUESTS = 1_000


@pytest.fixture(params=[Json, Line])
def journal(request, monkeypatch):
    """Everything that any logger says, as the configured handler would write it."""
    stream = StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(request.param())
    handler.addFilter(WithoutPaths())
    root, django = logging.getLogger(), logging.getLogger("django")
    for logger in (root, django):
        logger.addHandler(handler)
    monkeypatch.setattr(root, "level", logging.DEBUG)
    yield stream
    for logger in (root, django):
        logger.removeHandler(handler)


def test_a_thousand_requests_leave_no_name_and_no_address(client, db, journal, monkeypatch, settings):
    """Pages, pages that are not there, log-ins that fail, hosts that are wrong, and faults of ours that quote."""
    client.raise_request_exception = False
    settings.ALLOWED_HOSTS = ["testserver"]
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    words = []

    def breaks(view, request, *args, **kwargs):
        raise ValueError(f"cannot read {request.GET['name']}")

    asked = [
        lambda name, how: client.get("/", {"name": name}, **how),
        lambda name, how: client.get(f"/no/such/{name}", **how),
        lambda name, how: client.get(f"/t/{name}", **how),
        lambda name, how: client.post("/login/", {"username": name, "password": name}, **how),
        lambda name, how: client.get("/", HTTP_HOST=f"{name}.example", **how),
        lambda name, how: client.post("/farms/harvest/", {"note": name}, **how),
    ]
    for number in range(REQUESTS):
        name, address = f"Hanna{number}Tadesse", f"198.51.{number // 256}.{number % 256}"
        how = {"REMOTE_ADDR": address, "headers": {"X-Forwarded-For": address, "User-Agent": f"Phone of {name}"}}
        words += [name, address]
        with monkeypatch.context() as broken:
            if number % 7 == 6:
                broken.setattr(TemplateView, "get", breaks)
                assert client.get("/", {"name": name}, **how).status_code == 500
            else:
                asked[number % 7](name, how)

    said = journal.getvalue()
    # A thousand requests, of which most are refused, do not leave an empty journal either.
    assert said.count("no page of this site") > 100 and said.count("ValueError") > 100
    assert [word for word in words if word.lower() in said.lower()] == []


def test_a_journal_that_keeps_paths_would_be_caught(client, db, journal, monkeypatch):
    monkeypatch.setattr(WithoutPaths, "filter", lambda self, record: True)

    client.get("/no/such/Hanna")

    assert "Hanna" in journal.getvalue()


def test_json_is_one_object_a_line():
    try:
        raise OperationalError("server closed the connection\nDETAIL: of Hanna")
    except OperationalError:
        record = logging.LogRecord("trail", logging.ERROR, __file__, 1, "log %s stopped", ("main",), sys.exc_info())

    line = Json().format(record)

    assert "\n" not in line
    said = json.loads(line)
    assert (said["level"], said["logger"], said["message"]) == ("ERROR", "trail", "log main stopped")
    assert said["exception"].endswith("OperationalError: server closed the connection")
    assert said["time"].endswith("+00:00")


@pytest.mark.parametrize("error", [IntegrityError, DataError, ValueError])
def test_an_error_that_may_quote_is_named_and_placed_but_not_quoted(error):
    try:
        try:
            raise error("Key (username)=(hanna) already exists.")
        except error as first:
            raise KeyError("hanna") from first
    except KeyError as caught:
        told = stack_of(caught)

    assert "hanna" not in told.replace('("Key (username)=(hanna) already exists.")', "").replace(
        'KeyError("hanna")', ""
    )
    assert told.count("test_journal.py") == 2
    assert error.__name__ in told and told.endswith("KeyError")
