"""Two hundred hostile texts in every field that somebody can fill in, looked at in Chromium at every door."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from urllib.parse import quote
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.safestring import SafeString
from playwright.sync_api import Error

from provenance.bags.models import Addressee, Bag, Link, Message, Product
from provenance.bags.services import messages
from provenance.bags.services.scanning import Scanned
from provenance.coffee import acts
from provenance.coffee.acts import AttachDocument, Attributes, Form, LotMass, NewLot
from provenance.demo.stage import kg, line, lot
from provenance.members.models import User
from provenance.members.services import enrol
from provenance.shelf.templatetags import telling
from provenance.tests.browser.hostile import PAYLOADS
from provenance.trail.models import Event, Lot
from provenance.trail.services import registry
from provenance.trail.services.acting import Draft, Withheld, record_acts
from provenance.trail.services.attaching.taking import take_picture, taken
from provenance.trail.services.publishing import publish
from provenance.trail.tests.pictures import jpeg
from shipments.imports import files
from shipments.models import LabelLayout
from shipments.services import making

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PASSWORD = "mallory-has-one"
GTIN = "09521234000105"
AT = datetime(2026, 11, 3, 9, tzinfo=UTC)

# Says what is wrong with the page, and all the words on it, those in fields and attributes too.
LOOK = """() => {
  const wrong = [];
  if (document.querySelector('[id^=owned]')) wrong.push('markup: ' + document.querySelector('[id^=owned]').outerHTML);
  for (const e of document.querySelectorAll('*')) for (const a of e.attributes) {
    if (a.name.startsWith('on')) wrong.push('handler: ' + e.outerHTML.slice(0, 200));
    const leads = /^(href|src|action|formaction|xlink:href)$/.test(a.name);
    if (leads && /^\\s*(javascript|vbscript|data:text)/i.test(a.value)) wrong.push('address: ' + a.value.slice(0, 200));
  }
  if (document.documentElement.textContent.includes('94011')) wrong.push('a template was run');
  if (document.contentType === 'text/html') {
    if (document.querySelectorAll('main').length !== 1) wrong.push('the page is torn');
    const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
    if (wide > 1 && innerWidth < 500) {
      const all = [...document.querySelectorAll('main *')];
      const last = all.filter(e => e.getBoundingClientRect().right > innerWidth + 1);
      wrong.push('wider than the screen by ' + wide + ': ' + last.at(-1)?.outerHTML.slice(0, 200));
    }
    // Our own words must not be turned around by a mark in somebody else's.
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), range = document.createRange();
    for (let node = walk.nextNode(); node; node = walk.nextNode()) {
      const word = /[a-z]{4,}/.exec(node.data);
      if (!word || /[^\\x00-\\x7f]/.test(node.data)) continue;
      range.setStart(node, word.index); range.setEnd(node, word.index + 1);
      const first = range.getBoundingClientRect();
      range.setStart(node, word.index + word[0].length - 1); range.setEnd(node, word.index + word[0].length);
      const last = range.getBoundingClientRect();
      if (first.width && first.top === last.top && last.left < first.left) wrong.push('turned around: ' + word[0]);
    }
  }
  const values = [...document.querySelectorAll('input, textarea, option')].map(e => e.value);
  const titles = [...document.querySelectorAll('[alt], [title], [aria-label]')].map(
    e => [e.getAttribute('alt'), e.getAttribute('title'), e.getAttribute('aria-label')].join(' '));
  return {wrong, words: [document.documentElement.textContent, ...values, ...titles].join('\\n')};
}"""
TELL_OF_BREACHES = """addEventListener('securitypolicyviolation', e =>
  console.error('policy: ' + e.violatedDirective + ' ' + e.blockedURI + ' ' + e.sample))"""


@dataclass
class Mallory:
    """Whoever filled in all the fields: a business and the growers who deliver to it."""

    party: str
    site: str
    growers: list[str]
    packed: str = ""
    link: str = ""


class Texts:
    """Hands out the hostile texts in turn, as many as fit into a field."""

    def __init__(self) -> None:
        self.at = 0

    def fill(self, letters: int) -> str:
        text = self._next()
        while len(text) + 1 + len(PAYLOADS[self.at % len(PAYLOADS)]) <= letters:
            text += f" {self._next()}"
        return text

    def _next(self) -> str:
        self.at += 1
        return PAYLOADS[(self.at - 1) % len(PAYLOADS)]


def test_no_text_of_anybody_becomes_markup_at_any_door(log, visit):
    mallory = fill_every_field(log)

    crawled = Crawl(visit)
    crawled.as_shopper(mallory)
    crawled.as_member("mallory", DESK + [reverse("admin:shipments_ownlot_labels", args=[lot_of(mallory).pk])])
    crawled.as_member("grower", FARM)

    assert crawled.wrong == []
    assert crawled.never_shown() == []


def test_the_crawl_finds_a_single_place_that_does_not_escape(log, visit, monkeypatch):
    """The planted bug: names on the shopper's page go out as they were typed."""
    mallory = fill_every_field(log, growers=3)
    monkeypatch.setattr(telling, "format_html", lambda text, *args, **named: SafeString(text.format(*args, **named)))

    crawled = Crawl(visit)
    crawled.look_at(crawled.visit(), mallory.link)

    # One of the texts leads away after a moment, and then there is nothing left to look at.
    said = " ".join(crawled.wrong)
    assert ("markup:" in said or "led away" in said) and "policy:" in said


# The doors

DESK = [
    "/admin/",
    *(
        f"/admin/{name}/"
        for name in (
            "bags/product",
            "bags/addressee",
            "shipments/stock",
            "shipments/ownlot",
            "shipments/delivery",
            "shipments/trailevent",
            "shipments/labellayout",
            "shipments/importfile",
            "shipments/stock/act/take-in",
            "shipments/stock/act/roast",
            "shipments/stock/act/pack",
            "shipments/stock/act/sell",
            "shipments/stock/act/document",
            "shipments/stock/act/dispatch",
            "shipments/stock/act/pay",
            "shipments/stock/act/recall",
            "shipments/labellayout/add",
        )
    ),
    "/farms/growers/",
    "/jobs/",
    "/api/",
]
FARM = ["/farms/", "/farms/farm/", "/farms/plot/", "/farms/harvest/", "/farms/others/", "/farms/picture/"]


class Crawl:
    """Opens pages and keeps what is wrong with them, and which of the texts were seen as words."""

    def __init__(self, visit) -> None:
        self.visit_anew = visit
        self.wrong: list[str] = []
        self.seen = ""

    def visit(self, width: int = 360):
        visitor = self.visit_anew(width=width)
        visitor.page.add_init_script(TELL_OF_BREACHES)
        return visitor

    def look_at(self, visitor, address: str, *, wait: str = "") -> None:
        before = len(visitor.complaints)
        visitor.page.goto(address, wait_until="load")
        if wait:
            visitor.page.wait_for_selector(wait, timeout=30_000)
        self.look(visitor, address)
        expected = ("status of 40", "status of 30", "status of 410")
        told = [one for one in visitor.complaints[before:] if not any(each in one for each in expected)]
        self.wrong += [f"{address}: {one}" for one in told]

    def look(self, visitor, address: str) -> None:
        try:
            found = visitor.page.evaluate(LOOK)
        except Error:
            self.wrong.append(f"{address}: the page led away by itself")
            return
        self.wrong += [f"{address}: {one}" for one in found["wrong"]]
        self.seen += " ".join(found["words"].split()) + "\n"

    def never_shown(self) -> list[str]:
        return [text for text in PAYLOADS if " ".join(text.split()) not in self.seen]

    def as_shopper(self, mallory: Mallory) -> None:
        shopper = self.visit()
        self.look_at(shopper, mallory.link, wait="#check[data-outcome=checked]")
        code = mallory.link.removeprefix("/")
        lot_path = f"/01/{GTIN}/10/{lot_of(mallory).code}"
        for address in (f"/report/{code}", f"/thanks/{code}", f"{lot_path}?linkType=gs1:promotion", f"/01/{GTIN}"):
            self.look_at(shopper, address)
        self.look_at(shopper, f"/badge{lot_path}.svg")
        for address in (f"{lot_path}?linkType=linkset", f"/bundle/{lot_of(mallory).pk}.json"):
            self.look_at(shopper, address)
        # Whatever stands in the address comes back on these pages; in one page a handful of texts at once.
        for part in range(0, len(PAYLOADS), 8):
            text = quote(" ".join(PAYLOADS[part : part + 8]), safe="").replace("..", "")
            self.look_at(shopper, (f"/t/{text}", f"/find/?lot={text}", f"/report/{text}")[part // 8 % 3])
        shopper.page.close()

    def as_member(self, username: str, addresses: Sequence[str]) -> None:
        member = self.visit(width=1100)
        member.log_in(username, PASSWORD)
        events = {"mallory": "admin:shipments_trailevent_change", "grower": "farms:event"}[username]
        told = Event.objects.filter(act__in=["contest", "attach_document", "receive"]).order_by("-pk")
        one_of_each = {event.act: event for event in told}.values()
        pages = [reverse(events, args=[event.pk if username == "mallory" else event.uuid]) for event in one_of_each]
        if username == "mallory":
            pages += [
                *(reverse("admin:bags_product_change", args=[one.pk]) for one in Product.objects.exclude(gtin="")),
                *(
                    reverse("admin:shipments_labellayout_change", args=[one.pk])
                    for one in LabelLayout.objects.all()[:3]
                ),
                *(
                    reverse("admin:shipments_importfile_columns", args=[one.pk])
                    for one in files.ImportFile.objects.all()
                ),
                *(
                    reverse("admin:shipments_importfile_preview", args=[one.pk])
                    for one in files.ImportFile.objects.all()
                ),
                *(f"/admin/bags/addressee/?p={number}" for number in (1, 2)),
            ]
        for address in [*addresses, *pages]:
            self.look_at(member, address)
        member.page.close()


def lot_of(mallory: Mallory) -> Lot:
    return Lot.objects.get(uri=mallory.packed)


# The fields


def fill_every_field(log, growers: int = 32) -> Mallory:
    texts = Texts()
    party = registry.register_party(
        kind="organisation", roles=["roaster", "station", "farmer"], name=texts.fill(200), country="AT"
    )
    site = registry.register_site(
        party=party, kind="roastery", name=texts.fill(200), place=texts.fill(200), country="AT", geo="geo:48.2,16.4"
    )
    user = User.objects.create_user("mallory", password=PASSWORD, is_staff=True, first_name=texts.fill(100))
    for role in ("roaster", "officer", "station", "farmer"):
        enrol(user=user, party_uri=party, role=role)
    mallory = Mallory(party, site, [])
    deliver(mallory, texts, growers)
    pack(mallory, texts)
    sell_under_many_names(mallory, texts)
    speak(mallory, texts)
    import_a_list(mallory, texts)
    publish(log, index=True)
    return mallory


def deliver(mallory: Mallory, texts: Texts, growers: int) -> None:
    """Each grower has a name, a farm, a village and words of a contest; what they deliver is one day's lot."""
    receipts = []
    for number in range(growers):
        party = registry.register_party(
            kind="person", roles=["farmer"], name=texts.fill(120), country="ET", guardian=mallory.party
        )
        farm = registry.register_site(
            party=party, kind="farm", name=texts.fill(120), place=texts.fill(120), country="ET", geo="geo:6.2,38.2"
        )
        mallory.growers.append(party)
        cherry = lot(Form.CHERRY, f"H-{number}")
        made = NewLot(lot=cherry, mass_mg=10**8, form=Form.CHERRY, attributes=Attributes(country="ET"))
        carried = LotMass(lot=cherry, mass_mg=10**8)
        harvest = Draft(acts.Harvest(at=AT, site=farm, output=made))
        sent = acts.Dispatch(at=AT, site=farm, lines=(carried,), to_party=mallory.party, to_site=mallory.site)
        _, dispatch = record_acts(party, [harvest, Draft(sent)])
        taken_in = acts.Receive(
            at=AT,
            site=mallory.site,
            lines=(carried,),
            from_party=party,
            dispatch=dispatch.event_id,
            into=NewLot(lot=lot(Form.CHERRY, "D-1"), mass_mg=10**8, form=Form.CHERRY),
        )
        said = {"price": Withheld(texts.fill(100), "public"), "note": Withheld(texts.fill(300), "partners")}
        receipts.append(Draft(taken_in, said))
    received = record_acts(mallory.party, receipts)
    for party, event in zip(mallory.growers, received, strict=True):
        contest = acts.Contest(
            at=AT, event=event.event_id, lots=(lot(Form.CHERRY, "D-1"), *lots_sent(event)), reason="weight"
        )
        record_acts(party, [Draft(contest, {"words": Withheld(texts.fill(400), "public")})])
    user = User.objects.create_user("grower", password=PASSWORD, first_name=texts.fill(100))
    enrol(user=user, party_uri=mallory.growers[0], role="farmer")
    show_a_picture(mallory, texts)


def lots_sent(event: Event) -> Iterator[str]:
    from provenance.trail.services.naming import lots_named

    return (one for one in lots_named([event]) if one != lot(Form.CHERRY, "D-1"))


def show_a_picture(mallory: Mallory, texts: Texts) -> None:
    picture = taken(mallory.party, take_picture(mallory.party, jpeg()))
    act = AttachDocument(
        at=AT, site=mallory.site, lots=(lot(Form.CHERRY, "D-1"),), kind="photo", media_type="image/webp"
    )
    said = picture.photo(shows="coffee", caption=texts.fill(200)).text
    record_acts(mallory.party, [Draft(act, {"photo": Withheld(said, "public")}, files=picture.files)])


def pack(mallory: Mallory, texts: Texts) -> None:
    about = {"party": mallory.party, "at": AT + timedelta(days=1), "site": mallory.site, "note": texts.fill(300)}
    cherry = lot(Form.CHERRY, "D-1")
    for step, made, form, kilograms in (
        ("wash_and_dry", "P-1", Form.DRY_PARCHMENT, 50),
        ("hull_washed", "G-1", Form.GREEN, 40),
        ("roast", "R-1", Form.ROASTED, 33),
    ):
        weight = kg(kilograms)
        output = making.Output(lot(form, made), form, weight, Attributes())
        making.process(step=step, inputs=[line(cherry, kilograms * 1.25)], outputs=[output], **about).sign()
        cherry = output.lot
    product = Product(party_uri=mallory.party, name=texts.fill(120), net_mg=250_000_000, gtin=GTIN)
    product.full_clean()
    product.save()
    mallory.packed = f"https://id.gs1.org/01/{GTIN}/10/B-1"
    making.pack(inputs=[line(cherry, 12)], lot=mallory.packed, product=product, count=40, **about).sign()
    mallory.link = f"/t/{Bag.objects.filter(lot_uri=mallory.packed).first().token}"


def sell_under_many_names(mallory: Mallory, texts: Texts) -> None:
    own = Product.objects.get(gtin=GTIN)
    for number in range(30):
        product = Product(party_uri=mallory.party, name=texts.fill(120), net_mg=250_000)
        link = Link(product=own, type="promotion", title=texts.fill(120), href=f"https://shop.example/{number}")
        layout = LabelLayout(
            product=own, name=texts.fill(60)[:60], origin=texts.fill(120), cup_notes=texts.fill(120), level="serial"
        )
        for one in (product, link, layout):
            one.full_clean()
            one.save()
    for text in PAYLOADS:
        for href in (text, f"https://shop.example/{text}"):
            with suppress(ValidationError):
                link = Link(product=own, type="promotion", title="x", href=href)
                link.full_clean()
                link.save()


def speak(mallory: Mallory, texts: Texts) -> None:
    """Shoppers thank and report, from as many bags as the limits want; the thanks are passed on."""
    for bag in islice(Bag.objects.filter(lot_uri=mallory.packed), 14):
        scanned = Scanned(bag.lot_uri, bag)
        messages.thank(scanned, uuid4(), texts.fill(480))
        messages.report(scanned, uuid4(), Message.Reason.OTHER, texts.fill(480))
    messages.decide(Addressee.objects.all(), Message.Kind.THANKS, Addressee.State.APPROVED)


def import_a_list(mallory: Mallory, texts: Texts) -> None:
    """A list of lots of which every heading and every cell is hostile, but for what makes it a list of lots."""

    def quoted(text: str) -> str:
        return '"' + text.replace('"', '""') + '"'

    header = ["lot", "weight kg", "country", "farm", "variety", "region", *(texts.fill(60) for _ in range(4))]
    rows = [
        [texts.fill(60), str(n + 1), "Ethiopia", *(texts.fill(90) for _ in range(7))] for n in range(20)
    ]  # fmt: skip
    content = "\r\n".join(",".join(map(quoted, row)) for row in [header, *rows]).encode()
    files.take_in(party=mallory.party, site=mallory.site, name=texts.fill(200), content=content)
