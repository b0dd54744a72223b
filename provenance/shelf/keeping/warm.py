"""
The last pages that this process gave, compressed, by what was asked for. Each is proved with one query before it is
given again.

What the proof does not see (how often a bag was opened, what a product is called) may be ``GREATEST_AGE`` old.
"""

import gzip
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from django.utils.translation import get_language

from provenance.shelf.keeping.store import still
from provenance.shelf.languages import chosen

GREATEST_AGE = 60.0  # seconds
MOST_BYTES = 16 * 1024 * 1024
LEVEL = 1  # of gzip: most pages of bags are asked for once
# A checkpoint lives about as long; nothing here is personal to who asks.
FRESH = "public, max-age=5"
# Caches on the way may answer with a page for so many seconds more while they ask for it anew.
FRESH_PAGE = f"{FRESH}, stale-while-revalidate=5"


class PageAnswer(HttpResponse):
    """A lot's page. ``page``: the kept page by which it can be proved later; None where there is none."""

    def __init__(self, html: str, page: UUID | None) -> None:
        super().__init__(html, headers={"Cache-Control": FRESH_PAGE})
        self.page = page


@dataclass(frozen=True)
class _Warm:
    compressed: bytes
    etag: str
    page: UUID | None
    since: float


_lock = threading.Lock()
_answers: OrderedDict[Hashable, _Warm] = OrderedDict()
_bytes = 0


def served(request: HttpRequest, asked: Hashable, tell: Callable[[], HttpResponse]) -> HttpResponse:
    """What ``tell`` answers, or answered within a minute to the same question if all that it rests on is as it was."""
    key = (asked, get_language(), bool(chosen(request)))
    warm = _answers.get(key)
    if warm is None or time.monotonic() - warm.since > GREATEST_AGE or not (warm.page and still(warm.page)):
        answer = tell()
        if not isinstance(answer, PageAnswer):
            return answer
        warm = _compressed(answer)
        _remember(key, warm)
    return _response(request, warm)


def _compressed(answer: PageAnswer) -> _Warm:
    etag = f'W/"{sha256(answer.content).hexdigest()[:22]}"'
    # No secret stands in these pages and no cookie goes with them, so their length gives nothing away (BREACH).
    return _Warm(gzip.compress(answer.content, LEVEL, mtime=0), etag, answer.page, time.monotonic())


def _remember(key: Hashable, warm: _Warm) -> None:
    """Keep it, and no more than ``MOST_BYTES`` of the last ones; of what cannot be proved, nothing."""
    global _bytes
    with _lock:
        if old := _answers.pop(key, None):
            _bytes -= len(old.compressed)
        if warm.page is None:
            return
        _answers[key] = warm
        _bytes += len(warm.compressed)
        while _bytes > MOST_BYTES:
            _bytes -= len(_answers.popitem(last=False)[1].compressed)


def _response(request: HttpRequest, warm: _Warm) -> HttpResponse:
    takes_gzip = "gzip" in request.META.get("HTTP_ACCEPT_ENCODING", "")
    body = warm.compressed if takes_gzip else gzip.decompress(warm.compressed)
    answer = HttpResponse(body, headers={"Cache-Control": FRESH_PAGE, "ETag": warm.etag, "Vary": "Accept-Encoding"})
    if takes_gzip:
        answer["Content-Encoding"] = "gzip"
    if "HTTP_IF_NONE_MATCH" in request.META:
        return get_conditional_response(request, etag=warm.etag, response=answer)
    return answer
