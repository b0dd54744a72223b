"""The Python in which the peers are installed: made once for each list of pins, outside the project."""

import hashlib
import subprocess
import sys
from pathlib import Path
from tempfile import gettempdir

REQUIREMENTS = Path(__file__).resolve().parent / "requirements.txt"


def python() -> str:
    digest = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()[:12]
    folder = Path(gettempdir()) / f"beantrail-peers-{digest}"
    interpreter, stamp = folder / "bin" / "python", folder / "installed"
    if not stamp.exists():
        print("Installing the peers (once) ...", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        pip = [
            interpreter,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--quiet",
            "--disable-pip-version-check",
            "-r",
            REQUIREMENTS,
        ]
        subprocess.run(pip, check=True)
        stamp.touch()
    return str(interpreter)
