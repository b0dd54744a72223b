"""POST /witness/add-checkpoint, after C2SP tlog-witness: every status, and nothing written with a refusal."""

from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
from django.db import OperationalError
from django.test import Client

from provenance.tlog.checkpoint import verify_lines
from provenance.tlog.keys import Ed25519Signer, KeyType, NamedSigner
from provenance.tlog.note import parse_note, parse_signature_lines
from provenance.witness import views
from provenance.witness.errors import NotReady
from provenance.witness.models import Contradiction, CosignedTree, WatchedLog, WitnessKey
from provenance.witness.services import keys, watching
from provenance.witness.services.cosigning import add_checkpoint
from provenance.witness.tests.conftest import NAME
from provenance.witness.tests.logs import GrowingLog

TEXT = "text/plain; charset=utf-8"


def everything() -> list[object]:
    """All that the witness remembers of logs."""
    return [list(model.objects.order_by("pk").values()) for model in (WatchedLog, CosignedTree)]


def refused(response, status: int, words: str) -> None:
    assert (response.status_code, response["Content-Type"]) == (status, TEXT), response.content
    assert words in response.content.decode()
    assert "—" not in response.content.decode()


def test_the_first_checkpoint_is_cosigned_with_both_keys(ask, watched, grown):
    before = datetime.now(UTC).replace(microsecond=0)

    response = ask(grown.request(0, 5))

    assert (response.status_code, response["Content-Type"]) == (200, TEXT)
    lines = parse_signature_lines(response.content)
    note = parse_note(grown.note(5)).with_signatures(*lines)
    found = verify_lines(note, grown.checkpoint(5), keys.verifiers())
    assert [line.key.type for line in found] == [KeyType.COSIGNATURE_ED25519, KeyType.COSIGNATURE_MLDSA44]
    assert {line.key.name for line in found} == {NAME}
    assert all(before.timestamp() <= line.timestamp <= datetime.now(UTC).timestamp() for line in found)
    watched.refresh_from_db()
    assert (watched.size, bytes(watched.root)) == (5, grown.checkpoint(5).root)


def test_a_log_is_followed_from_size_to_size(ask, watched, grown):
    for old, size in [(0, 1), (1, 2), (2, 7), (7, 8), (8, 8), (8, 33), (33, 64)]:
        assert ask(grown.request(old, size)).status_code == 200

    assert list(CosignedTree.objects.values_list("size", flat=True).order_by("pk")) == [1, 2, 7, 8, 33, 64]


def test_an_empty_log_is_cosigned_too(ask, watched, grown):
    assert ask(grown.request(0, 0)).status_code == 200
    assert ask(grown.request(0, 0)).status_code == 200
    assert ask(grown.request(0, 3)).status_code == 200
    assert ask(grown.request(0, 0)).content == b"3\n"


def test_the_same_tree_again_refreshes_the_time(watched, grown):
    noon = datetime(2026, 11, 3, 12, tzinfo=UTC)
    add_checkpoint(grown.request(0, 5), now=noon)

    lines = parse_signature_lines(add_checkpoint(grown.request(5, 5), now=noon + timedelta(hours=1)).encode())

    note = parse_note(grown.note(5)).with_signatures(*lines)
    times = {line.timestamp for line in verify_lines(note, grown.checkpoint(5), keys.verifiers())}
    assert times == {int(noon.timestamp()) + 3600}
    watched.refresh_from_db()
    assert watched.cosigned_at == noon + timedelta(hours=1)
    assert CosignedTree.objects.get().cosigned_at == noon


def test_nothing_more_is_cosigned_of_a_log_once_its_successor_was(ask, watched, grown):
    following = GrowingLog("coffee.example/log/main/2", seed=2)
    watching.watch(following.origin, following.keys)
    assert ask(grown.request(0, 5)).status_code == 200
    assert ask(following.request(0, 0)).status_code == 200
    assert ask(grown.request(5, 6)).status_code == 200
    assert ask(following.request(0, 1)).status_code == 200
    before = everything()

    for again in (grown.request(6, 6), grown.request(6, 7)):
        refused(ask(again), 404, "has ended: this witness has cosigned coffee.example/log/main/2, which succeeds it.")

    assert everything() == before
    assert ask(following.request(1, 2)).status_code == 200


@pytest.mark.parametrize(
    "other",
    ["coffee.example/log/other/2", "coffee.example/log/main/2x", "other.example/log/main/2", "coffee.example/9"],
)
def test_logs_of_other_series_end_none(ask, watched, grown, other):
    stranger = GrowingLog(other, seed=2)
    watching.watch(stranger.origin, stranger.keys)

    assert ask(stranger.request(0, 3)).status_code == 200
    assert ask(grown.request(0, 5)).status_code == 200


def test_one_trusted_key_is_enough_and_lines_of_others_are_not_kept(ask, watched, grown):
    stranger = NamedSigner("stranger.example", KeyType.ED25519, Ed25519Signer.generate())
    body = grown.request(0, 5, note=grown.note(5, [stranger, grown.signers[0]]))

    assert ask(body).status_code == 200

    watched.refresh_from_db()
    assert [line.name for line in parse_note(watched.note.encode()).signatures] == [grown.origin, NAME, NAME]


def test_a_signature_line_that_cannot_be_read_is_nobodys(ask, watched, grown):
    assert ask(grown.request(0, 5) + "— someone.example ////\n".encode()).status_code == 200
    assert ask(grown.request(5, 6) + b"not a signature line\n").status_code == 200


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda body: b"", "A request is old SIZE"),
        (lambda body: body.removeprefix(b"old"), "A request is old SIZE"),
        (lambda body: body.replace(b"old 3", b"old 03"), "old size is not a decimal number"),
        (lambda body: body.replace(b"old 3", b"old -3"), "old size is not a decimal number"),
        (lambda body: body.replace(b"old 3", b"old  3"), "old size is not a decimal number"),
        (lambda body: body.replace(b"old 3\n", b"old 3\r\n"), "old size is not a decimal number"),
        (lambda body: body.replace(b"old 3\n", b"old 3\n????\n"), "hash of the proof is not valid base64"),
        (lambda body: body.replace(b"old 3\n", b"old 3\nAAAA\n"), "A hash of the proof has 32 bytes"),
        (lambda body: body.replace(b"old 3\n", b"old 3\n" + (b"A" * 43 + b"=\n") * 64), "at most 63 hashes"),
        (lambda body: body.replace(b"\n\n", b"\n"), "A request is old SIZE"),
        (lambda body: body.replace(b"\n5\n", b"\n05\n"), "tree size is not a decimal number"),
        (lambda body: body.replace(b"\n5\n", b"\n5\nextension\n"), "three lines"),
        (lambda body: body[:-1], "must end in a newline"),
        (lambda body: body + "— a.example AAAAAAA=\n".encode() * 100, "at most 100"),
        (lambda body: body + b"\xff", "not valid UTF-8"),
        (lambda body: body.replace(b"old 3", b"old 6"), "The old size, 6, is beyond the checkpoint's, 5."),
    ],
)
def test_a_malformed_request_is_a_bad_request(ask, watched, grown, change, words):
    ask(grown.request(0, 3))
    before = everything()

    refused(ask(change(grown.request(3, 5))), 400, words)

    assert everything() == before


def test_a_log_that_is_not_watched_is_not_found(ask, watched, grown):
    before = everything()

    refused(ask(GrowingLog("other.example/log").request(0, 5)), 404, "unknown log")

    assert everything() == before


def test_a_log_that_is_watched_no_more_is_not_found_and_not_forgotten(ask, watched, grown):
    ask(grown.request(0, 5))
    watching.stop(grown.origin)
    refused(ask(grown.request(5, 6)), 404, "unknown log")

    watching.watch(grown.origin, [])

    refused_size(ask(GrowingLog(forked_at=2).request(0, 5)), 5)
    assert ask(grown.request(5, 6)).status_code == 200


def refused_size(response, size: int) -> None:
    assert (response.status_code, response["Content-Type"]) == (409, "text/x.tlog.size")
    assert response.content == f"{size}\n".encode()


@pytest.mark.parametrize(
    "signers",
    [
        [],
        [NamedSigner("coffee.example/log/main/1", KeyType.ED25519, Ed25519Signer(b"x" * 32))],
        [NamedSigner("stranger.example", KeyType.ED25519, Ed25519Signer(bytes([1]) * 32))],
    ],
    ids=["nobody", "another key of that name", "that key under another name"],
)
def test_a_checkpoint_that_the_log_did_not_sign_is_forbidden(ask, watched, grown, signers):
    before = everything()
    stranger = NamedSigner("stranger.example", KeyType.ED25519, Ed25519Signer(b"y" * 32))

    note = grown.note(5, [stranger, *signers])

    refused(ask(grown.request(0, 5, note=note)), 403, "invalid signature")
    assert everything() == before


def test_a_signature_of_other_bytes_is_forbidden(ask, watched, grown):
    before = everything()
    text, _, _ = grown.note(6).rpartition(b"\n\n")
    _, _, lines = grown.note(5).rpartition(b"\n\n")

    refused(ask(grown.request(0, 6, note=text + b"\n\n" + lines)), 403, "The Ed25519 signature does not verify")

    assert everything() == before


def test_one_bad_signature_spoils_a_good_one(ask, watched, grown):
    before = everything()
    text, _, lines = grown.note(5).rpartition(b"\n\n")
    (good, _), (_, bad) = (note.rpartition(b"\n\n")[2].splitlines(True) for note in (grown.note(5), grown.note(6)))

    refused(ask(grown.request(0, 5, note=text + b"\n\n" + good + bad)), 403, "The ML-DSA-44 signature does not verify")

    assert lines.startswith(good)
    assert everything() == before


@pytest.mark.parametrize("old", [0, 1, 4])
def test_another_old_size_is_a_conflict_that_tells_the_size(ask, watched, grown, old):
    ask(grown.request(0, 3))
    before = everything()

    refused_size(ask(grown.request(old, 5)), 3)

    assert everything() == before


def test_a_smaller_tree_is_a_conflict_that_tells_the_size(ask, watched, grown):
    ask(grown.request(0, 5))

    refused_size(ask(grown.request(0, 3)), 5)
    refused_size(ask(grown.request(3, 3)), 5)


def test_another_root_at_the_same_size_is_a_conflict_without_a_size_and_is_kept(ask, watched, grown, caplog):
    ask(grown.request(0, 5))
    before = everything()

    for _ in range(2):
        refused(ask(GrowingLog(forked_at=2).request(5, 5)), 409, "The log has two histories.")

    assert everything() == before
    kept = Contradiction.objects.get()
    assert (kept.size, bytes(kept.root)) == (5, GrowingLog(forked_at=2).checkpoint(5).root)
    assert len(verify_lines(parse_note(kept.note.encode()), GrowingLog(forked_at=2).checkpoint(5), grown.keys)) == 2
    assert [record.getMessage() for record in caplog.records if record.levelname == "CRITICAL"] == [
        "the log coffee.example/log/main/1 has signed two trees of size 5"
    ]


def test_a_contradiction_is_kept_whatever_the_request_is_refused_for(ask, watched, grown):
    ask(grown.request(0, 3))
    ask(grown.request(3, 5))

    refused_size(ask(GrowingLog(forked_at=2).request(0, 3)), 5)

    assert Contradiction.objects.get().size == 3


def test_an_unsigned_contradiction_is_not_kept(ask, watched, grown):
    ask(grown.request(0, 5))

    ask(GrowingLog(forked_at=2, seed=9).request(5, 5))

    assert not Contradiction.objects.exists()


def test_a_history_that_branches_off_is_unprocessable(ask, watched, grown):
    ask(grown.request(0, 5))
    before = everything()
    other = GrowingLog(forked_at=2)

    refused(ask(other.request(5, 8)), 422, "consistency proof")
    refused(ask(other.request(5, 8, proof=grown.proof(5, 8))), 422, "consistency proof")

    assert everything() == before


@pytest.mark.parametrize(
    ("old", "size", "proof"),
    [
        (5, 8, []),
        (5, 8, [bytes(32)] * 63),
        (5, 5, [bytes(32)]),
        (0, 8, None),
    ],
)
def test_a_proof_that_does_not_fit_is_unprocessable(ask, watched, grown, old, size, proof):
    if old:
        ask(grown.request(0, old))
    before = everything()

    refused(ask(grown.request(old, size, proof=[bytes(32)] if proof is None else proof)), 422, "consistency proof")

    assert everything() == before


def test_a_witness_without_keys_cosigns_nothing(ask, db, grown):
    watching.watch(grown.origin, grown.keys)

    response = ask(grown.request(0, 5))

    refused(response, 503, "manage.py create_witness NAME")
    assert response["Retry-After"] == "5"
    assert not CosignedTree.objects.exists()


def test_a_witness_whose_keys_do_not_open_cosigns_nothing_and_says_so(ask, watched, grown, settings, caplog):
    settings.KEY_ENCRYPTION_KEY = bytes(32)

    refused(ask(grown.request(0, 5)), 503, "The keys of this witness do not open.")

    assert [record.levelname for record in caplog.records if "cannot sign" in record.getMessage()] == ["CRITICAL"]
    assert not CosignedTree.objects.exists()


def test_a_clock_that_runs_behind_signs_nothing(watched, grown):
    noon = datetime(2026, 11, 3, 12, tzinfo=UTC)
    add_checkpoint(grown.request(0, 5), now=noon)
    before = everything()

    with pytest.raises(NotReady, match="clock of this witness is behind"):
        add_checkpoint(grown.request(5, 6), now=noon - timedelta(seconds=1))

    assert everything() == before


def test_a_busy_database_is_told_as_such(ask, watched, grown, monkeypatch):
    def busy(body: bytes) -> str:
        raise OperationalError("database is locked")

    monkeypatch.setattr(views, "add_checkpoint", busy)

    refused(ask(grown.request(0, 5)), 503, "Nothing was cosigned.")


@pytest.mark.parametrize("more", [64 * 1024, 3_000_000])
def test_a_body_is_limited(ask, watched, grown, more):
    refused(ask(grown.request(0, 5) + b"x" * more), 413, "at most 65536 bytes")

    assert not CosignedTree.objects.exists()


def test_a_body_sent_in_chunks_is_read(client, watched, grown):
    def ask(body: bytes):
        # As gunicorn hands it over: a stream that ends by itself, and no length.
        ending = {"wsgi.input": BytesIO(body), "wsgi.input_terminated": True, "CONTENT_LENGTH": ""}
        return client.generic("POST", "/witness/add-checkpoint", content_type="text/plain", **ending)

    assert ask(grown.request(0, 5)).status_code == 200
    refused(ask(b"x" * 3_000_000), 413, "at most 65536 bytes")


def test_a_body_that_cannot_be_read_is_a_bad_request(client, watched, grown, caplog):
    class BrokenOff(BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise ValueError("Invalid chunk size")

    ending = {"wsgi.input": BrokenOff(), "wsgi.input_terminated": True, "CONTENT_LENGTH": ""}
    response = client.generic("POST", "/witness/add-checkpoint", content_type="text/plain", **ending)

    refused(response, 400, "The body of the request cannot be read.")
    assert [record.levelname for record in caplog.records] == ["WARNING"]


@pytest.mark.parametrize("separator", ["\u2028", "\x85", "\x0b", "\x0c", "\x1c"])
def test_a_signature_line_ends_at_a_newline_and_at_nothing_else(ask, watched, grown, separator):
    text, _, lines = grown.note(5).decode().rpartition("\n\n")
    hidden = "".join(f"— someone.example AAAA{separator}{line}\n" for line in lines.split("\n")[:-1])

    refused(ask(grown.request(0, 5, note=f"{text}\n\n{hidden}".encode())), 403, "no key that is trusted")


def test_requests_are_limited_for_each_address(client, watched, grown, settings):
    settings.WITNESS_RATE = 2

    def ask_from(address: str) -> int:
        return client.post("/witness/add-checkpoint", b"", content_type="text/plain", REMOTE_ADDR=address).status_code

    assert [ask_from("192.0.2.1") for _ in range(3)] == [400, 400, 429]
    assert ask_from("192.0.2.2") == 400
    response = client.post("/witness/add-checkpoint", b"", content_type="text/plain", REMOTE_ADDR="192.0.2.1")
    assert response["Retry-After"] == "60"


def test_only_a_post_is_answered(client, watched):
    assert client.get("/witness/add-checkpoint").status_code == 405


def test_no_cookie_and_no_csrf_token_is_asked_for_or_set(watched, grown):
    strict = Client(enforce_csrf_checks=True)

    response = strict.post("/witness/add-checkpoint", grown.request(0, 5), content_type="text/plain")

    assert response.status_code == 200
    assert response.cookies == {}
    assert response["Cache-Control"] == "no-store"


def test_keys_lie_sealed_and_are_not_those_of_a_mirror(watched):
    sealed = [bytes(row.sealed) for row in WitnessKey.objects.order_by("kind")]
    signers = keys.signers()

    assert [signer.verifier for signer in signers] == keys.verifiers()
    assert not any(signer.signer.seed in each for signer, each in zip(signers, sealed, strict=True))
    assert keys.signers(WitnessKey.Role.MIRROR) == []
    mirror = keys.create("ngo.example/mirror", WitnessKey.Role.MIRROR)
    assert keys.verifiers() == [signer.verifier for signer in signers]
    assert keys.verifiers(WitnessKey.Role.MIRROR) == mirror


@pytest.mark.parametrize("model", [CosignedTree, Contradiction, WitnessKey])
def test_what_was_kept_is_not_changed_through_the_model(ask, watched, grown, model):
    ask(grown.request(0, 5))
    ask(GrowingLog(forked_at=2).request(5, 5))
    row = model.objects.first()

    with pytest.raises(TypeError, match="never changed"):
        row.save()
    with pytest.raises(TypeError, match="never deleted"):
        row.delete()
