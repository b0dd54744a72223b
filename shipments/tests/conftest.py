import re
from datetime import UTC, datetime

import pytest
from django.urls import reverse

from provenance.bags.models import Product
from provenance.coffee.acts import Attributes, Form
from provenance.trail.models import Event, Handover, Lot
from shipments.services import moving
from shipments.services.desk import Desk
from shipments.services.lots import new_lot
from shipments.services.plans import Weight

KG = 1_000_000
MORNING = datetime(2026, 11, 20, 7, 30, tzinfo=UTC)


def act_url(slug, ref=None):
    name = "admin:shipments_stock_act_about" if ref else "admin:shipments_stock_act"
    return reverse(name, args=[slug, ref] if ref else [slug])


class Door:
    """
    Somebody at the admin: fills in a form, reads it back, signs.

    Answers are given by field; ``inputs__0__line`` is a field of a line, and what ends in ``_kg`` is a weight.
    """

    def __init__(self, client, user):
        self.client, self.user = client, user

    def log_in(self):
        self.client.force_login(self.user)
        return self

    @property
    def desk(self):
        return Desk(self.user.party)

    def stock(self, code):
        return next(line.key for line in self.desk.stock if line.code == code)

    def review(self, slug, ref=None, **answers):
        return self.client.post(act_url(slug, ref), typed(answers))

    def sign(self, slug, ref=None, **answers):
        done = self.client.post(act_url(slug, ref), sign_data(self.review(slug, ref, **answers), answers))
        assert done.status_code == 302, errors_on(done)
        return Event.objects.order_by("-pk").first()


def typed(answers):
    data = {"at": "2026-11-20T11:00"}
    for name, value in answers.items():
        name = re.sub(r"__(\d+)__", r"-\1-", name)
        if name.endswith("_kg"):
            data[name[:-3]], data[f"{name[:-3]}_unit"] = value, "kg"
        else:
            data[name] = value
    return data


def sign_data(page, answers=()):
    """What the browser sends from the page that reads back."""
    assert page.status_code == 200, page
    assert "event_id" in page.context, errors_on(page)
    data = {}
    for name, value in page.context["typed"]:
        data.setdefault(name, []).append(value)
    for field in page.context["asked_again"]:
        data[field.name] = dict(answers).get(field.name, field.value())
    return {**data, "event_id": page.context["event_id"], "sign": "Sign"}


def errors_on(page):
    """All complaints of a form page, as one text."""
    form = page.context["form"]
    rows = [str(row.errors) for row in form.all_rows() if row.errors]
    return " ".join([str(form.errors), *form.row_errors.values(), *rows])


def take_in(user, code, kg, form=Form.GREEN, **more):
    lot = new_lot(code, form, party=user.party)
    plan = moving.receive_unannounced(
        party=user.party,
        at=MORNING,
        site=user.site,
        lot=lot,
        form=form,
        weight=Weight(kg * KG),
        attributes=Attributes(country="ET", process="washed"),
        **more,
    )
    plan.sign()
    return Lot.objects.get(uri=lot)


def send(sender, receiver, lot, kg):
    """The id of a dispatch, as pages name it."""
    plan = moving.dispatch(
        party=sender.party,
        at=MORNING,
        site=sender.site,
        lines=[moving.Line(lot.uri, Weight(kg * KG))],
        to_party=receiver.party,
    )
    [event] = plan.sign()
    assert Handover.objects.get(dispatch=event).state == "open"
    return event.uuid


@pytest.fixture
def station(client, log, wote):
    """Wote, logged in."""
    return Door(client, wote).log_in()


@pytest.fixture
def roastery(client, log, kofi):
    """Kofi, logged in."""
    return Door(client, kofi).log_in()


@pytest.fixture
def house_blend(kofi):
    return Product.objects.create(party_uri=kofi.party, name="House blend", gtin="09521234000013", net_mg=250_000)
