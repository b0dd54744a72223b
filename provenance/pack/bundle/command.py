"""``python -m provenance.pack verify-bundle FILE --trust FILE``: a page's saved proof, without a browser."""

import json
from pathlib import Path
from typing import Any

from provenance.pack.bundle.form import jws_of
from provenance.pack.bundle.judging import Verdict, judge
from provenance.pack.format import UnusablePack
from provenance.pack.saying import say
from provenance.pack.trust import parse_trust
from provenance.tlog.hashing import leaf_hash

CHECKED, MISMATCH, UNUSABLE, NOT_TRUSTED, UNCHECKED = range(5)


def check(file: Path, trust: Path | None) -> int:
    """
    Judge the file, say what was found, and give the exit code.

    With a trust file its witnesses are asked for, not those that the bundle names, and its first leaf has to be the
    bundle's. Raises ``OSError``, ``UnusablePack`` (no JSON), ``MalformedPolicy``.
    """
    bundle = _parsed(file.read_bytes())
    if trust is None:
        return _tell(judge(bundle), "give --trust with a file that you did not get from the operator.")
    text = trust.read_bytes()
    genesis = parse_trust(text).genesis.hex()
    lines = [line for line in text.decode("utf-8", "surrogateescape").splitlines() if not _is_of_log(line)]
    verdict = judge({**bundle, "policy": "\n".join([*lines, ""])} if isinstance(bundle, dict) else bundle)
    if verdict.outcome == "checked" and _genesis_of(bundle) != genesis:
        say("Does not match: genesis: this is another log than your trust file's.")
        return MISMATCH
    if verdict.params.get("vouched") in ("witnessed", "none"):
        return _tell(verdict, "")
    return _tell(verdict, "too few of the witnesses of your trust file have signed it.")


def _parsed(data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        raise UnusablePack("this file is no proof that a page saved.") from None


def _is_of_log(line: str) -> bool:
    return line.split()[:1] in (["genesis"], ["log"])


def _genesis_of(bundle: dict[str, Any]) -> str:
    return leaf_hash(jws_of(bundle["statements"][0]["statement"]).encode()).hex()


def _tell(verdict: Verdict, not_trusted: str) -> int:
    """``not_trusted``: why what was checked is not to be trusted all the same; "" where it is."""
    if verdict.outcome == "mismatch":
        where = f"{verdict.step}, leaf {verdict.at[1]}" if verdict.at else str(verdict.step)
        say(f"Does not match: {where}: {verdict.code} {_params(verdict)}".rstrip())
        return MISMATCH
    if verdict.outcome == "unchecked":
        say(f"Could not check: {verdict.code} {_params(verdict)}".rstrip())
        return UNCHECKED
    say(f"Checked: {_params(verdict)}. Of the weights it says nothing: that does the pack.")
    if verdict.code == "checked_anew":
        say(
            f"The log was begun anew at entry {verdict.params['first']}. "
            "That nothing is left out before it rests on its operator's word."
        )
    if not_trusted:
        say(f"Origin not trusted: {not_trusted}")
    return NOT_TRUSTED if not_trusted else CHECKED


def _params(verdict: Verdict) -> str:
    return ", ".join(f"{name} {value}" for name, value in verdict.params.items())
