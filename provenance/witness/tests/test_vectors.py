"""The requests with which torchwood tests its own witness (FiloSottile/torchwood, cmd/litewitness/testdata)."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from provenance.tlog.keys import KeyType, VerifierKey, parse_vkey
from provenance.witness.models import WatchedLog
from provenance.witness.services import keys, watching

SIGSUM_KEY = bytes.fromhex("ffdc2d4d98e4124d3feaf788c0c2f9abfd796083d1f0495437f302ec79cf100f")
SIGSUM_ORIGIN = "sigsum.org/v1/tree/4d6d8825a6bb689d459628312889dfbb0bcd41b5211d9e1ce768b0ff0309e562"
SUMDB_KEY = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"

LOGS = {
    "litewitness.txtar": (SIGSUM_ORIGIN, VerifierKey(SIGSUM_ORIGIN, KeyType.ED25519, SIGSUM_KEY), 9, 5),
    "sumdb.txtar": ("go.sum database tree", parse_vkey(SUMDB_KEY), 1, 35225469),
}


def cases(path: Path) -> Iterator[tuple[bytes, int, str]]:
    """Body, expected status and what the answer's body must be or hold."""
    script = path.read_text().partition("-- add-checkpoint.hurl --\n")[2]
    pattern = r"POST \S+\n```\n(.*?)```\nHTTP (\d+)\n\[Asserts\]\nbody (.*?)\n"
    for body, status, said in re.findall(pattern, script, re.DOTALL):
        yield body.encode(), int(status), said


@pytest.mark.parametrize("name", LOGS)
def test_our_witness_answers_as_theirs_does(name, shared, ask, db):
    origin, key, count, size = LOGS[name]
    keys.create("example.com/witness")
    watching.watch(origin, [key])
    answered = 0
    for body, status, said in cases(shared / "vectors" / "tlog" / "witness" / name):
        # That code of June 2025 answers 403 for an unknown log; the specification has said 404 since.
        wanted = 404 if "unknown log" in said else status
        response = ask(body)
        text = response.content.decode()
        assert response.status_code == wanted, (body, text)
        operator, _, value = said.partition(" ")
        value = value.strip('"').replace("\\n", "\n")
        assert text == value if operator == "==" else value in text
        if operator == "==":
            assert response["Content-Type"] == "text/x.tlog.size"
        answered += 1

    assert answered == count
    assert WatchedLog.objects.get().size == size
