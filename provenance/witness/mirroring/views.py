"""What a mirror serves: each log at /mirror/<origin>/, laid out as at its own server, and cosignatures to logs."""

import time
from hmac import compare_digest

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from provenance.tlog.checkpoint import verify_lines
from provenance.tlog.errors import TlogError
from provenance.witness.asking import MAX_BODY_BYTES, Asked, parse
from provenance.witness.errors import Malformed
from provenance.witness.mirroring.errors import NotReplayed
from provenance.witness.mirroring.keeping import read_trust, reader_of
from provenance.witness.mirroring.replaying import cosign
from provenance.witness.models import MirroredLog
from provenance.witness.rates import MINUTE, over

TEXT = "text/plain; charset=utf-8"
# A log gives its witnesses five seconds; within them the mirror's next pull may bring what it is asked about.
PATIENCE = 4.0  # seconds
GLANCE = 0.25


@require_safe
def file(request: HttpRequest, origin: str, path: str) -> HttpResponse:
    """GET /mirror/<origin>/checkpoint, /mirror/<origin>/tile/…: the files of C2SP tlog-tiles."""
    log = MirroredLog.objects.filter(origin=origin).first()
    if log is None:
        return _text("This server mirrors no such log.\n", 404)
    is_bundle = path.startswith("tile/entries/")
    if is_bundle and not log.entries_public and not _may_read_entries(request):
        return _text("The entries of this log are for auditors. Ask the mirror's operator for its token.\n", 403)
    data = reader_of(log)(path)
    if data is None:
        return _text("This mirror does not hold it.\n", 404)
    is_tile = path.startswith("tile/")
    response = HttpResponse(data, content_type="application/octet-stream" if is_tile else TEXT)
    kind = "private" if is_bundle and not log.entries_public else "public"
    response["Cache-Control"] = f"{kind}, max-age=31536000, immutable" if is_tile else "public, max-age=5"
    response["Access-Control-Allow-Origin"] = "*"
    return response


def _may_read_entries(request: HttpRequest) -> bool:
    word, _, token = request.headers.get("Authorization", "").partition(" ")
    return bool(settings.MIRROR_TOKEN) and word == "Token" and compare_digest(token, settings.MIRROR_TOKEN)


# Logs have no cookies; what counts is the log's signature in the body.
@csrf_exempt
@require_POST
def submit(request: HttpRequest) -> HttpResponse:
    """
    POST /mirror/add-checkpoint: as C2SP tlog-witness has it, by the mirror's own keys.

    The mirror needs no proof of consistency and asks for no old size: it holds the tree. A checkpoint that it has not
    replayed yet, or that does not end in the newest index leaf, is answered with 503: asked later, it may be.
    """
    if over(request, settings.WITNESS_RATE):
        return _text("You ask too often: try again in a minute.\n", 429, retry_after=MINUTE)
    if len(request.body) > MAX_BODY_BYTES:
        return _text(f"A request has at most {MAX_BODY_BYTES} bytes.\n", 413)
    try:
        asked = parse(request.body)
    except Malformed as error:
        return _text(error.body, error.status)
    log = MirroredLog.objects.filter(origin=asked.checkpoint.origin).first()
    if log is None:
        return _text("This server mirrors no such log.\n", 404)
    if not _is_signed(log, asked):
        return _text("No key that is trusted for this log has signed the checkpoint.\n", 403)
    try:
        return _text(_cosigned(log, asked), 200)
    except (NotReplayed, TlogError) as error:
        return _text(f"{error}\n", 503, retry_after=5)


def _is_signed(log: MirroredLog, asked: Asked) -> bool:
    keys = read_trust(log.trust).keys(log.origin)
    try:
        return {line.key for line in verify_lines(asked.note, asked.checkpoint, keys)} == set(keys)
    except TlogError:
        return False


def _cosigned(log: MirroredLog, asked: Asked) -> str:
    until = time.monotonic() + PATIENCE
    while asked.checkpoint.size > log.indexed and time.monotonic() < until:
        time.sleep(GLANCE)
        log.refresh_from_db()
    return cosign(log, asked.checkpoint)


def _text(body: str, status: int, *, retry_after: int | None = None) -> HttpResponse:
    response = HttpResponse(body, status=status, content_type=TEXT)
    response["Cache-Control"] = "no-store"
    if retry_after is not None:
        response["Retry-After"] = str(retry_after)
    return response
