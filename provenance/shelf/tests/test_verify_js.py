"""``verify.js`` under node: the shared bundles, and bugs planted in the scripts that these must find."""

import gzip
import json
import os
import shutil
import subprocess
from hashlib import sha256
from pathlib import Path

import brotli
import pytest

from conftest import SHARED
from provenance.pack.tests.bundles import FOLDER, made
from provenance.shelf.proving import law, words
from provenance.shelf.proving.script import MODULES, check_script, function_of
from provenance.shelf.tests.planted import PLANTED_BUGS
from provenance.shelf.tests.shown import page_cases

HERE = Path(__file__).resolve().parent
SCRIPTS = HERE.parent / "static" / "shelf"

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="needs node")


def run_node(script: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["node", "--test", "--test-reporter=tap", str(HERE / "js" / script)],
        env={**os.environ, "BUNDLES": str(FOLDER), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pages") / "cases.json"
    path.write_text(json.dumps(page_cases()), encoding="utf-8")
    return path


@needs_node
def test_the_phones_check_judges_every_bundle_as_expected(pages):
    run = run_node("verify.test.mjs", PAGES=str(pages), VECTORS=str(SHARED / "vectors" / "security"))

    assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-2000:]
    assert "# fail 0" in run.stdout


@needs_node
def test_every_planted_bug_is_found_by_its_bundle(pages, tmp_path):
    names = {name for name, _, _ in made()} | {case["name"] for case in page_cases()}
    for name, (finder, (file, text, bug)) in PLANTED_BUGS.items():
        assert finder in names, f"{name}: there is no bundle {finder}"
        folder = shutil.copytree(SCRIPTS, tmp_path / name, ignore=shutil.ignore_patterns("vendor"))
        (folder / "finder.txt").write_text(finder)
        script = (folder / file).read_text()
        assert script.count(text) == 1, f"{name}: the text to change stands in {file} {script.count(text)} times"
        (folder / file).write_text(script.replace(text, bug))

    run = run_node("mutants.test.mjs", PAGES=str(pages), MUTANTS=str(tmp_path))

    assert run.returncode == 0, "\n".join(line for line in run.stdout.splitlines() if line.startswith("not ok"))
    assert f"# pass {len(PLANTED_BUGS)}" in run.stdout


def test_the_phones_table_of_the_law_is_up_to_date():
    assert law.SCRIPT.read_text() == law.script(), "run python -m provenance.shelf.proving.law"


def codes_in_scripts() -> set[str]:
    import re

    found = set()
    for script in SCRIPTS.glob("*.js"):
        found |= set(re.findall(r"""(?:refuse|Unchecked|Mismatch)\("(\w+)\"""", script.read_text()))
        found |= set(re.findall(r"""\bcode(?:: | = )"(\w+)\"""", script.read_text()))
    return found


def test_the_page_has_words_for_all_that_the_check_answers():
    told = {key.removeprefix("code.") for key in words.WORDS if key.startswith("code.")}

    assert codes_in_scripts() | {expected.code for _, expected, _ in made()} == told


def test_every_module_of_the_check_is_in_its_one_script():
    # count: its own, on pages of bags; kept: on kept copies only
    others = {"count", "kept"}

    assert {script.stem for script in SCRIPTS.glob("*.js")} - others == set(MODULES)
    assert len(MODULES) == len(set(MODULES))


def test_the_one_script_is_served_compressed_for_ever_and_never_missing(client):
    script = check_script()
    answer = client.get(f"/{script.path}", headers={"Accept-Encoding": "gzip, br"})
    plain = client.get(f"/{script.path}")
    older = client.get("/check.0123456789ab.js", headers={"Accept-Encoding": "gzip"})

    assert brotli.decompress(answer.content) == plain.content == gzip.decompress(older.content) == script.text.encode()
    assert answer["Content-Type"] == "text/javascript; charset=utf-8"
    assert "immutable" in answer["Cache-Control"] and older["Cache-Control"] == "no-cache"
    assert client.get("/check.js").status_code == 404


@pytest.mark.parametrize("line", ['export { here as there } from "./bytes.js";', 'import all from "./bytes.js";'])
def test_modules_of_another_form_are_not_joined(line):
    with pytest.raises(ValueError, match="cannot be joined: (import all|export { here)"):
        function_of("law", f"const law = 1;\n{line}\n")


def test_what_is_loaded_later_is_the_very_same_module_or_a_file_of_its_own():
    text = check_script().text

    assert "await Promise.resolve($growth)" in text
    assert 'await import("/static/shelf/vendor/noble-ed25519.js")' in text


def test_vendored_scripts_are_as_they_were_released():
    said = (SCRIPTS / "vendor" / "README.md").read_text()

    for file in ("noble-ed25519.js", "noble-ed25519.LICENSE"):
        assert sha256((SCRIPTS / "vendor" / file).read_bytes()).hexdigest() in said


def test_the_check_is_small_enough_for_a_cheap_phone():
    """As transferred on a first visit, by the compression that nearly every browser takes by https."""
    assert len(brotli.compress(check_script().text.encode())) <= 20_000
