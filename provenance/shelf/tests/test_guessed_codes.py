"""Guessing: no code that was made up opens a bag, and nothing tells one made-up code from another."""

import os
import random
import statistics
import time
from base64 import b32encode
from collections.abc import Mapping

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from provenance.bags.models import Bag
from provenance.bags.services import issuing
from provenance.bags.services.issuing import find_bag
from provenance.shelf.tests import world
from provenance.shelf.tests.world import GTIN

BROWSER = {"Accept": "text/html"}
LOT = f"/01/{GTIN}/10/R1103/21/"

# Wrong in each way in which a well-formed code can be: as long as ours, shorter, of other letters, of another lot or
# product, without its lot.
MADE_UP = {
    "like ours": (LOT, "AAAAAAAAAAAAAAAA"),
    "one letter off": (LOT, None),
    "short": (LOT, "7Q"),
    "of other letters": (LOT, "x-y_z.9"),
    "of another lot": (f"/01/{GTIN}/10/R9999/21/", "AAAAAAAAAAAAAAAA"),
    "of another product": ("/01/09521234000112/10/R1103/21/", "AAAAAAAAAAAAAAAA"),
    "without its lot": (f"/01/{GTIN}/21/", "AAAAAAAAAAAAAAAA"),
}


@pytest.fixture
def bag(log):
    return world.build(log)


def serials(rng: random.Random, count: int):
    return (b32encode(rng.randbytes(10)).decode() for _ in range(count))


def tokens(rng: random.Random, count: int):
    return (b32encode(rng.randbytes(16)).decode().rstrip("=").lower() for _ in range(count))


def one_letter_off(serial: str) -> str:
    return serial[:-1] + ("A" if serial[-1] != "A" else "B")


@pytest.mark.parametrize("kind", MADE_UP)
def test_every_made_up_code_gets_the_same_answer_but_for_the_code(client, bag, kind):
    root, serial = MADE_UP[kind]
    serial = serial or one_letter_off(bag.bags[0].serial)
    plain = client.get(f"{LOT}NEVERISSUED", headers=BROWSER)

    with CaptureQueriesContext(connection) as asked:
        answer = client.get(root + serial, headers=BROWSER)

    assert answer.status_code == plain.status_code == 404
    assert answer.content.replace(serial.encode(), b"NEVERISSUED") == plain.content
    headers = {name: value for name, value in answer.headers.items() if name not in ("Content-Location", "Link")}
    assert headers | {"Content-Length": ""} == headers | {
        name: plain[name] for name in headers if name != "Content-Length"
    } | {"Content-Length": ""}
    assert len(asked) == 1


def test_a_thousand_guesses_open_nothing(client, bag):
    rng = random.Random(22)

    for serial in serials(rng, 500):
        assert client.get(LOT + serial, headers=BROWSER).status_code == 404
    for token in tokens(rng, 500):
        assert client.get(f"/t/{token}", headers=BROWSER).status_code == 404
    # The same questions open a bag that there is.
    assert client.get(LOT + bag.bags[0].serial, headers=BROWSER).status_code == 200
    assert client.get(f"/t/{bag.bags[0].token}", headers=BROWSER).status_code == 200


def test_a_code_with_a_part_of_another_bags_opens_nothing(client, bag):
    """The true serial under another lot or product, half of it, or with what a database takes for anything."""
    serial, token = bag.bags[0].serial, bag.bags[0].token
    made_up = [
        f"/01/{GTIN}/10/R9999/21/{serial}",
        f"/01/09521234000112/10/R1103/21/{serial}",
        f"/01/09521234000112/21/{serial}",
        *(LOT + part for part in (serial[:-1], serial[1:], serial.lower(), f"{serial}A", "%25", "_" * 16, "*")),
        *(f"/t/{part}" for part in (token[:-1], token[1:], f"{token}a", "%25", "_" * 26, "*", serial)),
    ]

    assert {address: client.get(address, headers=BROWSER).status_code for address in made_up} == dict.fromkeys(
        made_up, 404
    )


PLANTED_BUGS = {
    "any serial of a lot that there is": lambda named: without(named, "serial"),
    "a serial of any lot": lambda named: without(named, "lot_code"),
    "a serial of any product": lambda named: without(named, "gtin"),
    "small letters for capitals": lambda named: {name: value.upper() for name, value in named.items()},
    "the beginning of a serial": lambda named: begun(named, "serial"),
    "the beginning of a token": lambda named: begun(named, "token"),
}


def without(named: Mapping[str, str], name: str) -> dict[str, str]:
    return {each: value for each, value in named.items() if each != name}


def begun(named: Mapping[str, str], name: str) -> dict[str, str]:
    """With the whole of what is only begun, if any bag has it."""
    if name not in named:
        return dict(named)
    known = Bag.objects.filter(**{f"{name}__startswith": named[name]}).values_list(name, flat=True).first()
    return {**named, name: known or named[name]}


@pytest.mark.parametrize("bug", PLANTED_BUGS)
def test_a_search_that_takes_less_than_the_whole_code_is_noticed(client, bag, monkeypatch, bug):
    find = issuing._bag_where
    monkeypatch.setattr(issuing, "_bag_where", lambda named: find(PLANTED_BUGS[bug](named)))

    with pytest.raises(AssertionError):
        test_a_code_with_a_part_of_another_bags_opens_nothing(client, bag)


@pytest.mark.nightly
def test_a_million_guesses_open_nothing(bag):
    rng = random.Random()
    count = int(os.environ.get("GUESSES", "1000000"))

    for serial in serials(rng, count // 2):
        assert find_bag(gtin=GTIN, lot="R1103", serial=serial) is None
    for token in tokens(rng, count - count // 2):
        assert find_bag(token=token) is None
    # The same question opens a bag that there is.
    assert find_bag(gtin=GTIN, lot="R1103", serial=bag.bags[0].serial) == bag.bags[0]
    assert find_bag(token=bag.bags[0].token) == bag.bags[0]


def ranks_apart(one: list[float], other: list[float]) -> float:
    """Mann–Whitney: the two-sided p that both samples are of one kind, by the normal approximation."""
    ordered = sorted((value, of) for of, sample in enumerate((one, other)) for value in sample)
    rank_sum = sum(rank for rank, (_, of) in enumerate(ordered, 1) if of == 0)
    n, m = len(one), len(other)
    u = rank_sum - n * (n + 1) / 2
    z = (u - n * m / 2) / (n * m * (n + m + 1) / 12) ** 0.5
    return 2 * (1 - statistics.NormalDist().cdf(abs(z)))


def test_the_measure_of_times_tells_samples_of_two_kinds_apart():
    rng = random.Random(1)
    fast, alike, slow = ([rng.gauss(mean, 1) for _ in range(2000)] for mean in (10, 10, 10.2))

    assert ranks_apart(fast, alike) > 0.05
    assert ranks_apart(fast, slow) < 0.001


@pytest.mark.nightly
@pytest.mark.parametrize("kind", [kind for kind in MADE_UP if kind != "like ours"])
def test_no_made_up_code_takes_longer_than_another(client, bag, kind):
    """In turn, so that what else the machine does falls on both; three tries, for one in twenty is chance."""
    root, serial = MADE_UP[kind]
    kinds = (LOT + "AAAAAAAAAAAAAAAA", root + (serial or one_letter_off(bag.bags[0].serial)))

    def spent(address: str) -> float:
        began = time.perf_counter()
        client.get(address, headers=BROWSER)
        return time.perf_counter() - began

    for _ in range(3):
        pairs = [[spent(address) for address in kinds] for _ in range(400)]
        if ranks_apart(*map(list, zip(*pairs, strict=True))) > 0.05:
            return
    pytest.fail(f"A code that is {kind} takes another time than one that is like ours.")
