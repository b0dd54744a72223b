"""``verify.js`` under node: bundles named after their damage, and bugs planted in the script that these must find."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from conftest import SHARED
from provenance.shelf.tests.bundles import cases, write_cases

HERE = Path(__file__).resolve().parent
SCRIPTS = HERE.parent / "static" / "shelf"

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="needs node")

# The bundle that finds the bug, and the bug: file, text, what becomes of it.
PLANTED_BUGS = {
    "signatures are not verified": (
        "kid of a registered key with a signature by another",
        ("verify.js", "if (!(await verifySignature(key.raw, signature, signed)))", "if (false)"),
    ),
    "anybody signs for anybody": (
        "key of another party",
        ("verify.js", "if (key.party !== payload.iss)", "if (false)"),
    ),
    "revoked keys go on": ("key revoked before", ("verify.js", "place > key.until", "false")),
    "mixed keys pass": ("key of mixed order", ("ed25519.js", "a !== null && same(times(L, a), ZERO)", "a !== null")),
    "keys bear any name": ("key under another thumbprint", ("verify.js", " || print !== kid)", ")")),
    "new keys need not agree": ("key that did not agree", ("verify.js", "signed !== message || ", "false && ")),
    "a key changes hands": ("key of two parties", ("verify.js", "if (this.#keys.has(kid))", "if (false)")),
    "inclusion is not proved": (
        "proof of another leaf",
        ("verify.js", "if (entry.index !== null) await prove(statement);", ""),
    ),
    "genesis is not proved": (
        "genesis that is not leaf 0",
        ("verify.js", "await within(LOG, () => prove(genesis));", ""),
    ),
    "other logs' statements pass": ("signed for another log", ("verify.js", "if (aud !== audience)", "if (false)")),
    "statements may stand twice": ("stated twice", ("verify.js", "if (known.has(jti))", "if (false)")),
    "disclosures may be moved": (
        "disclosure under another name",
        ("verify.js", "content.jti !== payload.jti || signed !==", "false && signed !=="),
    ),
    "several digests pass": (
        "disclosure with several digests under one name",
        ("verify.js", "withheld._sd.length === 1 ? withheld._sd[0]", "true ? withheld._sd[1]"),
    ),
    "the page is not compared": ("page of another lot", ("verify.js", "if (shown) compare", "if (false) compare")),
    "what the page leaves out is not missed": (
        "page leaves a step out",
        ("verify.js", "for (const { title } of unseen.values())", "for (const { title } of [])"),
    ),
    "names on the page are not compared": (
        "page shows another name",
        ("verify.js", "if (values.get(digest) !== text)", "if (false)"),
    ),
    "weights on the page are not compared": (
        "page shows another weight",
        ("verify.js", "if (!says(own, text))", "if (false)"),
    ),
    "the phone forgets": ("same size with another root", ("verify.js", "if (!memory) return;", "return;")),
    "a shrunken log is called fraud": (
        "smaller than remembered",
        ("verify.js", "if (checkpoint.size < memory.size)", "if (false)"),
    ),
    "growth need not be proved": (
        "history rewritten since the last visit",
        ("verify.js", "await checkConsistency(memory.size", "void (memory.size"),
    ),
    "unpublished counts as checked": ("not in the log yet", ("verify.js", "if (waiting) {", "if (false) {")),
    "the checkpoint is not verified": (
        "checkpoint root changed",
        ("log.js", "!(await verifySignature(key.raw, own[0][1].slice(4), utf8(text)))", "false"),
    ),
    "vkeys bear any number": (
        "log key under a wrong number",
        ("log.js", "if (hex(await keyId(name, key)) !== id)", "if (false)"),
    ),
    "proofs may lead anywhere": (
        "proof too short",
        ("log.js", "if (last !== 0n || !equal(computed, root))", "if (false)"),
    ),
    "base64 in any spelling": (
        "signature respelled and logged so",
        ("bytes.js", "return encode(bytes) === text ? bytes :", "return true ? bytes :"),
    ),
    "names may stand twice": ("payload with a name twice", ("bytes.js", "if (name in object)", "if (false)")),
    "texts in any Unicode": (
        "payload with decomposed letters",
        ("bytes.js", "FORBIDDEN.test(value) || value !== value.normalize()", "false"),
    ),
    "numbers without bounds": (
        "payload with a number of sixteen digits",
        ("bytes.js", "if (written.replace", "if (false && written.replace"),
    ),
    "cosignatures are not verified": (
        "cosignature of an earlier checkpoint",
        ("quorum.js", "if (!(await verifySignature(key.raw, bytes.slice(12), signed)))", "if (false)"),
    ),
    "the time of a cosignature is not signed": (
        "cosignature with another time",
        ("quorum.js", "cosignature/v1\\ntime ${time}", "cosignature/v1\\ntime 1772500000"),
    ),
    "half the quorum is enough": ("witnessed by one of two", ("quorum.js", "[threshold - 1]", "[0]")),
    "a quorum is not asked for": ("witnessed by nobody", ("quorum.js", "if (at) {", "if (true) {")),
    "strangers count": (
        "witnessed by strangers only",
        ("quorum.js", "if (signer !== key.name || hex(bytes.slice(0, 4)) !== key.id) continue;", ""),
    ),
    "what nobody witnessed is remembered": (
        "not witnessed yet and not in the way of what was",
        ("verify.js", "quorum.met === false ? undefined : seen", "seen"),
    ),
    "witnesses may be dropped": (
        "witnesses dropped since the last visit",
        ("verify.js", "if (memory?.witnessed && quorum.met === null)", "if (false)"),
    ),
    "a log may hide from its witnesses": (
        "last witnessed over a week ago",
        ("verify.js", "if (shown && Date.now() / 1000 - quorum.at > WEEK)", "if (false)"),
    ),
    "one witness makes a quorum new": (
        "last witnessed over a week ago but for one who signs again",
        ("quorum.js", "const at = vouches(quorum);", "const at = vouches(quorum) && Math.max(...times.values());"),
    ),
    "anybody succeeds a log": (
        "succession by somebody else",
        ("verify.js", "next?.payload.iss !== genesis.payload.iss || ", "!next || "),
    ),
    "a log is succeeded wherever it ended": (
        "succession that quotes another end",
        ("verify.js", " || !next.payload.subject.retired.startsWith(`${text}\\n`)", ""),
    ),
    "a log need not be handed over": (
        "succession that nobody said",
        ("verify.js", 'index === 0 && payload.act === "succession"', "index === 0"),
    ),
    "any number succeeds": (
        "successor under a wrong number",
        ("verify.js", "if (opened.origin !== bundle.origin.replace", "if (false && bundle.origin.replace"),
    ),
    "a successor may be hidden": (
        "successor withheld from a phone that knows it",
        ("verify.js", "if (remembered >= notes.length)", "if (false)"),
    ),
    "JSON of any depth": ("payload nested too deeply", ("bytes.js", "if (depth === 16)", "if (false)")),
}


def run_node(script: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["node", "--test", "--test-reporter=tap", str(HERE / "js" / script)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bundles") / "cases.json"
    write_cases(path)
    return path


@needs_node
def test_the_phones_check_judges_every_bundle_as_expected(bundles):
    run = run_node("verify.test.mjs", CASES=str(bundles), VECTORS=str(SHARED / "vectors" / "security"))

    assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-2000:]
    assert "# fail 0" in run.stdout


@needs_node
def test_every_planted_bug_is_found_by_its_bundle(bundles, tmp_path):
    for name, (finder, (file, text, bug)) in PLANTED_BUGS.items():
        folder = shutil.copytree(SCRIPTS, tmp_path / name)
        (folder / "finder.txt").write_text(finder)
        script = (folder / file).read_text()
        assert script.count(text) == 1, f"{name}: the text to change stands in {file} {script.count(text)} times"
        (folder / file).write_text(script.replace(text, bug))

    run = run_node("mutants.test.mjs", CASES=str(bundles), MUTANTS=str(tmp_path))

    assert run.returncode == 0, "\n".join(line for line in run.stdout.splitlines() if line.startswith("not ok"))
    assert f"# pass {len(PLANTED_BUGS)}" in run.stdout


def test_there_are_damaged_bundles_of_every_kind():
    outcomes = [case["outcome"] for case in cases()]

    assert outcomes.count("mismatch") >= 50
    assert outcomes.count("unchecked") >= 7
    assert outcomes.count("checked") >= 6


def test_the_check_is_small_enough_for_a_cheap_phone():
    sizes = {script.name: script.stat().st_size for script in SCRIPTS.glob("*.js")}

    assert sizes["verify.js"] <= 15_000
    assert sum(sizes.values()) <= 30_000
