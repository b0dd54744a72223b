"""The log itself, at its origin's prefix: checkpoint, tiles, entries (C2SP tlog-tiles), and what to trust it by."""

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.http import require_safe
from rest_framework.authentication import TokenAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from provenance.audit.problems import problem
from provenance.audit.services.finding import log_of
from provenance.audit.services.packing import trust_of
from provenance.audit.services.readers import Reader
from provenance.coffee.acts import Genesis
from provenance.coffee.statement import parse
from provenance.tlog.errors import TlogError
from provenance.tlog.tiles import parse_tile_path
from provenance.trail.models import Log
from provenance.trail.services.cosigning import cosigned, policy_text
from provenance.trail.services.queries import genesis_of, latest_checkpoint
from provenance.trail.services.tiles import entries, read_tile

TEXT = "text/plain; charset=utf-8"
IMMUTABLE = "public, max-age=31536000, immutable"


def _answer(data: bytes | str, kind: str, cache: str) -> HttpResponse:
    response = HttpResponse(data, content_type=kind)
    response["Cache-Control"] = cache
    response["Access-Control-Allow-Origin"] = "*"
    return response


def _no_log() -> HttpResponse:
    return problem(404, "This server keeps no such log.")


@require_safe
def checkpoint(request: HttpRequest, name: str, number: int) -> HttpResponseBase:
    """The newest released checkpoint, with the lines of those who have witnessed it."""
    log = log_of(name, number)
    newest = latest_checkpoint(log) if log else None
    if newest is None:
        return _no_log()
    return _answer(cosigned(newest), TEXT, "public, max-age=5")


@require_safe
def tile(request: HttpRequest, name: str, number: int, path: str) -> HttpResponseBase:
    """Hashes of a tile, or an entry bundle. Beyond the released checkpoint there is nothing to see."""
    log = log_of(name, number)
    newest = latest_checkpoint(log) if log else None
    if log is None or newest is None:
        return _no_log()
    try:
        asked = parse_tile_path(f"tile/{path}")
    except TlogError as error:
        return problem(400, str(error))
    level = asked.level or 0
    if ((asked.index * 256 + asked.width) << (8 * level)) > newest.size:
        return problem(404, "The log is not that large yet.")
    if asked.level is None and not _may_read_entries(request, log):
        return problem(403, "The entries of this log are for auditors. Send your token.")
    data = (
        entries(log, asked.index, asked.width)
        if asked.level is None
        else read_tile(log, level, asked.index, asked.width)
    )
    cache = IMMUTABLE if asked.level is not None else "private, max-age=31536000, immutable"
    return _answer(data, "application/octet-stream", cache)


@require_safe
def trust(request: HttpRequest, name: str, number: int) -> HttpResponseBase:
    """Keys and first leaf, as this server gives them. Compare it with one that you got another way."""
    log = log_of(name, number)
    if log is None or latest_checkpoint(log) is None:
        return _no_log()
    return _answer(trust_of(log), TEXT, "public, max-age=300")


@require_safe
def policy(request: HttpRequest, name: str, number: int) -> HttpResponseBase:
    """The operator's tlog-policy file."""
    log = log_of(name, number)
    return _answer(policy_text(log), TEXT, "public, max-age=300") if log else _no_log()


def _may_read_entries(request: HttpRequest, log: Log) -> bool:
    genesis = parse(bytes(genesis_of(log).statement)).body
    if isinstance(genesis, Genesis) and genesis.entries == "public":
        return True
    try:
        by_token = TokenAuthentication().authenticate(Request(request))
    except AuthenticationFailed:
        return False
    return Reader.of(by_token[0] if by_token else request.user).everything
