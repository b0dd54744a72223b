"""
Cases in processes of their own: another engine, another disk, another program, or several logs open at once.

A script serves its cases with ``serve``; ``Apart`` starts it and has it run a case whenever its turn comes. Only the
standard library is used, because the peers run in an environment of their own.
"""

import ctypes
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import gettempdir
from typing import Any

HERE = Path(__file__).resolve().parent


class Took(dict[str, Any]):
    """What a case took: ``cpu`` and ``wall`` seconds, ``flushes`` of the disk (None where uncounted), ``value``."""


def serve(cases: Mapping[str, Callable[..., Any]]) -> None:
    """Run the cases that standard input asks for, a line of JSON each, and say what each took."""
    count = getattr(ctypes.CDLL(None), "slowsync_count", lambda: None)
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # whatever a library prints is no answer
    answers.write("ready\n")
    for line in sys.stdin:
        name, *arguments = json.loads(line)
        flushes, cpu, wall = count(), time.process_time(), time.perf_counter()
        value = cases[name](*arguments)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        after = count()
        took = {"cpu": cpu, "wall": wall, "flushes": None if after is None else after - flushes, "value": value}
        answers.write(json.dumps(took) + "\n")


class Apart:
    """A script's process. It works only between ``start`` and ``wait``, so that others may have their turn."""

    def __init__(self, script: str, *arguments: object, python: str = sys.executable, **environment: str) -> None:
        self._process = subprocess.Popen(
            [python, HERE / script, *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **environment},
        )
        if self._answer() != "ready\n":
            sys.exit(f"{script} did not start.")

    def start(self, case: str, *arguments: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([case, *arguments]) + "\n")
        self._process.stdin.flush()

    def wait(self) -> Took:
        answer = self._answer()
        if not answer:
            sys.exit(f"A case ended with an error (exit code {self._process.wait()}).")
        return Took(json.loads(answer))

    def run(self, case: str, *arguments: object) -> Took:
        self.start(case, *arguments)
        return self.wait()

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()

    def _answer(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


def grown_kilobytes(work: Callable[[], object]) -> tuple[int, int]:
    """By how much the largest memory that this process ever used grew, and how large it is then."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    work()
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return after - before, after


def slow_disk(microseconds: int = 0) -> dict[str, str]:
    """The environment of a process whose flushes are counted, and take so much longer."""
    library = Path(gettempdir()) / f"beantrail-slowsync-{os.getpid()}.so"
    if not library.exists():
        source = HERE / "slowsync.c"
        subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    return {"LD_PRELOAD": str(library)} | ({"SLOWSYNC_US": str(microseconds)} if microseconds else {})
