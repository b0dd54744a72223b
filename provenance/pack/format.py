"""
The audit pack: one ZIP file that holds a lot's whole trail, checkable by a stranger without a network.

    manifest.json            what this is: format version, lots, reader's audience, origin, size, counts, and the lots
                             that are traced: those asked for and all they came from
    statements.jsonl         one line a statement, by leaf index: {"index", "jws", "disclosures"}
    proofs/inclusion.jsonl   one line a statement: {"index", "hashes"}: from the leaf upwards, joined, base64
    index/proofs.jsonl       where the checkpoint ends in an index leaf: one line for each traced lot, each party, site,
                             plot and key that its statements are judged by, each event about no lot, and for the log's
                             recalls, lifted recalls, ended keys and erasures: which leaves name or register it, and
                             proof that these are all
    checkpoint               the log's signed note that all proofs lead to
    retired/1, retired/2     where the log succeeded others: their last checkpoints, to which the proofs of theirs lead
    policy                   the operator's own tlog-policy file; a reader never trusts it
    epcis.jsonld             the same events as an EPCIS 2.0 document, for other software
    attachments/<sha256>     pictures and papers that the reader may see, named by their digest
    README.txt               how to check the pack

For every traced lot the pack holds all statements that name it, whoever signed them, the certificates of its parties
and places, the registrations of the parties, sites and keys that these need, and what says that values in them were
erased. Leaf 0 is always the first line. "index" counts through the series: the leaves
of retired logs come first. With an index it also holds the index leaf and,
so that none can be left out, the bare statements of all other recalls, lifted recalls, ended keys and erasures of the
log.
Attachments are named by a statement: openly, or in its disclosed ``photo`` (``coffee.photos``). One that is not there
was not for this reader, was erased, or is not kept by the server.
"""

from collections.abc import Iterator
from dataclasses import dataclass

FORMAT = "beantrail-pack/3"
# Written before: the second proves nothing about registrations, the first has no index at all.
WITHOUT_REGISTRATIONS = "beantrail-pack/2"
WITHOUT_INDEX = "beantrail-pack/1"
FORMATS = (FORMAT, WITHOUT_REGISTRATIONS, WITHOUT_INDEX)

MANIFEST = "manifest.json"
STATEMENTS = "statements.jsonl"
INCLUSION = "proofs/inclusion.jsonl"
INDEX = "index/proofs.jsonl"
CHECKPOINT = "checkpoint"
POLICY = "policy"
EPCIS = "epcis.jsonld"
README = "README.txt"
ATTACHMENTS = "attachments/"
RETIRED = "retired/"

REQUIRED = frozenset({MANIFEST, STATEMENTS, INCLUSION, CHECKPOINT, POLICY, EPCIS, README})


class UnusablePack(ValueError):
    """The file cannot be read as a pack at all: nothing was checked."""


@dataclass(frozen=True, slots=True)
class Entry:
    """
    A statement at its place in the log; after a succession, in the series.

    ``jws``: the leaf's bytes. ``proof``: 32-byte hashes from the leaf upwards, for the checkpoint of its log.
    ``disclosures``: the texts that the reader may see; a withheld field without one stays withheld.
    """

    index: int
    jws: bytes
    proof: tuple[bytes, ...]
    disclosures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Listing:
    """
    The leaves that name something, and the proof from the log's index that there are no others.

    ``kind`` and ``name``: a key of the index (docs/trail-format.md, 5). ``bucket`` holds its record; ``path`` leads
    from the bucket to the root that the index leaf signs.
    """

    kind: str
    name: str
    leaves: tuple[int, ...]
    bucket: bytes
    path: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Attachment:
    """A document: its SHA-256 in hex, and its bytes in pieces."""

    sha256: str
    pieces: Iterator[bytes]
