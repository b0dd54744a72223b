import re
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from django.urls import reverse

from provenance.coffee.acts import Attributes, Form
from provenance.trail.models import Event, Lot
from shipments.services import moving
from shipments.services.desk import Desk
from shipments.services.lots import new_lot
from shipments.services.plans import Weight

KG = 1_000_000
MORNING = datetime(2026, 11, 20, 7, 30, tzinfo=UTC)


def act_url(slug, ref=None):
    return reverse("admin:shipments_stock_act_about", args=[slug, ref]) if ref else reverse("admin:shipments_stock_act", args=[slug])


class Door:
    """Somebody at the admin: fills in a form, reads it back, signs."""

    def __init__(self, client, user):
        self.client, self.user = client, user
        client.force_login(user)

    @property
    def desk(self):
        return Desk(self.user.party)

    def fill(self, slug, ref=None, **answers):
        """Answers by field; "inputs__0__line" is a field of a line. Times and units have their defaults."""
        data = {"at": "2026-11-20T08:00"}
        for name, value in answers.items():
            name = re.sub(r"__(\d+)__", r"-\1-", name)
            if name.endswith("_kg"):
                data[f"{name[:-3]}"], data[f"{name[:-3]}_unit"] = value, "kg"
            else:
                data[name] = value
        return data

    def review(self, slug, ref=None, **answers):
        return self.client.post(act_url(slug, ref), self.fill(slug, ref, **answers))

    def sign(self, slug, ref=None, **answers):
        page = self.review(slug, ref, **answers)
        assert page.status_code == 200, page
        assert "event_id" in page.context, errors_on(page)
        signed = {name: [] for name, _ in page.context["typed"]}
        for name, value in page.context["typed"]:
            signed[name].append(value)
        for field in page.context["asked_again"]:
            signed[field.name] = answers.get(field.name, field.value())
        signed["event_id"] = page.context["event_id"]
        done = self.client.post(act_url(slug, ref), {**signed, "sign": "Sign"})
        assert done.status_code == 302, errors_on(done)
        return Event.objects.get(uuid=Event.uuid_of(page.context["event_id"]))

    def stock_key(self, code):
        return next(line.key for line in self.desk.stock if line.code == code)


def errors_on(page):
    form = page.context["form"]
    rows = [row.errors for row in form.all_rows() if row.errors]
    return form.errors, form.row_errors, rows


def take_in(user, code, kg, form=Form.GREEN, **more):
    lot = new_lot(code, form, party=user.party)
    moving.receive_unannounced(
        party=user.party,
        at=MORNING,
        site=user.site,
        lot=lot,
        form=form,
        weight=Weight(kg * KG),
        attributes=Attributes(country="ET", variety=("74110",)),
        **more,
    ).sign()
    return Lot.objects.get(uri=lot)


@pytest.fixture
def station(client, log, wote):
    return Door(client, wote)


@pytest.fixture
def roastery(client, log, kofi):
    return Door(client, kofi)


@pytest.fixture
def nothing_written(db):
    """Says whether an act page left the trail as it was."""
    before = SimpleNamespace(count=None)

    def unchanged():
        return Event.objects.count() == before.count

    def start():
        before.count = Event.objects.count()
        return unchanged

    return start
