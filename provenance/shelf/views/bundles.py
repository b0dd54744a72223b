"""What a phone needs to check a page by itself."""

from urllib.parse import quote

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from provenance.coffee.errors import UnknownIdentifier
from provenance.coffee.identifiers import check_uri
from provenance.shelf.proving.bundle import bundle_of
from provenance.shelf.reading import page_of
from provenance.shelf.views.pages import FRESH


@require_safe
def bundle(request: HttpRequest) -> HttpResponse:
    """The signed statements behind a lot's page, with their proofs, as JSON."""
    lot_uri, size, number = (request.GET.get(name) for name in ("lot", "size", "log"))
    try:
        check_uri(lot_uri or "", field="lot")
    except UnknownIdentifier as error:
        return JsonResponse({"detail": str(error)}, status=400)
    if not _is_number(size) or not _is_number(number):
        return JsonResponse({"detail": "size, log: a number of entries, a place in the series, as digits."}, status=400)
    page = page_of(lot_uri or "")
    if page is None:
        return JsonResponse({"detail": "Nobody has recorded this lot."}, status=404)
    answer = JsonResponse(bundle_of(page, int(size) if size else None, int(number or 0)))
    answer["Cache-Control"] = FRESH
    answer["Access-Control-Allow-Origin"] = "*"
    if "save" in request.GET:
        answer["Content-Disposition"] = f'attachment; filename="{quote(page.story.lot_code, safe="")}.proof.json"'
    return answer


def _is_number(text: str | None) -> bool:
    return text is None or (text.isascii() and text.isdecimal() and len(text) < 16)
