"""Receipts on paper: what they say, who may print them, and what their code answers."""

import re
from itertools import groupby

import pypdfium2
import pytest
import zxingcpp
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from farms.models import Receipt, Text
from farms.services.receipts import guesses
from farms.services.receipts.numbering import number_all, number_new
from farms.services.receipts.taken_in import taken_in
from farms.tests.conftest import KG, WEIGHED, act_of, answer
from provenance.coffee.acts import Contest, Difference, Form, LossKind, LotMass, NewLot, Pay, Receive
from provenance.coffee.check_code import check_code_of, in_groups
from provenance.coffee.statement import parse
from provenance.tlog.hashing import leaf_hash
from provenance.trail.models import Event
from provenance.trail.services.acting import Draft, Withheld, record_acts
from provenance.trail.services.publishing import publish

pytestmark = pytest.mark.django_db

LOTS = "https://localhost:8000/epcis/class/cherry."


def take_in(station, grower, code="T-1", kg=84.5, price="", form=Form.CHERRY, at=WEIGHED, **more):
    """The station takes in what nobody announced."""
    line = {"lot": f"{LOTS}{code}", "mass_mg": int(kg * KG)}
    act = Receive(
        at=at,
        site=station.site,
        lines=(LotMass(**line),),
        begins=(NewLot(**line, form=form),),
        from_party=grower and grower.party,
        **more,
    )
    withheld = {"price": Withheld(price, "partners")} if price else {}
    return record_acts(station.party, [Draft(act, withheld)])[0]


def pay(station, deliveries, amount, payee=None, kind="advance", audience="partners", final=False):
    lines = [line for event in deliveries for line in act_of(event).lines]
    act = Pay(
        at=WEIGHED,
        kind=kind,
        deliveries=tuple(event.event_id for event in deliveries),
        lots=tuple(sorted({line.lot for line in lines})),
        form=Form.CHERRY,
        mass_mg=sum(line.mass_mg for line in lines),
        final=final,
    )
    withheld = {"amount": Withheld(amount, audience)} | ({"payee": Withheld(payee.party, "partners")} if payee else {})
    return record_acts(station.party, [Draft(act, withheld)])[0]


def code_of(event):
    return check_code_of(parse(bytes(event.statement)))


def ask(code, weight="84.5", money="", client=None):
    """A stranger with the paper in hand."""
    return (client or Client()).post(f"/r/{code}", {"weight": weight, "money": money})


@pytest.fixture
def station(client, log, wote):
    client.force_login(wote)
    return wote


@pytest.fixture
def receipt(station, almaz):
    """84.5 kg of Almaz's cherry, at 2.10 USD a kilogram, numbered."""
    event = take_in(station, almaz, price="2.10 USD/kg")
    number_new()
    return event


def pictures_of(pdf):
    return [page.render(scale=203 / 72).to_pil() for page in pypdfium2.PdfDocument(pdf)]


def words_on(pdf):
    page = pypdfium2.PdfDocument(pdf)[0]
    return " ".join(page.get_textpage().get_text_bounded().split())


@pytest.mark.parametrize(("paper", "width_mm"), [("slip", 58), ("a6", 105)])
def test_the_paper_says_weight_price_and_day_and_its_code_is_read_by_a_phone(client, log, receipt, paper, width_mm):
    publish(log)
    answered = client.get(reverse(f"farms:{paper}", args=[receipt.uuid]))

    assert answered.headers["Content-Type"] == "application/pdf"
    [picture] = pictures_of(answered.content)
    assert round(picture.width / 203 * 25.4) == width_mm
    [found] = zxingcpp.read_barcodes(picture)
    assert found.text == f"http://localhost:8000/r/{code_of(receipt)}"
    said = words_on(answered.content)
    for words in (
        "84.5 kg",
        "cherry, lot T-1",
        "Wote Station",
        "Almaz",
        "Price: 2.10 USD/kg",
        in_groups(code_of(receipt)),
    ):
        assert words in said
    assert f"{WEIGHED:%H:%M} EAT" in said
    # The whole digest stands there, for who wants more than sixty bits.
    assert leaf_hash(bytes(receipt.statement)).hex() in said.replace(" ", "")


def test_each_module_of_the_code_on_a_slip_is_six_dots_of_a_thermal_head(client, receipt):
    page = pypdfium2.PdfDocument(client.get(reverse("farms:slip", args=[receipt.uuid])).content)[0]
    picture = page.render(scale=8 * 25.4 / 72).to_pil().convert("L")
    assert picture.width == 58 * 8
    [found] = zxingcpp.read_barcodes(picture)
    corners = found.position
    around = (corners.top_left.x - 9, corners.top_left.y - 9, corners.bottom_right.x + 9, corners.bottom_right.y + 9)
    code = picture.crop(around)
    code = code.crop(code.point(lambda grey: 255 - grey).getbbox())
    # 29 modules, none of them grey; the renderer rounds an edge that lies between two dots to either of them.
    assert max(abs(side - 29 * 6) for side in code.size) <= 1
    assert {shade for _, shade in code.getcolors()} == {0, 255}
    lines = [code.crop((0, y, code.width, y + 1)).tobytes() for y in range(code.height)]
    lines += [code.crop((x, 0, x + 1, code.height)).tobytes() for x in range(code.width)]
    assert {len(list(run)) % 6 for line in lines for _, run in groupby(line)} <= {5, 0, 1}


@pytest.mark.parametrize(
    "name", ["አልማዝ ተረት", "علي حسن", "Nguyễn Thị Kế Toán-Không-Có-Thật của hợp tác xã thượng nguồn", "🌱"]
)
def test_a_paper_holds_any_name_and_stays_in_its_width(client, station, almaz, name):
    from provenance.trail.services import registry

    party = almaz.party.replace("almaz", "someone")
    registry.register_party(kind="person", roles=["farmer"], name=name, country="ET", party=party)
    event = take_in(station, type("Grower", (), {"party": party}))

    for paper in ("slip", "a6"):
        pdf = client.get(reverse(f"farms:{paper}", args=[event.uuid])).content
        [picture] = pictures_of(pdf)
        grey = picture.convert("L")
        # Nothing is drawn in the margins, where a thermal head burns nothing.
        assert grey.crop((0, 0, 35, grey.height)).getextrema()[0] > 200
        assert grey.crop((grey.width - 35, 0, grey.width, grey.height)).getextrema()[0] > 200
        assert [found.text for found in zxingcpp.read_barcodes(picture)] == [taken_in(event).url]


def test_a_paper_says_what_was_sent_and_what_the_scale_showed(client, grower, wote):
    dispatch = grower.deliver(wote, grower.harvest())
    loss = Difference(kind=LossKind.WEIGHING_DIFFERENCE, mass_mg=KG // 2)
    event = answer(wote, dispatch, received_kg=84, taken=act_of(dispatch).lines, losses=(loss,))

    said = words_on(client.get(reverse("farms:slip", args=[event.uuid])).content)

    assert "84 kg" in said and "sent: 84.5 kg (0.5 kg less)" in said and "Price: not said yet" in said


def test_only_taker_grower_and_guardian_see_a_receipt(client, receipt, almaz, wote, kofi, nadia, otto, neighbour):
    pages = [reverse(f"farms:{name}", args=[receipt.uuid]) for name in ("paper-receipt", "slip", "a6")]
    for user, status in ((almaz, 200), (wote, 200), (kofi, 403), (nadia, 403), (otto, 403), (neighbour, 404)):
        client.force_login(user)
        assert [client.get(page).status_code for page in pages] == [status] * 3, user
        assert client.post(pages[0]).status_code == (302 if status == 200 else status)
    assert not Text.objects.exists()
    client.logout()
    assert all(client.get(page).url.startswith("/login/") for page in pages)
    client.force_login(neighbour)
    assert "84.5" not in client.get(reverse("farms:receipts")).content.decode()
    client.force_login(wote)
    assert "84.5 kg of cherry" in client.get(reverse("farms:receipts")).content.decode()


def test_an_officer_prints_for_members_and_for_nobody_else(client, log, wote, neighbour, django_user_model):
    from provenance.members.services import enrol
    from provenance.trail.services import registry

    cooperative = registry.register_party(kind="organisation", roles=["officer"], name="Union", country="ET")
    user = django_user_model.objects.create_user("tigist")
    enrol(user=user, party_uri=cooperative, role="officer")
    member = registry.register_party(kind="person", roles=["farmer"], name="Hanna", country="ET", guardian=cooperative)
    client.force_login(user)
    hers = take_in(wote, type("Grower", (), {"party": member}), "H-1")
    others = take_in(wote, neighbour, "B-1")

    assert client.get(reverse("farms:slip", args=[hers.uuid])).status_code == 200
    assert client.get(reverse("farms:slip", args=[others.uuid])).status_code == 404
    page = client.get(reverse("farms:receipts")).content.decode()
    assert "Hanna" in page and "Bekele" not in page


def test_to_sign_a_receipt_opens_nobodys_withheld_name(client, log, wote, django_user_model):
    from provenance.members.services import enrol
    from provenance.trail.services import registry

    union = registry.register_party(kind="organisation", roles=["officer"], name="Union", country="ET")
    officer = django_user_model.objects.create_user("tigist")
    enrol(user=officer, party_uri=union, role="officer")
    member = registry.register_party(
        kind="person", roles=["farmer"], name="Hanna", country="ET", guardian=union, audience="auditors"
    )
    # Whoever has a site may sign that anybody brought coffee there.
    event = take_in(wote, type("Grower", (), {"party": member}), "H-1")
    pages = [reverse(f"farms:{name}", args=[event.uuid]) for name in ("paper-receipt", "slip", "a6")]

    def names_shown(user):
        client.force_login(user)
        listing, page, *papers = [client.get(page).content for page in (reverse("farms:receipts"), *pages)]
        return ["Hanna" in text for text in (listing.decode(), page.decode(), *map(words_on, papers))]

    assert names_shown(wote) == [False] * 4
    assert names_shown(officer) == [True] * 4


def test_who_takes_coffee_in_finds_the_receipts_from_both_front_pages(client, receipt, wote, nadia):
    assert client.get("/farms/").url == reverse("farms:receipts")
    assert "1 receipt of the last day: on paper, or as a text" in client.get(reverse("admin:index")).content.decode()
    client.force_login(nadia)
    assert client.get("/farms/").status_code == 403


def test_a_long_list_costs_no_more_queries(client, station, almaz):
    def cost():
        with CaptureQueriesContext(connection) as asked:
            assert client.get(reverse("farms:receipts")).status_code == 200
        return len(asked)

    take_in(station, almaz, "T-0")
    few = cost()
    for number in range(1, 9):
        take_in(station, almaz, f"T-{number}")
    assert cost() == few


# /r/ and a code


def test_the_page_of_a_code_asks_nobody_and_shows_nothing_until_figures_are_typed(client, receipt):
    made_up = "0123456789ABT"
    with CaptureQueriesContext(connection) as asked:
        pages = [Client().get(f"/r/{code}") for code in (code_of(receipt), made_up)]
    assert len(asked) == 0
    true, false = (
        page.content.decode().replace(in_groups(code), "CODE")
        for page, code in zip(pages, (code_of(receipt), made_up), strict=True)
    )
    assert true == false
    assert "84.5" not in true
    assert all(not page.cookies and "no-store" in page.headers["Cache-Control"] for page in pages)
    assert all("Cookie" not in page.headers.get("Vary", "") for page in pages)


def test_the_same_weight_matches(receipt, log):
    before = Event.objects.count()
    page = ask(code_of(receipt))
    assert page.status_code == 200
    assert (page.context["verdict"].answer, page.context["verdict"].money) == ("matches", None)
    words = " ".join(page.content.decode().split())
    assert "It matches" in words and "84.5 kg of cherry" in words and "recorded, not in the log yet" in words
    publish(log)
    assert "at place" in ask(code_of(receipt)).content.decode()
    assert Event.objects.count() == before


def test_no_name_and_no_amount_stands_on_the_page(receipt, almaz, wote):
    pay(wote, [receipt], "120.00 ETB", almaz)
    for typed in ("84.5", "99"):
        words = ask(code_of(receipt), typed, "120").content.decode()
        assert not re.search(r"Almaz|Wote|2\.10|120\.00|ETB|USD|T-1", words)


@pytest.mark.parametrize("typed", ["84", "845", "84.501", "85"])
def test_another_weight_differs_and_the_record_is_shown(receipt, typed):
    page = ask(code_of(receipt), typed)
    words = " ".join(page.content.decode().split())
    assert "It differs" in words and "The record says 84.5 kg of cherry: not what you typed." in words
    assert "contest" in words


@pytest.mark.parametrize("typed", ["84.5", "84,5", "84.500", " 84.5 "])
def test_the_weight_is_read_as_people_write_it(receipt, typed):
    assert ask(code_of(receipt), typed).context["verdict"].answer == "matches"


def test_a_code_that_nobody_knows_has_not_arrived_yet(receipt):
    page = ask("0123456789ABT")
    assert page.context["verdict"].answer == "not arrived"
    assert "Not arrived yet" in page.content.decode()


def test_a_receipt_written_without_network_arrives_later(station, almaz):
    event = take_in(station, almaz)
    assert ask(code_of(event)).context["verdict"].answer == "not arrived"
    assert number_new() == 1 and number_new() == 0
    assert ask(code_of(event)).context["verdict"].answer == "matches"


def test_a_row_that_was_lost_is_made_again_from_what_was_signed(receipt):
    Receipt.objects.all().delete()
    assert number_all() == 1
    assert Receipt.objects.get().code == code_of(receipt)


def test_what_was_taken_back_differs_from_every_paper(receipt, station, almaz):
    from provenance.coffee.acts import Correct
    from provenance.trail.services.acting import new_event_id

    again = new_event_id()
    statement = parse(bytes(receipt.statement))
    lines = (LotMass(lot=f"{LOTS}T-1", mass_mg=80 * KG),)
    right = Receive(
        at=WEIGHED,
        site=station.site,
        lines=lines,
        begins=(NewLot(lot=f"{LOTS}T-1", mass_mg=80 * KG, form=Form.CHERRY),),
        from_party=almaz.party,
    )
    correct = Correct(
        original=dict(statement.event),
        original_act="receive",
        declared_at=WEIGHED,
        reason="incorrect_data",
        corrected_by=(again,),
    )
    _, new = record_acts(station.party, [Draft(correct), Draft(right, jti=again)])
    number_new()

    page = ask(code_of(receipt))

    assert page.context["verdict"].answer == "differs"
    assert "taken back by who signed it, and said again with 80 kg" in page.content.decode()
    assert ask(code_of(new), "80").context["verdict"].answer == "matches"


def test_a_contest_is_told_beside_the_match(receipt, almaz):
    act = Contest(at=WEIGHED, event=receipt.event_id, lots=(f"{LOTS}T-1",), reason="weight")
    record_acts(almaz.party, [Draft(act)])
    page = ask(code_of(receipt))
    assert page.context["verdict"].answer == "matches"
    assert "Somebody whom it concerns says that this receipt is not right." in page.content.decode()


@pytest.mark.parametrize(
    ("money", "answer"),
    [
        ("2.10", "matches"),
        ("2,1", "matches"),
        ("50", "matches"),
        ("80", "matches"),
        ("30", "differs"),
        ("70", "differs"),
    ],
)
def test_money_is_the_price_or_what_had_been_paid_at_some_time(receipt, station, almaz, money, answer):
    pay(station, [receipt], "50.00 USD", almaz)
    pay(station, [receipt], "30.00 USD", kind="second")
    pay(station, [receipt], "20.00 USD", kind="deduction")
    pay(station, [receipt], "70.00 USD", type("Other", (), {"party": station.party}))
    assert ask(code_of(receipt), money=money).context["verdict"].answer == answer
    assert [str(amount) for amount in taken_in(receipt).paid] == ["80.00 USD"]


@pytest.mark.parametrize("code", ["0123456789ABC", "short", "%00", "0123456789AB%C3%9F", "x" * 300])
def test_a_mistyped_code_is_told_so_and_asked_for_again(receipt, code):
    for answered in (Client().get(f"/r/{code}"), ask(code)):
        assert answered.status_code == 400
        assert answered.context["form"].errors["code"]
        assert "Type the code that stands on your paper" in answered.content.decode()


def test_who_has_no_camera_types_the_code(receipt):
    typed = in_groups(code_of(receipt)).lower()
    assert Client().get("/r/", {"code": typed}).url == f"/r/{code_of(receipt)}"
    wrong = Client().get("/r/", {"code": "7QK4"})
    assert wrong.status_code == 400 and "13 letters and digits" in wrong.content.decode()


@pytest.mark.parametrize(
    ("weight", "money", "field"),
    [("", "", "weight"), ("eighty", "", "weight"), ("-3", "", "weight"), ("84.5", "x", "money")],
)
def test_bad_figures_are_told_beside_their_field_and_nothing_is_looked_up(receipt, weight, money, field):
    before = Event.objects.count(), Receipt.objects.count()
    with CaptureQueriesContext(connection) as asked:
        page = ask(code_of(receipt), weight, money)
    assert page.status_code == 400 and list(page.context["form"].errors) == [field]
    assert "verdict" not in page.context and len(asked) == 0
    assert (Event.objects.count(), Receipt.objects.count()) == before


def test_one_code_is_asked_about_only_so_often(receipt, monkeypatch):
    monkeypatch.setattr(guesses, "OF_ONE_CODE", 3)
    answered = [ask(code_of(receipt), money=str(guess)) for guess in range(1, 5)]
    assert [page.status_code for page in answered] == [200, 200, 200, 429]
    assert "asked too often" in answered[-1].content.decode() and "verdict" not in answered[-1].context


def test_one_address_asks_only_so_often_whatever_the_code(receipt, monkeypatch):
    monkeypatch.setattr(guesses, "FROM_ONE_ADDRESS", 2)
    assert [ask(code).status_code for code in ("0123456789ABT", code_of(receipt), code_of(receipt))] == [200, 200, 429]


def test_a_long_form_is_not_read(receipt):
    page = ask(code_of(receipt), "8" * 5000)
    assert page.status_code == 413 and "verdict" not in page.context


def test_two_receipts_of_one_code_are_told(receipt, station, almaz, monkeypatch):
    """Nobody finds two by chance, so this plays who has searched for them."""
    from farms.services.receipts import checking, numbering

    for module in (numbering, checking):
        monkeypatch.setattr(module, "check_code_of", lambda statement: "0123456789ABT")
    Receipt.objects.all().delete()
    take_in(station, almaz, "T-2", kg=80)
    number_all()
    page = ask("0123456789ABT")
    assert page.context["verdict"].several and "It differs" in page.content.decode()


def test_a_row_that_names_another_receipt_answers_for_nobody(receipt, station, almaz):
    """The row only finds; the answer is read from what was signed."""
    heavier = take_in(station, almaz, "T-2", kg=99)
    Receipt.objects.filter(event=receipt).update(event=heavier)
    assert ask(code_of(receipt), "99").context["verdict"].answer == "not arrived"
