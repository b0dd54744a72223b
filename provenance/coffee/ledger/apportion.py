"""Dividing whole milligrams so that nothing is lost: the method of the largest remainder."""

from collections.abc import Sequence


def apportion(total: int, weights: Sequence[int]) -> list[int]:
    """
    Divide ``total`` in proportion to ``weights`` (not negative, sum above zero); the parts sum exactly to ``total``.

    What rounding down leaves goes, one each, to the largest remainders; among equals to the earlier.
    """
    whole = sum(weights)
    parts = [total * weight // whole for weight in weights]
    left = total - sum(parts)
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(total * weights[i] % whole), i))
    for i in by_remainder[:left]:
        parts[i] += 1
    return parts
