"""Lighthouse, installed once for each list of pins, outside the project. Needs node and npm."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import gettempdir
from typing import Any

PINS = Path(__file__).resolve().parent / "package.json"
CHROMIUM = "/usr/bin/chromium"
TRIES = 3  # on a busy machine it may not reach the browser that it started


def program() -> Path:
    digest = hashlib.sha256(PINS.read_bytes()).hexdigest()[:12]
    folder = Path(gettempdir()) / f"beantrail-lighthouse-{digest}"
    stamp = folder / "installed"
    if not stamp.exists():
        print("Installing Lighthouse (once) ...", file=sys.stderr)
        folder.mkdir(exist_ok=True)
        shutil.copy(PINS, folder)
        subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund"], cwd=folder, check=True)
        stamp.touch()
    return folder / "node_modules" / ".bin" / "lighthouse"


def judge(url: str, flags: list[str]) -> dict[str, Any]:
    """Its report, by its preset for phones."""
    options = [
        "--quiet",
        "--output=json",
        "--output-path=stdout",
        f"--chrome-flags={' '.join(['--headless=new', *flags])}",
    ]
    for _ in range(TRIES):
        told = subprocess.run(
            [program(), url, *options], check=False, stdout=subprocess.PIPE, env={**os.environ, "CHROME_PATH": CHROMIUM}
        )
        if told.returncode == 0:
            return dict(json.loads(told.stdout))
    sys.exit("Lighthouse ended with an error.")
