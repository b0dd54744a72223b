"""
What a reader trusts, in a file that he got elsewhere than the pack.

A C2SP tlog-policy file (the log's keys, witnesses, quorum) with one further line, the hash of the log's first leaf:

    genesis 5f7c…64 hex digits…
    log coffee.example/log/main/1+a97da226+AZsf...
    log coffee.example/log/main/1+21c9d0f5+BmKq...
    quorum none
"""

import re
from dataclasses import dataclass

from provenance.tlog.errors import MalformedPolicy
from provenance.tlog.policy import Policy, parse_policy

_GENESIS = re.compile(rb"^genesis ([0-9a-f]{64})$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Trust:
    """``genesis``: the 32-byte leaf hash of leaf 0."""

    genesis: bytes
    policy: Policy


def parse_trust(data: bytes) -> Trust:
    """Read a trust file; ``MalformedPolicy`` names what is wrong."""
    if b"\r" in data or data.startswith(b"\xef\xbb\xbf"):
        raise MalformedPolicy("Save the trust file as plain text: lines end as on Unix, without a byte order mark.")
    found = _GENESIS.findall(data)
    if len(found) != 1:
        raise MalformedPolicy("A trust file has exactly one line 'genesis' with the 64 hex digits of leaf 0's hash.")
    return Trust(bytes.fromhex(found[0].decode()), parse_policy(_GENESIS.sub(b"", data)))


def format_trust(genesis: bytes, policy: bytes) -> bytes:
    """The trust file of a log: its policy file (keys, witnesses, quorum) and the 32-byte leaf hash of leaf 0."""
    return f"genesis {genesis.hex()}\n".encode() + policy
