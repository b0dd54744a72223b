"""The kept copy: what a folder answers when the site is no more, and what it must never give away or destroy."""

import json
import os
import re
from io import StringIO
from pathlib import Path
from urllib.parse import unquote

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from provenance.bags.models import Bag
from provenance.coffee import acts
from provenance.pack.__main__ import main as pack_command
from provenance.shelf.kept_copy import folder as kept_folder
from provenance.shelf.kept_copy import writing
from provenance.shelf.kept_copy.folder import MARKER, Folder, FolderRefused, Unkeepable, replacing
from provenance.shelf.kept_copy.writing import Copy
from provenance.shelf.tests import world
from provenance.shelf.tests.world import BUNDLE, GTIN, KOFI, PACKED, ROASTERY
from provenance.trail.models import pk_of
from provenance.trail.services import publishing, registry
from provenance.trail.services.acting import Draft, record_acts

LANGUAGES = ("en", "de", "fr", "es", "pt", "it")
LINK = re.compile(r'(?:href|src|data-bundle)="([^"]+)"')


@pytest.fixture
def bag(log):
    return world.build(log)


def export(folder: Path, *options: str) -> tuple[str, str]:
    """What the command says, and what it warns of."""
    said, warned = StringIO(), StringIO()
    call_command("export_shelf", folder, *options, stdout=said, stderr=warned)
    return said.getvalue(), warned.getvalue()


def answer(folder: Path, address: str) -> Path | None:
    """The file with which a simple web server answers, such as ``python -m http.server``."""
    place = folder / unquote(address.partition("#")[0]).lstrip("/")
    place = place / "index.html" if place.is_dir() else place
    return place if place.is_file() else None


def page(folder: Path, address: str) -> str:
    found = answer(folder, address)
    assert found is not None, address
    return found.read_text(encoding="utf-8")


def files(folder: Path) -> dict[str, bytes]:
    return {each.relative_to(folder).as_posix(): each.read_bytes() for each in folder.rglob("*") if each.is_file()}


def listed(folder: Path) -> list[str]:
    """Folders whose contents a web server would list; those of the log's tiles hold no codes."""
    found = [Path(place) for place, _, names in os.walk(folder) if "index.html" not in names]
    return [each.relative_to(folder).as_posix() for each in found if "log" not in each.parts]


def recall() -> None:
    record_acts(KOFI, [Draft(acts.Recall(at=world.at(11, 5), site=ROASTERY, lots=(PACKED,), reason="foreign_body"))])


# --- what it holds ----------------------------------------------------------------------------------------------------


def test_every_code_opens_from_the_folder_and_leads_nowhere_that_is_not_there(bag, tmp_path):
    said, warned = export(tmp_path / "copy")

    assert "1 lots, 3 bags" in said and "named after 3 codes of bags, 3 of which nobody has opened yet" in said
    assert warned == ""
    lot, product = f"/01/{GTIN}/10/R1103", f"/01/{GTIN}"
    codes = [f"{lot}/21/{each.serial}" for each in bag.bags] + [f"/t/{each.token}" for each in bag.bags]
    for code in (*codes, lot, product, "/", "/how/", "/verify/"):
        for name in ("", *(f"/index.{language}.html" for language in LANGUAGES)):
            html = page(tmp_path / "copy", code.rstrip("/") + name)
            assert html.count('class="kept muted"') == 1
            for gone in ("/report/", "/thanks/", "/seen", "count.js", "?lang=", "/login/"):
                assert gone not in html
            base = unquote(code).rstrip("/") + "/"
            for link in LINK.findall(html):
                if not link.startswith("#"):
                    assert answer(tmp_path / "copy", link if link.startswith("/") else base + link), f"{code}: {link}"
    for code in codes:
        html = page(tmp_path / "copy", code)
        assert "One of 3: its code is one of those that the roaster sealed when packing." in html
        assert f'data-bundle="{BUNDLE}"' in html and " data-kept" in html
    assert f'href="{lot}/index.en.html"' in page(tmp_path / "copy", product)


def test_what_proves_it_is_what_the_site_gave(client, bag, tmp_path, capsys):
    export(tmp_path / "copy")

    assert json.loads((tmp_path / "copy" / BUNDLE.lstrip("/")).read_bytes()) == client.get(BUNDLE).json()
    proofs = re.findall(r"/api/events/[0-9a-f-]{36}/proof", page(tmp_path / "copy", f"/01/{GTIN}/10/R1103"))
    assert len(proofs) >= 10
    for proof in proofs:
        assert (tmp_path / "copy" / proof.lstrip("/")).read_bytes() == client.get(proof).content
    trust = tmp_path / "copy" / "log" / bag.log.name / "1" / "trust"
    pack = tmp_path / "copy" / "pack" / f"{pk_of(PACKED)}.zip"
    assert pack_command(["verify", str(pack), "--trust", str(trust)]) == 0
    pack.write_bytes(pack.read_bytes().replace(b"manifest.json", b"manifesT.json"))
    assert pack_command(["verify", str(pack), "--trust", str(trust)]) != 0


@pytest.mark.parametrize("careless", [False, True])
def test_tiles_lead_to_the_checkpoint_of_each_bundle_however_the_log_has_grown(bag, tmp_path, monkeypatch, careless):
    registry.register_party(kind="person", roles=["farmer"], name="Somebody", country="ET", audience="auditors")
    publishing.publish(bag.log)
    if careless:
        monkeypatch.setattr(writing, "partial_tiles", lambda size: [])

    export(tmp_path / "copy")

    tiles = tmp_path / "copy" / "log" / bag.log.name / "1"
    shown = int((tiles / "checkpoint").read_text().split("\n")[1])
    size = int(json.loads((tmp_path / "copy" / BUNDLE.lstrip("/")).read_bytes())["checkpoint"].split("\n")[1])
    assert size < shown
    assert (tiles / f"tile/0/000.p/{shown}").stat().st_size == 32 * shown
    assert (tiles / f"tile/0/000.p/{size}").is_file() is not careless


def test_a_recalled_coffee_warns_on_every_one_of_its_pages(bag, tmp_path):
    recall()
    bag.publish()

    export(tmp_path / "copy")

    for code in (f"/01/{GTIN}/10/R1103", bag.digital_link, f"/t/{bag.bags[2].token}"):
        html = page(tmp_path / "copy", code)
        assert "Recalled: do not drink this coffee." in html
        assert html.index("Recalled: do not drink") < html.index("kept copy of")


def test_what_phones_cannot_check_yet_is_told(bag, tmp_path):
    recall()

    _, warned = export(tmp_path / "copy")

    assert "Of 1 lots the log has not shown yet that nothing is left out" in warned


def test_a_bag_with_something_of_its_own_to_say_has_a_page_of_its_own(bag, tmp_path):
    Bag.objects.filter(pk=bag.bags[1].pk).update(salt=b"\x00" * 16)

    export(tmp_path / "copy")

    for each, astray in zip(bag.bags, (False, True, False), strict=True):
        html = page(tmp_path / "copy", f"/t/{each.token}")
        assert ("This code is not among those that the roaster sealed" in html) is astray


# --- codes ------------------------------------------------------------------------------------------------------------


def test_no_folder_that_is_named_after_codes_is_listed(bag, tmp_path):
    export(tmp_path / "copy")

    assert listed(tmp_path / "copy") == []
    for closed in ("t", f"01/{GTIN}/10/R1103/21", f"01/{GTIN}/10"):
        assert "This code has no page in the kept copy" in page(tmp_path / "copy", closed)


def test_a_folder_left_open_would_be_noticed(bag, tmp_path, monkeypatch):
    monkeypatch.setattr(Copy, "_close_folders", lambda self: None)

    export(tmp_path / "copy")

    assert f"01/{GTIN}/10/R1103/21" in listed(tmp_path / "copy")


def test_without_bags_nothing_in_the_folder_tells_a_code(bag, tmp_path):
    said, _ = export(tmp_path / "copy", "--without-bags")

    assert "0 bags" in said and "codes of bags" not in said
    secrets = [secret for each in bag.bags for secret in (each.serial, each.token)]
    for path, data in files(tmp_path / "copy").items():
        for secret in secrets:
            assert secret not in path and secret.encode() not in data
    assert page(tmp_path / "copy", f"/01/{GTIN}/10/R1103")
    assert "data-no-page" in page(tmp_path / "copy", "/404.html")


# --- again ------------------------------------------------------------------------------------------------------------


def test_a_second_run_writes_the_same_bytes_and_keeps_the_files(bag, tmp_path):
    export(tmp_path / "copy")
    before, page_before = files(tmp_path / "copy"), answer(tmp_path / "copy", bag.digital_link).stat()

    said, _ = export(tmp_path / "copy")

    assert files(tmp_path / "copy") == before
    assert ", 0 of them changed" in said
    assert answer(tmp_path / "copy", bag.digital_link).stat().st_ino == page_before.st_ino


def test_what_is_no_more_is_gone_after_the_next_run(bag, tmp_path):
    export(tmp_path / "copy")
    taken_back = tmp_path / "copy" / "picture" / f"{'0' * 64}.webp"
    taken_back.parent.mkdir(exist_ok=True)
    taken_back.write_bytes(b"a portrait")

    export(tmp_path / "copy")

    assert not taken_back.exists()
    assert [each.name for each in tmp_path.iterdir() if "copy" in each.name] == ["copy"]


def test_a_run_that_breaks_off_leaves_the_old_copy_as_it_stands(bag, tmp_path, monkeypatch):
    export(tmp_path / "copy")
    before = files(tmp_path / "copy")
    recall()
    bag.publish()

    def full(self, told, html):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Copy, "_proofs", full)
    with pytest.raises(CommandError, match="No space left on device"):
        export(tmp_path / "copy")

    assert files(tmp_path / "copy") == before
    assert not (tmp_path / ".copy.new").exists()


@pytest.mark.parametrize("killed", ["while writing", "between the renames", "before the old one was removed"])
def test_the_run_after_a_killed_one_ends_with_one_whole_copy(bag, tmp_path, killed):
    export(tmp_path / "copy")
    whole = files(tmp_path / "copy")
    left = {"while writing": ".copy.new", "between the renames": ".copy.old"}.get(killed, ".copy.old")
    if killed == "between the renames":
        (tmp_path / "copy").rename(tmp_path / left)
    else:
        (tmp_path / left).mkdir()
        (tmp_path / left / MARKER).write_text("half")

    said, _ = export(tmp_path / "copy")

    assert ", 0 of them changed" in said
    assert files(tmp_path / "copy") == whole
    assert not (tmp_path / left).exists()


# --- what it refuses --------------------------------------------------------------------------------------------------


def test_a_folder_that_holds_something_else_is_left_alone(bag, tmp_path):
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "letters.txt").write_text("mine")

    with pytest.raises(CommandError, match=r"holds something else: it has no kept-copy\.txt\. Nothing was written"):
        export(tmp_path / "home")

    assert files(tmp_path / "home") == {"letters.txt": b"mine"}
    assert not (tmp_path / ".home.new").exists()


@pytest.mark.parametrize("where", ["", "01", "picture/x.webp"])
def test_symbolic_links_are_not_followed(bag, tmp_path, where):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "letters.txt").write_text("mine")
    if where:
        (tmp_path / "copy" / where).parent.mkdir(parents=True)
        (tmp_path / "copy" / MARKER).write_text("an older copy")
    (tmp_path / "copy" / where if where else tmp_path / "copy").symlink_to(outside)

    with pytest.raises(CommandError, match="is a symbolic link"):
        export(tmp_path / "copy")

    assert files(outside) == {"letters.txt": b"mine"}


def test_a_file_in_the_folders_place_is_refused(bag, tmp_path):
    (tmp_path / "copy").write_text("mine")

    with pytest.raises(CommandError, match="is a file"):
        export(tmp_path / "copy")

    assert (tmp_path / "copy").read_text() == "mine"


def test_nothing_never_takes_the_place_of_a_copy(log, tmp_path):
    (tmp_path / "copy").mkdir()
    (tmp_path / "copy" / MARKER).write_text("an older copy")

    with pytest.raises(CommandError, match="no code leads anywhere. Is it this database?"):
        export(tmp_path / "copy")

    assert files(tmp_path / "copy") == {MARKER: b"an older copy"}


def test_two_runs_do_not_write_at_once(tmp_path):
    with replacing(tmp_path / "copy", "one"), pytest.raises(FolderRefused, match="Another export_shelf is writing"):
        replacing(tmp_path / "copy", "other").__enter__()

    assert (tmp_path / "copy" / MARKER).read_text() == "one"


@pytest.mark.parametrize("path", ["01/../../x", "../x", "/etc/x", "01//x", "01/./x", "10/index.html/x"])
def test_an_address_that_no_file_can_have_is_not_written(tmp_path, path):
    (tmp_path / "new").mkdir()
    with pytest.raises(Unkeepable):
        Folder(tmp_path / "new", tmp_path / "old").write(path, [b"x"])

    assert files(tmp_path) == {}


def test_a_file_gets_only_so_many_names(tmp_path, monkeypatch):
    monkeypatch.setattr(kept_folder, "MOST_NAMES", 3)
    (tmp_path / "new").mkdir()
    new = Folder(tmp_path / "new", tmp_path / "old")
    new.write("a", [b"the same"])
    for name in "bcdefgh":
        new.name_again("a", name)

    assert set(files(tmp_path / "new").values()) == {b"the same"} and len(files(tmp_path / "new")) == 8
    assert max(each.stat().st_nlink for each in (tmp_path / "new").iterdir()) == 3


def test_the_demo_folder_of_the_project_is_no_place_for_it():
    with pytest.raises(CommandError, match="holds something else"):
        export(settings.BASE_DIR)


def test_where_names_hold_digests_scripts_and_styles_are_there_under_both(bag, tmp_path, settings):
    settings.STATIC_ROOT = tmp_path / "static"
    manifest = {"BACKEND": "provenance.collecting.NamedByContent"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": manifest}
    others = ["admin", "rest_framework", "farms", "shipments"]
    call_command("collectstatic", interactive=False, verbosity=0, ignore_patterns=others)

    export(tmp_path / "copy")

    html = page(tmp_path / "copy", bag.digital_link)
    for link in LINK.findall(html):
        if link.startswith(("/static/", "/check.")):
            assert answer(tmp_path / "copy", link), link
    [script] = re.findall(r'src="(/check\.[0-9a-f]{12}\.js)"', html)
    [later] = re.findall(
        r'import\("(/static/shelf/vendor/noble-ed25519\.[0-9a-f]{12}\.js)"\)', page(tmp_path / "copy", script)
    )
    assert answer(tmp_path / "copy", later)
