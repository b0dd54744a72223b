"""
Verifying an audit pack offline, against bare Ed25519 verification of the same statements; and what starting costs.

    python benchmarks/verify_pack.py [STATEMENTS] [ROUNDS]

With ``serve`` instead it is one of two verifiers that work at once, each on a pack of its own.
"""

import os
import resource
import subprocess
import sys
import time
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from apart import Apart, serve  # noqa: E402
from measuring import Row, in_turn, interleaved, ratio, report  # noqa: E402

from provenance.coffee.acts import Dispatch, Form, Harvest, LotMass, NewLot, Receive  # noqa: E402
from provenance.coffee.ledger import needs  # noqa: E402
from provenance.coffee.statement import parse, thumbprint, verify  # noqa: E402
from provenance.pack.format import Entry  # noqa: E402
from provenance.pack.read import PackFile  # noqa: E402
from provenance.pack.tests.small_log import ALMAZ, FARM, HOST, KG, NOON, OPERATOR, STATION, WOTE, SmallLog, signer_of  # noqa: E402
from provenance.pack.verify import verify as verify_pack  # noqa: E402
from provenance.tlog import hashing  # noqa: E402
from provenance.tlog.checkpoint import Checkpoint, sign_checkpoint  # noqa: E402
from provenance.tlog.proofs import inclusion_proof  # noqa: E402

DAY_LOT = f"{HOST}/class/cherry.DAY"


def a_day(statements: int) -> tuple[SmallLog, bytes]:
    """A day-lot of so many harvests, dispatches and receipts, and its pack."""
    log = SmallLog()
    log.enrol(ALMAZ, "farmer", FARM, "farm")
    log.enrol(WOTE, "station", STATION, "washing_station")
    for number in range(statements // 3):
        lot = NewLot(lot=f"{HOST}/class/cherry.C{number}", mass_mg=40 * KG, form=Form.CHERRY)
        log.say(ALMAZ, Harvest(at=NOON, site=FARM, output=lot))
        line = (LotMass(lot=lot.lot, mass_mg=40 * KG),)
        sent = log.say(ALMAZ, Dispatch(at=NOON, site=FARM, lines=line, to_party=WOTE, to_site=STATION))
        into = NewLot(lot=DAY_LOT, mass_mg=40 * KG, form=Form.CHERRY)
        log.say(WOTE, Receive(at=NOON, site=STATION, lines=line, from_party=ALMAZ, dispatch=sent, into=into))
    return log, packed(log)


def packed(log: SmallLog) -> bytes:
    """As ``SmallLog.pack``, with each hash of the tree worked out once."""
    levels = [[hashing.leaf_hash(leaf) for leaf in log.leaves]]
    while len(levels[-1]) > 1:
        below = levels[-1]
        levels.append([hashing.node_hash(below[i], below[i + 1]) for i in range(0, len(below) - 1, 2)])
    size = len(log.leaves)

    def get_hash(level: int, index: int) -> bytes:
        return levels[level][index]

    entries = [
        Entry(index, jws, tuple(inclusion_proof(index, size, get_hash)), log.disclosures[index])
        for index, jws in enumerate(log.leaves)
    ]
    root = hashing.root_of(levels[0])
    checkpoint = sign_checkpoint(Checkpoint("coffee.example/log/main/1", size, root), log.signers, 1_793_700_100)
    lots = sorted({lot for statement in map(parse, log.leaves) for lot in needs(statement).lots})
    return log.pack(entries, lots=(DAY_LOT,), traced=tuple(lots), checkpoint=checkpoint).getvalue()


def start(*arguments: str) -> float:
    """CPU seconds of a fresh Python with these arguments, its modules compiled once as they are when installed."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *arguments], cwd=ROOT, env=environment, check=False, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def together(count: int, rounds: int) -> tuple[float, float]:
    """Two verifiers, a process each, against one: wall time of as much work for each; and one against itself."""
    first, second = Apart("verify_pack.py", "serve", count), Apart("verify_pack.py", "serve", count)

    def both() -> float:
        first.start("verify")
        second.start("verify")
        return max(first.wait()["wall"], second.wait()["wall"])

    cases = {"one": lambda: first.run("verify")["wall"], "one again": lambda: first.run("verify")["wall"], "two": both}
    spent = in_turn(cases, rounds)
    first.close()
    second.close()
    return 2 * ratio(spent["one"], spent["two"]), ratio(spent["one"], spent["one again"])


def check(log: SmallLog, pack: bytes) -> None:
    with PackFile(BytesIO(pack)) as opened:
        found = verify_pack(opened, log.trust)
    assert not found.faults, found.faults[:3]


def serve_one(count: int) -> None:
    log, pack = a_day(count)
    serve({"verify": lambda: check(log, pack)})


def starting() -> list[Row]:
    """Fresh processes: Python alone, the verifier's help, and the check of a pack of one farmer's delivery."""
    log, pack = a_day(3)
    with TemporaryDirectory(prefix="beantrail-benchmark-") as folder:
        file, trust = Path(folder) / "small.zip", Path(folder) / "trust"
        file.write_bytes(pack)
        trust.write_bytes(log.trust_file)
        cases = {
            "empty": ("-c", "pass"),
            "help": ("-m", "provenance.pack", "verify", "--help"),
            "bundle": ("-m", "provenance.pack", "verify", str(file), "--trust", str(trust)),
        }
        spent = in_turn({name: lambda arguments=arguments: start(*arguments) for name, arguments in cases.items()}, 15)
    return [
        Row(
            "V3",
            "start of the verifier against `python -c pass`",
            ratio(spent["help"], spent["empty"]),
            6,
            4,
            below=True,
        ),
        Row(
            "V3b",
            "a pack of one delivery, checked in a fresh process, against the same",
            ratio(spent["bundle"], spent["empty"]),
        ),
    ]


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 10
    log, pack = a_day(count)
    raw = {kid_of(party): signer_of(party).public.raw for party in (ALMAZ, WOTE, OPERATOR)}
    statements = [parse(leaf) for leaf in log.leaves]

    def bare() -> None:
        for statement in statements:
            verify(statement, raw[statement.kid])

    began = time.process_time()
    check(log, pack)
    print(
        f"{len(statements)} statements, {len(pack) / len(statements):.0f} bytes each in the pack, "
        f"{len(statements) / (time.process_time() - began):.0f} statements a CPU second"
    )
    spent = interleaved({"bare": bare, "bare again": bare, "pack": lambda: check(log, pack)}, rounds)
    two, aa = together(count, rounds)
    report(
        f"Verifying a pack of {len(statements)} statements ({rounds} rounds)",
        [
            Row(
                "V1",
                "pack verification against bare Ed25519 verification, CPU",
                ratio(spent["bare"], spent["pack"]),
                0.75,
                0.90,
            ),
            Row("V2", "two verifiers at once, a pack each, against one, wall", two, 1.5, 1.8),
            *starting(),
        ],
        [ratio(spent["bare"], spent["bare again"]), aa],
    )


def kid_of(party: str) -> str:
    return thumbprint(signer_of(party).public.raw)


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        serve_one(int(sys.argv[2]))
    else:
        main()
