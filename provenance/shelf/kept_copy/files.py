"""Which styles, scripts and pictures of our own the pages of the shelf need."""

from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage

from provenance.shelf.proving.script import check_script

ALL_OF = "shelf"
BESIDE = ("css/beantrail.css", "img/bean.svg")


def own_files() -> Iterator[tuple[str, bytes]]:
    """
    Path and bytes of each. Where names hold digests (production) a file stands under both names: pages ask for the one,
    and scripts for each other by the other.
    """
    script = check_script()
    yield script.path, script.text.encode()
    for name in sorted((*_names(), *BESIDE)):
        found = finders.find(name)
        if found is None:
            continue
        plain, address = f"{settings.STATIC_URL}{name}", staticfiles_storage.url(name)
        yield plain.lstrip("/"), Path(found).read_bytes()
        if address != plain:
            with staticfiles_storage.open(address.removeprefix(settings.STATIC_URL)) as stream:
                yield address.lstrip("/"), stream.read()


def _names() -> Iterator[str]:
    for finder in finders.get_finders():
        for name, _ in finder.list([]):
            if name.startswith(f"{ALL_OF}/"):
                yield name
