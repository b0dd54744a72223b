"""Writes the folder anew; files that stay what they were are not touched."""

import gzip
import sys

from provenance.pack.tests.bundles import FOLDER, MANIFEST, files

made = files()
FOLDER.mkdir(parents=True, exist_ok=True)
for old in FOLDER.glob("*.gz"):
    if old.name not in made:
        old.unlink()
for name, text in made.items():
    file = FOLDER / name
    if name == MANIFEST:
        file.write_text(text, encoding="utf-8")
    elif not file.exists() or gzip.decompress(file.read_bytes()).decode() != text:
        file.write_bytes(gzip.compress(text.encode(), mtime=0))
sys.stdout.write(f"{FOLDER}\n")
