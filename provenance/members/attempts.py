"""
How often somebody may try a log-in.

Counted for the name from one address, and for the name from everywhere (higher, so that a stranger cannot easily lock
its owner out). Counts live in the cache for a quarter of an hour, under a keyed digest: neither name nor
address is kept.
"""

from django.core.cache import cache
from django.utils.crypto import salted_hmac

WINDOW = 15 * 60  # seconds
FROM_ONE_ADDRESS = 10
FROM_EVERYWHERE = 100


class Attempts:
    """Failed attempts to log in under ``username`` from ``address``."""

    def __init__(self, username: str, address: str) -> None:
        name = username.casefold()
        self._limits = {_key(name, address): FROM_ONE_ADDRESS, _key(name): FROM_EVERYWHERE}

    def used_up(self) -> bool:
        """Whether no further attempt is looked at for now, right or wrong."""
        counts = cache.get_many(self._limits)
        return any(counts.get(key, 0) >= limit for key, limit in self._limits.items())

    def failed(self) -> None:
        """Count one more. The window begins with the first failure and is not prolonged by later ones."""
        for key in self._limits:
            cache.add(key, 0, WINDOW)
            try:
                cache.incr(key)
            except ValueError:
                # It ran out between the two lines.
                cache.set(key, 1, WINDOW)


def _key(*parts: str) -> str:
    return "login-" + salted_hmac("log-in attempts", "\n".join(parts)).hexdigest()
