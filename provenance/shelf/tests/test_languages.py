"""In which language a page is answered, and that the choice goes along from page to page."""

import pytest
from django.utils import translation

from provenance.shelf.tests.world import build

pytestmark = pytest.mark.django_db

HOW = "/how/"


def spoken(answer) -> str:
    """The language that the answer says it is in, by its header and by its own word."""
    language = answer["Content-Language"]
    assert f'<html lang="{language}"' in answer.content.decode()
    assert "Accept-Language" in answer["Vary"]
    return language


@pytest.mark.parametrize(
    ("prefers", "language"),
    [
        ("", "en"),
        ("de", "de"),
        ("de-AT,de;q=0.9,en;q=0.5", "de"),
        ("pt-BR,pt;q=0.9", "pt"),
        ("FR-ca", "fr"),
        ("ja,it;q=0.5,en;q=0.4", "it"),
        ("en;q=0.4, es;q=0.8", "es"),
        ("ja,zh;q=0.5", "en"),
        ("*", "en"),
        ("de;q=0,en", "en"),
        ("q" * 5000, "en"),
        ("../../etc,%00;q=1", "en"),
    ],
)
def test_the_browser_s_best_liked_language_of_ours_is_spoken(client, prefers, language):
    assert spoken(client.get(HOW, headers={"Accept-Language": prefers})) == language


@pytest.mark.parametrize(("asked", "language"), [("it", "it"), ("en", "en"), ("xx", "de"), ("", "de"), ("<b>", "de")])
def test_the_address_outranks_the_browser_where_it_asks_for_a_language_of_ours(client, asked, language):
    answer = client.get(HOW, {"lang": asked}, headers={"Accept-Language": "de"})

    assert spoken(answer) == language
    assert b"<b>" not in answer.content


def test_no_cookie_is_set_or_read(client):
    client.cookies["django_language"] = "fr"

    answer = client.get(HOW, {"lang": "de"})

    assert not answer.cookies
    assert spoken(client.get(HOW)) == "en"


def test_whoever_comes_next_in_the_same_process_does_not_inherit_the_language(client):
    client.get(HOW, {"lang": "de"})

    assert translation.get_language() == "en"
    assert spoken(client.get(HOW)) == "en"


def test_members_read_english_whatever_their_browsers_prefer(client):
    answer = client.get("/login/", headers={"Accept-Language": "de"})

    assert '<html lang="en">' in answer.content.decode()
    assert "Content-Language" not in answer


def test_the_switch_leads_to_this_page_in_each_language_and_keeps_what_was_asked(client):
    text = client.get("/find/", {"lot": "NOSUCH", "lang": "fr"}).content.decode()

    for code, name in (("en", "English"), ("de", "Deutsch"), ("pt", "Português")):
        assert f'<a href="?lot=NOSUCH&amp;lang={code}" lang="{code}" hreflang="{code}">{name}</a>' in text
    assert 'lang="fr" hreflang="fr" aria-current="true">Français</a>' in text


def test_a_choice_goes_along_on_links_and_forms_and_a_preference_needs_no_address(client, log):
    path = build(log).link

    chosen = client.get(f"{path}?lang=de").content.decode()
    preferred = client.get(path, headers={"Accept-Language": "de"}).content.decode()

    assert '<html lang="de"' in chosen and '<html lang="de"' in preferred
    assert 'href="/how/"' in preferred and "lang=de#" not in preferred
    assert 'href="/how/?lang=de"' in chosen and 'href="/verify/?lang=de"' in chosen
    assert 'name="lang" value="de"' in client.get("/find/?lang=de").content.decode()
    assert 'name="lang"' not in client.get("/find/").content.decode()


def test_a_lot_that_was_looked_up_is_shown_in_the_chosen_language(client, log):
    build(log)

    answer = client.get("/find/", {"lot": "R1103", "lang": "es"})

    assert answer.status_code == 302
    assert answer["Location"].endswith("/10/R1103?lang=es")
