"""
Calls to other servers: they work, and none can be led into this machine or its network.

Planted bugs, each of which lets somebody in: the list of attacks must notice every one of them.
"""

import datetime
import gzip
import socket
import time
from collections.abc import Iterator
from contextlib import nullcontext
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from provenance.outside import Answer, Refused, Unreachable, addresses, calling, fetch, post
from provenance.outside.tests.servers import Trap, answering, saying

OK = b"HTTP/1.1 200 OK\r\nContent-Type: Text/Plain; charset=utf-8\r\nContent-Length: 5\r\n\r\nhello"

# Each leads, or would lead, to the trap on this machine. PORT is the trap's.
ATTACKS = [
    "https://127.0.0.1:PORT/",
    "http://127.0.0.1:PORT/",
    "https://[::1]:PORT/",
    "https://[::ffff:127.0.0.1]:PORT/",
    "https://[::ffff:7f00:1]:PORT/",
    "https://localhost:PORT/",
    "https://LocalHost:PORT/",
    "https://2130706433:PORT/",
    "https://017700000001:PORT/",
    "https://0177.0.0.1:PORT/",
    "https://0x7f.0.0.1:PORT/",
    "https://0x7f000001:PORT/",
    "https://127.1:PORT/",
    "https://0.0.0.0:PORT/",
    "https://0:PORT/",
    "https://[::]:PORT/",
]
ELSEWHERE = [
    "https://169.254.169.254/latest/meta-data/",
    "https://[::ffff:169.254.169.254]/",
    "https://10.0.0.1/",
    "https://192.168.1.1/",
    "https://172.16.0.1/",
    "https://100.64.0.1/",
    "https://224.0.0.1/",
    "https://255.255.255.255/",
    "https://[fe80::1]/",
    "https://[fc00::1]/",
    "https://[fec0::1]/",
    "https://[ff02::1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[2002:7f00:1::]/",
    "https://[::127.0.0.1]/",
]
MISWRITTEN = [
    "ftp://log.example/",
    "file:///etc/passwd",
    "log.example",
    "https://",
    "https:///path",
    "https://user@log.example/",
    "https://log.example@127.0.0.1/",
    "https://log.example:port/",
    "https://log.example:99999/",
    "https://log.example/a b",
    "https://log.example/\r\nX: y",
    "https://log.example\\@127.0.0.1/",
    "https://log.example/#part",
    "https://lög.example/",
    "https://log%2eexample/",
    "https://[fe80::1%25lo]/",
    "http://log.example/",
]


@pytest.fixture
def trap(settings) -> Iterator[Trap]:
    settings.OUTSIDE_PRIVATE_HOSTS = []
    trap = Trap()
    yield trap
    trap.close()


@pytest.fixture
def no_network(monkeypatch) -> list[object]:
    """Records the addresses that anything tries to connect to, and connects nowhere."""
    tried: list[object] = []

    def connect(self: socket.socket, address: object) -> None:
        tried.append(address)
        raise ConnectionRefusedError("no network in this test")

    monkeypatch.setattr(socket.socket, "connect", connect)
    return tried


def resolving(*answers: list[str]):
    """A resolver that gives another answer each time, then the last one for ever; and its questions."""
    questions: list[str] = []

    def getaddrinfo(host: str, port: int, **kinds: object) -> list[tuple]:
        found = answers[min(len(questions), len(answers) - 1)]
        questions.append(host)
        return [
            (socket.AF_INET6 if ":" in each else socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port))
            for each in found
        ]

    return getaddrinfo, questions


def at(url: str, trap: Trap) -> str:
    return url.replace("PORT", str(trap.port))


def attack(url: str) -> None:
    fetch(url, limit=100, timeout=1)


@pytest.mark.parametrize("url", ATTACKS)
def test_no_spelling_of_this_machines_address_is_connected_to(url, trap):
    with pytest.raises(Refused):
        attack(at(url, trap))

    assert trap.connections() == 0


@pytest.mark.parametrize("url", ELSEWHERE)
def test_no_address_that_is_not_public_is_connected_to(url, trap, no_network):
    with pytest.raises(Refused, match="which is not a public address"):
        attack(url)

    assert no_network == []


@pytest.mark.parametrize("url", MISWRITTEN)
def test_what_is_no_plain_https_address_is_refused_before_it_is_resolved(url, trap, monkeypatch):
    resolver, questions = resolving(["127.0.0.1"])
    monkeypatch.setattr(socket, "getaddrinfo", resolver)

    with pytest.raises(Refused):
        attack(url)

    assert questions == []


def test_a_name_that_leads_here_is_refused_and_the_mend_is_told(trap, monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", resolving(["127.0.0.1"])[0])

    with pytest.raises(Refused, match=r"log\.example:\d+ leads to 127\.0\.0\.1.*name log\.example:\d+ in OUTSIDE_PRI"):
        attack(at("https://log.example:PORT/", trap))

    assert trap.connections() == 0


def test_one_private_address_among_public_ones_refuses_the_name(trap, monkeypatch, no_network):
    monkeypatch.setattr(socket, "getaddrinfo", resolving(["93.184.215.14", "127.0.0.1"])[0])

    with pytest.raises(Refused):
        attack(at("https://log.example:PORT/", trap))

    assert no_network == []


def test_a_name_that_changes_its_address_after_the_check_is_connected_to_where_it_was_checked(
    trap, monkeypatch, no_network
):
    resolver, questions = resolving(["93.184.215.14"], ["127.0.0.1"])
    monkeypatch.setattr(socket, "getaddrinfo", resolver)

    with pytest.raises(Unreachable):
        attack(at("https://log.example:PORT/", trap))

    assert questions == ["log.example"]
    assert no_network == [("93.184.215.14", trap.port)]
    assert trap.connections() == 0


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status, trap, settings):
    away = f"HTTP/1.1 {status} Go\r\nLocation: http://127.0.0.1:{trap.port}/\r\nContent-Length: 0\r\n\r\n"
    with answering(saying(away.encode())) as (port, requests):
        settings.OUTSIDE_PRIVATE_HOSTS = [f"127.0.0.1:{port}", f"127.0.0.1:{trap.port}"]
        with pytest.raises(Refused, match=rf"\({status}\); that is not followed"):
            attack(f"http://127.0.0.1:{port}/")

    assert len(requests) == 1
    assert trap.connections() == 0


def test_a_proxy_of_the_environment_is_not_asked(trap, settings, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{trap.port}")
    with answering(saying(OK)) as (port, _):
        settings.OUTSIDE_PRIVATE_HOSTS = [f"127.0.0.1:{port}"]
        assert fetch(f"http://127.0.0.1:{port}/", limit=100, timeout=5).body == b"hello"

    assert trap.connections() == 0


def test_naming_one_port_of_a_private_host_opens_no_other(trap, settings):
    settings.OUTSIDE_PRIVATE_HOSTS = ["127.0.0.1:1"]

    with pytest.raises(Refused):
        attack(f"http://127.0.0.1:{trap.port}/")
    with pytest.raises(Refused):
        attack(f"https://127.0.0.1:{trap.port}/")

    assert trap.connections() == 0


@pytest.mark.parametrize(
    ("text", "public"),
    [
        ("93.184.215.14", True),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True),
        ("::ffff:93.184.215.14", True),
        ("127.0.0.1", False),
        ("127.255.255.254", False),
        ("0.0.0.0", False),
        ("192.0.2.1", False),
        ("198.18.0.1", False),
        ("240.0.0.1", False),
        ("::", False),
        ("2001:db8::1", False),
        ("fe80::1%lo", False),
        ("fec0::1", False),
        ("feff::1", False),
    ],
)
def test_an_address_is_public_or_not(text, public):
    assert addresses.is_public(text) is public


def resolve(target: addresses.Target) -> list[addresses.Endpoint]:
    found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    return [addresses.Endpoint(family, address) for family, _, _, _, address in found]


def only_what_is_written_as_an_address(target):
    return checked(target) if target.host[0].isdigit() else resolve(target)


def only_the_first(target):
    first, *_ = found = resolve(target)
    if not addresses.is_public(first.address[0]):
        raise Refused("not public")
    # The public one is asked last, so that this test stays on this machine.
    return found[::-1]


def resolved_again(target):
    checked(target)
    return resolve(target)


def no_address_within_an_address(target):
    if any(ip_address(each.address[0]).is_loopback for each in resolve(target)):
        raise Refused("not public")
    return resolve(target)


checked = addresses.endpoints

# What the client does instead of its check; the address that then comes through; what its name resolves to.
PLANTED = {
    "no address is checked": (resolve, "https://127.0.0.1:PORT/", []),
    "a name is not looked up": (only_what_is_written_as_an_address, "https://localhost:PORT/", []),
    "an IPv4 address within an IPv6 one is overlooked": (
        no_address_within_an_address,
        "https://[::ffff:127.0.0.1]:PORT/",
        [],
    ),
    "only the first address is looked at": (
        only_the_first,
        "https://log.example:PORT/",
        [["93.184.215.14", "127.0.0.1"]],
    ),
    "the name is resolved again to connect": (
        resolved_again,
        "https://log.example:PORT/",
        [["93.184.215.14"], ["127.0.0.1"]],
    ),
}


@pytest.mark.parametrize("bug", PLANTED)
def test_the_trap_notices_planted_bug(bug, trap, monkeypatch):
    planted, url, answers = PLANTED[bug]
    if answers:
        monkeypatch.setattr(socket, "getaddrinfo", resolving(*answers)[0])
    with pytest.raises(Refused) if len(answers) < 2 else nullcontext():
        checked(addresses.parse(at(url, trap)))
    if answers:
        monkeypatch.setattr(socket, "getaddrinfo", resolving(*answers)[0])
    monkeypatch.setattr(calling, "endpoints", planted)

    with pytest.raises(Unreachable):
        attack(at(url, trap))

    assert trap.connections() == 1


def test_a_get_and_a_post_bring_status_type_and_body(settings):
    with answering(saying(OK)) as (port, requests):
        settings.OUTSIDE_PRIVATE_HOSTS = [f"127.0.0.1:{port}"]
        url = f"http://127.0.0.1:{port}/log/main/1/checkpoint?at=3"
        assert fetch(url, limit=5, timeout=5, headers={"Authorization": "Token t"}) == Answer(
            200, "text/plain", b"hello"
        )
        assert post(url, b"old 0\n", limit=5, timeout=5) == Answer(200, "text/plain", b"hello")

    got, posted = requests
    assert got.startswith(b"GET /log/main/1/checkpoint?at=3 HTTP/1.1\r\n")
    assert f"Host: 127.0.0.1:{port}\r\n".encode() in got
    assert b"Authorization: Token t\r\n" in got
    assert posted.startswith(b"POST ") and posted.endswith(b"\r\n\r\nold 0\n")


def test_an_error_status_is_an_answer(settings):
    refusal = b"HTTP/1.1 409 Conflict\r\nContent-Type: text/x.tlog.size\r\nContent-Length: 2\r\n\r\n3\n"
    with answering(saying(refusal)) as (port, _):
        settings.OUTSIDE_PRIVATE_HOSTS = [f"127.0.0.1:{port}"]
        answer = post(f"http://127.0.0.1:{port}/", b"", limit=100, timeout=5)

    assert answer == Answer(409, "text/x.tlog.size", b"3\n")


@pytest.mark.parametrize(
    ("said", "error", "words"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n123456", Refused, "answers with more than 5 bytes"),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 100_000, Refused, "answers with more than 5 bytes"),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nA\r\n0123456789\r\n0\r\n\r\n",
            Refused,
            "answers with more than 5 bytes",
        ),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n123", Unreachable, "broke off in the middle"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n123", Unreachable, "valid HTTP: IncompleteRead"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", Unreachable, "valid HTTP: BadStatusLine"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n", Unreachable, "valid HTTP: HTTPException"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000 + b"\r\n\r\n", Unreachable, "valid HTTP: LineTooLong"),
        (b"", Unreachable, "did not answer: Remote end closed connection"),
    ],
)
def test_an_answer_too_long_or_broken_is_none(said, error, words, settings):
    with answering(saying(said)) as (port, _):
        settings.OUTSIDE_PRIVATE_HOSTS = [f"127.0.0.1:{port}"]
        with pytest.raises(error, match=words):
            fetch(f"http://127.0.0.1:{port}/", limit=5, timeout=5)


@pytest.mark.parametrize(
    "start", [b"", b"HTTP/1.1 200 OK\r\nX-Slow: ", b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n"]
)
def test_a_server_that_drips_its_answer_is_left_after_the_time(start, settings):
    def drip(connection: socket.socket) -> None:
        connection.sendall(start)
        for _ in range(25):
            time.sleep(0.1)
            connection.sendall(b"." if start else b"")

    with answering(drip) as (port, _):
        settings.OUTSIDE_PRIVATE_HOSTS = [f"127.0.0.1:{port}"]
        began = time.monotonic()
        with pytest.raises(Unreachable, match="did not answer within 0.5 seconds"):
            fetch(f"http://127.0.0.1:{port}/", limit=1000, timeout=0.5)
        took = time.monotonic() - began

    assert 0.4 < took < 2


def test_what_is_no_http_is_not_quoted(settings):
    with answering(saying(b"\x1b]0;owned\x07 call +44 and confirm\r\n")) as (port, _):
        settings.OUTSIDE_PRIVATE_HOSTS = [f"127.0.0.1:{port}"]
        with pytest.raises(Unreachable) as told:
            fetch(f"http://127.0.0.1:{port}/", limit=5, timeout=5)

    assert str(told.value) == f"127.0.0.1:{port} did not answer in valid HTTP: BadStatusLine."


def test_a_password_in_an_address_is_not_quoted():
    with pytest.raises(Refused) as told:
        fetch("https://user:secret@log.example/", limit=5, timeout=5)

    assert str(told.value) == ("An address of log.example holds a user name; write it like https://log.example/path.")


def test_a_compressed_answer_is_not_asked_for_and_not_unpacked(settings):
    bomb = gzip.compress(bytes(10_000_000))
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(bomb)}\r\n\r\n".encode()
    with answering(saying(head + bomb)) as (port, requests):
        settings.OUTSIDE_PRIVATE_HOSTS = [f"127.0.0.1:{port}"]
        answer = fetch(f"http://127.0.0.1:{port}/", limit=20_000, timeout=5)

    assert answer.body == bomb
    assert b"Accept-Encoding: identity\r\n" in requests[0]


def test_a_name_with_many_addresses_that_do_not_answer_gets_no_more_time(monkeypatch):
    many = [f"93.184.215.{n}" for n in range(1, 100)]
    monkeypatch.setattr(socket, "getaddrinfo", resolving(many)[0])

    def silent(self: socket.socket, address: object) -> None:
        time.sleep(min(self.gettimeout(), 0.2))
        raise TimeoutError("timed out")

    monkeypatch.setattr(socket.socket, "connect", silent)
    began = time.monotonic()
    with pytest.raises(Unreachable, match=r"log\.example:443 cannot be reached: timed out"):
        attack("https://log.example/")

    assert 0.9 < time.monotonic() - began < 1.5


def test_a_closed_port_and_a_name_without_address_are_unreachable(trap, settings, monkeypatch):
    settings.OUTSIDE_PRIVATE_HOSTS = ["127.0.0.1:1"]
    with pytest.raises(Unreachable, match=r"127\.0\.0\.1:1 cannot be reached"):
        fetch("http://127.0.0.1:1/", limit=5, timeout=5)

    def nothing(*_: object, **__: object) -> None:
        raise socket.gaierror("no such name")

    monkeypatch.setattr(socket, "getaddrinfo", nothing)
    with pytest.raises(Unreachable, match=r"The name log\.example has no address"):
        fetch("https://log.example/", limit=5, timeout=5)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate for log.example that signs itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "log.example")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("log.example")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("tls")
    (folder / "certificate").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return folder / "certificate", folder / "key"


@pytest.mark.parametrize(
    ("host", "trusted", "words"),
    [
        ("log.example", True, None),
        ("log.example", False, "did not answer: .*certificate verify failed"),
        ("other.example", True, "did not answer: .*Hostname mismatch"),
    ],
)
def test_the_certificate_is_checked_against_the_name_and_not_the_address(
    host, trusted, words, certificate, settings, monkeypatch
):
    monkeypatch.setattr(socket, "getaddrinfo", resolving(["127.0.0.1"])[0])
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    with answering(saying(OK), certificate) as (port, requests):
        settings.OUTSIDE_PRIVATE_HOSTS = [f"{host}:{port}"]
        if words is None:
            assert fetch(f"https://{host}:{port}/", limit=5, timeout=5).body == b"hello"
            assert f"Host: {host}:{port}\r\n".encode() in requests[0]
        else:
            with pytest.raises(Unreachable, match=words):
                fetch(f"https://{host}:{port}/", limit=5, timeout=5)
            assert requests == []
