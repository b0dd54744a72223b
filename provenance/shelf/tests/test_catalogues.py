"""The catalogues of the shopper's languages: whole, in step with the pages, and compiled."""

import gettext
import os
import re
import shutil

import pytest
from babel.messages.pofile import read_po
from django.conf import settings
from django.core.management import call_command

from provenance.coffee.acts import Form
from provenance.coffee.epcis.sensors import MEASUREMENTS
from provenance.coffee.statement import WITHHELD
from provenance.shelf.story import words

LOCALE = settings.LOCALE_PATHS[0]
TRANSLATED = [code for code, _ in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
PLACE = re.compile(r"%\(\w+\)s|\{\w+\}|%%|</?\w+[^>]*>")
NOT_OURS = [".venv", "data*", "staticfiles", "node_modules", "*/tests", "*/locale", "benchmarks", "docs"]


def po(language: str, folder=LOCALE):
    with (folder / language / "LC_MESSAGES" / "django.po").open("rb") as file:
        return read_po(file, locale=language)


def entries(catalogue) -> dict[tuple[str | None, str | tuple[str, ...]], str | tuple[str, ...]]:
    return {(message.context, message.id): message.string for message in catalogue if message.id}


def forms(text: str | tuple[str, ...]) -> tuple[str, ...]:
    return text if isinstance(text, tuple) else (text,)


def faults(catalogue) -> list[str]:
    """What is wrong with a catalogue, entry by entry."""
    found = []
    for message in catalogue:
        if not message.id:
            continue
        sources, texts = forms(message.id), forms(message.string)
        if message.fuzzy:
            found.append(f"fuzzy: {sources[0]}")
        if len(texts) != len(sources) or not all(texts):
            found.append(f"missing: {sources[0]}")
            continue
        # One thing needs no number before it ("in one day"), so a singular may leave places out; a plural may not.
        if not set(PLACE.findall(texts[0])) <= set(PLACE.findall(sources[-1])):
            found.append(f"places: {sources[0]}")
        elif sorted(PLACE.findall(texts[-1])) != sorted(PLACE.findall(sources[-1])):
            found.append(f"places: {sources[-1]}")
    return found


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_sentence_is_translated_with_the_same_places_and_nothing_is_doubtful(language):
    catalogue = po(language)

    assert len(entries(catalogue)) > 550
    assert faults(catalogue) == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_each_catalogue_says_whether_a_native_speaker_has_read_it(language):
    text = (LOCALE / language / "LC_MESSAGES" / "django.po").read_text()

    assert re.search(r'^"X-Reviewed-By-Native-Speaker: (no|yes, by .+, \d{4}-\d\d-\d\d)\\n"$', text, re.MULTILINE)


@pytest.mark.parametrize("language", TRANSLATED)
def test_what_is_compiled_is_what_is_written(language):
    """`make messages` compiles."""
    with (LOCALE / language / "LC_MESSAGES" / "django.mo").open("rb") as file:
        compiled = dict(gettext.GNUTranslations(file)._catalog)
    written: dict[object, str] = {}
    for (context, source), text in entries(po(language)).items():
        key = f"{context}\x04{forms(source)[0]}" if context else forms(source)[0]
        if isinstance(source, tuple):
            written |= {(key, number): form for number, form in enumerate(forms(text))}
        else:
            written[key] = text

    compiled.pop("")
    assert compiled == written


@pytest.mark.parametrize("language", TRANSLATED)
def test_all_languages_know_the_same_sentences(language):
    assert entries(po(language)).keys() == entries(po(TRANSLATED[0])).keys()


def test_the_pages_say_nothing_that_the_catalogues_do_not_know(settings, tmp_path):
    """`make messages` takes new sentences up; whoever adds one translates it."""
    if shutil.which("xgettext") is None:
        assert "CI" not in os.environ
        pytest.skip("GNU xgettext reads the sentences out of the pages, and is not installed (apt-get install gettext)")
    settings.LOCALE_PATHS = [tmp_path / "locale"]

    call_command("makemessages", locale=["de"], ignore_patterns=NOT_OURS, verbosity=0)

    said, known = entries(po("de", tmp_path / "locale")), entries(po("de"))
    assert sorted(str(source) for _, source in said.keys() - known.keys()) == []
    assert sorted(str(source) for _, source in known.keys() - said.keys()) == []


def test_every_code_of_the_trail_has_its_word():
    assert words.FORMS.keys() == set(Form)
    assert words.MEASURED.keys() == MEASUREMENTS.keys()
    assert words.FIELDS.keys() == WITHHELD


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        (("{who} sent {coffee} to {other}", "{who} a envoyé {coffee}"), "places: {who} sent {coffee} to {other}"),
        (("How is this checked?", ""), "missing: How is this checked?"),
        (("Shares by weight, followed through every mixing. They add up to 100 %%.", "100 %"), "places: Shares by"),
    ],
)
def test_a_damaged_entry_is_found(damage, found):
    source, text = damage
    catalogue = po("fr")
    catalogue[source].string = text

    assert [fault.startswith(found) for fault in faults(catalogue)] == [True]


def test_a_doubtful_entry_is_found():
    catalogue = po("fr")
    catalogue["roasted coffee"].flags.add("fuzzy")

    assert faults(catalogue) == ["fuzzy: roasted coffee"]
