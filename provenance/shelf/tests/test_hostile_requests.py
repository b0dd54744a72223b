"""What stands around an answer: what it may do in a browser, and for whom caches may keep it."""

from collections.abc import Mapping

import pytest
from django.template.loader import render_to_string

from provenance.shelf import languages
from provenance.shelf.keeping import store, telling, warm
from provenance.shelf.tests import world
from provenance.shelf.tests.world import BUNDLE, GTIN

PAGE, LINKSET = {"Accept": "text/html"}, {"Accept": "application/linkset+json"}
LOT = f"/01/{GTIN}/10/R1103"

# Each kind of answer: where, asked for how, with which status.
KINDS: dict[str, tuple[str, Mapping[str, str], int]] = {
    "page at its code": ("{link}", PAGE, 200),
    "page at its own address": ("/page{link}", {}, 200),
    "page of a token": ("/t/{token}", PAGE, 200),
    "page of a lot": (LOT, PAGE, 200),
    "led on": (LOT, {}, 307),
    "linkset": (LOT, LINKSET, 200),
    "links by type": (f"{LOT}?linkType=all", {}, 200),
    "no such link": (f"{LOT}?linkType=gs1:nosuch", {}, 404),
    "asks for the lot": (f"/01/{GTIN}", PAGE, 200),
    "never issued": (f"{LOT}/21/MADEUP", PAGE, 404),
    "no such token": ("/t/made-up", PAGE, 404),
    "malformed": (f"/01/{GTIN}/nonsense", PAGE, 400),
    "sold by nobody": ("/01/09521234000112", PAGE, 404),
    "recorded by nobody": ("/epcis/class/packed.NOTHING", PAGE, 404),
    "not there": ("/no/such/page", PAGE, 404),
    "looked up": ("/find/?lot=R1103", PAGE, 302),
    "not found": ("/find/?lot=NOTHING", PAGE, 404),
    "how": ("/how/", PAGE, 200),
    "verify": ("/verify/", PAGE, 200),
    "resolver": ("/.well-known/gs1resolver", {}, 200),
    "bundle": (BUNDLE, {}, 200),
    "no bundle": ("/bundle/00000000-0000-0000-0000-000000000000.json", {}, 404),
    "badge": (f"/badge{LOT}.svg", {}, 200),
    "no picture": (f"/picture/{'0' * 64}.webp", {}, 404),
    "form": ("/report/t/{token}", PAGE, 200),
}
# A form bears a ticket of its own, which no two have alike.
KEPT = [kind for kind in KINDS if kind != "form"]


@pytest.fixture
def bag(log, monkeypatch):
    monkeypatch.setattr(warm, "_answers", type(warm._answers)())
    monkeypatch.setattr(warm, "_bytes", 0)
    return world.build(log)


def ask(client, bag, kind: str, query: str = "", **headers: str):
    address, usual, _ = KINDS[kind]
    address = address.format(link=bag.digital_link, token=bag.bags[0].token)
    query = query.replace("?", "&") if "?" in address else query
    return client.get(address + query, headers={**usual, **{name.replace("_", "-"): headers[name] for name in headers}})


def told(answer) -> tuple[int, bytes, dict[str, str]]:
    return answer.status_code, answer.content, dict(answer.headers)


def test_no_answer_lets_anything_run_or_frame_it_or_sets_a_cookie(client, bag):
    for kind, (_, _, status) in KINDS.items():
        answer = ask(client, bag, kind)

        assert answer.status_code == status, kind
        policy = dict(part.strip().partition(" ")[::2] for part in answer["Content-Security-Policy"].split(";"))
        assert policy["default-src"] in ("'self'", "'none'"), kind
        assert "unsafe" not in policy.get("script-src", "") + policy["default-src"], kind
        assert policy.get("frame-ancestors") == "'none'" or policy["default-src"] == "'none'", kind
        assert (answer["X-Content-Type-Options"], answer["Referrer-Policy"]) == ("nosniff", "same-origin"), kind
        assert not answer.cookies, kind


POISON = [
    {"X-Forwarded-Host": "evil.example"},
    {"X-Forwarded-Proto": "evil"},
    {"X-Forwarded-Prefix": "/evil"},
    {"X-Forwarded-For": "evil"},
    {"Forwarded": "for=evil;host=evil.example;proto=evil"},
    {"X-Original-URL": "/evil"},
    {"X-Rewrite-URL": "/evil"},
    {"X-HTTP-Method-Override": "DELETE"},
    {"Cookie": f"sessionid={'evil' * 8}; csrftoken={'evil' * 8}; django_language=de"},
    {"Referer": "https://evil.example/"},
    {"Origin": "https://evil.example"},
    {"User-Agent": "evil<script>"},
    {"If-None-Match": 'W/"evil"'},
    {"Range": "bytes=0-3"},
    {"Authorization": "Token evil"},
    {"Accept-Language": "evil, xx;q=0.9, */*;q=evil"},
]
QUERIES = ["?utm_source=evil", "?evil=%22%3E%3Cscript%3E", "?lang=evil", "?next=//evil.example", "?%00evil", "?="]


def test_nobody_leaves_anything_of_his_in_what_others_get(client, bag):
    for kind in KEPT:
        # The second of two is warm, and has the headers of one that is.
        ask(client, bag, kind)
        before = told(ask(client, bag, kind))
        for headers in POISON:
            poisoned = ask(client, bag, kind, **headers)
            assert b"evil" not in poisoned.content and "evil" not in str(poisoned.headers), (kind, headers)
            assert told(ask(client, bag, kind)) == before, (kind, headers)
        for query in QUERIES:
            ask(client, bag, kind, query)
            assert told(ask(client, bag, kind)) == before, (kind, query)


def test_whoever_asks_first_leaves_nothing_of_his_in_the_page_that_is_kept(client, bag):
    """Each time of a site that keeps nothing yet."""
    for kind in ("page at its code", "page of a token", "page of a lot"):
        ask(client, bag, kind)
        before = told(ask(client, bag, kind))
        for query, headers in [("", headers) for headers in POISON] + [(query, {}) for query in QUERIES]:
            warm._answers.clear()
            store.forget_all()
            ask(client, bag, kind, query, **headers)
            assert told(ask(client, bag, kind)) == before, (kind, query, headers)


VARIANTS = {
    "Accept": ("*/*", "text/html", "application/linkset+json", "image/webp"),
    "Accept-Language": ("", "de", "fr;q=0.9, de;q=0.1", "xx"),
    "Accept-Encoding": ("", "gzip"),
    "Cookie": ("", f"sessionid={'evil' * 8}", "django_language=de"),
    "User-Agent": ("", "curl"),
    "Sec-CH-Prefers-Color-Scheme": ("", "dark"),
}


def test_an_answer_names_all_that_it_depends_on(client, bag):
    """A cache in between gives it to whoever differs in nothing that it names."""
    for kind in KEPT:
        for header, values in VARIANTS.items():
            answers = [ask(client, bag, kind, **{header: value}) for value in values]
            if len({(one.status_code, one.content, one.get("Location")) for one in answers}) > 1:
                assert all(header in one.get("Vary", "") for one in answers), (kind, header)


# --- planted bugs ----------------------------------------------------------------------------------------------------


def test_a_page_that_is_told_with_the_request_of_whoever_asked_is_noticed(client, bag, monkeypatch):
    monkeypatch.setattr(
        telling, "_rendered", lambda request, context: render_to_string("shelf/lot.html", dict(context), request)
    )

    with pytest.raises(AssertionError, match="utm_source"):
        test_whoever_asks_first_leaves_nothing_of_his_in_the_page_that_is_kept(client, bag)


def test_an_answer_that_does_not_name_the_language_is_noticed(client, bag, monkeypatch):
    monkeypatch.setattr(languages, "patch_vary_headers", lambda answer, names: None)

    with pytest.raises(AssertionError, match="Accept-Language"):
        test_an_answer_names_all_that_it_depends_on(client, bag)
