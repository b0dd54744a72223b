"""Pictures that their signers show to everybody."""

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from provenance.trail.services.attaching.showing import public_picture

# Bytes under a digest never change, but a picture can be taken back: a day later no cache has it any more.
KEPT_A_DAY = "public, max-age=86400, immutable"
# Opened by itself, the file can do nothing but be looked at.
NOTHING_RUNS = "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; sandbox"


@require_safe
def picture(request: HttpRequest, sha256: str) -> HttpResponse:
    """
    The bytes of a picture, checked against the digest in its address.

    404 where no standing statement shows it to everybody, and where its stored bytes are not those that were signed.
    """
    found = public_picture(sha256)
    if found is None:
        raise Http404("Nobody shows a picture under this address.")
    data, media_type = found
    headers = {
        "Cache-Control": KEPT_A_DAY,
        "ETag": f'"{sha256}"',
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": NOTHING_RUNS,
        "Access-Control-Allow-Origin": "*",
    }
    return HttpResponse(data, content_type=media_type, headers=headers)
