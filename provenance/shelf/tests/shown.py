"""What pages say of one bundle: an honest page over Wote's cherry, and its damaged twins."""

from collections.abc import Callable
from copy import deepcopy
from hashlib import sha256
from typing import Any

from provenance.coffee.acts import Contest, Recall
from provenance.coffee.statement import b64url
from provenance.pack.tests.bundles.world import (
    CHERRY,
    KOFI,
    NOON,
    OTHER,
    ROASTED,
    STATION,
    WOTE,
    BundleLog,
    Case,
    cherry,
    handed_over,
    uuid,
    written,
)
from provenance.tlog.hashing import leaf_hash

TAKEN_IN = "Wote took in cherry"


def step(log: BundleLog, index: int, title: str, *said: str) -> Case:
    return crowd(log, [index], title, *said)


def crowd(log: BundleLog, indexes: list[int], title: str, *said: str) -> Case:
    """What a page says of these entries when it tells them as one."""
    digest = sha256(b"".join(leaf_hash(log.leaves[index]) for index in indexes)).digest()
    return {"title": title, "leaves": indexes, "digest": b64url(digest[:16]), "waiting": [], "said": list(said)}


def honest_page() -> tuple[BundleLog, Case]:
    log = cherry()
    log.index()
    note = log.shown[4]["disclosures"][0]
    disclosed = [{"digest": b64url(sha256(note.encode()).digest())[:12], "text": "Rain all day"}]
    return log, {"lot": CHERRY, "steps": [step(log, 4, TAKEN_IN, "84.5")], "disclosed": disclosed}


def page_cases() -> list[Case]:
    """{name, bundle, shown, outcome, code}."""
    return [{**made, "bundle": written(made["bundle"]), "name": name} for name, made in _made()]


def _made() -> list[tuple[str, Case]]:
    return [
        ("the page shows what was signed", _page(lambda shown: None, "checked", "checked")),
        ("page leaves a step out", _page(lambda shown: shown["steps"].pop(), "mismatch", "page_leaves_out")),
        (
            "page shows a step that nobody signed",
            _page(lambda shown: shown["steps"].append(_prayed()), "mismatch", "page_step"),
        ),
        (
            "page shows a step twice",
            _page(lambda shown: shown["steps"].append(shown["steps"][0]), "mismatch", "page_step"),
        ),
        (
            "page shows another weight",
            _page(lambda shown: shown["steps"][0].update(said=["94.5"]), "mismatch", "page_says"),
        ),
        (
            "page was made from other bytes",
            _page(lambda shown: shown["steps"][0].update(digest="00" * 32), "mismatch", "page_step"),
        ),
        (
            "page shows another disclosed value",
            _page(lambda shown: shown["disclosed"][0].update(text="Sun all day"), "mismatch", "page_shows"),
        ),
        ("page of another lot", _page(lambda shown: shown.update(lot=OTHER), "mismatch", "page_of_another_lot")),
        ("page leaves a recall out", _recalled()),
        ("page leaves a contest out", _contested()),
        ("page tells of one part of a lot only", _aside()),
        ("page tells several entries as one step", _crowd([4, 8, 9, 10], "checked", "checked")),
        ("page leaves one out of a crowd", _crowd([4, 8, 10], "mismatch", "page_step")),
        ("page puts another into a crowd", _crowd([3, 8, 9, 10], "mismatch", "page_step")),
        ("page tells one of a crowd twice", _crowd([4, 8, 9, 9, 10], "mismatch", "page_step")),
        ("page tells of what has no place yet", _waiting(lambda told: None, "unchecked", "waiting")),
        (
            "page tells other bytes of what has no place yet",
            _waiting(lambda told: told.update(leaf="00" * 32), "mismatch", "page_step"),
        ),
        ("page knows a place before the checkpoint", _early()),
    ]


def _prayed() -> Case:
    return {"title": "Wote prayed", "leaves": [90], "digest": "00" * 32, "waiting": [], "said": []}


def _page(change: Callable[[dict[str, Any]], object], outcome: str, code: str) -> Case:
    log, shown = honest_page()
    shown = deepcopy(shown)
    change(shown)
    return {"bundle": log.bundle(), "shown": shown, "outcome": outcome, "code": code}


def _recalled() -> Case:
    log = cherry()
    log.state(WOTE, Recall(at=NOON, site=STATION, lots=(CHERRY,), reason="contamination"))
    log.index()
    shown = {"lot": CHERRY, "steps": [step(log, 4, TAKEN_IN)], "disclosed": []}
    return {"bundle": log.bundle(), "shown": shown, "outcome": "mismatch", "code": "page_leaves_out"}


def _contested() -> Case:
    log = handed_over()
    log.state(KOFI, Contest(at=NOON, event=uuid(4), lots=(CHERRY,), reason="weight"))
    log.index()
    steps = [step(log, index, f"Step {index}") for index in (4, 8, 9, 10)]
    shown = {"lot": ROASTED, "steps": steps, "disclosed": []}
    bundle = log.bundle(ROASTED, [CHERRY, ROASTED])
    return {"bundle": bundle, "shown": shown, "outcome": "mismatch", "code": "page_leaves_out"}


def _aside() -> Case:
    """The cherry's own page need not say what Kofi roasted of it."""
    log = handed_over()
    log.index()
    shown = {"lot": CHERRY, "steps": [step(log, 4, TAKEN_IN)], "disclosed": []}
    return {"bundle": log.bundle(), "shown": shown, "outcome": "checked", "code": "checked"}


def _crowd(indexes: list[int], outcome: str, code: str) -> Case:
    """The page of what Kofi roasted tells these entries as one; the digest is that of all four."""
    log = handed_over()
    log.index()
    told = crowd(log, [4, 8, 9, 10], "All of it")
    shown = {"lot": ROASTED, "steps": [{**told, "leaves": indexes}], "disclosed": []}
    return {"bundle": log.bundle(ROASTED, [CHERRY, ROASTED]), "shown": shown, "outcome": outcome, "code": code}


def _not_covered() -> tuple[BundleLog, dict[str, Any], str]:
    """The cherry and a recall of it that no checkpoint covers yet; the recall's leaf hash."""
    log = cherry()
    log.index()
    bundle = log.bundle()
    log.state(WOTE, Recall(at=NOON, site=STATION, lots=(CHERRY,), reason="contamination"))
    jws = log.leaves[-1].decode()
    bundle["statements"].append({"log": 0, "index": None, "jws": jws, "path": [], "disclosures": []})
    return log, bundle, leaf_hash(log.leaves[-1]).hex()


def _waiting(change: Callable[[dict[str, Any]], object], outcome: str, code: str) -> Case:
    log, bundle, leaf = _not_covered()
    waits = {"id": uuid(len(log.leaves) - 1), "leaf": leaf}
    change(waits)
    recalled = {"title": "Recalled", "leaves": [], "digest": "", "waiting": [waits], "said": []}
    shown = {"lot": CHERRY, "steps": [step(log, 4, TAKEN_IN), recalled], "disclosed": []}
    return {"bundle": bundle, "shown": shown, "outcome": outcome, "code": code}


def _early() -> Case:
    log, bundle, _ = _not_covered()
    steps = [step(log, 4, TAKEN_IN), step(log, len(log.leaves) - 1, "Recalled")]
    return {
        "bundle": bundle,
        "shown": {"lot": CHERRY, "steps": steps, "disclosed": []},
        "outcome": "unchecked",
        "code": "waiting",
    }
