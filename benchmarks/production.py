"""
The demo as a production site serves it: the folder that the Dockerfile makes, static files collected and compressed,
gunicorn and nginx with their own configurations. Everything lies in a temporary folder. Needs nginx.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import fresh_site  # noqa: F401  # must come first

from provenance.tests.fire.engines import free_port, wait_until
from provenance.tests.test_production_form import HOST, Nginx

ROOT = Path(__file__).resolve().parent.parent
OTHERS = ("DATABASE_URL", "REDIS_URL", "TRAIL_HOST", "FENCE_DIR", "MEDIA_DIR", "EXPORT_DIR", "WITNESS_POLICY")


@dataclass(frozen=True)
class Demo:
    """``bags``: the addresses of its bags, by what ``manage.py demo`` calls them; ``nginx``: where that is served."""

    bags: dict[str, str]
    nginx: str
    gunicorn: str


@contextmanager
def demo() -> Iterator[Demo]:
    with TemporaryDirectory(prefix="beantrail-production-") as temporary:
        folder = Path(temporary)
        image, upstream = folder / "image", free_port()
        _copy(image)
        settings = {name: value for name, value in os.environ.items() if name not in OTHERS}
        settings |= {
            "ALLOWED_HOSTS": HOST,
            "PUBLIC_URL": f"https://{HOST}",
            "TRAIL_HOST": HOST,
            "BEHIND_PROXY": "true",
            "SECRET_KEY": "x" * 60,
            "KEY_ENCRYPTION_KEY": "A" * 43 + "=",
            "DATA_DIR": f"{temporary}/data",
            "BIND": f"127.0.0.1:{upstream}",
            "LOG_LEVEL": "ERROR",
            "DJANGO_SETTINGS_MODULE": "provenance.settings",
        }

        def manage(*command: str) -> str:
            return subprocess.check_output([sys.executable, "manage.py", *command], cwd=image, env=settings, text=True)

        manage("collectstatic", "--noinput", "--verbosity", "0")
        manage("migrate", "--noinput", "--verbosity", "0")
        said = manage("demo", "--force")
        (folder / "nginx").mkdir()
        server = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py", "provenance.wsgi"],
            cwd=image,
            env=settings,
        )
        nginx = None
        try:
            nginx = Nginx(folder / "nginx", upstream, folder / "export")
            wait_until(lambda: nginx.get("/healthz")[0] == 200, what="gunicorn")
            bags = dict(re.findall(r"^  ([a-z ]+?) {2,}(https\S+/01/\S+)$", said, re.MULTILINE))
            yield Demo(bags, f"127.0.0.1:{nginx.port}", f"127.0.0.1:{upstream}")
        finally:
            if nginx:
                nginx.stop()
            server.terminate()
            server.wait()


def _copy(image: Path) -> None:
    for source, target in re.findall(r"^COPY (?!--|requirements)(\S+) (\S+)$", (ROOT / "Dockerfile").read_text(), re.M):
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, image / target, ignore=shutil.ignore_patterns("tests", "__pycache__"))
        else:
            (image / target).mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / source, image / target)
