"""What a phone needs to check a page by itself."""

import json
import re
from uuid import UUID

import brotli
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.cache import patch_vary_headers
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from provenance.shelf.keeping.memory import Memory, Told
from provenance.shelf.keeping.warm import FRESH
from provenance.shelf.proving.bundle import bundle_to_keep
from provenance.trail.models import Lot

# What every browser takes by https; a tenth less than gzip, which the others get.
TAKES_BROTLI = re.compile(r"\bbr\b")
QUALITY = 5  # of 11: as fast as gzip usually is
MOST_BYTES = 16 * 1024 * 1024

# By lot, as JSON, compressed by brotli. Nothing else of the address tells bundles apart.
kept: Memory[bytes | None] = Memory(MOST_BYTES)


@require_safe
@gzip_page
def bundle(request: HttpRequest, lot: UUID) -> HttpResponse:
    """The signed statements behind a lot's page with their proofs, as JSON; ``lot`` is UUIDv5 of the lot's URI."""
    packed = kept.take(lot, lambda: _told(lot))
    if packed is None:
        return _open(JsonResponse({"detail": "Nobody has recorded this lot."}, status=404))
    answer = HttpResponse(content_type="application/json", headers={"Cache-Control": FRESH})
    patch_vary_headers(answer, ["Accept-Encoding"])
    if TAKES_BROTLI.search(request.headers.get("Accept-Encoding", "")):
        answer.content = packed
        answer["Content-Encoding"] = "br"
    else:
        answer.content = brotli.decompress(packed)
    return _open(answer)


def _told(lot: UUID) -> Told[bytes | None]:
    uri = Lot.objects.filter(pk=lot).values_list("uri", flat=True).first()
    found = bundle_to_keep(uri) if uri else None
    if found is None:
        return Told(None)
    bundle, standing = found
    packed = brotli.compress(json.dumps(bundle, separators=(",", ":")).encode(), quality=QUALITY)
    if standing is None:
        return Told(packed)
    return Told(packed, len(packed) + standing.size, standing.holds)


def _open(answer: HttpResponse) -> HttpResponse:
    """Whoever checks from another site may read it."""
    answer["Access-Control-Allow-Origin"] = "*"
    return answer
