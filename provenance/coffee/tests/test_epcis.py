"""Acts as EPCIS 2.0 events, and back."""

import json
from copy import deepcopy
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator, FormatChecker

from provenance.coffee import strict_json
from provenance.coffee.acts import ACTS, REGISTRY_ACTS, Act
from provenance.coffee.epcis import (
    MEASUREMENTS,
    act_of,
    act_of_subject,
    document,
    event_of,
    file_uri,
    subject_of,
    to_kg,
    to_mg,
)
from provenance.coffee.errors import MalformedAct
from provenance.coffee.tests import samples, strategies
from provenance.coffee.tests.samples import EVENT, EVENT_ACTS, REGISTRY

CREATED = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def of_name(act: Act) -> str:
    return act.name


@pytest.fixture(scope="module")
def epcis_schema(shared: Path) -> Draft7Validator:
    """GS1's schema 2.0.1 with format assertion: without it, it lets misspelt members through."""
    schema = json.loads((shared / "standards/epcis/epcis-json-schema-2.0.1.json").read_text())
    checker = FormatChecker()
    assert {"uri", "date-time"} <= checker.checkers.keys()
    return Draft7Validator(schema, format_checker=checker)


def test_every_act_of_coffee_has_a_sample() -> None:
    assert {act.name for act in EVENT_ACTS} | {act.name for act in REGISTRY} == set(ACTS)


@pytest.mark.parametrize("act", EVENT_ACTS, ids=of_name)
def test_an_act_comes_back_from_its_event_through_json(act: Act) -> None:
    event = event_of(act, event_id=EVENT)
    travelled: Any = strict_json.loads(strict_json.dumps(event))
    assert travelled == event
    assert act_of(act.name, travelled) == act


@given(strategies.event_acts, strategies.event_ids)
def test_any_act_comes_back_from_its_event_through_json(act: Act, event_id: str) -> None:
    travelled: Any = strict_json.loads(strict_json.dumps(event_of(act, event_id=event_id)))
    assert act_of(act.name, travelled) == act


@pytest.mark.parametrize("act", EVENT_ACTS, ids=of_name)
def test_an_event_is_valid_epcis(act: Act, epcis_schema: Draft7Validator) -> None:
    epcis_schema.validate(document([event_of(act, event_id=EVENT)], CREATED))


@given(act=strategies.event_acts)
def test_any_event_is_valid_epcis(act: Act, epcis_schema: Draft7Validator) -> None:
    epcis_schema.validate(document([event_of(act, event_id=EVENT)], CREATED))


def test_the_schema_with_formats_finds_a_misspelt_member(epcis_schema: Draft7Validator) -> None:
    event = event_of(samples.HARVEST, event_id=EVENT)
    event["bizstep"] = event.pop("bizStep")
    assert not epcis_schema.is_valid(document([event], CREATED))


@pytest.mark.parametrize("act", REGISTRY, ids=of_name)
def test_a_registry_act_comes_back_from_its_subject_through_json(act: Act) -> None:
    travelled: Any = strict_json.loads(strict_json.dumps(subject_of(act)))
    assert travelled == subject_of(act)
    assert act_of_subject(act.name, travelled) == act


def test_a_harvest_reads_as_the_standard_writes_it() -> None:
    assert json.dumps(event_of(samples.HARVEST, event_id=EVENT), default=str) == json.dumps(
        {
            "type": "ObjectEvent",
            "eventID": "urn:uuid:00000001-5c1a-4f0e-9d2b-3a6f1e7c9b10",
            "eventTime": "2026-01-17T16:30:00.000+03:00",
            "eventTimeZoneOffset": "+03:00",
            "quantityList": [
                {
                    "epcClass": "https://trace.example.org/epcis/class/cherry.H-2026-0117",
                    "quantity": "812.5",
                    "uom": "KGM",
                }
            ],
            "action": "ADD",
            "bizStep": "commissioning",
            "disposition": "active",
            "readPoint": {"id": "https://trace.example.org/epcis/loc/farm-0042"},
            "bizLocation": {"id": "https://trace.example.org/epcis/loc/farm-0042"},
            "sourceList": [{"type": "owning_party", "source": "https://trace.example.org/epcis/party/almaz"}],
            "ilmd": {
                "coffee:form": "CHERRY",
                "cbvmda:countryOfOrigin": "ET",
                "cbvmda:harvestStartDate": "2026-01-17",
                "cbvmda:harvestEndDate": "2026-01-17",
                "cbvmda:bestBeforeDate": "2027-09-07",
                "coffee:region": "Sidama",
                "coffee:species": "arabica",
                "coffee:variety": ["74110", "Kurume"],
                "coffee:process": "washed",
                "coffee:grade": "Grade 1",
                "coffee:roastDegree": "medium",
                "coffee:claims": ["organic"],
                "coffee:lowestMetres": 1850,
                "coffee:highestMetres": 2100,
            },
        }
    )


def documented() -> dict[str, tuple[str, ...]]:
    """docs/epcis.md: act -> event, action, bizStep, disposition, as the table says."""
    page = (Path(__file__).resolve().parents[3] / "docs/epcis.md").read_text()
    rows = [row.strip("| ").split(" | ") for row in page.splitlines() if row.startswith("| `")]
    return {row[0].strip("`"): tuple(row[1:5]) for row in rows}


@pytest.mark.parametrize("act", EVENT_ACTS, ids=of_name)
def test_an_event_uses_the_words_that_the_documentation_names(act: Act) -> None:
    event = event_of(act, event_id=EVENT)
    if act == samples.STOLEN or act.name == "correct":
        return
    for member, words in zip(("type", "action", "bizStep", "disposition"), documented()[act.name], strict=True):
        assert str(event.get(member, "–")) in words.replace(" or ", ", ").split(", ")


def test_the_documentation_names_every_act_that_is_an_event() -> None:
    assert documented().keys() == ACTS.keys() - REGISTRY_ACTS


def test_what_was_stolen_was_not_destroyed() -> None:
    event = event_of(samples.STOLEN, event_id=EVENT)
    assert (event["action"], event["bizStep"], event["disposition"]) == ("DELETE", "other", "stolen")
    event = event_of(samples.DISPOSE, event_id=EVENT)
    assert (event["action"], event["bizStep"], event["disposition"]) == ("DELETE", "destroying", "destroyed")


@given(strategies.event_acts)
def test_master_data_stands_only_where_the_standard_has_room_for_it(act: Act) -> None:
    event = event_of(act, event_id=EVENT)
    if "ilmd" in event:
        assert event["type"] == "TransformationEvent" or event["action"] == "ADD"
    if "persistentDisposition" in event:
        assert event["type"] == "ObjectEvent"
    assert "recordTime" not in event


def test_a_receipt_points_at_its_dispatch() -> None:
    event = event_of(samples.RECEIVE, event_id=samples.OTHER_EVENT)
    assert event["bizTransactionList"] == [{"type": "upevt", "bizTransaction": EVENT}]


def test_ownership_and_possession_are_told_apart() -> None:
    assert event_of(samples.DISPATCH, event_id=EVENT)["destinationList"] == [
        {"type": "possessing_party", "destination": samples.WOTE},
        {"type": "owning_party", "destination": samples.WOTE},
        {"type": "location", "destination": samples.STATION},
    ]
    assert event_of(samples.TITLE, event_id=EVENT)["destinationList"] == [
        {"type": "possessing_party", "destination": samples.WOTE},
        {"type": "owning_party", "destination": samples.KOFI},
    ]


def test_a_score_is_reported_as_an_exact_decimal() -> None:
    event: Any = event_of(samples.GRADE, event_id=EVENT)
    assert event["sensorElementList"][0]["sensorReport"] == [
        {
            "type": "Dimensionless",
            "value": Decimal("86.25"),
            "coffee:property": "https://beantrail.org/ns/coffee#CuppingScore",
        },
        {
            "type": "Dimensionless",
            "value": Decimal("11.2"),
            "uom": "P1",
            "coffee:property": "https://beantrail.org/ns/coffee#MoistureContentWetBasis",
        },
        {"type": "Count", "value": 3, "coffee:property": "https://beantrail.org/ns/coffee#PrimaryDefects"},
        {
            "type": "Density",
            "value": 702,
            "uom": "GL",
            "coffee:property": "https://beantrail.org/ns/coffee#BulkDensity",
        },
    ]


def test_a_correction_is_the_original_event_and_a_declaration() -> None:
    event = event_of(samples.CORRECT, event_id=samples.OTHER_EVENT)
    assert event.pop("errorDeclaration") == {
        "declarationTime": "2026-01-19T16:30:00.125+03:00",
        "reason": "incorrect_data",
        "correctiveEventIDs": [samples.OTHER_EVENT],
        "coffee:originalAct": "dispatch",
    }
    assert event == event_of(samples.DISPATCH, event_id=EVENT)


def test_a_file_is_named_by_its_digest() -> None:
    # RFC 6920, section 8.1: "Hello World!"
    assert (
        file_uri("7f83b1657ff1fc53b92dc18148a1d65dfc2d4b1fa3d677284addd200126d9069")
        == "ni:///sha-256;f4OxZX_x_FO5LcGBSKHWXfwtSx-j1ncoSt3SABJtkGk"
    )


@given(st.integers(-(10**15) + 1, 10**15 - 1))
def test_kilograms_are_exact(mass_mg: int) -> None:
    assert to_mg(to_kg(mass_mg)) == mass_mg
    assert "E" not in str(to_kg(mass_mg))


@pytest.mark.parametrize(
    ("mass_mg", "kg"), [(1, "0.000001"), (812_500_000, "812.5"), (10**13, "10000000"), (0, "0"), (-1_500_000, "-1.5")]
)
def test_kilograms_have_one_written_form(mass_mg: int, kg: str) -> None:
    assert str(to_kg(mass_mg)) == kg


@pytest.mark.parametrize("kg", [Decimal("0.0000001"), Decimal("NaN"), Decimal("1E+9"), Decimal("Infinity")])
def test_what_is_no_weight_is_refused(kg: Decimal) -> None:
    with pytest.raises(MalformedAct):
        to_mg(kg)


def test_events_know_every_act_and_the_registry_knows_the_rest() -> None:
    for name in ACTS:
        with pytest.raises(MalformedAct):
            act_of(name, {})
        with pytest.raises(MalformedAct):
            act_of_subject(name, {})
    assert {act.name for act in REGISTRY} == REGISTRY_ACTS


def everywhere(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of all members and items in parsed JSON."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(deeper for key, item in items for deeper in everywhere(item, (*path, key)))]


def reach(value: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        value = value[key]
    return value


# Planted faults: each is put at every place of every sample.
FAULTS: dict[str, Any] = {
    "another object": {"type": "x"},
    "null": None,
    "a number": 7,
    "a number as text": "7",
    "true": True,
    "a float": 1.5,
    "not a number": Decimal("NaN"),
    "an empty list": [],
    "an empty text": "",
}


def exactly(value: Any) -> Any:
    """Something that is equal only for the same parsed JSON: in Python 1 == True, in JSON it is not."""
    if isinstance(value, dict):
        return {member: exactly(item) for member, item in value.items()}
    if isinstance(value, list):
        return [exactly(item) for item in value]
    return ("number", Decimal(value)) if type(value) in (int, Decimal) else (type(value), value)


def refused_or_another_act(act: Act, wrong: Any) -> bool:
    """Whether an altered event is refused with a field; else it has to be, exactly, the event of another act."""
    try:
        other = act_of(act.name, wrong)
    except MalformedAct as refusal:
        return bool(refusal.field) and str(refusal).endswith(".")
    assert other != act
    assert exactly(event_of(other, event_id=wrong["eventID"])) == exactly(wrong)
    return False


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("act", EVENT_ACTS, ids=of_name)
def test_an_event_with_a_fault_is_refused_or_means_another_act(act: Act, fault: str) -> None:
    event: Any = event_of(act, event_id=EVENT)
    refused = []
    for path in everywhere(event)[1:]:
        wrong = deepcopy(event)
        reach(wrong, path[:-1])[path[-1]] = deepcopy(FAULTS[fault])
        if exactly(wrong) != exactly(event):
            refused.append(refused_or_another_act(act, wrong))
    # Few members are free numbers; nearly all faults break the event.
    assert sum(refused) >= len(refused) * 0.6


@pytest.mark.parametrize("act", EVENT_ACTS, ids=of_name)
def test_an_event_that_lacks_something_is_refused_or_means_another_act(act: Act) -> None:
    event: Any = event_of(act, event_id=EVENT)
    for path in everywhere(event)[1:]:
        wrong = deepcopy(event)
        del reach(wrong, path[:-1])[path[-1]]
        assert refused_or_another_act(act, wrong) or path[0] not in ("type", "eventTime", "action", "bizStep")


@pytest.mark.parametrize("act", EVENT_ACTS, ids=of_name)
def test_a_superfluous_member_is_refused_wherever_it_stands(act: Act) -> None:
    event: Any = event_of(act, event_id=EVENT)
    for path in everywhere(event):
        wrong = deepcopy(event)
        if isinstance(reach(wrong, path), dict):
            reach(wrong, path)["coffee:colour"] = "red"
            with pytest.raises(MalformedAct, match=r"coffee:colour|has to be|not part"):
                act_of(act.name, wrong)


def test_every_measurement_has_its_own_property() -> None:
    assert len({measured.property for measured in MEASUREMENTS.values()}) == len(MEASUREMENTS)


@given(
    st.sampled_from(EVENT_ACTS), st.sampled_from([timedelta(0), timedelta(hours=5, minutes=45), timedelta(hours=-6)])
)
def test_the_offset_of_a_time_is_kept(act: Act, offset: timedelta) -> None:
    if hasattr(act, "at"):
        moved = act.__class__(**{**vars(act), "at": act.at.astimezone(timezone(offset))})
        back: Any = act_of(act.name, event_of(moved, event_id=EVENT))
        assert back == moved
        assert back.at.utcoffset() == offset
