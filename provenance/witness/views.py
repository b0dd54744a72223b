"""What a witness answers: cosignatures to logs, checkpoints to monitors, and a page to people."""

from django.conf import settings
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from provenance.tlog.keys import VerifierKey
from provenance.tlog.note import parse_note
from provenance.witness.asking import MAX_BODY_BYTES
from provenance.witness.errors import Malformed, NotReady, Refusal, TooLong
from provenance.witness.models import CosignedTree, WatchedLog, address_of
from provenance.witness.rates import MINUTE, over
from provenance.witness.services import keys, watching
from provenance.witness.services.cosigning import add_checkpoint

TEXT = "text/plain; charset=utf-8"
FRESH = "public, max-age=5"
SECONDS = "%Y-%m-%dT%H:%M:%SZ"


# Logs have no cookies; what counts is the log's signature in the body.
@csrf_exempt
@require_POST
def submit(request: HttpRequest) -> HttpResponse:
    """POST /witness/add-checkpoint (C2SP tlog-witness)."""
    if over(request, settings.WITNESS_RATE):
        return _plain("You ask too often: try again in a minute.\n", 429, retry_after=MINUTE)
    try:
        return _plain(add_checkpoint(_body(request)), 200)
    except NotReady as error:
        return _plain(error.body, error.status, retry_after=5)
    except Refusal as error:
        return _plain(error.body, error.status, content_type=error.content_type)
    except OperationalError:
        return _plain("The database of this witness is busy. Nothing was cosigned.\n", 503, retry_after=5)


@require_safe
def checkpoint(request: HttpRequest, log: str) -> HttpResponse:
    """GET /witness/logs/{origin, or its SHA-256}/checkpoint: the latest one cosigned, with the log's lines and ours."""
    found = _called(log)
    if found is None or not found.note:
        return _public("Nothing of this log has been cosigned here.\n", 404)
    return _public(found.note)


@require_safe
def contradictions(request: HttpRequest, log: str) -> HttpResponse:
    """GET /witness/logs/{origin, or its SHA-256}/contradictions: pairs of notes of one size and two roots."""
    found = _called(log)
    if found is None:
        return _public("This log was never watched here.\n", 404)
    pairs = []
    for other in found.contradictions.order_by("pk"):
        first = CosignedTree.objects.get(log=found, size=other.size)
        pairs.append(f"Cosigned at {first.cosigned_at:{SECONDS}}:\n\n{first.note}\n")
        pairs.append(f"Signed by the log as well, received at {other.received_at:{SECONDS}}:\n\n{other.note}\n")
    return _public("".join(pairs) or "None.\n")


@require_safe
def policy(request: HttpRequest) -> HttpResponse:
    """GET /witness/policy: lines for somebody's tlog-policy file."""
    found = keys.verifiers()
    if not found:
        return _public("This installation is no witness.\n", 404)
    lines = [
        "# One witness with two keys: put both into one group with the threshold any, and count it once.",
        *(f"witness {key.name}/{kind} {key.vkey} {settings.PUBLIC_URL}/witness" for kind, key in _kinds(found)),
        f"group {found[0].name} any {' '.join(f'{key.name}/{kind}' for kind, key in _kinds(found))}",
    ]
    return _public("\n".join(lines) + "\n")


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """GET /witness/: who this witness is, how to be watched, and what it watches."""
    logs = [_shown(log) for log in watching.ever_watched()]
    context = {
        "keys": _kinds(keys.verifiers()),
        "logs": logs,
        "alarm": any(each["contradictions"] for each in logs),
        "url": f"{settings.PUBLIC_URL}/witness",
    }
    response = render(request, "witness/witness.html", context)
    response["Cache-Control"] = FRESH
    return response


def _body(request: HttpRequest) -> bytes:
    """
    The body; raises ``TooLong``, and ``Malformed`` where it breaks off.

    One that is sent in chunks has no length, which Django takes for empty: then the server's own stream is read.
    """
    stream = request.META["wsgi.input"] if request.META.get("wsgi.input_terminated") else request
    try:
        body = bytes(stream.read(MAX_BODY_BYTES + 1))
    except Exception:
        # Each server has errors of its own for a visitor who goes away or sends no valid chunks.
        raise Malformed("The body of the request cannot be read.") from None
    if len(body) > MAX_BODY_BYTES:
        raise TooLong(f"A request has at most {MAX_BODY_BYTES} bytes.")
    return body


def _shown(log: WatchedLog) -> dict[str, object]:
    return {
        "log": log,
        "own": log.origin.startswith(f"{settings.TRAIL_HOST}/"),
        "lines": len(parse_note(log.note.encode()).signatures) if log.note else 0,
        "contradictions": log.contradictions.count(),
    }


def _kinds(found: list[VerifierKey]) -> list[tuple[str, VerifierKey]]:
    return list(zip(("ed25519", "ml-dsa-44"), found, strict=False))


def _called(name: str) -> WatchedLog | None:
    """The log by its origin, or by the hash of it; also one that is watched no more, whose evidence stays."""
    origins = WatchedLog.objects.values_list("origin", flat=True)
    origin = next((each for each in origins if name in (each, address_of(each))), None)
    return WatchedLog.objects.filter(origin=origin).first()


def _plain(body: str, status: int, *, content_type: str = TEXT, retry_after: int | None = None) -> HttpResponse:
    response = HttpResponse(body, status=status, content_type=content_type)
    response["Cache-Control"] = "no-store"
    if retry_after is not None:
        response["Retry-After"] = str(retry_after)
    return response


def _public(body: str, status: int = 200) -> HttpResponse:
    response = HttpResponse(body, status=status, content_type=TEXT)
    response["Cache-Control"] = FRESH
    response["Access-Control-Allow-Origin"] = "*"
    return response
