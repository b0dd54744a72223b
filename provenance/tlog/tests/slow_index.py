"""The index once more, from its description: slow, plain, and without a line of the real one."""

from hashlib import sha256

Names = set[tuple[str, str]]


def records(leaves: list[tuple[Names, bytes]]) -> dict[bytes, tuple[int, bytes]]:
    """Key to count and head over all leaves, each given with the names in it."""
    found: dict[bytes, tuple[int, bytes]] = {}
    for index, (names, leaf_hash) in enumerate(leaves):
        for kind, name in names:
            key = sha256(kind.encode() + b"\0" + name.encode()).digest()
            count, head = found.get(key, (0, b"\0" * 32))
            found[key] = count + 1, sha256(head + index.to_bytes(8, "big") + leaf_hash).digest()
    return found


def buckets(leaves: list[tuple[Names, bytes]]) -> dict[int, bytes]:
    made: dict[int, bytes] = {}
    for key, (count, head) in sorted(records(leaves).items()):
        number = key[0] * 256 + key[1]
        made[number] = made.get(number, b"") + key + count.to_bytes(8, "big") + head
    return made


def root(leaves: list[tuple[Names, bytes]]) -> bytes:
    """RFC 6962 over 65,536 buckets, most of them empty."""
    return _root(buckets(leaves), 0, 65_536, {})


def _root(made: dict[int, bytes], first: int, size: int, empty: dict[int, bytes]) -> bytes:
    within = {number: bucket for number, bucket in made.items() if first <= number < first + size}
    if not within and size in empty:
        return empty[size]
    if size == 1:
        result = sha256(b"\0" + within.get(first, b"")).digest()
    else:
        half = size // 2
        result = sha256(b"\1" + _root(within, first, half, empty) + _root(within, first + half, half, empty)).digest()
    if not within:
        empty[size] = result
    return result
