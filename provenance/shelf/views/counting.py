"""
Counts that a bag's page was opened, by a beacon of its own, so that the page itself may come out of a cache.

Of the request is used: which code it names, whether our own page sent it and, where the proxy tells it, the country.
Address and browser are not looked at, so there is nothing of them to forget.
"""

import re
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from provenance.bags.services.counting import count_if_idle
from provenance.bags.services.scanning import behind

MOST_BYTES = 1024
COUNTRY = re.compile(r"[A-Z]{2}")
# What Cloudflare and others say where they do not know.
NOWHERE = {"XX", "ZZ"}


# There is no session whose rights somebody could borrow: whoever is lured here counts like who came by himself.
@csrf_exempt
@never_cache
@require_POST
def seen(request: HttpRequest) -> HttpResponse:
    """Counts one opening of the code in the body. It answers 204 to everybody, so nobody learns what was issued."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > MOST_BYTES:
        return HttpResponse("A code is shorter than that.\n", status=413, content_type="text/plain")
    scanned = behind(request.body.decode("utf-8", "replace")) if from_own_page(request) else None
    if scanned and scanned.bag:
        count_if_idle(scanned.bag, country_of(request))
    return HttpResponse(status=204)


def from_own_page(request: HttpRequest) -> bool:
    """
    Whether a browser says that a page of this site sent the request.

    Browsers name the origin of each POST (Fetch, 3.2); what names none is no browser that could show a page.
    """
    origin = urlsplit(request.headers.get("Origin", ""))
    beside = request.headers.get("Sec-Fetch-Site", "same-origin")
    return origin.netloc == request.get_host() and beside == "same-origin"


def country_of(request: HttpRequest) -> str:
    """Two letters, as the proxy says in the header that is configured; "" where it does not, or nobody may say it."""
    if not settings.BEHIND_PROXY or not settings.COUNTRY_HEADER:
        return ""
    country = request.headers.get(settings.COUNTRY_HEADER, "")
    return country if COUNTRY.fullmatch(country) and country not in NOWHERE else ""
