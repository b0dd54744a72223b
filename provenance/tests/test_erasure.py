"""After somebody's data is erased none of it is left: in rows, the bytes of the database, files, caches, logs."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client

from provenance.coffee import acts
from provenance.shelf.tests import world
from provenance.shelf.tests.world import ALMAZ, FARM
from provenance.trail.services import erasing, registry
from provenance.trail.services.acting import Draft, Withheld, record_acts
from provenance.trail.services.attaching.storing import sweep
from provenance.trail.services.attaching.taking import take_picture, taken
from provenance.trail.services.erasing import erase
from provenance.trail.tests.pictures import jpeg

pytestmark = pytest.mark.django_db(transaction=True)

# Long enough that no text has them by chance, and none begins with another.
FARM_NAME, VILLAGE, WORDS, CAPTION, NOTE = (
    f"{word}-told-by-the-one-who-goes" for word in ("farm", "village", "words", "caption", "note")
)
TOLD = (FARM_NAME, VILLAGE, WORDS, CAPTION, NOTE)


@pytest.fixture
def told(log) -> world.World:
    """Almaz has a second place, answers a receipt in words of her own, and shows a picture of her farm."""
    bag = world.build(log, publish=False)
    lots = (world.DAY_LOT, f"https://{world.HOST}/epcis/class/cherry.H-1")
    contest = acts.Contest(at=world.at(3, 5), event=bag.events["took in"].event_id, lots=lots, reason="weight")
    said = {"words": Withheld(WORDS, "public"), "note": Withheld(NOTE, "public")}
    record_acts(ALMAZ, [Draft(contest, said)])
    registry.register_site(party=ALMAZ, kind="farm", name=FARM_NAME, place=VILLAGE, country="ET")
    picture = taken(ALMAZ, take_picture(ALMAZ, jpeg()))
    act = acts.AttachDocument(at=world.at(3, 6), site=FARM, lots=(), kind="photo", media_type="image/webp")
    photo = Withheld(picture.photo(shows="farm", caption=CAPTION).text, "public")
    record_acts(ALMAZ, [Draft(act, {"photo": photo}, files=picture.files)])
    bag.publish()
    return bag


def places_where_it_may_lie(settings) -> Iterator[tuple[str, bytes]]:
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            yield f"table {table}", repr([[_plain(value) for value in row] for row in cursor.fetchall()]).encode()
    if connection.vendor == "sqlite":
        for file in Path(connection.settings_dict["NAME"]).parent.glob(
            f"{Path(connection.settings_dict['NAME']).name}*"
        ):
            yield f"file {file.name}", file.read_bytes()
    for file in Path(settings.MEDIA_ROOT).rglob("*"):
        if file.is_file():
            yield f"file {file.name}", file.read_bytes()
    yield "cache", repr(cache._cache).encode()


def _plain(value: object) -> object:
    return bytes(value) if isinstance(value, memoryview) else value


def found(settings, more: str = "") -> list[str]:
    places = [*places_where_it_may_lie(settings), ("log", more.encode())]
    return [f"{what} in {where}" for where, text in places for what in TOLD if what.encode() in text]


def shown_to_everybody(bag: world.World) -> str:
    """Everything that tells of her, as a shopper sees it."""
    addresses = (bag.link, world.BUNDLE, f"/badge/01/{world.GTIN}/10/R1103.svg", f"{bag.digital_link}?linkType=linkset")
    pages = [Client().get(address, HTTP_ACCEPT="text/html").content.decode() for address in addresses]
    return "\n".join(pages)


def test_nothing_of_who_was_erased_is_left_anywhere(told, settings, caplog, capfd):
    caplog.set_level("DEBUG")
    before = shown_to_everybody(told)
    assert WORDS in before and CAPTION in before

    erase(ALMAZ, by=told.log.operator)
    told.publish()

    after = shown_to_everybody(told)
    assert [what for what in TOLD if what in after] == []
    out, err = capfd.readouterr()
    assert found(settings, caplog.text + out + err) == []


def test_files_of_who_was_erased_go_with_the_sweep_and_open_for_nobody_before(told, settings, monkeypatch):
    digest = next(iter(_pictures(shown_to_everybody(told))))
    assert Client().get(f"/picture/{digest}.webp").status_code == 200

    erase(ALMAZ, by=told.log.operator)

    assert Client().get(f"/picture/{digest}.webp").status_code == 404
    monkeypatch.setattr("provenance.trail.services.attaching.storing.KEPT_UNSIGNED", -world.timedelta(hours=1))
    assert sweep() == 2
    assert [file for file in Path(settings.MEDIA_ROOT).rglob("*") if file.is_file() and file.name == digest] == []


def test_the_search_finds_what_an_erasure_forgot(told, settings, monkeypatch):
    """The planted bug: the rows of what was withheld stay, as does a page that was kept in the cache."""
    monkeypatch.setattr(erasing, "_destroy", lambda party: None)
    cache.set("page", shown_to_everybody(told))

    erase(ALMAZ, by=told.log.operator)

    assert f"{WORDS} in cache" in found(settings)
    assert WORDS in shown_to_everybody(told)


def _pictures(page: str) -> set[str]:
    return {part.partition(".webp")[0] for part in page.split("/picture/")[1:]}
