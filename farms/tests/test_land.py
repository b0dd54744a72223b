"""Farms and plots: what is open, what is sealed, and what is refused with the mend."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from farms.tests.conftest import act_of
from provenance.trail.models import Disclosure, Event, Plot, Site
from provenance.trail.services.queries import AUDITORS, PARTNERS, PUBLIC, disclosures_of

pytestmark = pytest.mark.django_db

RING = [[38.205, 6.162], [38.207, 6.162], [38.207, 6.164], [38.205, 6.164], [38.205, 6.162]]
OUTLINE = {"type": "Polygon", "coordinates": [RING]}


def plot(grower, **answers):
    return {"farm": grower.user.site, "name": "Upper field"} | answers


def errors_of(grower, page, **answers):
    """What the form says, where nothing may have been written."""
    before = Event.objects.count()
    shown = grower.read_back(page, **answers)
    assert shown.status_code == 200
    assert "event_id" not in shown.context
    assert Event.objects.count() == before
    return shown.context["form"].errors


@pytest.mark.parametrize("audience", [PUBLIC, PARTNERS])
def test_a_farm_is_registered_with_its_name_sealed_for_whom_the_grower_chose(grower, audience):
    event = grower.sign(
        "farm",
        name="Finca La Esperanza",
        place="Pitalito, Huila",
        country="CO",
        readers=audience,
        latitude="1.8537",
        longitude="-76.0515",
    )
    act = act_of(event)
    assert (act.party, act.kind, act.country, act.geo) == (grower.user.party, "farm", "CO", "geo:1.9,-76.1")
    assert b"Esperanza" not in bytes(event.statement) and b"1.8537" not in bytes(event.statement)
    shown = {one.name: one.value for one in disclosures_of([event], [audience])[event.pk]}
    assert shown == {"name": "Finca La Esperanza", "place": "Pitalito, Huila"}
    assert set(Disclosure.objects.filter(event=event).values_list("audience", flat=True)) == {audience}
    assert Site.objects.get(uri=act.site).party.uri == grower.user.party
    assert "Finca La Esperanza" in grower.client.get(reverse("farms:home")).content.decode()
    readers = {PUBLIC: "everybody, also who buys a bag of it", PARTNERS: "only those who trade here, and auditors"}
    receipt = grower.client.get(reverse("farms:event", args=[event.uuid])).context["receipt"]
    assert ("Who may read name and place", readers[audience]) in receipt.told.facts


def test_who_may_read_the_farms_name_is_never_chosen_for_the_grower(grower):
    errors = errors_of(grower, "farm", name="Esperanza", country="CO")
    assert errors == {"readers": ["This is not answered yet."]}


def test_a_plot_by_point_and_area(grower):
    event = grower.sign("plot", **plot(grower, latitude="6,1624", longitude="38.2051", area="1,25"))
    act = act_of(event)
    assert (act.site, act.country, act.area_m2, act.geo) == (grower.user.site, "ET", 12_500, "geo:6.2,38.2")
    assert b"6.1624" not in bytes(event.statement) and b"Upper" not in bytes(event.statement)
    shown = {one.name: one.value for one in disclosures_of([event], [AUDITORS])[event.pk]}
    assert shown == {"name": "Upper field", "plot": '{"type":"Point","coordinates":[38.2051,6.1624]}'}
    assert disclosures_of([event], [PUBLIC, PARTNERS])[event.pk] == []
    assert "Upper field: 1.25 ha" in grower.client.get(reverse("farms:home")).content.decode()


@pytest.mark.parametrize("way", ["pasted", "uploaded"])
def test_a_plot_by_outline(grower, way):
    text = json.dumps(OUTLINE)
    answers = {"boundary": text} if way == "pasted" else {"file": SimpleUploadedFile("plot.geojson", text.encode())}
    page = grower.read_back("plot", **plot(grower, **answers))
    assert "Almaz registers Upper field of 4.90 ha at Almaz site." in page.content.decode()
    grower.client.post(reverse("farms:plot"), grower.signature(page))
    row = Plot.objects.get()
    assert (row.area_m2, row.geo) == (48_959, "geo:6.2,38.2")
    shown = {one.name: one.value for one in disclosures_of([row.event], [AUDITORS])[row.event_id]}
    assert json.loads(shown["plot"]) == OUTLINE
    assert b"38.205" not in bytes(row.event.statement)


def test_a_large_point_is_doubted(grower):
    page = grower.read_back("plot", **plot(grower, latitude="6.1", longitude="38.2", area="4.1"))
    assert page.context["doubts"] == (
        "Above 4 hectares, buyers in the European Union need the outline of the plot, not only a point.",
    )


@pytest.mark.parametrize(
    ("answers", "field", "sentence"),
    [
        ({}, "latitude", "Where is the plot? Give a point here, or an outline below."),
        ({"latitude": "6.1", "area": "1"}, "longitude", "A point needs both numbers."),
        ({"latitude": "6.1", "longitude": "38.2"}, "area", "A point has no area. How large is the plot, in hectares?"),
        (
            {"latitude": "6°9'", "longitude": "38.2", "area": "1"},
            "latitude",
            "Write degrees as a decimal number, like 6.1624. West and south are below zero.",
        ),
        (
            {"latitude": "138.2", "longitude": "6.1", "area": "1"},
            "latitude",
            "This lies between -90 and 90. Are the two numbers swapped?",
        ),
        (
            {"latitude": "6.1", "longitude": "238.2", "area": "1"},
            "longitude",
            "This lies between -180 and 180. Are the two numbers swapped?",
        ),
        (
            {"latitude": "0", "longitude": "0", "area": "1"},
            "latitude",
            "0, 0 lies in the sea. The device had no position yet.",
        ),
        (
            {"boundary": "not GeoJSON"},
            "boundary",
            "The file is not GeoJSON: export it again as GeoJSON in UTF-8.",
        ),
        (
            {"boundary": json.dumps({"type": "Polygon", "coordinates": [RING[:-1]]})},
            "boundary",
            "coordinates: the ring is open; repeat its first position at its end.",
        ),
        (
            {"boundary": json.dumps(OUTLINE), "area": "9"},
            "area",
            "The outline itself measures 4.90 hectares. Leave this empty, or mend the outline.",
        ),
        (
            {"boundary": json.dumps(OUTLINE), "latitude": "6.1", "longitude": "38.2"},
            "boundary",
            "Give a point or an outline, not both: clear one of them.",
        ),
        (
            {"boundary": json.dumps(OUTLINE), "file": SimpleUploadedFile("p.json", json.dumps(OUTLINE).encode())},
            "file",
            "An outline is pasted above, too. Clear it, or choose no file.",
        ),
        (
            {"file": SimpleUploadedFile("p.json", b"\xff\xfe{}")},
            "file",
            "The file is not GeoJSON: export it again as GeoJSON in UTF-8.",
        ),
        (
            {"file": SimpleUploadedFile("p.json", b" " * 300_000)},
            "file",
            "The file is larger than 256 KiB: simplify the line.",
        ),
    ],
)
def test_a_bad_plot_is_refused_beside_the_field_that_mends_it(grower, answers, field, sentence):
    assert errors_of(grower, "plot", **plot(grower, **answers)) == {field: [sentence]}


def test_an_outline_too_long_to_be_sealed_is_refused(grower):
    from math import cos, pi, sin

    ring = [[38.2 + cos(n * pi / 1000) / 100, 6.1 + sin(n * pi / 1000) / 100] for n in range(2000)]
    outline = json.dumps({"type": "Polygon", "coordinates": [[*ring, ring[0]]]})
    errors = errors_of(grower, "plot", **plot(grower, boundary=outline))
    assert errors == {"boundary": ["The line has too many corners to be sealed. Simplify it to some hundreds."]}


def test_a_plot_goes_on_a_farm_of_ones_own_only(grower, wote):
    errors = errors_of(grower, "plot", farm=wote.site, latitude="6.1", longitude="38.2", area="1")
    assert errors == {"farm": ["Choose a farm of yours."]}


def test_a_name_that_cannot_be_sealed_is_refused_beside_its_field(grower, nothing_written):
    nothing_written()
    page = grower.read_back("farm", name="Fin\u202eca", country="CO", readers="public")
    assert list(page.context["form"].errors) == ["name"]


def test_names_are_escaped_wherever_they_stand(grower):
    name = "<script>alert(1)</script>\"'>"
    page = grower.read_back("farm", name=name, place=name, country="CO", readers="public")
    event = grower.sign("farm", name=name, place=name, country="CO", readers="public")
    pages = [page, *(grower.client.get(reverse(f"farms:{each}")) for each in ("home", "harvest", "plot"))]
    pages.append(grower.client.get(reverse("farms:event", args=[event.uuid])))
    for shown in pages:
        assert "<script>" not in shown.content.decode()
        assert "&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#x27;&gt;" in shown.content.decode()
