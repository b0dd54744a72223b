"""Which code, templates and translations tell a page: pages that others told are told anew."""

from hashlib import sha256

from django.conf import settings

FOLDERS = ("provenance", "templates")
# Scripts and styles too: their names in the page hold digests of their contents.
SUFFIXES = frozenset({".py", ".html", ".js", ".css", ".svg", ".mo"})


def _edition() -> str:
    digest = sha256(f"{settings.PUBLIC_URL} {settings.TRAIL_HOST} {settings.STATIC_URL}\n".encode())
    for folder in FOLDERS:
        for file in sorted((settings.BASE_DIR / folder).rglob("*")):
            if file.suffix in SUFFIXES:
                digest.update(f"{file.relative_to(settings.BASE_DIR)}\n".encode())
                digest.update(sha256(file.read_bytes()).digest())
    return digest.hexdigest()


# SHA-256 (hex) of all of it, and of the addresses that stand in pages: of what this process was started from.
EDITION = _edition()
