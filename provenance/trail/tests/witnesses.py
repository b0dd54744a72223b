"""Witnesses for tests: one that keeps the protocol and can be told to misbehave, and the wire to it."""

import http.server
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from django.utils import timezone

from provenance import outside
from provenance.outside import Answer, Unreachable
from provenance.tlog.canonical import parse_base64
from provenance.tlog.checkpoint import Checkpoint, open_checkpoint
from provenance.tlog.cosignature import cosign
from provenance.tlog.errors import MalformedProof, ProofRefused
from provenance.tlog.keys import Ed25519Signer, KeyType, MLDSA44Signer, NamedSigner, VerifierKey, parse_vkey
from provenance.tlog.note import Signature
from provenance.tlog.proofs import check_consistency
from provenance.trail.models import Log

TEXT, SIZE = "text/plain", "text/x.tlog.size"


def ed25519(name: str) -> NamedSigner:
    return NamedSigner(name, KeyType.COSIGNATURE_ED25519, Ed25519Signer.generate())


def mldsa44(name: str) -> NamedSigner:
    return NamedSigner(name, KeyType.COSIGNATURE_MLDSA44, MLDSA44Signer.generate())


@dataclass
class Witness:
    """
    Keeps C2SP tlog-witness for the logs whose keys it has, as an independent reading of the specification.

    ``twist`` may change what it is about to answer; ``asked`` keeps the requests as they came.
    """

    name: str
    clock: Callable[[], float]
    signers: list[NamedSigner] = field(default_factory=list)
    log_keys: list[VerifierKey] = field(default_factory=list)
    size: int = 0
    root: bytes = b""
    twist: Callable[[Answer], Answer] | None = None
    asked: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.signers = self.signers or [ed25519(f"{self.name}.example/w")]

    @property
    def url(self) -> str:
        return f"https://{self.name}.example/witness"

    def knows(self, log: Log) -> "Witness":
        self.log_keys += [parse_vkey(line) for line in log.vkeys.splitlines()]
        return self

    def answer(self, body: bytes) -> Answer:
        self.asked.append(body)
        answer = self._answer(body)
        return self.twist(answer) if self.twist else answer

    def _answer(self, body: bytes) -> Answer:
        head, _, note = body.partition(b"\n\n")
        first, *hashes = head.decode().split("\n")
        old = int(first.removeprefix("old "))
        proof = [parse_base64(line, "proof", MalformedProof) for line in hashes]
        checkpoint, _ = open_checkpoint(note, self.log_keys)
        if old > checkpoint.size:
            return Answer(400, TEXT, b"")
        if old != self.size:
            return Answer(409, SIZE, f"{self.size}\n".encode())
        if old == checkpoint.size and checkpoint.root != self.root:
            return Answer(409, TEXT, b"")
        if old not in (0, checkpoint.size) or proof:
            try:
                check_consistency(old, self.root, checkpoint.size, checkpoint.root, proof)
            except ProofRefused:
                return Answer(422, TEXT, b"")
        self.size, self.root = checkpoint.size, checkpoint.root
        return Answer(200, TEXT, "".join(line.line for line in self.cosign(checkpoint)).encode())

    def cosign(self, checkpoint: Checkpoint) -> list[Signature]:
        return [cosign(checkpoint, signer, int(self.clock())) for signer in self.signers]


@dataclass
class Wire:
    """Stands for ``outside.post``: the witness of each address, or the error that the network makes."""

    witnesses: list[Witness]
    broken: dict[str, Exception] = field(default_factory=dict)

    def post(self, url: str, body: bytes, *, limit: int, timeout: float) -> Answer:
        for witness in self.witnesses:
            if url == f"{witness.url}/add-checkpoint":
                if witness.name in self.broken:
                    raise self.broken[witness.name]
                return witness.answer(body)
        raise Unreachable(f"{url} cannot be reached.")


def policy_lines(witnesses: list[Witness], quorum: str = "all") -> str:
    """A policy over these witnesses: each key a ``witness`` line, the names ``A`` and, for a second key, ``A/pq``."""
    lines, names = [], []
    for witness in witnesses:
        for signer in witness.signers:
            name = witness.name + ("/pq" if signer.type == KeyType.COSIGNATURE_MLDSA44 else "")
            lines.append(f"witness {name} {signer.verifier.vkey} {witness.url}")
            names.append(name)
    lines += [f"group needed {quorum} {' '.join(names)}", "quorum needed"]
    return "\n".join(lines) + "\n"


def write_policy(settings, folder: Path, witnesses: list[Witness], quorum: str = "all") -> None:
    file = folder / "witnesses.policy"
    file.write_text(policy_lines(witnesses, quorum))
    settings.WITNESS_POLICY = file


def connect(log: Log, settings, folder: Path, monkeypatch, *names: str) -> Wire:
    """Witnesses of these names know the log, our policy wants them all, and ``ask_due`` reaches them."""
    witnesses = [Witness(name, lambda: timezone.now().timestamp()).knows(log) for name in names]
    write_policy(settings, folder, witnesses)
    wire = Wire(witnesses)
    monkeypatch.setattr(outside, "post", wire.post)
    return wire


@contextmanager
def served(answer: Callable[[str, bytes], Answer]) -> Iterator[str]:
    """A real HTTP server on this machine that answers each POST by the function of path and body; its host:port."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            said = answer(self.path, self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(said.status)
            self.send_header("Content-Type", said.content_type)
            self.send_header("Content-Length", str(len(said.body)))
            self.end_headers()
            self.wfile.write(said.body)

        def log_message(self, *args: object) -> None:
            """Quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=[0.05])
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
