import re
from datetime import datetime, timedelta, timezone
from html import unescape

import pytest
from django.urls import reverse

from provenance.coffee.acts import LotMass, Receive, Refuse
from provenance.coffee.statement import parse
from provenance.trail.models import Event, Handover
from provenance.trail.services.acting import Draft, record_acts

KG = 1_000_000
ADDIS = timezone(timedelta(hours=3))
# An hour ago by Almaz's clock, and as her phone fills it in.
WEIGHED = (datetime.now(ADDIS) - timedelta(hours=1)).replace(second=0, microsecond=0)
AT = f"{WEIGHED:%Y-%m-%dT%H:%M}"


class Grower:
    """Somebody at the growers' door: fills in a form, reads it back, signs."""

    def __init__(self, client, user):
        self.client, self.user = client, user
        client.force_login(user)

    def read_back(self, page, about=(), **answers):
        return self.client.post(reverse(f"farms:{page}", args=about), answers)

    def signature(self, page):
        """Everything that the page which reads it back would send."""
        assert "event_id" in page.context, page.context["form"].errors
        inputs = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.content.decode())
        return {name: unescape(value) for name, value in inputs} | {"sign": "yes"}

    def sign(self, page, about=(), **answers):
        answers = self.signature(self.read_back(page, about, **answers))
        done = self.client.post(reverse(f"farms:{page}", args=about), answers)
        assert done.status_code == 302, done.context["form"].errors
        return Event.objects.get(uuid=Event.uuid_of(answers["event_id"]))

    def harvest(self, **answers):
        said = {"farm": self.user.site, "form": "CHERRY", "weight": "84.5", "unit": "kg", "at": AT}
        return self.sign("harvest", **(said | answers))

    def deliver(self, to, harvest, **answers):
        lot = act_of(harvest).output.lot
        said = {
            "lot": f"{lot} {self.user.site}",
            "weight": "84.5",
            "unit": "kg",
            "station": to.site,
            "title_passes": "yes",
            "at": AT,
        }
        return self.sign("delivery", **(said | answers))


def act_of(event):
    return parse(bytes(event.statement)).body


def answer(station, dispatch, received_kg=None, refused_kg=None, **more):
    """The station's word on a delivery: what its scale showed, or what it sent back and why."""
    handover = Handover.objects.get(dispatch=dispatch)
    [lot] = handover.rest
    place = {"at": WEIGHED, "site": station.site, "dispatch": dispatch.event_id}
    if refused_kg:
        line = LotMass(lot=lot, mass_mg=int(refused_kg * KG))
        act = Refuse(**place, lines=(line,), reason="quality")
    else:
        line = LotMass(lot=lot, mass_mg=int(received_kg * KG))
        act = Receive(**place, lines=(line,), from_party=handover.from_party, **more)
    return record_acts(station.party, [Draft(act)])[0]


@pytest.fixture
def grower(client, log, almaz):
    return Grower(client, almaz)


@pytest.fixture
def neighbour(log, almaz, django_user_model):
    """Bekele grows coffee next to Almaz."""
    from provenance.members.services import enrol
    from provenance.trail.services import registry

    party, site = almaz.party.replace("almaz", "bekele"), almaz.site.replace("almaz", "bekele")
    registry.register_party(kind="person", roles=["farmer"], name="Bekele", country="ET", party=party)
    registry.register_site(party=party, kind="farm", name="Bekele's farm", country="ET", site=site)
    user = django_user_model.objects.create_user("bekele")
    enrol(user=user, party_uri=party, role="farmer")
    user.party, user.site = party, site
    return user


@pytest.fixture
def officer(log, wote, django_user_model):
    """Selam enrols growers for the cooperative of the station."""
    from provenance.members.services import enrol

    user = django_user_model.objects.create_user("selam")
    enrol(user=user, party_uri=wote.party, role="officer")
    user.party = wote.party
    return user


@pytest.fixture
def nothing_written(log):
    """Asserts, when the test is over, that the trail is as it was when ``nothing_written()`` was called."""
    counted = []
    yield lambda: counted.append(Event.objects.count())
    assert counted, "say from when on nothing may be written"
    assert Event.objects.count() == counted[-1]
