"""Receipts as text messages: their words, the gateways, and that each goes out once, whatever fails in between."""

import logging
import socket
from dataclasses import replace
from datetime import timedelta
from itertools import product
from urllib.parse import parse_qs
from uuid import UUID

import pytest
from django.urls import reverse
from django.utils import timezone

from farms.models import Telephone, Text
from farms.services import telephones
from farms.services.receipts.taken_in import taken_in
from farms.services.texts import gateways, sending
from farms.services.texts.words import gsm, septets, words_of
from farms.tests.conftest import WEIGHED
from farms.tests.test_passbook import Member, union  # noqa: F401  a fixture
from farms.tests.test_receipts import code_of, pay, take_in
from provenance.coffee.acts import Correct
from provenance.coffee.check_code import in_groups
from provenance.coffee.statement import parse
from provenance.jobs import services as jobs
from provenance.jobs.models import Job
from provenance.outside.tests.servers import answering
from provenance.trail.models import Event, SubjectKey
from provenance.trail.services import registry
from provenance.trail.services.acting import Draft, record_acts
from provenance.trail.services.erasing import erase
from provenance.trail.services.logs import active_log

pytestmark = pytest.mark.django_db

NUMBER = "+251911234567"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Gateway:
    """Counts what goes out; ``troubles`` are raised one after the other before that."""

    def __init__(self, *troubles, knows_repeats=False):
        self.troubles, self.knows_repeats, self.sent = list(troubles), knows_repeats, []

    def send(self, message):
        trouble = self.troubles.pop(0) if self.troubles else None
        if isinstance(trouble, gateways.NotNow | gateways.Rejected):
            raise trouble
        if not (self.knows_repeats and message in self.sent):
            self.sent.append(message)
        if trouble:
            raise trouble


@pytest.fixture
def through(monkeypatch):
    """Call it with a gateway: texts go that way."""

    def use(gateway):
        monkeypatch.setattr(sending, "gateway", lambda: gateway)
        return gateway

    return use


@pytest.fixture
def receipt(client, log, wote, almaz):
    client.force_login(wote)
    telephones.keep_number(almaz.party, NUMBER)
    return take_in(wote, almaz, price="2.10 USD/kg")


def press(client, receipt, **answers):
    return client.post(reverse("farms:paper-receipt", args=[receipt.uuid]), answers)


def at_work():
    """One round of the worker; what was put off, or left by a dead worker, is due already."""
    Job.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    return jobs.run_due()


def state():
    return Text.objects.get().state


# Words


def test_the_text_says_weight_price_day_and_code_in_one_message(receipt, wote, almaz):
    pay(wote, [receipt], "120.00 USD", almaz)
    words = words_of(taken_in(receipt))
    assert words == (
        f"Wote Station: 84.5 kg cherry taken in {WEIGHED:%d %b %Y %H:%M}. Price 2.10 USD/kg. Paid so far 120.00 USD. "
        f"Check: http://localhost:8000/r/{in_groups(code_of(receipt))}"
    )
    assert "Almaz" not in words


NAMES = (
    "የይርጋጨፌ ማጠቢያ ጣቢያ",
    "Estación de Beneficio Húmedo «El Árbol» de la Asociación de Caficultores " * 3,
    "Công ty €uro {x}",
    "",
)
PRICES = ("", "2.10 USD/kg", "45 birr as agreed with the chairman of the cooperative in front of all")
HOSTS = ("http://localhost:8000", "https://receipts.yirgacheffe-union.example")


def test_any_name_and_price_makes_one_message_of_gsm_letters(receipt, settings):
    said = taken_in(receipt)
    for name, price, host in product(NAMES, PRICES, HOSTS):
        settings.PUBLIC_URL = host
        words = words_of(replace(said, by=name, price=price))
        assert words == gsm(words) and septets(words) <= 160
        assert "84.5 kg cherry" in words and words.endswith(f"/r/{in_groups(code_of(receipt))}")


@pytest.mark.parametrize(
    ("typed", "sent"),
    [("Vía Đồng", "Via ong"), ("ñandú à Zürich", "ñandu à Zürich"), ("10 €", "10 €")],
)
def test_accents_that_gsm_lacks_are_dropped(typed, sent):
    assert gsm(typed) == sent


def test_letters_of_the_extension_take_two_places():
    assert (septets("abc"), septets("€[x]")) == (3, 7)


# Telephones


@pytest.mark.parametrize("typed", ["+251 911 234 567", "00251-911-234567", "+251(911)234567"])
def test_a_number_is_read_as_people_write_it(typed):
    assert telephones.read_number(typed) == NUMBER


@pytest.mark.parametrize(
    "typed", ["", "0911234567", "+0911234567", "+25191", "+2519112345678901", "call me", "+251911234567;rm"]
)
def test_a_wrong_number_is_told_and_the_old_one_stays(client, almaz, log, typed):
    client.force_login(almaz)
    telephones.keep_number(almaz.party, NUMBER)
    kept = bytes(Telephone.objects.get().sealed)
    page = client.post(reverse("farms:telephone"), {"number": typed})
    assert page.status_code == 200 and list(page.context["form"].errors) == ["number"]
    assert bytes(Telephone.objects.get().sealed) == kept


def test_a_grower_keeps_and_deletes_the_number(client, almaz, log):
    client.force_login(almaz)
    assert client.post(reverse("farms:telephone"), {"number": "+251 911 234 567"}).status_code == 302
    row = Telephone.objects.get()
    assert (row.party, telephones.number_of(almaz.party)) == (almaz.party, NUMBER)
    assert NUMBER.encode() not in bytes(row.sealed) and b"911234567" not in bytes(row.sealed)
    page = client.get(reverse("farms:telephone")).content.decode()
    assert "+251 … 67" in page and "911234567" not in page
    client.post(reverse("farms:telephone"), {"forget": "yes"})
    assert not Telephone.objects.exists()


def test_an_officer_keeps_a_members_number_and_nobody_elses(client, union, log, almaz, wote):  # noqa: F811
    from provenance.trail.models.projections import pk_of

    hanna = Member(union.party)
    client.force_login(union)
    mine, others = (reverse("farms:member-telephone", args=[pk_of(party)]) for party in (hanna.party, almaz.party))
    assert client.post(others, {"number": NUMBER}).status_code == 404
    client.force_login(wote)
    assert client.post(mine, {"number": NUMBER}).status_code == 403
    assert not Telephone.objects.exists()
    client.force_login(union)
    assert client.post(mine, {"number": NUMBER}).status_code == 302
    assert telephones.number_of(hanna.party) == NUMBER


def test_erasing_a_grower_makes_the_number_unreadable(almaz, log):
    telephones.keep_number(almaz.party, NUMBER)
    erase(almaz.party, by=active_log().operator)
    assert telephones.number_of(almaz.party) is None
    # Nor does a key that is drawn anew open what the old one sealed.
    telephones.subject_keys({almaz.party})
    assert SubjectKey.objects.filter(party=almaz.party).exists()
    assert telephones.number_of(almaz.party) is None


# Once


def test_a_text_that_is_ordered_twice_goes_out_once(client, receipt, almaz, through):
    gateway = through(Gateway())
    for user in (None, None, almaz):
        if user:
            client.force_login(user)
        assert press(client, receipt).status_code == 302
    while at_work():
        pass
    assert [(message.id, message.number) for message in gateway.sent] == [(receipt.uuid, NUMBER)]
    assert gateway.sent[0].words == words_of(taken_in(receipt))
    assert state() == "sent"
    page = client.get(reverse("farms:paper-receipt", args=[receipt.uuid])).content.decode()
    assert "The text was sent." in page and "911234567" not in page and "<button" not in page.partition("<main")[2]


def test_a_gateway_that_cannot_be_reached_is_asked_again(client, receipt, through):
    gateway = through(Gateway(gateways.NotNow("cut off"), gateways.NotNow("cut off")))
    press(client, receipt)
    for expected in ("waiting", "waiting", "sent"):
        assert at_work() == 1
        assert state() == expected
    assert len(gateway.sent) == 1


def test_a_gateway_that_stays_away_for_a_day_is_given_up(client, receipt, through):
    gateway = through(Gateway(*[gateways.NotNow("cut off")] * 5))
    press(client, receipt)
    at_work()
    Text.objects.update(ordered_at=timezone.now() - timedelta(days=1, seconds=1))
    at_work()
    assert (state(), gateway.sent, Job.objects.get().state) == ("failed", [], "failed")


def test_without_an_answer_it_is_not_sent_again_by_itself(client, receipt, through):
    gateway = through(Gateway(gateways.Unclear("no answer")))
    press(client, receipt)
    at_work()
    assert (state(), len(gateway.sent), Job.objects.get().state) == ("unsure", 1, "failed")
    jobs.retry(Job.objects.get())
    press(client, receipt)
    while at_work():
        pass
    assert (state(), len(gateway.sent)) == ("unsure", 1)
    page = client.get(reverse("farms:paper-receipt", args=[receipt.uuid])).content.decode()
    assert "perhaps sent" in page and "Ask the grower first" in page


def test_who_has_asked_the_grower_sends_it_again(client, receipt, through):
    gateway = through(Gateway(gateways.Unclear("no answer")))
    press(client, receipt)
    at_work()
    press(client, receipt, again="yes")
    at_work()
    assert (state(), len(gateway.sent)) == ("sent", 2)


def test_a_gateway_that_knows_repeats_is_asked_again_and_sends_once(client, receipt, through):
    gateway = through(Gateway(gateways.Unclear("no answer"), gateways.Unclear("no answer"), knows_repeats=True))
    press(client, receipt)
    while at_work():
        pass
    assert (state(), len(gateway.sent)) == ("sent", 1)


def test_a_fault_of_our_own_leaves_it_to_a_person(client, receipt, through):
    gateway = through(Gateway(RuntimeError("a fault")))
    press(client, receipt)
    at_work()
    assert (state(), len(gateway.sent), Job.objects.get().state) == ("unsure", 1, "failed")


class Killed(BaseException):
    """The worker dies at this line."""


@pytest.mark.parametrize("dies", ["before it asks", "after it asked"])
@pytest.mark.parametrize("knows_repeats", [False, True])
def test_a_worker_that_dies_between_row_and_gateway_never_sends_twice(client, receipt, through, dies, knows_repeats):
    gateway = through(Gateway(knows_repeats=knows_repeats))
    send = gateway.send

    def dying(message):
        if dies == "after it asked":
            send(message)
        raise Killed

    gateway.send = dying
    press(client, receipt)
    with pytest.raises(Killed):
        at_work()
    assert state() == "sending"
    gateway.send = send
    at_work()
    if knows_repeats:
        assert (state(), len(gateway.sent)) == ("sent", 1)
    else:
        # Nobody can know: it is left to a person, and told.
        assert (state(), len(gateway.sent)) == ("unsure", int(dies == "after it asked"))


def test_a_receipt_that_was_taken_back_while_its_text_waited_is_not_sent(client, receipt, wote, through):
    gateway = through(Gateway(gateways.NotNow("busy")))
    press(client, receipt)
    at_work()
    assert state() == "waiting"
    original = dict(parse(bytes(receipt.statement)).event)
    correct = Correct(original=original, original_act="receive", declared_at=WEIGHED, reason="incorrect_data")
    record_acts(wote.party, [Draft(correct)])
    at_work()
    assert (state(), gateway.sent) == ("failed", [])
    assert "taken back before its text was sent" in Job.objects.get().message


def test_what_was_sent_stays_so_whatever_a_slower_worker_finds(client, receipt, through):
    fast, slow = Gateway(), Gateway()

    def send(message):
        # While this one waits for its gateway, another order finds it unsure, and a person sends it again.
        Text.objects.update(state="waiting")
        through(fast)
        sending.send(receipt)
        through(slow)
        raise gateways.NotNow("busy")

    slow.send = send
    through(slow)
    press(client, receipt)
    at_work()
    assert (state(), len(fast.sent)) == ("sent", 1)
    at_work()
    assert (state(), len(fast.sent)) == ("sent", 1)


def test_what_a_gateway_refuses_stays_unsent_until_it_is_ordered_anew(client, receipt, through, almaz):
    gateway = through(Gateway(gateways.Rejected("no such number")))
    press(client, receipt)
    at_work()
    jobs.retry(Job.objects.get())
    at_work()
    assert (state(), gateway.sent) == ("failed", [])
    telephones.keep_number(almaz.party, "+251922000000")
    press(client, receipt)
    at_work()
    assert (state(), [message.number for message in gateway.sent]) == ("sent", ["+251922000000"])


def test_without_a_telephone_nothing_is_ordered(client, log, wote, almaz):
    client.force_login(wote)
    before = Event.objects.count()
    receipt = take_in(wote, almaz)
    page = client.post(reverse("farms:paper-receipt", args=[receipt.uuid]), follow=True).content.decode()
    assert "No telephone is kept for this grower." in page and "Nothing was sent." in page
    assert not Text.objects.exists() and not Job.objects.exists()
    assert Event.objects.count() == before + 1


def test_a_number_that_was_deleted_meanwhile_gets_nothing(client, receipt, through, almaz):
    gateway = through(Gateway())
    press(client, receipt)
    telephones.forget_number(almaz.party)
    at_work()
    assert (state(), gateway.sent) == ("failed", [])


# Gateways


def test_the_console_shows_the_words_and_hides_the_number(receipt, capsys):
    gateways.Console().send(gateways.Message(receipt.uuid, NUMBER, "84.5 kg"))
    assert capsys.readouterr().out == "Text to +251 … 67: 84.5 kg\n"


def test_a_file_is_its_owners_and_the_same_text_is_the_same_file(tmp_path):
    message = gateways.Message(UUID(int=7), NUMBER, "84.5 kg")
    for _ in range(2):
        gateways.File(tmp_path / "texts").send(message)
    [file] = (tmp_path / "texts").iterdir()
    assert (file.name, file.read_text()) == (f"{UUID(int=7)}.txt", f"{NUMBER}\n84.5 kg\n")
    assert file.stat().st_mode & 0o777 == 0o600 and file.parent.stat().st_mode & 0o777 == 0o700


def test_a_folder_that_cannot_be_written_is_tried_again(tmp_path):
    (tmp_path / "texts").write_text("a file")
    with pytest.raises(gateways.NotNow):
        gateways.File(tmp_path / "texts").send(gateways.Message(UUID(int=7), NUMBER, "84.5 kg"))


def over(settings, port, query="?to={to}&text={text}", timeout=2):
    settings.OUTSIDE_PRIVATE_HOSTS = [f"127.0.0.1:{port}"]
    return gateways.Http(f"http://127.0.0.1:{port}/send{query}", "s3cret", timeout)


def test_a_number_and_words_go_into_the_body_and_never_into_an_address(settings):
    message = gateways.Message(UUID(int=7), NUMBER, "84.5 kg & more = ñ")
    with answering(lambda talking: talking.sendall(OK)) as (port, requests):
        over(settings, port, "?to={to}&text={text}&from=Beantrail&ref={id}").send(message)
    head, _, body = requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /send HTTP/1.1\r\n") and b"Authorization: Bearer s3cret" in head
    assert NUMBER.encode() not in head and b"911234567" not in head
    fields = {name: values[0] for name, values in parse_qs(body.decode()).items()}
    assert fields == {"to": NUMBER, "text": message.words, "from": "Beantrail", "ref": str(UUID(int=7))}


@pytest.mark.parametrize(
    ("status", "raised"),
    [
        (200, None),
        (202, None),
        (302, gateways.Unclear),
        (400, gateways.Rejected),
        (401, gateways.Rejected),
        (429, gateways.NotNow),
        (500, gateways.Unclear),
        (502, gateways.Unclear),
        (503, gateways.NotNow),
    ],
)
def test_what_a_status_means(settings, status, raised):
    said = f"HTTP/1.1 {status} x\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n".encode()
    with answering(lambda talking: talking.sendall(said)) as (port, requests):
        gateway = over(settings, port)
        if raised:
            with pytest.raises(raised) as caught:
                gateway.send(gateways.Message(UUID(int=7), NUMBER, "words"))
            assert "911234567" not in str(caught.value) and "words" not in str(caught.value)
        else:
            gateway.send(gateways.Message(UUID(int=7), NUMBER, "words"))
    assert len(requests) == 1


def test_a_gateway_that_takes_it_and_says_nothing_leaves_it_unclear(settings):
    with (
        answering(lambda talking: talking.shutdown(socket.SHUT_RDWR)) as (port, requests),
        pytest.raises(gateways.Unclear),
    ):
        over(settings, port).send(gateways.Message(UUID(int=7), NUMBER, "words"))
    assert len(requests) == 1


def test_a_gateway_that_is_not_there_was_certainly_not_asked(settings):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    with pytest.raises(gateways.NotNow):
        over(settings, port).send(gateways.Message(UUID(int=7), NUMBER, "words"))
    settings.OUTSIDE_PRIVATE_HOSTS = []
    with pytest.raises(gateways.NotNow, match="https"):
        gateways.Http(f"http://127.0.0.1:{port}/?to={{to}}&text={{text}}", "", 2).send(
            gateways.Message(UUID(int=7), NUMBER, "words")
        )


def test_no_number_and_no_word_is_logged_whatever_happens(client, receipt, through, caplog, capfd):
    with caplog.at_level(logging.DEBUG):
        for trouble in (gateways.Unclear("no answer"), RuntimeError(NUMBER), None):
            through(Gateway(*([trouble] if trouble else [])))
            press(client, receipt, again="yes")
            at_work()
    logged = capfd.readouterr()
    # What pytest catches quotes an error's words; our own journal names its type alone (provenance/journal.py).
    assert "911234567" not in logged.err + logged.out and "2.10 USD" not in logged.err + logged.out
    assert not any("911234567" in record.getMessage() for record in caplog.records)
    assert not any("911234567" in str(job.payload) + job.message + job.key for job in Job.objects.all())


def test_a_person_without_registration_has_no_telephone(log):
    assert (
        telephones.number_of(registry.register_party(kind="person", roles=["farmer"], name="X", country="ET")) is None
    )
