"""``python -m provenance.pack verify-bundle FILE --trust FILE``: a page's saved proof, without a browser."""

import json
from pathlib import Path

from provenance.pack.bundle.judging import Verdict, judge
from provenance.pack.trust import parse_trust
from provenance.tlog.errors import MalformedPolicy
from provenance.tlog.hashing import leaf_hash

CHECKED, MISMATCH, UNUSABLE, NOT_TRUSTED, UNCHECKED = range(5)


def check(file: Path, trust: Path | None) -> int:
    """
    Judge the file, say what was found, and give the exit code.

    With a trust file its witnesses are asked for, not those that the bundle names, and its first leaf has to be the
    bundle's. Raises ``OSError``, ``ValueError`` (no JSON), ``MalformedPolicy``.
    """
    bundle = json.loads(file.read_bytes())
    if trust is None or not isinstance(bundle, dict):
        return _tell(judge(bundle), trusted=False)
    text = trust.read_bytes()
    genesis = parse_trust(text).genesis.hex()
    lines = [line for line in text.decode("utf-8", "surrogateescape").splitlines() if not _is_of_log(line)]
    verdict = judge({**bundle, "policy": "\n".join([*lines, ""])})
    if verdict.outcome == "checked" and _genesis_of(bundle) != genesis:
        raise MalformedPolicy("The bundle is of another log than your trust file.")
    return _tell(verdict, trusted=verdict.params.get("vouched") in ("witnessed", "none"))


def _is_of_log(line: str) -> bool:
    return line.split()[:1] in (["genesis"], ["log"])


def _genesis_of(bundle: dict[str, list[dict[str, str]]]) -> str:
    return leaf_hash(bundle["statements"][0]["jws"].encode()).hex()


def _tell(verdict: Verdict, *, trusted: bool) -> int:
    if verdict.outcome == "mismatch":
        where = f"{verdict.step}, leaf {verdict.at[1]}" if verdict.at else str(verdict.step)
        print(f"Does not match: {where}: {verdict.code} {_params(verdict)}".rstrip())
        return MISMATCH
    if verdict.outcome == "unchecked":
        print(f"Could not check: {verdict.code} {_params(verdict)}".rstrip())
        return UNCHECKED
    print(f"Checked: {_params(verdict)}. Of the weights it says nothing: that does the pack.")
    if not trusted:
        print("Origin not trusted: give --trust with a file that you did not get from the operator.")
    return CHECKED if trusted else NOT_TRUSTED


def _params(verdict: Verdict) -> str:
    return ", ".join(f"{name} {value}" for name, value in verdict.params.items())
