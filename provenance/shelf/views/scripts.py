"""The check as a phone fetches it."""

import gzip
from functools import lru_cache

import brotli
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from provenance.shelf.proving.script import check_script

FOR_EVER = "public, max-age=31536000, immutable"


@require_safe
def check(request: HttpRequest, digest: str) -> HttpResponse:
    """A page that was kept somewhere may ask for the script of an older release: it gets what is here now."""
    script = check_script()
    accepted = request.headers.get("Accept-Encoding", "")
    encoding = next((each for each in ("br", "gzip") if each in accepted), "")
    answer = HttpResponse(_compressed(script.text, encoding), content_type="text/javascript; charset=utf-8")
    if encoding:
        answer["Content-Encoding"] = encoding
    answer["Cache-Control"] = FOR_EVER if digest == script.digest else "no-cache"
    patch_vary_headers(answer, ["Accept-Encoding"])
    return answer


@lru_cache(maxsize=3)
def _compressed(text: str, encoding: str) -> bytes:
    data = text.encode()
    return {"br": brotli.compress, "gzip": gzip.compress}[encoding](data) if encoding else data
