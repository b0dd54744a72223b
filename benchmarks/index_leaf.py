"""
What the index leaf costs an event, and how large a proof from it is, with 10,000 and with 100,000 keys.

    python benchmarks/index_leaf.py [ROUNDS]

Batches of 100 harvests, and of the 2,000 after which an index is due at the latest, are published with and without an
index leaf, turn by turn; the difference is the index: reading
names out of the leaves, growing 200 new keys into their buckets, writing the rows, signing the leaf. The A/A pair
publishes without an index on both sides.
"""

import fresh_site  # noqa: F401, I001  # must come first

import gc
import sys
import time
from datetime import UTC, datetime
from statistics import median

from measuring import Row, in_turn, ratio, report

from provenance.coffee.acts import Form, Harvest, NewLot
from provenance.coffee.identifiers import lot_uri
from provenance.tlog.index import key_of
from provenance.trail.models import Event, IndexBucket, IndexTile
from provenance.trail.services import registry
from provenance.trail.services.acting import Draft, sign_drafts
from provenance.trail.services.indexing import prove
from provenance.trail.services.publishing import publish
from provenance.trail.services.recording import record

BATCHES = (100, 2_000)
FILLING = 1_000
NOON = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)


class Indexing:
    """A log with one farmer, whose harvests bring two new keys each: the lot and the event."""

    def __init__(self) -> None:
        self.log = registry.found_log("main", "Benchmark", country="ET")
        self.party = registry.register_party(kind="person", roles=["farmer"], name="Almaz", country="ET")
        self.site = registry.register_site(party=self.party, kind="farm", name="Farm", country="ET")
        self.made = 0

    def harvest(self, count: int) -> None:
        """Record so many harvests. Nothing of it is measured."""
        drafts = []
        for _ in range(count):
            self.made += 1
            lot = NewLot(lot=lot_uri("localhost:8000", Form.CHERRY, f"C{self.made}"), mass_mg=10**8, form=Form.CHERRY)
            drafts.append(Draft(Harvest(at=NOON, site=self.site, output=lot)))
        record(sign_drafts(self.log, self.party, drafts))

    def fill(self, keys: int) -> None:
        """Until the index holds about so many keys."""
        while 2 * self.made < keys:
            self.harvest(FILLING)
            publish(self.log)
        publish(self.log, index=True)

    def seconds(self, batch: int, *, index: bool) -> float:
        """CPU of publishing one batch. What it left unindexed goes into the index afterwards, unmeasured."""
        for first in range(0, batch, FILLING):
            self.harvest(min(FILLING, batch - first))
        gc.collect()
        began = time.process_time()
        publish(self.log, index=index)
        took = time.process_time() - began
        if not index:
            publish(self.log, index=True)
        return took

    def proof_bytes(self) -> float:
        """Of harvests across the log: bucket and path, in bytes."""
        leaf = Event.objects.filter(act="index").select_related("leaf").latest("leaf__index")
        step = max(1, self.made // 200)
        keys = [key_of("lot", lot_uri("localhost:8000", Form.CHERRY, f"C{n}")) for n in range(1, self.made + 1, step)]
        proofs = prove(self.log, leaf, keys).values()
        return median(len(proof.bucket) + 32 * len(proof.path) for proof in proofs)

    def stored_bytes(self) -> int:
        """Of all rows' contents."""
        buckets = IndexBucket.objects.values_list("records", flat=True).iterator()
        tiles = IndexTile.objects.values_list("hashes", flat=True).iterator()
        return sum(map(len, buckets)) + sum(map(len, tiles))


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    trail = Indexing()
    rows, aas = [], []
    for keys in (10_000, 100_000):
        trail.fill(keys)
        for batch in BATCHES:
            cases = {
                "without": lambda batch=batch: trail.seconds(batch, index=False),
                "without again": lambda batch=batch: trail.seconds(batch, index=False),
                "with": lambda batch=batch: trail.seconds(batch, index=True),
            }
            spent = in_turn(cases, rounds * BATCHES[0] // batch + 2)
            aas.append(ratio(spent["without"], spent["without again"]))
            extra = median(a - b for a, b in zip(spent["with"], spent["without"], strict=True)) * 1e6 / batch
            plain = median(spent["without"]) * 1e6 / batch
            print(f"{keys} keys, batches of {batch}: publishing itself {plain:.0f} µs an event")
            rows.append(Row("X1", f"CPU µs an event for the index, {keys} keys, batches of {batch}", extra))
        print(f"{keys} keys: the index stores {trail.stored_bytes() / 1e6:.1f} MB")
        proof = trail.proof_bytes()
        rows.append(Row("X2", f"bytes of a proof (bucket and path), median, {keys} keys", proof, 2_000, below=True))
    report("The index leaf", rows, aas)


if __name__ == "__main__":
    main()
