"""What a phone needs to check a page by itself."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from provenance.shelf.keeping.warm import FRESH
from provenance.shelf.proving.bundle import bundle_of
from provenance.trail.models import Lot


@require_safe
@gzip_page
def bundle(request: HttpRequest, lot: UUID) -> HttpResponse:
    """The signed statements behind a lot's page with their proofs, as JSON; ``lot`` is UUIDv5 of the lot's URI."""
    uri = Lot.objects.filter(pk=lot).values_list("uri", flat=True).first()
    found = bundle_of(uri) if uri else None
    if found is None:
        return _open(JsonResponse({"detail": "Nobody has recorded this lot."}, status=404))
    answer = JsonResponse(found)
    answer["Cache-Control"] = FRESH
    return _open(answer)


def _open(answer: HttpResponse) -> HttpResponse:
    """Whoever checks from another site may read it."""
    answer["Access-Control-Allow-Origin"] = "*"
    return answer
