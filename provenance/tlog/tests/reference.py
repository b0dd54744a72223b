"""The slow twin: RFC 6962 section 2.1 written out as it stands, on leaf hashes. Used only to compare."""

from functools import cache
from hashlib import sha256


def entry(number: int) -> bytes:
    return b"lot %d" % number


def leaves(count: int) -> list[bytes]:
    return [sha256(b"\x00" + entry(number)).digest() for number in range(count)]


LEAVES = leaves(301)


def k(n: int) -> int:
    """The largest power of two smaller than n."""
    power = 1
    while power * 2 < n:
        power *= 2
    return power


@cache
def mth(begin: int, end: int) -> bytes:
    """MTH(D[begin:end])"""
    if begin == end:
        return sha256(b"").digest()
    if end - begin == 1:
        return LEAVES[begin]
    middle = begin + k(end - begin)
    return sha256(b"\x01" + mth(begin, middle) + mth(middle, end)).digest()


def path(m: int, begin: int, end: int) -> list[bytes]:
    """PATH(m, D[begin:end]), m counted from begin."""
    n = end - begin
    if n == 1:
        return []
    if m < k(n):
        return [*path(m, begin, begin + k(n)), mth(begin + k(n), end)]
    return [*path(m - k(n), begin + k(n), end), mth(begin, begin + k(n))]


def proof(m: int, n: int) -> list[bytes]:
    """PROOF(m, D[n]) = SUBPROOF(m, D[n], true)"""
    return subproof(m, 0, n, True)


def subproof(m: int, begin: int, end: int, whole: bool) -> list[bytes]:
    n = end - begin
    if m == n:
        return [] if whole else [mth(begin, end)]
    if m <= k(n):
        return [*subproof(m, begin, begin + k(n), whole), mth(begin + k(n), end)]
    return [*subproof(m - k(n), begin + k(n), end, False), mth(begin, begin + k(n))]


def get_hash(level: int, index: int) -> bytes:
    return mth(index << level, (index + 1) << level)


def samples(count: int) -> list[int]:
    """All numbers below a small count; of a larger one those at the edges of the tree's halves."""
    if count <= 40:
        return list(range(count))
    edges = {at + shift for at in (0, count // 3, k(count), count // 2, count - 1) for shift in (-1, 0, 1)}
    return sorted(number for number in edges if 0 <= number < count)
