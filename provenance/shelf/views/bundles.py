"""What a phone needs to check a page by itself."""

import re
from uuid import UUID

import brotli
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.cache import patch_vary_headers
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from provenance.shelf.keeping.warm import FRESH
from provenance.shelf.proving.bundle import bundle_of
from provenance.trail.models import Lot

# What every browser takes by https; a tenth less than gzip, which the others get.
TAKES_BROTLI = re.compile(r"\bbr\b")
QUALITY = 5  # of 11: as fast as gzip usually is


@require_safe
@gzip_page
def bundle(request: HttpRequest, lot: UUID) -> HttpResponse:
    """The signed statements behind a lot's page with their proofs, as JSON; ``lot`` is UUIDv5 of the lot's URI."""
    uri = Lot.objects.filter(pk=lot).values_list("uri", flat=True).first()
    found = bundle_of(uri) if uri else None
    if found is None:
        return _open(JsonResponse({"detail": "Nobody has recorded this lot."}, status=404))
    answer = JsonResponse(found, json_dumps_params={"separators": (",", ":")})
    answer["Cache-Control"] = FRESH
    patch_vary_headers(answer, ["Accept-Encoding"])
    if TAKES_BROTLI.search(request.headers.get("Accept-Encoding", "")):
        answer.content = brotli.compress(answer.content, quality=QUALITY)
        answer["Content-Encoding"] = "br"
    return _open(answer)


def _open(answer: HttpResponse) -> HttpResponse:
    """Whoever checks from another site may read it."""
    answer["Access-Control-Allow-Origin"] = "*"
    return answer
