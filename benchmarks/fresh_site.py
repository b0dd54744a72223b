"""A site of its own in a temporary folder, on SQLite. Import this before anything of Django's models."""

import os
import shutil
import sys
from atexit import register
from pathlib import Path
from tempfile import mkdtemp

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"
sys.path.insert(0, str(ROOT))

os.environ["DJANGO_SETTINGS_MODULE"] = "provenance.settings"
os.environ["DATA_DIR"] = folder = mkdtemp(prefix="beantrail-benchmark-")
os.environ["LOG_LEVEL"] = "ERROR"
os.environ.pop("DATABASE_URL", None)
register(shutil.rmtree, folder, ignore_errors=True)

import django  # noqa: E402

django.setup()

from django.core.management import call_command  # noqa: E402

call_command("migrate", verbosity=0)
