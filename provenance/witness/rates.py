"""How many requests a minute one address may make. Counts live in the cache, under a keyed digest."""

from django.core.cache import cache
from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from rest_framework.throttling import BaseThrottle

MINUTE = 60  # seconds


def over(request: HttpRequest, limit: int) -> bool:
    """Count the request; whether it is beyond the limit. The minute begins with the first one counted."""
    key = "witness-" + salted_hmac("requests to the witness", BaseThrottle().get_ident(request) or "").hexdigest()
    if cache.add(key, 1, MINUTE):
        return limit < 1
    try:
        return cache.incr(key) > limit
    except ValueError:
        # It ran out between the two lines.
        cache.set(key, 1, MINUTE)
        return limit < 1
