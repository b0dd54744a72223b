"""The demo's bags as shoppers of each language read them: nothing stays English but what somebody signed so."""

import re
from html.parser import HTMLParser
from io import StringIO

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.conf import settings as django_settings
from django.core.management import call_command
from django.utils import translation

from provenance.bags.models import Bag, Product
from provenance.bags.services.counting import opened_often
from provenance.demo import vienna
from provenance.demo.stage import pack_lot
from provenance.shelf.proving.words import told

pytestmark = pytest.mark.django_db

LOCALE = django_settings.LOCALE_PATHS[0]
TRANSLATED = [code for code, _ in django_settings.LANGUAGES if code != django_settings.LANGUAGE_CODE]
# A language that is written from right to left, in which every sentence of ours stands between these brackets.
PSEUDO, OPEN, CLOSE = "he", "⟦", "⟧"
VOID = frozenset({"meta", "link", "br", "img", "input", "hr"})
NAMES = frozenset(
    {"beantrail", "gtin", "he", "hu", "hm", "ag"}
    | {"bodega", "una", "vez"}
    | {"caturra", "castillo", "yellow", "bourbon", "kurume", "dega", "huila", "sul", "de", "minas", "yirgacheffe"}
)
READ_OUT = ("aria-label", "alt", "placeholder", "title")


class Visible(HTMLParser):
    """What a reader sees or hears of a page, but for what others wrote or signed and what names itself."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.skipped = 0
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        said = dict(attrs)
        if not self.skipped and tag != "img":
            self.texts += [said[name] for name in READ_OUT if said.get(name)]
        if self.skipped or self._is_not_ours(tag, said):
            self.skipped += tag not in VOID

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        self.skipped -= bool(self.skipped) and tag not in VOID

    def handle_data(self, data):
        if not self.skipped:
            self.texts.append(data)

    @staticmethod
    def _is_not_ours(tag: str, said: dict[str, str | None]) -> bool:
        theirs = "data-disclosed" in said or "data-said" in said or ("lang" in said and tag != "html")
        return theirs or tag in ("script", "style", "code", "svg")


def text_of(html: str) -> str:
    return " ".join(" ".join(Visible(html).texts).split())


def left_over(html: str, known: frozenset[str]) -> list[str]:
    """Words of Latin letters that stand outside the brackets and are nobody's name."""
    text, before = text_of(html), ""
    while text != before:
        text, before = re.sub(rf"{OPEN}[^{OPEN}{CLOSE}]*{CLOSE}", " ", text), text
    return [word for word in re.findall(r"[^\W\d_]{2,}", text) if word.isascii() and word.lower() not in known]


def phrases(text: str) -> set[tuple[str, ...]]:
    """Three words that follow each other."""
    words = re.findall(r"[^\W\d_]+", text.lower())
    return set(zip(words, words[1:], words[2:], strict=False))


def catalogue(language: str) -> Catalog:
    with (LOCALE / language / "LC_MESSAGES" / "django.po").open("rb") as file:
        return read_po(file, locale=language)


def forms(text) -> tuple[str, ...]:
    return text if isinstance(text, tuple) else (text,)


def pieces(texts) -> set[tuple[str, ...]]:
    """The phrases of messages, between the places in them."""
    found = set()
    for text in texts:
        for piece in re.split(r"%\(\w+\)s|\{\w+\}|</?\w+[^>]*>", text):
            found |= phrases(piece)
    return found


def addresses() -> dict[str, str]:
    """The demo's bags, and the pages around them."""
    copied = next(bag for bag in Bag.objects.order_by("pk") if opened_often(bag))
    bags = {
        "one origin": Bag.objects.filter(lot_uri=pack_lot(vienna.SINGLE_ORIGIN_GTIN, vienna.SINGLE_ORIGIN)).first(),
        "contested": Bag.objects.filter(lot_uri=pack_lot(vienna.GARDEN_GTIN, vienna.GARDEN)).first(),
        "house blend": Bag.objects.filter(lot_uri=pack_lot(vienna.BLEND_GTIN, vienna.BLEND))
        .exclude(pk=copied.pk)
        .first(),
        "called back": Bag.objects.filter(lot_uri=pack_lot(vienna.BLEND_GTIN, vienna.RECALLED)).first(),
        "copied code": copied,
    }
    codes = {name: f"01/{bag.product.gtin}/10/{bag.lot_code}/21/{bag.serial}" for name, bag in bags.items()}
    pages = {name: f"/page/{code}" for name, code in codes.items()}
    code = codes["one origin"]
    return {
        **pages,
        "how": "/how/",
        "verify": "/verify/",
        "find": "/find/?lot=NONE",
        "no lot": f"/page/01/{vienna.BLEND_GTIN}?lot=%C3%A9",
        "never issued": f"/page/{code[:-4]}0000",
        "unknown product": "/page/01/09521234000990",
        "nobody recorded": f"/page/01/{vienna.BLEND_GTIN}/10/NONE",
        "malformed": "/page/01/123",
        "report": f"/report/{code}",
        "thanks": f"/thanks/{code}",
        "sent": f"/thanks/{code}?sent",
    }


def in_language(address: str, language: str) -> str:
    return f"{address}{'&' if '?' in address else '?'}lang={language}"


@pytest.fixture
def pages(db) -> dict[str, str]:
    call_command("demo", stdout=StringIO())
    return addresses()


@pytest.fixture
def pseudo(settings, tmp_path) -> None:
    """The language of the brackets: every sentence that the catalogues know, and nothing else."""
    marked = Catalog(locale=PSEUDO)
    for message in catalogue(TRANSLATED[0]):
        if message.id:
            texts = tuple(f"{OPEN}{text}{CLOSE}" for text in forms(message.id))
            if isinstance(message.id, tuple):
                texts += texts[-1:] * (marked.num_plurals - len(texts))
            marked.add(message.id, texts if isinstance(message.id, tuple) else texts[0], context=message.context)
    folder = tmp_path / PSEUDO / "LC_MESSAGES"
    folder.mkdir(parents=True)
    with (folder / "django.mo").open("wb") as file:
        write_mo(file, marked)
    settings.LOCALE_PATHS = [tmp_path]
    settings.LANGUAGES = [*settings.LANGUAGES, (PSEUDO, "Pseudo")]


def test_every_sentence_of_every_page_is_marked_for_translation_and_reads_from_right_to_left(client, pages, pseudo):
    known = NAMES | {
        word.lower() for product in Product.objects.all() for word in product.name.replace(",", "").split()
    }
    found = {}
    for name, address in pages.items():
        html = client.get(in_language(address, PSEUDO)).content.decode()
        assert f'<html lang="{PSEUDO}" dir="rtl">' in html, name
        assert text_of(html).count(OPEN) > 5, name
        found[name] = left_over(html, frozenset(known))

    assert {name: words for name, words in found.items() if words} == {}
    with translation.override(PSEUDO):
        assert [key for key, text in told().items() if not text.startswith(OPEN)] == []


def test_a_sentence_that_nobody_marked_is_found(client, pages, pseudo):
    html = client.get(pages["how"], {"lang": PSEUDO}).content.decode()

    for unmarked in ("<p>Nobody marked this.</p>", '<img alt="x"><a aria-label="Nobody marked this">7</a>'):
        broken = html.replace("</main>", f"{unmarked}</main>")
        assert left_over(broken, NAMES) == ["Nobody", "marked", "this"]


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_page_keeps_a_sentence_of_english(client, pages, language):
    messages = [message for message in catalogue(language) if message.id]
    english = pieces(form for message in messages for form in forms(message.id))
    own = pieces(form for message in messages for form in forms(message.string))
    for name, address in pages.items():
        html = client.get(in_language(address, language)).content.decode()
        assert sorted(phrases(text_of(html)) & (english - own)) == [], name
        assert "{% " not in html and "%(" not in html, name


def test_a_sentence_of_english_on_a_german_page_is_found():
    messages = [message for message in catalogue("de") if message.id]
    english = pieces(form for message in messages for form in forms(message.id))

    assert phrases(text_of("<main><p>Nobody has recorded <code>x</code> this lot</p></main>")) & english
