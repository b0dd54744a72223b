"""What a phone needs to check a page by itself."""

import gzip
import json
import re
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

import brotli
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from provenance.shelf.keeping.memory import Memory, Told
from provenance.shelf.keeping.warm import FRESH
from provenance.shelf.proving.bundle import bundle_to_keep
from provenance.trail.models import Lot

# What every browser takes by https; a tenth less than gzip, which the others get.
TAKES_BROTLI, TAKES_GZIP = re.compile(r"\bbr\b"), re.compile(r"\bgzip\b")
QUALITY = 5  # of 11: as fast as gzip usually is
MOST_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True)
class Packed:
    """A bundle's JSON as it travels. Nothing in it is secret, so its length gives nothing away (BREACH)."""

    brotli: bytes

    @cached_property
    def gzip(self) -> bytes:
        return gzip.compress(self.plain, compresslevel=6, mtime=0)

    @property
    def plain(self) -> bytes:
        return brotli.decompress(self.brotli)


# By lot: nothing else of an address tells bundles apart.
kept: Memory[Packed | None] = Memory(MOST_BYTES)


@require_safe
def bundle(request: HttpRequest, lot: UUID) -> HttpResponse:
    """The signed statements behind a lot's page with their proofs, as JSON; ``lot`` is UUIDv5 of the lot's URI."""
    packed = kept.take(lot, lambda: _told(lot))
    if packed is None:
        return _open(JsonResponse({"detail": "Nobody has recorded this lot."}, status=404))
    answer = HttpResponse(content_type="application/json", headers={"Cache-Control": FRESH})
    patch_vary_headers(answer, ["Accept-Encoding"])
    accepted = request.headers.get("Accept-Encoding", "")
    if TAKES_BROTLI.search(accepted):
        answer.content, answer["Content-Encoding"] = packed.brotli, "br"
    elif TAKES_GZIP.search(accepted):
        answer.content, answer["Content-Encoding"] = packed.gzip, "gzip"
    else:
        answer.content = packed.plain
    return _open(answer)


def _told(lot: UUID) -> Told[Packed | None]:
    uri = Lot.objects.filter(pk=lot).values_list("uri", flat=True).first()
    found = bundle_to_keep(uri) if uri else None
    if found is None:
        return Told(None)
    bundle, standing = found
    packed = Packed(brotli.compress(json.dumps(bundle, separators=(",", ":")).encode(), quality=QUALITY))
    if standing is None:
        return Told(packed)
    # Somebody may ask for it by gzip, which is a little larger.
    return Told(packed, 3 * len(packed.brotli) + standing.size, standing.holds)


def _open(answer: HttpResponse) -> HttpResponse:
    """Whoever checks from another site may read it."""
    answer["Access-Control-Allow-Origin"] = "*"
    return answer
