"""The ladder of the beacon and of the two forms: works · wrong method · no such code · bad input; nobody is traced."""

import re
from uuid import uuid4

import pytest
from django.core import signing
from django.core.cache import cache
from django.db import connection
from django.test import Client

from provenance.bags.models import Addressee, Bag, Message, ScanCount
from provenance.bags.services import counting
from provenance.bags.services.messages import report, thank
from provenance.bags.services.scanning import Scanned
from provenance.shelf.keeping import warm
from provenance.shelf.tests import world
from provenance.shelf.tests.world import KOFI, PACKED, WOTE

OURS = {"HTTP_ORIGIN": "http://testserver", "HTTP_SEC_FETCH_SITE": "same-origin"}
Kind, State = Message.Kind, Addressee.State


@pytest.fixture(autouse=True)
def full_allowance(monkeypatch):
    monkeypatch.setattr(counting, "_allowance", counting._Allowance())


@pytest.fixture
def bag(log) -> Bag:
    return world.build(log).bags[0]


@pytest.fixture
def visitor() -> Client:
    """Whose browser sends no CSRF token, for it was never given one."""
    return Client(enforce_csrf_checks=True)


def open_bag(client: Client, code: str, **headers: str):
    return client.post("/seen", code, content_type="text/plain;charset=UTF-8", **{**OURS, **headers})


def page_of(client: Client, bag: Bag, **headers: str):
    """What a scan of the bag's code leads to."""
    answer = client.get(f"/01/{bag.gtin}/10/{bag.lot_code}/21/{bag.serial}", **headers)
    return client.get(answer["Location"], **headers) if answer.status_code == 307 else answer


def ticket_on(answer) -> str:
    return re.search(r'name="ticket" value="([^"]+)"', answer.content.decode())[1]


def of_a_page(answer) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", answer.content.decode()))


# --- the beacon ------------------------------------------------------------------------------------------------------


def test_an_opening_is_counted_and_nothing_is_said(visitor, bag):
    answer = open_bag(visitor, f"t/{bag.token}")

    assert (answer.status_code, answer.content, dict(answer.cookies)) == (204, b"", {})
    assert "no-store" in answer["Cache-Control"]
    assert list(ScanCount.objects.values_list("bag", "country", "n")) == [(bag.pk, "", 1)]


@pytest.mark.parametrize("method", ["get", "head", "put", "delete", "options"])
def test_openings_are_counted_by_post_alone(visitor, bag, method):
    answer = getattr(visitor, method)("/seen", **OURS)

    assert answer.status_code == 405
    assert not ScanCount.objects.exists()


@pytest.mark.parametrize(
    "code", ["", "t/", "t/" + "a" * 26, "/", "\x00", "t/\x00", "01/09521234000105/10/R1103", "é" * 500, "{}", "t/../x"]
)
def test_what_was_never_issued_is_answered_like_what_was(visitor, bag, code):
    known, unknown = open_bag(visitor, f"t/{bag.token}"), open_bag(visitor, code)

    assert (unknown.status_code, unknown.content, dict(unknown.headers)) == (204, b"", dict(known.headers))
    assert ScanCount.objects.count() == 1


def test_a_body_of_more_than_a_kilobyte_is_not_read(visitor, bag):
    answer = open_bag(visitor, f"t/{bag.token}" + " " * 1024)

    assert answer.status_code == 413
    assert not ScanCount.objects.exists()


@pytest.mark.parametrize(
    "headers",
    [
        {"HTTP_ORIGIN": "https://evil.example"},
        {"HTTP_ORIGIN": "null"},
        {"HTTP_ORIGIN": ""},
        {"HTTP_ORIGIN": "http://testserver.evil.example"},
        {"HTTP_SEC_FETCH_SITE": "cross-site"},
        {"HTTP_SEC_FETCH_SITE": "same-site"},
        {"HTTP_SEC_FETCH_SITE": "none"},
    ],
)
def test_what_another_site_sends_is_not_counted(visitor, bag, headers):
    assert open_bag(visitor, f"t/{bag.token}", **headers).status_code == 204
    assert not ScanCount.objects.exists()


def test_a_browser_that_says_no_more_than_its_origin_is_counted(visitor, bag):
    visitor.post("/seen", f"t/{bag.token}", content_type="text/plain", HTTP_ORIGIN="http://testserver")

    assert ScanCount.objects.count() == 1


@pytest.mark.parametrize(
    ("behind_proxy", "header", "said", "kept"),
    [
        (True, "CF-IPCountry", "AT", "AT"),
        (True, "CF-IPCountry", "XX", ""),
        (True, "CF-IPCountry", "T1", ""),
        (True, "CF-IPCountry", "at", ""),
        (True, "CF-IPCountry", "AUT", ""),
        (True, "CF-IPCountry", "'; DROP", ""),
        (False, "CF-IPCountry", "AT", ""),
        (True, "", "AT", ""),
        (True, "X-Country", "AT", ""),
    ],
)
def test_a_country_is_believed_only_from_the_header_that_is_configured(
    visitor, bag, settings, behind_proxy, header, said, kept
):
    settings.BEHIND_PROXY, settings.COUNTRY_HEADER = behind_proxy, header

    open_bag(visitor, f"t/{bag.token}", HTTP_CF_IPCOUNTRY=said)

    assert list(ScanCount.objects.values_list("country", "n")) == [(kept, 1)]


def test_counting_fails_silently_while_the_database_is_busy(visitor, bag, monkeypatch):
    monkeypatch.setattr("provenance.shelf.views.counting.count_if_idle", lambda *_: False)

    assert open_bag(visitor, f"t/{bag.token}").status_code == 204


# --- the notice ------------------------------------------------------------------------------------------------------


def test_five_hundred_openings_of_one_code_are_told_on_its_page_within_twenty(visitor, bag, monkeypatch):
    # How often it was opened may be a minute old on a page.
    monkeypatch.setattr(warm, "GREATEST_AGE", 0)
    assert "This code was opened often" not in page_of(visitor, bag).content.decode()

    opened = 0
    while "This code was opened often" not in page_of(visitor, bag).content.decode():
        open_bag(visitor, f"t/{bag.token}")
        opened += 1
        assert opened <= 20

    assert opened >= 10
    said = of_a_page(page_of(visitor, bag))
    assert f"This code was opened often: {opened} times in one day." in said
    assert "Your bag may carry a copied label." in said
    other = bag.product.bags.last()
    assert "This code was opened often" not in page_of(visitor, other).content.decode()


def test_the_page_asks_for_its_count_and_says_what_is_counted(visitor, bag):
    page = page_of(visitor, bag)

    assert f'data-seen="/seen" data-code="t/{bag.token}"' in page.content.decode()
    assert "shelf/count.js" in page.content.decode()
    assert "We count how often this code is opened, and nothing of who opens it" in of_a_page(page)
    assert "public" in page["Cache-Control"]
    assert not ScanCount.objects.exists()


def test_the_page_of_a_lot_counts_nothing(visitor, bag):
    page = visitor.get(f"/page/01/{bag.gtin}/10/{bag.lot_code}").content.decode()

    assert "data-seen" not in page and "count.js" not in page
    assert f'href="/report/01/{bag.gtin}/10/{bag.lot_code}"' in page


# --- report and thanks -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("door", ["report", "thanks"])
def test_a_message_is_sent_without_cookie_and_without_script(visitor, bag, door):
    page = f"/{door}/t/{bag.token}"
    form = visitor.get(page)
    data = {"ticket": ticket_on(form), "words": "Very good.\r\nReally."} | (
        {"reason": "other"} if door == "report" else {}
    )

    answer = visitor.post(page, data, **OURS)

    assert (answer.status_code, answer["Location"]) == (303, "?sent")
    assert "was sent" in of_a_page(visitor.get(page + "?sent")) or "were sent" in of_a_page(visitor.get(page + "?sent"))
    message = Message.objects.get()
    assert (message.kind, message.words, message.bag) == (door, "Very good.\nReally.", bag)
    assert list(Addressee.objects.values_list("party_uri", "state")) == [
        (KOFI if door == "report" else WOTE, "waiting")
    ]
    assert not form.cookies and not answer.cookies
    assert "no-store" in form["Cache-Control"]


@pytest.mark.parametrize("door", ["report", "thanks"])
@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_messages_are_sent_by_post_alone(visitor, bag, door, method):
    assert getattr(visitor, method)(f"/{door}/t/{bag.token}").status_code == 405
    assert not Message.objects.exists()


@pytest.mark.parametrize("door", ["report", "thanks"])
@pytest.mark.parametrize(
    "code", ["t/" + "a" * 26, "t/%00", "01/09521234000105/10/NONE", "x", "epcis/class/green.G-0302"]
)
def test_a_code_that_was_never_issued_has_no_forms(visitor, bag, door, code):
    for answer in (visitor.get(f"/{door}/{code}"), visitor.post(f"/{door}/{code}", {"words": "Hello"}, **OURS)):
        assert answer.status_code == 404
        assert "was never issued" in of_a_page(answer)
    assert not Message.objects.exists()


def tickets(bag: Bag) -> dict[str, str]:
    other = bag.product.bags.last()
    old = signing.TimestampSigner(salt="message:report")
    good = signing.dumps([f"t/{bag.token}", str(uuid4())], salt="message:report")
    return {
        "none": "",
        "made up": "abc:def:ghi",
        "of another bag": signing.dumps([f"t/{other.token}", str(uuid4())], salt="message:report"),
        "of the other form": signing.dumps([f"t/{bag.token}", str(uuid4())], salt="message:thanks"),
        "changed": good[:-1] + ("A" if good[-1] != "A" else "B"),
        "too long": "x" * 700,
        "unsigned": old.sign("x"),
    }


@pytest.mark.parametrize("which", ["none", "made up", "of another bag", "of the other form", "changed", "too long"])
def test_a_form_that_was_not_made_here_for_this_bag_is_shown_again_with_what_was_typed(visitor, bag, which):
    answer = visitor.post(
        f"/report/t/{bag.token}",
        {"ticket": tickets(bag)[which], "reason": "copied", "words": "Two bags <b>one</b> number"},
        **OURS,
    )

    assert answer.status_code == 400
    page = answer.content.decode()
    assert "Two bags &lt;b&gt;one&lt;/b&gt; number" in page
    assert re.search(r'value="copied"[^>]* checked', page)
    assert not Message.objects.exists()

    again = visitor.post(f"/report/t/{bag.token}", {"ticket": ticket_on(answer), "reason": "copied"}, **OURS)
    assert again.status_code == 303


def test_a_form_is_good_for_a_day(visitor, bag, monkeypatch):
    ticket = ticket_on(visitor.get(f"/report/t/{bag.token}"))
    late = signing.time.time() + 24 * 60 * 60 + 1
    monkeypatch.setattr(signing.time, "time", lambda: late)

    answer = visitor.post(f"/report/t/{bag.token}", {"ticket": ticket, "reason": "other"}, **OURS)

    assert answer.status_code == 400
    assert "This form lay open for too long. Nothing was sent yet" in of_a_page(answer)
    assert not Message.objects.exists()


def test_a_form_that_is_sent_twice_is_taken_once(visitor, bag):
    data = {"ticket": ticket_on(visitor.get(f"/report/t/{bag.token}")), "reason": "other", "words": "Once"}

    assert [visitor.post(f"/report/t/{bag.token}", data, **OURS).status_code for _ in range(5)] == [303] * 5
    assert Message.objects.count() == 1


@pytest.mark.parametrize(
    "data",
    [{}, {"reason": "often"}, {"reason": "nonsense"}, {"reason": "other", "words": "x" * 501}, {"reason": "a\x00"}],
)
def test_what_does_not_fit_is_told_at_its_field(visitor, bag, data):
    ticket = ticket_on(visitor.get(f"/report/t/{bag.token}"))

    answer = visitor.post(f"/report/t/{bag.token}", {"ticket": ticket, **data}, **OURS)

    assert answer.status_code == 400
    assert 'class="errorlist' in answer.content.decode()
    assert not Message.objects.exists()


def test_five_hundred_letters_and_their_line_breaks_fit(visitor, bag):
    words = "ä" * 249 + "\r\n" + "☕" * 250
    ticket = ticket_on(visitor.get(f"/thanks/t/{bag.token}"))

    assert visitor.post(f"/thanks/t/{bag.token}", {"ticket": ticket, "words": words}, **OURS).status_code == 303
    assert Message.objects.get().words == "ä" * 249 + "\n" + "☕" * 250


def test_a_body_that_is_far_too_large_is_refused_before_it_is_read(visitor, bag):
    answer = visitor.post(f"/report/t/{bag.token}", {"words": "x" * 20_000}, **OURS)

    assert answer.status_code == 413
    assert "That is more than fits here. Nothing was sent." in of_a_page(answer)
    assert not Message.objects.exists()


def test_a_form_that_another_site_sends_is_not_taken(visitor, bag):
    ticket = ticket_on(visitor.get(f"/report/t/{bag.token}"))

    answer = visitor.post(
        f"/report/t/{bag.token}", {"ticket": ticket, "reason": "other"}, HTTP_ORIGIN="https://evil.example"
    )

    assert answer.status_code == 403
    assert "Another site sent this form. Nothing was sent." in of_a_page(answer)
    assert not Message.objects.exists()


def test_the_fourth_of_a_day_is_told_to_come_again_and_keeps_its_words(visitor, bag):
    for _ in range(3):
        report(Scanned(PACKED, bag), uuid4(), Message.Reason.OTHER)
    ticket = ticket_on(visitor.get(f"/report/t/{bag.token}"))

    answer = visitor.post(f"/report/t/{bag.token}", {"ticket": ticket, "reason": "other", "words": "Mine"}, **OURS)

    assert answer.status_code == 429
    assert "Enough was sent from this code today. Nothing was sent now: try again tomorrow." in of_a_page(answer)
    assert ">Mine</textarea>" in re.sub(r">\s+", ">", answer.content.decode())
    assert Message.objects.count() == 3


# --- whom it reaches -------------------------------------------------------------------------------------------------

HOSTILE = '<script>alert(1)</script> https://evil.example "onload=x {{ 7*7 }}'


def test_the_roaster_finds_reports_on_the_front_page_and_ticks_them_off(client, kofi, bag):
    report(Scanned(PACKED, bag), uuid4(), Message.Reason.COPIED, HOSTILE)
    client.force_login(kofi)

    assert "1 report about a bag waits" in of_a_page(client.get("/admin/"))
    listed = client.get("/admin/bags/addressee/?state__exact=waiting&kind=report").content.decode()
    assert "bag 1 of lot R1103" in listed
    assert "The label looks copied, or the bag was opened before" in listed
    assert "&lt;script&gt;alert(1)&lt;/script&gt; https://evil.example" in listed
    assert 'href="https://evil.example' not in listed and "<script>alert" not in listed

    act = {"action": "handled", "_selected_action": [Addressee.objects.get().pk]}
    said = of_a_page(client.post("/admin/bags/addressee/", act, follow=True))
    assert "1 report: handled." in said
    assert "report about a bag" not in of_a_page(client.get("/admin/"))
    assert Addressee.objects.get().state == "handled"


def test_the_station_passes_thanks_on_and_the_farmer_reads_them(client, almaz, wote, bag):
    thank(Scanned(PACKED, bag), uuid4(), HOSTILE)
    client.force_login(wote)
    assert "Thanks to growers wait to be passed on" in of_a_page(client.get("/admin/"))
    act = {"action": "pass_on", "_selected_action": [Addressee.objects.get().pk]}
    assert "1 message of thanks: passed on to the growers." in of_a_page(
        client.post("/admin/bags/addressee/", act, follow=True)
    )

    client.force_login(almaz)
    home = client.get("/farms/").content.decode()
    assert "Thanks from shoppers" in home
    assert "&lt;script&gt;alert(1)&lt;/script&gt; https://evil.example" in home
    assert 'href="https://evil.example' not in home


def test_a_farmer_whom_nobody_thanked_sees_nothing_of_it(client, almaz, bag):
    thank(Scanned(PACKED, bag), uuid4(), "Waiting to be read")
    client.force_login(almaz)

    assert "Thanks from shoppers" not in client.get("/farms/").content.decode()


def test_nobody_sees_or_decides_on_others_messages(client, wote, kofi, almaz, otto, bag):
    report(Scanned(PACKED, bag), uuid4(), Message.Reason.OTHER, "For the roaster alone")
    pk = Addressee.objects.get().pk
    client.force_login(wote)

    assert "For the roaster alone" not in client.get("/admin/bags/addressee/").content.decode()
    client.post("/admin/bags/addressee/", {"action": "handled", "_selected_action": [pk]}, follow=True)
    assert client.get(f"/admin/bags/addressee/{pk}/change/").status_code == 404
    assert client.get("/admin/bags/addressee/add/").status_code == 403
    for stranger in (almaz, otto):
        client.force_login(stranger)
        assert client.get("/admin/bags/addressee/").status_code == 302
    assert Addressee.objects.get().state == "waiting"


def test_no_action_deletes_messages(client, kofi, bag):
    report(Scanned(PACKED, bag), uuid4(), Message.Reason.OTHER)
    client.force_login(kofi)
    pk = Addressee.objects.get().pk

    page = client.get("/admin/bags/addressee/").content.decode()
    client.post("/admin/bags/addressee/", {"action": "delete_selected", "_selected_action": [pk], "post": "yes"})

    assert "delete_selected" not in page
    assert Addressee.objects.filter(pk=pk).exists()


# --- nobody is traced ------------------------------------------------------------------------------------------------

ADDRESSES = [f"203.0.113.{number}" for number in range(1, 51)]
BROWSER = "Mozilla/5.0 (TracedPhone; 7731)"


def everything_in_the_database() -> str:
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        rows = []
        for table in tables:
            cursor.execute(f'SELECT * FROM "{table}"')
            rows += cursor.fetchall()
    return "\n".join(repr(row) for row in rows)


def everything_in_the_cache() -> str:
    return repr({**cache._cache, **cache._expire_info})


def test_a_thousand_scans_leave_neither_address_nor_browser_behind(visitor, bag, settings, caplog, capfd):
    settings.BEHIND_PROXY, settings.COUNTRY_HEADER = True, "CF-IPCountry"
    caplog.set_level("DEBUG")
    page = f"/report/t/{bag.token}"
    for number in range(1000):
        address = ADDRESSES[number % len(ADDRESSES)]
        traced = {
            "REMOTE_ADDR": address,
            "HTTP_X_FORWARDED_FOR": address,
            "HTTP_FORWARDED": f"for={address}",
            "HTTP_CF_CONNECTING_IP": address,
            "HTTP_USER_AGENT": BROWSER,
            "HTTP_COOKIE": "traced=7731",
            "HTTP_CF_IPCOUNTRY": "AT",
        }
        answers = [open_bag(visitor, f"t/{bag.token}", **traced)]
        if number % 100 == 0:
            shown = visitor.get(page, **traced)
            data = {"ticket": ticket_on(shown), "reason": "other", "words": "Hello"}
            answers += [
                shown,
                visitor.post(page, data, **OURS, **traced),
                page_of(visitor, bag, **traced),
                visitor.get(f"/thanks/t/{bag.token}", **traced),
            ]
        assert not any(answer.cookies for answer in answers)

    assert ScanCount.objects.get().n > 100
    out, err = capfd.readouterr()
    places = {
        "database": everything_in_the_database(),
        "cache": everything_in_the_cache(),
        "log": caplog.text + out + err,
    }
    assert bag.serial in places["database"]
    for place, text in places.items():
        for trace in ("203.0.113.", "TracedPhone", "7731"):
            assert trace not in text, place


def test_the_search_for_traces_finds_one_that_was_left(visitor, bag):
    """A planted bug: a counter that keeps the address in the cache, and one that keeps it in a row."""
    cache.set("seen-203.0.113.9", 1)
    ScanCount.objects.create(bag=bag, day="2026-11-02", country="AT")
    Message.objects.create(form=uuid4(), kind="report", lot_uri=PACKED, words="203.0.113.9")

    assert "203.0.113." in everything_in_the_cache()
    assert "203.0.113." in everything_in_the_database()
