"""A grower's plots as a file of the grower's own, as the EU's system wants it, with what was signed."""

import json

import pytest
from django.urls import reverse

from farms.services import passport
from farms.tests.conftest import Grower
from farms.tests.test_plot_files import LOWER, UPPER, look, sign
from provenance.coffee.plots.reading import read_plots
from provenance.coffee.statement import decode_b64url, parse, read_disclosure, verify
from provenance.coffee.tests.plot_files import FIELD, collection, judged, outline
from provenance.trail.models import Key, Plot

pytestmark = pytest.mark.django_db


def saved(grower):
    answer = grower.client.get(reverse("farms:passport"))
    assert answer["Content-Type"] == "application/geo+json"
    assert answer["Content-Disposition"] == 'attachment; filename="plots.geojson"'
    return answer.content


@pytest.fixture
def two_plots(grower):
    sign(grower, look(grower, collection(UPPER, LOWER)))
    return grower


def test_the_file_comes_back_to_the_last_digit(two_plots):
    was = [plot.geometry() for plot in read_plots(collection(UPPER, LOWER)).plots]
    file = saved(two_plots)
    assert [plot.geometry() for plot in read_plots(file).plots] == was
    assert all(geometry.encode() in file for geometry in was)


def test_the_file_passes_the_eu_gate_and_has_the_eus_names(two_plots):
    upper, lower = judged(saved(two_plots), country="ET")
    assert upper.findings == lower.findings == ()
    said = [feature["properties"] for feature in json.loads(saved(two_plots))["features"]]
    assert [(one["ProductionPlace"], one["ProducerCountry"], one["Area"]) for one in said] == [
        ("Upper field", "ET", 1.224),
        ("Lower field", "ET", 1.25),
    ]
    assert {one["ProducerName"] for one in said} == {"Almaz"}


def test_what_was_signed_stands_beside_each_plot_and_verifies_without_us(two_plots):
    features = json.loads(saved(two_plots))["features"]
    assert len(features) == 2
    for feature in features:
        jws, *disclosures, end = feature["properties"]["Signed"].split("~")
        assert end == ""
        statement = parse(jws.encode())
        verify(statement, decode_b64url(Key.objects.get(kid=statement.kid).x.encode(), "x"))
        opened = {one.name: one.value for one in (read_disclosure(text, statement) for text in disclosures)}
        assert statement.body.plot == feature["properties"]["Plot"]
        assert json.loads(opened["plot"]) == feature["geometry"]
        assert opened["name"] == feature["properties"]["ProductionPlace"]


def test_the_file_holds_nobody_elses_land(two_plots, neighbour, client):
    theirs = Grower(type(client)(), neighbour)
    sign(theirs, look(theirs, collection(outline(FIELD.replace("38.2", "38.3"), name="Bekele's field"))))
    assert b"Bekele" not in saved(two_plots) and b"38.3" not in saved(two_plots)
    assert len(json.loads(saved(theirs))["features"]) == 1


def test_a_name_with_quotation_marks_breaks_no_file(grower):
    sign(grower, look(grower, collection(outline(FIELD, name='La "Loma" ☕'))))
    [feature] = json.loads(saved(grower))["features"]
    assert feature["properties"]["ProductionPlace"] == 'La "Loma" ☕'


def test_a_grower_without_plots_gets_an_empty_file(grower):
    assert saved(grower) == b'{"type":"FeatureCollection","features":[]}\n'


def test_strangers_get_no_file(client, grower, otto):
    stranger = type(client)()
    assert stranger.get(reverse("farms:passport")).status_code == 302
    stranger.force_login(otto)
    assert stranger.get(reverse("farms:passport")).status_code == 403


def test_planted_bug_a_file_of_everybodys_plots_is_seen(two_plots, neighbour, client, monkeypatch):
    filtered = Plot.objects.filter
    monkeypatch.setattr(
        passport.Plot.objects,
        "filter",
        lambda **about: filtered(**{k: v for k, v in about.items() if "party" not in k}),
    )
    with pytest.raises(AssertionError):
        test_the_file_holds_nobody_elses_land(two_plots, neighbour, client)


def test_planted_bug_a_geometry_that_is_written_anew_is_seen(two_plots, monkeypatch):
    feature = passport._feature
    monkeypatch.setattr(
        passport,
        "_feature",
        lambda row, producer, name, geometry, signed: feature(
            row, producer, name, json.dumps(json.loads(geometry), separators=(",", ":")), signed
        ),
    )
    with pytest.raises(AssertionError):
        test_the_file_comes_back_to_the_last_digit(two_plots)
