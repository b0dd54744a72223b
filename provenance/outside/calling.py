"""
One request, one answer, over a connection to an address that was checked.

Redirects are not followed, no proxy of the environment is asked, an answer has a size, and the whole call a time.
"""

import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse

from provenance.outside.addresses import DEFAULT_PORTS, Endpoint, Target, endpoints, parse
from provenance.outside.errors import OutsideError, Refused, Unreachable


@dataclass(frozen=True)
class Answer:
    """What the other server said. ``content_type`` in lower case without parameters, "" where there is none."""

    status: int
    content_type: str
    body: bytes


def fetch(url: str, *, limit: int, timeout: float, headers: Mapping[str, str] | None = None) -> Answer:
    """
    GET. ``limit``: bytes that the body may have; ``timeout``: seconds for everything but the name's resolution.

    Raises ``Refused`` (our rule: address, redirect, too long) or ``Unreachable`` (network, TLS, no valid HTTP).
    """
    return _call("GET", url, None, headers or {}, limit, timeout)


def post(url: str, body: bytes, *, limit: int, timeout: float, headers: Mapping[str, str] | None = None) -> Answer:
    """POST, of a text where ``headers`` do not say otherwise; limits and errors are those of ``fetch``."""
    headers = {"Content-Type": "text/plain; charset=utf-8", **(headers or {})}
    return _call("POST", url, body, headers, limit, timeout)


def _call(method: str, url: str, body: bytes | None, headers: Mapping[str, str], limit: int, timeout: float) -> Answer:
    asked = threading.Event()
    try:
        return _talk(method, url, body, headers, limit, timeout, asked)
    except OutsideError as error:
        error.asked = asked.is_set()
        raise


def _talk(
    method: str,
    url: str,
    body: bytes | None,
    headers: Mapping[str, str],
    limit: int,
    timeout: float,
    asked: threading.Event,
) -> Answer:
    target = parse(url)
    late = threading.Event()
    to_try = endpoints(target)
    deadline = time.monotonic() + timeout
    try:
        with (
            closing(_connect(target, to_try, deadline)) as plain,
            _cut_off(plain, deadline - time.monotonic(), late),
            closing(_secured(plain, target)) as connected,
        ):
            asked.set()
            answer = _ask(connected, target, method, body, headers, limit)
    except OutsideError:
        raise
    except TimeoutError:
        # The socket's own patience ends at the same moment as ours, and may be the first to say so.
        late.set()
    except OSError as error:
        raise Unreachable(f"{target.where} did not answer: {str(error) or type(error).__name__}.") from None
    except HTTPException as error:
        # Its text may quote the other server, whose words belong neither into a journal nor onto a page.
        raise Unreachable(f"{target.where} did not answer in valid HTTP: {type(error).__name__}.") from None
    finally:
        # A connection cut in the middle looks like many things; this is what happened.
        if late.is_set():
            raise Unreachable(f"{target.where} did not answer within {timeout:g} seconds.") from None
    return answer


def _connect(target: Target, to_try: list[Endpoint], deadline: float) -> socket.socket:
    """The first connection that succeeds; a name with many addresses gets no more time than one with a single one."""
    trouble: OSError | None = None
    for endpoint in to_try:
        left = deadline - time.monotonic()
        if left <= 0:
            break
        connecting = socket.socket(endpoint.family, socket.SOCK_STREAM)
        try:
            connecting.settimeout(left)
            connecting.connect(endpoint.address)
        except OSError as error:
            connecting.close()
            trouble = error
        else:
            return connecting
    raise Unreachable(f"{target.where} cannot be reached: {trouble}.")


def _secured(plain: socket.socket, target: Target) -> socket.socket:
    if target.scheme == "http":
        return plain
    return ssl.create_default_context().wrap_socket(plain, server_hostname=target.host)


@contextmanager
def _cut_off(connected: socket.socket, after: float, late: threading.Event) -> Iterator[None]:
    """A socket's own timeout begins anew with each byte; a server that drips them would hold us for ever."""
    # Another handle on the connection, since TLS takes the first one over.
    handle = connected.dup()

    def cut() -> None:
        late.set()
        with suppress(OSError):
            handle.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(after, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        handle.close()


def _ask(
    connected: socket.socket, target: Target, method: str, body: bytes | None, headers: Mapping[str, str], limit: int
) -> Answer:
    connection = HTTPConnection(target.host, target.port)
    connection.default_port = DEFAULT_PORTS[target.scheme]
    connection.sock = connected
    connection.request(method, target.path, body, {"User-Agent": "Beantrail", **headers, "Connection": "close"})
    response = connection.getresponse()
    if 300 <= response.status < 400:
        raise Refused(f"{target.where} sends on to another address ({response.status}); that is not followed.")
    return Answer(response.status, _media_type(response), _body(response, target, limit))


def _media_type(response: HTTPResponse) -> str:
    return response.getheader("Content-Type", "").partition(";")[0].strip().lower()


def _body(response: HTTPResponse, target: Target, limit: int) -> bytes:
    body = response.read(limit + 1)
    if len(body) > limit:
        raise Refused(f"{target.where} answers with more than {limit} bytes.")
    if response.length:
        raise Unreachable(f"{target.where} broke off in the middle of its answer.")
    return body
