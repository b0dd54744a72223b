"""A peer that proves: pymerkle's tree on SQLite, with as many entries as the log has. ``proving.py SIZE``"""

import random
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from apart import serve
from pymerkle import SqliteTree

AT_ONCE = 10_000


def main() -> None:
    size = int(sys.argv[1])
    with TemporaryDirectory(prefix="beantrail-peer-") as folder:
        tree = SqliteTree(f"{folder}/tree.sqlite3")
        for first in range(0, size, AT_ONCE):
            tree.append_entries([str(n).encode() for n in range(first, min(first + AT_ONCE, size))])

        def prove(count: int) -> None:
            for _ in range(count):
                tree.prove_inclusion(random.randint(1, size), size)

        serve({"prove": prove})


if __name__ == "__main__":
    main()
