"""
A site of its own, in a temporary folder, on SQLite. Import this before anything of Django's models.

``BENCHMARK_SITE`` names a folder to use, and keep, instead; ``BENCHMARK_DATABASE_URL`` another database.
"""

import os
import shutil
import sys
from atexit import register
from pathlib import Path
from tempfile import mkdtemp

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"
sys.path.insert(0, str(ROOT))


def temporary() -> str:
    folder = mkdtemp(prefix="beantrail-benchmark-")
    register(shutil.rmtree, folder, ignore_errors=True)
    return folder


os.environ["DJANGO_SETTINGS_MODULE"] = "provenance.settings"
os.environ["DATA_DIR"] = os.environ.get("BENCHMARK_SITE") or temporary()
os.environ["LOG_LEVEL"] = "ERROR"
os.environ.pop("FENCE_DIR", None)
os.environ.pop("DATABASE_URL", None)
if url := os.environ.get("BENCHMARK_DATABASE_URL"):
    os.environ["DATABASE_URL"] = url

import django  # noqa: E402

django.setup()

from django.core.management import call_command  # noqa: E402

call_command("migrate", verbosity=0)
