"""
A witness by other hands, as a process of its own: the package ``witness-log`` behind Python's own HTTP server.

    python -m provenance.trail.tests.foreign_witness STATE NAME < vkeys

The package brings the protocol, not a server: it judges a request's body and gives back status, type and body.
"""

import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock

from witness_log import WitnessService


def main(state: str, name: str, vkeys: list[str]) -> None:
    WitnessService.create_state(state)
    service = WitnessService.new(name, bytes(range(32)), state)
    for vkey in vkeys:
        service.add_log(vkey.partition("+")[0], vkey)
    one_at_a_time = Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            with one_at_a_time:
                status, kind, said = service.handle_add_checkpoint_http(body)
            self.send_response(status if self.path == "/add-checkpoint" else 404)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(said.encode())))
            self.end_headers()
            self.wfile.write(said.encode())

        def log_message(self, *args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_port, service.vkey(), flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.stdin.read().split())
