"""
How often the figures of a paper may be asked about: from one address, and of one code.

A code has 60 bits, so nobody finds one by trying; the first limit only keeps a machine from asking all day. The second
keeps who has a code from trying out what was paid. Counts live in the cache for a quarter of an hour, under a keyed
digest: neither address nor code is kept.
"""

from django.core.cache import cache
from django.utils.crypto import salted_hmac

WINDOW = 15 * 60  # seconds
# Whole villages share one address of their telephone company.
FROM_ONE_ADDRESS = 200
OF_ONE_CODE = 20


def too_many(address: str, code: str) -> bool:
    """Count the question; whether it is one too many."""
    return _count("address", address) > FROM_ONE_ADDRESS or _count("code", code) > OF_ONE_CODE


def _count(kind: str, what: str) -> int:
    """How often in this window, which begins with the first time."""
    key = "receipts-" + salted_hmac("questions about receipts", f"{kind}\n{what}").hexdigest()
    if cache.add(key, 1, WINDOW):
        return 1
    try:
        return int(cache.incr(key))
    except ValueError:
        # It ran out between the two lines.
        cache.set(key, 1, WINDOW)
        return 1
