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
from functools import partial
from hashlib import sha256
from uuid import UUID

import brotli
from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from django.utils.translation import get_language

from provenance.shelf.keeping.store import still
from provenance.shelf.languages import chosen

GREATEST_AGE = 60.0  # seconds
MOST_BYTES = 16 * 1024 * 1024
# Most pages of bags are asked for once: more effort would cost more than it spares.
GZIP_LEVEL, BROTLI_QUALITY = 1, 3
# The better one first.
COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "br": partial(brotli.compress, quality=BROTLI_QUALITY),
    "gzip": partial(gzip.compress, compresslevel=GZIP_LEVEL, mtime=0),
}
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
    body: bytes
    encoding: str
    etag: str
    page: UUID | None
    since: float


_lock = threading.Lock()
_answers: OrderedDict[Hashable, _Warm] = OrderedDict()
_bytes = 0


def served(request: HttpRequest, asked: Hashable, tell: Callable[[], HttpResponse]) -> HttpResponse:
    """What ``tell`` answers, or answered within a minute to the same question if all that it rests on is as it was."""
    accepted = request.META.get("HTTP_ACCEPT_ENCODING", "")
    encoding = next((each for each in COMPRESS if each in accepted), "")
    key = (asked, get_language(), bool(chosen(request)), encoding)
    warm = _answers.get(key)
    if warm is None or _is_over(warm) or not (warm.page and still(warm.page)):
        answer = tell()
        if not isinstance(answer, PageAnswer):
            return answer
        warm = _compressed(answer, encoding)
        _remember(key, warm)
    return _response(request, warm)


def _compressed(answer: PageAnswer, encoding: str) -> _Warm:
    etag = f'W/"{sha256(answer.content).hexdigest()[:22]}"'
    # No secret stands in these pages and no cookie goes with them, so their length gives nothing away (BREACH).
    body = COMPRESS[encoding](answer.content) if encoding else answer.content
    return _Warm(body, encoding, etag, answer.page, time.monotonic())


def _remember(key: Hashable, warm: _Warm) -> None:
    """Keep it, and no more than ``MOST_BYTES`` of the last minute's; of what cannot be proved, nothing."""
    global _bytes
    with _lock:
        if old := _answers.pop(key, None):
            _bytes -= len(old.body)
        if warm.page is None:
            return
        _answers[key] = warm
        _bytes += len(warm.body)
        # Also what was not asked for again: somebody may have withdrawn the words in it.
        while _answers and (_bytes > MOST_BYTES or _is_over(next(iter(_answers.values())))):
            _bytes -= len(_answers.popitem(last=False)[1].body)


def _is_over(warm: _Warm) -> bool:
    return time.monotonic() - warm.since > GREATEST_AGE


def _response(request: HttpRequest, warm: _Warm) -> HttpResponse:
    answer = HttpResponse(
        warm.body, headers={"Cache-Control": FRESH_PAGE, "ETag": warm.etag, "Vary": "Accept-Encoding"}
    )
    if warm.encoding:
        answer["Content-Encoding"] = warm.encoding
    if "HTTP_IF_NONE_MATCH" in request.META:
        return get_conditional_response(request, etag=warm.etag, response=answer)
    return answer
