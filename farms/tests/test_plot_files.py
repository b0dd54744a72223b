"""A file of plots at the growers' door: judged in plain words, signed at once, and nothing half-written."""

import json
import re
from base64 import b64encode
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from farms.services import plot_files, sketching
from farms.tests.conftest import Grower, act_of
from provenance.coffee.statement import parse
from provenance.coffee.tests.plot_files import FIELD, collection, kml, outline, placemark, spot, workbook
from provenance.trail.models import Event, Party, Plot, Site
from provenance.trail.services.queries import AUDITORS, PARTNERS, PUBLIC, disclosures_of

pytestmark = pytest.mark.django_db

UPPER = outline(FIELD, name="Upper field")
LOWER = spot("[38.215123,6.162340]", name="Lower field", Area=1.25)
BOW_TIE = "[[38.225001,6.162001],[38.226001,6.163001],[38.226001,6.162001],[38.225001,6.163001],[38.225001,6.162001]]"
CROSSED = outline(BOW_TIE, name="Crossed field")


def chosen(grower, data, name="plots.geojson", **answers):
    return {"farm": grower.user.site, "file": SimpleUploadedFile(name, data)} | answers


def look(grower, data, **answers):
    return grower.read_back("plot-file", **chosen(grower, data, **answers))


def sign(grower, page, **answers):
    return grower.client.post(reverse("farms:plot-file"), grower.signature(page) | answers)


def sealed(event, audience=AUDITORS):
    return {one.name: one.value for one in disclosures_of([event], [audience])[event.pk]}


def test_what_passes_is_registered_in_one_signature_with_every_digit_of_the_file(grower):
    page = look(grower, collection(UPPER, LOWER))
    assert "2 of 2 plots can be registered" in page.content.decode()
    assert Plot.objects.count() == 0
    done = sign(grower, page)
    assert done.status_code == 302 and done.url == reverse("farms:home")
    upper, lower = Plot.objects.order_by("event")
    assert (upper.area_m2, upper.geo, upper.country) == (12_240, "geo:6.2,38.2", "ET")
    assert (lower.area_m2, lower.geo, lower.country) == (12_500, "geo:6.2,38.2", "ET")
    assert sealed(upper.event) == {"name": "Upper field", "plot": f'{{"type":"Polygon","coordinates":[{FIELD}]}}'}
    assert sealed(lower.event)["plot"] == '{"type":"Point","coordinates":[38.215123,6.162340]}'
    for plot in (upper, lower):
        assert sealed(plot.event, PUBLIC) == sealed(plot.event, PARTNERS) == {}
        assert b"38.2" not in bytes(plot.event.statement).replace(b"geo:6.2,38.2", b"")
    home = grower.client.get(reverse("farms:home")).content.decode()
    assert "Upper field: 1.22 ha" in home and "Lower field: 1.25 ha" in home


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("plots.kml", kml(placemark("<Point><coordinates>38.215123,6.162340,0</coordinates></Point>", "Lower field"))),
        ("plots.csv", b"Name;Longitude;Latitude;Area\nLower field;38,215123;6,162340;1,25\n"),
        ("plots.xlsx", workbook(["name", "lon", "lat", "area"], ["Lower field", "38.215123", "6.162340", 1.25])),
    ],
)
def test_kml_and_sheets_are_taken_too(grower, name, data):
    if name.endswith("kml"):
        area = b"<ExtendedData><Data name='Area'><value>1.25</value></Data></ExtendedData>"
        data = data.replace(b"</name>", b"</name>" + area)
    page = look(grower, data, name=name)
    assert page.context["judged"][0].findings == ()
    sign(grower, page)
    assert sealed(Plot.objects.get().event) == {
        "name": "Lower field",
        "plot": '{"type":"Point","coordinates":[38.215123,6.162340]}',
    }


def test_what_has_to_be_mended_is_told_with_its_place_and_left_out(grower):
    page = look(grower, collection(CROSSED, UPPER))
    text = page.content.decode()
    assert "1 of 2 plots can be registered" in text
    assert "The outline crosses or touches itself near longitude 38.225501, latitude 6.162501." in text
    assert "two are often in the wrong order" in text
    assert 'aria-label="The outline of Crossed field, 111 m across, north up; 1 spot to mend is marked"' in text
    # In the middle of the bow-tie.
    assert '<circle class="mark" cx="150" cy="100"' in text
    sign(grower, page)
    assert [sealed(plot.event)["name"] for plot in Plot.objects.all()] == ["Upper field"]


def test_a_file_of_which_nothing_passes_offers_nothing_to_sign(grower, nothing_written):
    nothing_written()
    page = look(grower, collection(CROSSED))
    text = page.content.decode()
    assert "0 of 1 plot can be registered" in text and "Nothing was recorded." in text
    assert 'name="sign"' not in text
    answers = {"farm": grower.user.site, "sent": b64encode(collection(CROSSED)).decode(), "shown": "1", "sign": "yes"}
    forced = grower.client.post(reverse("farms:plot-file"), answers | {"event_id": page.context["event_id"]})
    assert forced.context["form"].errors == {
        "file": ["What can be registered has changed since you looked. Look again."]
    }


@pytest.mark.parametrize(
    ("feature", "sentence"),
    [
        (outline(FIELD.replace(",[38.205001,6.162001]]", "]")), "The outline does not end where it began."),
        (spot("[38.215123,6.162345]", Area=4.5), "A point stands for 4.5 hectares."),
        (spot("[38.215123,6.162345]"), "A point has no area. How large is the plot, in hectares?"),
        (spot("[6.162345,38.215123]", Area=1), "Longitude and latitude are swapped"),
        (spot("[-75.123456,2.123456]", Area=1), "outside of Ethiopia."),
        (
            spot("[38.215123,6.162345]", Area=1, ProducerCountry="CO"),
            "The file says Colombia, and the farm is registered in Ethiopia.",
        ),
        (spot("[38.215123,6.162345]", Area="1"), "The area is not written as a number"),
        (spot("[38.215123,6.162345]", Area=1, name="Fin\u202eca"), "The plot&#x27;s name cannot be kept."),
        (spot("[38.215123,6.162345]", Area=1, name="x" * 101), "longer than 100 letters"),
        (spot("[38.215123,6.162345]", Area=0.00001), "is less than the EU&#x27;s system takes"),
        (spot("[238.215123,6.162345]", Area=1), "lies outside of the world"),
        ('{"type":"Feature","properties":{},"geometry":{"type":"LineString","coordinates":[[1,2],[3,4]]}}', "a line."),
    ],
)
def test_a_plot_that_cannot_be_registered_says_why_and_nothing_is_written(grower, nothing_written, feature, sentence):
    nothing_written()
    page = look(grower, collection(feature))
    assert page.context["passing"] == []
    assert sentence in page.content.decode()


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "The file is empty."),
        (b"not a file of plots", "The first row names no columns of coordinates."),
        (b"%PDF-1.7", "This is a PDF."),
        (b'<!DOCTYPE kml [<!ENTITY l "ha">]><kml>&l;</kml>', "The file declares entities or a document type"),
        (b" " * (512 * 1024 + 1), "The file is larger than 512 KiB."),
        (b"lat,lon\n" + b"6.1,38.2\n" * 51, "The file holds 51 plots. Send at most 50 at once."),
    ],
)
def test_a_file_that_cannot_be_taken_is_refused_beside_its_field(grower, nothing_written, data, sentence):
    nothing_written()
    page = look(grower, data)
    [error] = page.context["form"].errors["file"]
    assert sentence in error


@pytest.mark.parametrize(
    ("answers", "errors"),
    [
        ({}, {"file": ["This is not answered yet."]}),
        ({"sent": "no base64!"}, {"file": ["The file did not arrive whole. Choose it again."]}),
    ],
)
def test_without_a_whole_file_nothing_is_done(grower, nothing_written, answers, errors):
    nothing_written()
    page = grower.read_back("plot-file", farm=grower.user.site, **answers)
    assert page.context["form"].errors == errors


def test_plots_go_on_a_farm_of_ones_own_only(grower, wote, nothing_written):
    nothing_written()
    page = look(grower, collection(UPPER), farm=wote.site)
    assert page.context["form"].errors == {"farm": ["Choose a farm of yours."]}


def test_a_second_click_registers_nothing_twice(grower):
    signed = grower.signature(look(grower, collection(UPPER, LOWER)))
    first, second = (grower.client.post(reverse("farms:plot-file"), signed) for _ in range(2))
    assert first.status_code == second.status_code == 302
    assert Plot.objects.count() == 2


def test_the_same_land_is_not_registered_twice_from_a_second_file(grower):
    sign(grower, look(grower, collection(UPPER, LOWER)))
    events = Event.objects.count()
    again = look(grower, collection(UPPER, LOWER))
    assert again.context["passing"] == []
    assert "This land is registered already, as Upper field." in again.content.decode()
    assert Event.objects.count() == events


def test_what_changed_between_looking_and_signing_is_not_signed_unseen(grower):
    page = look(grower, collection(UPPER, LOWER))
    sign(grower, look(grower, collection(UPPER)))
    events = Event.objects.count()
    late = sign(grower, page)
    assert late.status_code == 200
    assert late.context["form"].errors == {"file": ["What can be registered has changed since you looked. Look again."]}
    assert Event.objects.count() == events


def test_land_of_a_neighbour_is_flagged_and_neither_shown_nor_named(client, grower, neighbour):
    theirs = Grower(type(client)(), neighbour)
    sign(theirs, look(theirs, collection(outline(FIELD, name="Bekele's secret field"))))
    page = look(grower, collection(UPPER))
    [judged] = page.context["judged"]
    assert [finding.rule for finding in judged.findings] == ["overlap-with-another"]
    assert judged.plan is not None and judged.sketch is not None and judged.sketch.marks == ()
    assert "secret" not in page.content.decode()
    sign(grower, page)
    assert Plot.objects.count() == 2


def test_nobody_feels_out_a_neighbours_land_by_a_thousand_files(grower, nothing_written, monkeypatch):
    nothing_written()
    monkeypatch.setattr(plot_files, "LOOKS_A_DAY", 3)
    assert all(look(grower, collection(UPPER)).context["passing"] for _ in range(3))
    page = look(grower, collection(UPPER))
    assert page.context["form"].errors == {"file": ["Many files were sent for this grower today. Go on tomorrow."]}


def test_a_second_farm_does_not_buy_more_looks_at_a_neighbours_land(grower, monkeypatch):
    monkeypatch.setattr(plot_files, "LOOKS_A_DAY", 1)
    farm = act_of(grower.sign("farm", name="Another", country="ET", readers="public")).site
    look(grower, collection(UPPER))
    page = look(grower, collection(UPPER), farm=farm)
    assert page.context["form"].errors == {"file": ["Many files were sent for this grower today. Go on tomorrow."]}
    assert not Plot.objects.exists()


def test_names_in_a_file_are_escaped(grower):
    page = look(grower, collection(outline(BOW_TIE, name="<script>alert(1)</script>\"'>")))
    assert "<script>" not in page.content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#x27;&gt;" in page.content.decode()


def test_an_outline_too_long_to_be_sealed_is_refused_in_words(grower, nothing_written):
    from math import cos, pi, sin

    nothing_written()
    turns = (2 * pi * n / 3000 for n in range(3000))
    ring = [[round(38.2 + cos(turn) / 100, 6), round(6.1 + sin(turn) / 100, 6)] for turn in turns]
    page = look(grower, collection(outline(json.dumps([*ring, ring[0]]))))
    assert "The line has too many corners to be sealed. Simplify it to some hundreds." in page.content.decode()


def test_a_sketch_leaves_an_open_outline_open(grower):
    page = look(grower, collection(outline(FIELD.replace(",[38.205001,6.162001]]", "]"))))
    [path] = re.findall(r'<path class="land" d="([^"]+)"', page.content.decode())
    assert path.count("L") == 3 and "z" not in path


# --- the officer -----------------------------------------------------------------------------------------------------


@pytest.fixture
def hanna(log, officer):
    """A grower in the care of Selam's cooperative, with a farm."""
    from provenance.trail.services import registry

    party = officer.party.replace("wote", "hanna")
    site = party.replace("/party/", "/loc/")
    registry.register_party(
        kind="person", roles=["farmer"], name="Hanna", country="ET", party=party, guardian=officer.party
    )
    registry.register_site(party=party, kind="farm", name="Hanna's farm", country="ET", site=site)
    return Party.objects.get(uri=party)


def test_an_officer_registers_the_plots_of_a_grower_in_care_and_the_cooperative_signs(client, officer, hanna):
    client.force_login(officer)
    page_of = reverse("farms:growers-plot-file", args=[hanna.pk])
    farm = Site.objects.get(party=hanna).uri
    assert page_of in client.get(reverse("farms:growers")).content.decode()
    page = client.post(page_of, {"farm": farm, "file": SimpleUploadedFile("p.geojson", collection(UPPER, CROSSED))})
    assert "1 of 2 plots can be registered" in page.content.decode()
    signed = Grower.signature(None, page)
    first, second = client.post(page_of, signed), client.post(page_of, signed)
    assert (first.status_code, first.url) == (302, reverse("farms:growers"))
    assert second.status_code == 302
    plot = Plot.objects.get()
    assert plot.site.party == hanna
    assert parse(bytes(plot.event.statement)).iss == officer.party
    assert sealed(plot.event)["name"] == "Upper field"


def test_an_officer_reaches_no_grower_of_another_cooperative(client, officer, neighbour, nothing_written):
    nothing_written()
    client.force_login(officer)
    theirs = Party.objects.get(uri=neighbour.party)
    for pk in (theirs.pk, uuid4()):
        page_of = reverse("farms:growers-plot-file", args=[pk])
        answers = {"farm": neighbour.site, "file": SimpleUploadedFile("p.geojson", collection(UPPER))}
        assert client.get(page_of).status_code == client.post(page_of, answers).status_code == 404


def test_a_grower_is_no_officer(grower, hanna):
    assert grower.client.get(reverse("farms:growers-plot-file", args=[hanna.pk])).status_code == 403


# --- planted bugs ----------------------------------------------------------------------------------------------------


def test_planted_bug_a_gate_that_lets_everything_through_is_seen(grower, monkeypatch):
    right = plot_files.judge
    monkeypatch.setattr(plot_files, "judge", lambda plots, **about: right(plots, country="") and right(plots))
    with pytest.raises(AssertionError):
        test_the_same_land_is_not_registered_twice_from_a_second_file(grower)


def test_planted_bug_a_neighbours_name_that_is_told_is_seen(client, grower, neighbour, monkeypatch):
    right = plot_files.Neighbour
    monkeypatch.setattr(plot_files, "Neighbour", lambda boundary, name, own: right(boundary, "secret", True))
    with pytest.raises(AssertionError):
        test_land_of_a_neighbour_is_flagged_and_neither_shown_nor_named(client, grower, neighbour)


def test_planted_bug_a_sketch_that_closes_what_is_open_is_seen(grower, monkeypatch):
    right = sketching._line
    monkeypatch.setattr(sketching, "_line", lambda points: right([*points, points[0]]))
    with pytest.raises(AssertionError):
        test_a_sketch_leaves_an_open_outline_open(grower)
