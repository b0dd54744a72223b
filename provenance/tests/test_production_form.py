"""compose.yaml, nginx and systemd as they stand: read by their own programs; a page and a tile fetched through them."""

import datetime
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from http.client import HTTPConnection
from pathlib import Path

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from provenance.tests.fire.engines import free_port, wait_until
from provenance.tests.fire.installation import FOUND, TELL, Installation

ROOT = Path(__file__).resolve().parents[2]
HOST = "beantrail.example"
NAMES = {"SERVER_NAME", "UPSTREAM", "EXPORT_DIR", "CERTIFICATES", "CACHE_DIR"}
UNITS = sorted((ROOT / "deploy" / "systemd").glob("*.service"))


def compose():
    return yaml.safe_load((ROOT / "compose.yaml").read_text())


def test_compose_runs_the_whole_site_and_keeps_its_secrets_outside():
    services = compose()["services"]

    assert set(services) == {"db", "redis", "prepare", "web", "keep", "worker", "nginx"}
    assert all(each["restart"] == ("no" if name == "prepare" else "always") for name, each in services.items())
    for name in ("web", "keep", "worker"):
        assert services[name]["cap_drop"] == ["ALL"] and services[name]["read_only"]
        # The site is never the owner of the tables.
        assert services[name]["environment"]["DATABASE_URL"].startswith(
            "postgres://beantrail_app:${APP_DATABASE_PASSWORD"
        )
    example = dict(
        line.split("=", 1)
        for line in (ROOT / ".env.example").read_text().splitlines()
        if "=" in line and line[0] != "#"
    )
    asked = set(re.findall(r"\$\{(\w+)", (ROOT / "compose.yaml").read_text()))
    assert asked <= set(example)
    assert {
        "SECRET_KEY",
        "KEY_ENCRYPTION_KEY",
        "OWNER_DATABASE_PASSWORD",
        "APP_DATABASE_PASSWORD",
        "METRICS_TOKEN",
    } <= {name for name, value in example.items() if not value}


def test_compose_is_understood_by_docker(tmp_path):
    plain, plugin = shutil.which("docker-compose"), shutil.which("docker")
    if plain:
        command = [plain]
    elif plugin and subprocess.run([plugin, "compose", "version"], capture_output=True, check=False).returncode == 0:
        command = [plugin, "compose"]
    else:
        pytest.skip("needs docker compose")
    shutil.copy(ROOT / "compose.yaml", tmp_path)
    names = re.findall(r"\$\{(\w+):\?", (ROOT / "compose.yaml").read_text())
    (tmp_path / ".env").write_text("".join(f"{name}=x\n" for name in names))

    done = subprocess.run([*command, "config", "-q"], cwd=tmp_path, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr


def test_the_image_is_slim_runs_as_nobody_and_takes_no_secret_in():
    text = (ROOT / "Dockerfile").read_text()

    assert re.findall(r"^FROM (\S+)", text, re.M) == ["python:3.12-slim-bookworm"] * 2
    assert re.findall(r"^USER (\S+)", text, re.M) == ["beantrail"]
    assert not re.search(r"^(ARG|ENV) .*(KEY|PASSWORD|TOKEN)", text, re.M)
    allowed = (ROOT / ".dockerignore").read_text().splitlines()
    # Nothing gets in that is not named: no .env, no data, no history.
    assert allowed[0] == "*" and not {"!.env", "!data", "!.git"} & set(allowed)


def test_the_image_holds_all_that_the_site_needs(tmp_path):
    """The folder that the Dockerfile makes, with its own last step, then a migration, a log and a round of keep."""
    image, data = tmp_path / "image", tmp_path / "data"
    dockerfile = (ROOT / "Dockerfile").read_text()
    image.mkdir()
    for source, target in re.findall(r"^COPY (?!--|requirements)(\S+) (\S+)$", dockerfile, re.M):
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, image / target, ignore=shutil.ignore_patterns("tests", "__pycache__"))
        else:
            (image / target).mkdir(exist_ok=True)
            shutil.copy(ROOT / source, image / target)
    production = {"ALLOWED_HOSTS": HOST, "PUBLIC_URL": f"https://{HOST}", "SECRET_KEY": "x" * 60}
    production |= {"KEY_ENCRYPTION_KEY": "A" * 43 + "=", "DATABASE_URL": "", "REDIS_URL": ""}
    places = {"DATA_DIR": str(data), "FENCE_DIR": str(data / "fence"), "EXPORT_DIR": str(data / "export")}
    environment = os.environ | production | places | {"DJANGO_SETTINGS_MODULE": "provenance.settings"}

    def run(*command):
        done = subprocess.run(
            [sys.executable, *command], cwd=image, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    run("manage.py", "collectstatic", "--noinput")
    run("manage.py", "migrate", "--noinput")
    run("manage.py", "create_log", "main", "--operator", "Test operator", "--country", "ET")
    run("manage.py", "keep", "--once")
    run("-c", "import provenance.wsgi, provenance.celery")
    assert (data / "export" / "log" / "main" / "1" / "checkpoint").exists()


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_understands_its_units(unit, tmp_path):
    program = shutil.which("systemd-analyze") or pytest.skip("needs systemd-analyze")
    # The programs of a site that is installed elsewhere are not here.
    here = tmp_path / unit.name
    here.write_text(re.sub(r"ExecStart=\S+", f"ExecStart={sys.executable}", unit.read_text()))

    done = subprocess.run([program, "verify", "--man=no", here], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")
    for line in ("Restart=always", "NoNewPrivileges=true", "ProtectSystem=strict", "User=beantrail"):
        assert line in unit.read_text().splitlines()


class Nginx:
    """The real nginx with the real configuration, on free ports, with a certificate of its own."""

    def __init__(self, folder, upstream, export):
        self.program = shutil.which("nginx") or pytest.skip("needs nginx (apt-get install nginx-light)")
        self.folder, self.port, self.plain_port = folder, free_port(), free_port()
        self.make_certificate()
        text = (ROOT / "deploy" / "nginx.conf.template").read_text()
        values = {
            "SERVER_NAME": HOST,
            "UPSTREAM": f"127.0.0.1:{upstream}",
            "EXPORT_DIR": str(export),
            "CERTIFICATES": str(folder),
            "CACHE_DIR": str(folder / "cache"),
        }
        assert set(re.findall(r"\$\{(\w+)\}", text)) == NAMES
        for name, value in values.items():
            text = text.replace(f"${{{name}}}", value)
        text = text.replace("listen 80;", f"listen 127.0.0.1:{self.plain_port};")
        text = text.replace("listen 443 ssl", f"listen 127.0.0.1:{self.port} ssl")
        text = text.replace("/dev/stdout", str(folder / "access.log")).replace(
            "stderr emerg", f"{folder}/error.log emerg"
        )
        (folder / "site.conf").write_text(text)
        user = "user root;\n" if os.geteuid() == 0 else ""
        temporary = "".join(
            f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        (folder / "nginx.conf").write_text(
            f"{user}daemon off;\npid {folder}/pid;\nevents {{ }}\nhttp {{\n{temporary}include {folder}/site.conf;\n}}\n"
        )
        arguments = [self.program, "-c", folder / "nginx.conf", "-p", folder, "-e", folder / "start.log"]
        test = subprocess.run([*arguments, "-t"], capture_output=True, text=True, check=False)
        assert test.returncode == 0, test.stderr + (folder / "start.log").read_text()
        self.process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL)
        wait_until(self.answers, what="nginx")

    def make_certificate(self):
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
        now = datetime.datetime.now(datetime.UTC)
        made = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
            .sign(key, hashes.SHA256())
        )
        (self.folder / "fullchain.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
        (self.folder / "privkey.pem").write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )

    def answers(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def get(self, path, data=None, **headers):
        """Status, headers, body."""
        trusting = ssl.create_default_context(cafile=str(self.folder / "fullchain.pem"))
        trusting.check_hostname = False
        request = urllib.request.Request(
            f"https://127.0.0.1:{self.port}{path}", data=data, headers={"Host": HOST, **headers}
        )
        opener = urllib.request.build_opener(
            urllib.request.HTTPSHandler(context=trusting), urllib.request.ProxyHandler({})
        )
        try:
            with opener.open(request, timeout=20) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read()

    def stop(self):
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(10)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A production site: gunicorn with its configuration, static files collected, and nginx before it."""
    folder = tmp_path_factory.mktemp("production")
    (folder / "nginx").mkdir()
    if not shutil.which("nginx"):
        pytest.skip("needs nginx (apt-get install nginx-light)")
    installation = Installation(folder / "home", "")
    installation.settings = {
        "ALLOWED_HOSTS": HOST,
        "PUBLIC_URL": f"https://{HOST}",
        "TRAIL_HOST": "localhost:8000",
        "SECRET_KEY": "x" * 60,
        "KEY_ENCRYPTION_KEY": "A" * 43 + "=",
        "BEHIND_PROXY": "true",
        "LOG_FORMAT": "json",
        "METRICS_TOKEN": "cherry",
        "EXPORT_DIR": str(folder / "export"),
        "BIND": f"127.0.0.1:{installation.port}",
    }
    installation.home.mkdir()
    installation.python("-c", FOUND)
    installation.python("-c", TELL)
    installation.manage("keep", "--once")
    installation.manage("collectstatic", "--noinput", "--verbosity", "0")
    installation.start("web", "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py", "provenance.wsgi")
    # To its own name only does it answer with more than a refusal.
    wait_until(lambda: installation.get("/healthz")[0] == 400, what="gunicorn")
    nginx = Nginx(folder / "nginx", installation.port, folder / "export")
    yield installation, nginx
    nginx.stop()
    installation.stop()


def lot_path(installation):
    shown = installation.python(
        "-c",
        "import django; django.setup()\n"
        "from urllib.parse import urlsplit\n"
        "from provenance.trail.models import Lot\n"
        "print(urlsplit(Lot.objects.order_by('code').first().uri).path)",
    )
    return shown.stdout.strip()


def size_of(nginx):
    status, headers, note = nginx.get("/log/main/1/checkpoint")
    assert (status, headers["Content-Type"]) == (200, "text/plain; charset=utf-8")
    assert headers["Access-Control-Allow-Origin"] == "*"
    return int(note.split(b"\n")[1])


def test_what_the_export_lacks_and_what_is_for_auditors_is_answered_by_the_site(site):
    _, nginx = site

    assert nginx.get("/log/main/1/tile/0/099")[0] == 404
    assert nginx.get("/log/main/1/tile/entries/000.p/1")[0] == 403
    assert nginx.get("/log/main/1/policy")[0] == 200


@pytest.mark.parametrize("host", [HOST, "evil.example", "evil.example:80"])
def test_whatever_a_request_calls_the_site_it_is_led_to_its_own_name(site, host):
    _, nginx = site
    connection = HTTPConnection("127.0.0.1", nginx.plain_port, timeout=20)

    connection.request("GET", "/t/abc?lang=de", headers={"Host": host})
    answer = connection.getresponse()

    assert (answer.status, answer.headers["Location"]) == (301, f"https://{HOST}/t/abc?lang=de")
    connection.close()


def test_no_header_of_a_clients_puts_anything_before_the_paths_of_links(site):
    """nginx drops such names; other proxies pass them on, and pages are kept for everybody."""
    installation, _ = site
    path = lot_path(installation)
    headers = {"Host": HOST, "X-Forwarded-Proto": "https"}

    def ask(**more):
        address = f"http://127.0.0.1:{installation.port}{path}"
        return urllib.request.urlopen(urllib.request.Request(address, headers=headers | more), timeout=20).read()

    assert ask(SCRIPT_NAME="/epcis", PATH_INFO="/epcis") == ask()


def test_figures_are_not_for_the_world(site):
    installation, nginx = site

    assert nginx.get("/metrics", Authorization="Bearer cherry")[0] == 404
    request = urllib.request.Request(
        f"http://127.0.0.1:{installation.port}/metrics", headers={"Host": HOST, "Authorization": "Bearer cherry"}
    )
    assert b"beantrail_log_size" in urllib.request.urlopen(request, timeout=10).read()


def test_an_upload_beyond_the_limit_stops_at_nginx(site):
    _, nginx = site

    assert nginx.get("/login/", data=b"x" * (22 * 1024 * 1024))[0] == 413


def test_no_journal_holds_an_address_a_browser_or_what_was_asked_for(site):
    installation, nginx = site
    for number in range(50):
        nginx.get(f"/t/Hanna{number}?name=Hanna", **{"User-Agent": "Phone of Hanna", "X-Forwarded-For": "192.0.2.7"})
        nginx.get("/login/", data=b"username=Hanna&password=Hanna", **{"User-Agent": "Phone of Hanna"})

    lines = (nginx.folder / "access.log").read_text().splitlines()
    journals = "\n".join(
        [*lines, (nginx.folder / "error.log").read_text(), (installation.home / "web.log").read_text()]
    )
    assert len(lines) >= 100 and any('"area":"t"' in line for line in lines)
    assert [word for word in ("Hanna", "127.0.0.1", "192.0.2.7", "Phone") if word in journals] == []


def test_a_page_goes_through_is_cached_and_outlives_the_site(site):
    installation, nginx = site
    path = lot_path(installation)

    status, headers, page = nginx.get(path)
    assert status == 200 and b"<html" in page
    assert headers["Strict-Transport-Security"].startswith("max-age=63072000")
    assert "Set-Cookie" not in headers
    assert nginx.get(path)[2] == page
    bundle = re.search(rb"/bundle/[0-9a-f-]+\.json", page).group().decode()
    status, _, proof = nginx.get(bundle)
    assert status == 200 and proof.startswith(b"{")
    style = re.search(rb'/static/css/[^"]+', nginx.get("/login/")[2]).group().decode()
    status, headers, sheet = nginx.get(style)
    assert status == 200 and "immutable" in headers["Cache-Control"]

    # The log's files, and a page and its proof past their five seconds, need nobody behind nginx.
    installation.kill("web")
    time.sleep(5.5)
    status, headers, tile = nginx.get("/log/main/1/tile/0/000.p/" + str(size_of(nginx)))
    assert (status, headers["Content-Type"]) == (200, "application/octet-stream")
    assert headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert len(tile) == 32 * size_of(nginx)
    assert nginx.get(path)[2] == page
    assert nginx.get(bundle)[2] == proof
    assert nginx.get(style)[2] == sheet
    status, headers, told = nginx.get("/login/")
    assert (status, headers["Retry-After"]) == (503, "10")
    assert told.startswith(b"Not at this moment.")
