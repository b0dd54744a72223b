"""
One event a POST by 32 clients at once, against a commit for each request and against a view that does nothing.

    python benchmarks/posts.py [ROUNDS]

One gunicorn worker of 32 threads, on SQLite; nobody publishes meanwhile. The clients run in this process.
"""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from socket import socket
from statistics import median, quantiles
from tempfile import TemporaryDirectory

from apart import HERE, Apart, slow_disk
from measuring import Row, in_turn, ratio, report

CLIENTS = 32
POSTS = 10  # of each client in a slice
HONEST_FLUSH = 2_000  # microseconds


class Server:
    """A gunicorn with one worker. ``post`` says how long the slice took, on the clock and in CPU of the worker."""

    def __init__(self, site: str, **environment: str) -> None:
        with closing(socket()) as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-m", "gunicorn", "posting", "--bind", f"127.0.0.1:{self.port}"),
                *("--workers", "1", "--worker-class", "gthread", "--threads", str(CLIENTS)),
                *("--no-control-socket", "--log-level", "warning"),
            ],
            cwd=HERE,
            env={**os.environ, "BENCHMARK_SITE": site, **environment},
        )
        self._latencies: dict[str, list[list[float]]] = {}
        asyncio.run(self._wait())

    def post(self, path: str, bodies: list[bytes]) -> tuple[float, float]:
        worker, began = self.worker_seconds(), time.perf_counter()
        took = asyncio.run(self._post_all(path, bodies))
        wall, worker = time.perf_counter() - began, self.worker_seconds() - worker
        self._latencies.setdefault(path, []).append(took)
        return wall, worker

    def slowest(self, path: str) -> float:
        """The 99th percentile of all slices but the one that warmed up."""
        return quantiles([seconds for took in self._latencies[path][1:] for seconds in took], n=100)[98]

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait()

    async def _wait(self) -> None:
        for _ in range(300):
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", self.port)
            except OSError:
                await asyncio.sleep(0.1)
            else:
                writer.close()
                return
        sys.exit("The server did not start.")

    async def _post_all(self, path: str, bodies: list[bytes]) -> list[float]:
        shares = [bodies[client::CLIENTS] for client in range(CLIENTS)]
        took = await asyncio.gather(*(self._client(path, share) for share in shares))
        return [seconds for client in took for seconds in client]

    async def _client(self, path: str, bodies: list[bytes]) -> list[float]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        took = []
        for body in bodies:
            began = time.perf_counter()
            head = f"POST /{path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n"
            writer.write(head.encode() + body)
            answer = await reader.readuntil(b"\r\n\r\n")
            assert answer.startswith(b"HTTP/1.1 200 "), answer
            length = answer.lower().partition(b"content-length: ")[2].partition(b"\r")[0]
            await reader.readexactly(int(length))
            took.append(time.perf_counter() - began)
        writer.close()
        return took

    def worker_seconds(self) -> float:
        """CPU seconds of the worker, the only child of the process that was started."""
        [worker] = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
        fields = Path(f"/proc/{worker}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def serving(rounds: int, cases: int, **environment: str) -> Iterator[tuple[Server, Iterator[list[bytes]]]]:
    """A server, and slices of statements that nobody has sent yet."""
    with TemporaryDirectory(prefix="beantrail-benchmark-") as site:
        log = Apart("appending.py", BENCHMARK_SITE=site)
        slices = (
            [each.encode() for each in log.run("signed", CLIENTS * POSTS)["value"]] for _ in range(cases * (rounds + 1))
        )
        ready = iter(list(slices))
        log.close()
        server = Server(site, **environment)
        try:
            yield server, ready
        finally:
            server.stop()


def on_a_slow_disk(rounds: int) -> tuple[list[Row], list[float]]:
    with serving(rounds, 3, **slow_disk(HONEST_FLUSH)) as (server, slices):
        spent = in_turn(
            {
                "together": lambda: server.post("together", next(slices))[0],
                "alone": lambda: server.post("alone", next(slices))[0],
                "alone again": lambda: server.post("alone", next(slices))[0],
            },
            rounds,
        )
        slowest = {path: server.slowest(path) for path in ("together", "alone")}
    print(", ".join(f"{name}: {CLIENTS * POSTS / median(spent[name]):.0f} a second" for name in ("together", "alone")))
    rows = [
        Row(
            "A8",
            "an event a POST, 2 ms a flush, against a commit each, wall",
            ratio(spent["alone"], spent["together"]),
            3,
            5,
        ),
        Row("A8b", "its 99th percentile against the other's", slowest["together"] / slowest["alone"], 1, below=True),
        Row("A8c", "its 99th percentile, seconds", slowest["together"]),
    ]
    return rows, [ratio(spent["alone"], spent["alone again"])]


def against_nothing(rounds: int) -> tuple[list[Row], list[float]]:
    with serving(rounds, 1) as (server, slices):
        same = next(slices)
        spent = in_turn(
            {
                "nothing": lambda: server.post("nothing", 12 * same)[1] / 12,
                "nothing again": lambda: server.post("nothing", 12 * same)[1] / 12,
                "together": lambda: server.post("together", next(slices))[1],
            },
            rounds - 1,
        )
    rows = [
        Row(
            "A9",
            "an event a POST against a view that does nothing, CPU of the server",
            ratio(spent["nothing"], spent["together"]),
            None,
            0.45,
        )
    ]
    return rows, [ratio(spent["nothing"], spent["nothing again"])]


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 6
    rows, aas = [], []
    for more, pairs in (on_a_slow_disk(rounds), against_nothing(rounds)):
        rows += more
        aas += pairs
    report(f"One event a POST, {CLIENTS} clients ({rounds} rounds)", rows, aas)


if __name__ == "__main__":
    main()
