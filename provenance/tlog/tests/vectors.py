"""Where the vectors are: some travel with the code, larger sets lie in the folder ``shared`` beside the checkout."""

import json
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest

TESTDATA = Path(__file__).resolve().parent.parent / "testdata"
SHARED = Path(__file__).resolve().parents[3].parent / "shared" / "vectors"


def shared(name: str) -> Path:
    """A file or folder below ``shared/vectors``; the test is skipped where it is absent."""
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"needs shared/vectors/{name} beside the checkout")
    return path


def load(path: Path) -> Any:
    return json.loads(path.read_text())


def hashes(texts: list[str] | None) -> list[bytes]:
    return [b64decode(text) for text in texts or []]
