"""
The master key, under which every other secret of this installation is sealed, and where it comes from.

``KEY_BACKEND`` is ``environment``, ``file``, or the dotted path of a class that is a :class:`MasterKey`.
"""

import os
from base64 import b64decode
from functools import cache
from pathlib import Path
from typing import Protocol

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from provenance.keyring.sealing import KEY_SIZE, seal, unseal

# The group must not write and others must not read.
FORBIDDEN_MODE = 0o027


class MasterKey(Protocol):
    """
    Seals secrets of at most 4 KiB, bound to a context that is authenticated and not secret.

    Made without arguments, once a process; used by several threads at once. Faults of the key or its keeper other than
    bytes that do not open are ``ImproperlyConfigured`` or the keeper's own errors: whoever signs then signs nothing.
    """

    def wrap(self, secret: bytes, bound_to: str) -> bytes:
        """The sealed secret."""
        ...

    def unwrap(self, wrapped: bytes, bound_to: str) -> bytes:
        """The secret; raises ``Unsealable`` for other bytes, another context or another key."""
        ...


class EnvironmentKey:
    """``KEY_ENCRYPTION_KEY``: 32 bytes in base64. Outside production a file in ``DATA_DIR``, made once."""

    def wrap(self, secret: bytes, bound_to: str) -> bytes:
        return seal(settings.KEY_ENCRYPTION_KEY, secret, bound_to)

    def unwrap(self, wrapped: bytes, bound_to: str) -> bytes:
        return unseal(settings.KEY_ENCRYPTION_KEY, wrapped, bound_to)


class FileKey:
    """
    The file named by ``KEY_ENCRYPTION_KEY_FILE`` holds the 32 bytes in base64, as systemd or a container hands it over.

    Read once, when the process first needs it. The sealed bytes are those of ``EnvironmentKey`` with the same key.
    """

    def __init__(self) -> None:
        self._key = read_key(Path(settings.KEY_ENCRYPTION_KEY_FILE))

    def wrap(self, secret: bytes, bound_to: str) -> bytes:
        return seal(self._key, secret, bound_to)

    def unwrap(self, wrapped: bytes, bound_to: str) -> bytes:
        return unseal(self._key, wrapped, bound_to)


BACKENDS = {
    "environment": f"{__name__}.{EnvironmentKey.__name__}",
    "file": f"{__name__}.{FileKey.__name__}",
}


def read_key(path: Path) -> bytes:
    """The key in a file that others cannot read. Raises ``ImproperlyConfigured``."""
    try:
        with path.open("rb") as stream:
            mode, text = os.fstat(stream.fileno()).st_mode, stream.read(1024)
    except OSError as error:
        raise ImproperlyConfigured(
            f"KEY_ENCRYPTION_KEY_FILE is '{path}', which cannot be read: {error.strerror}."
        ) from None
    if mode & FORBIDDEN_MODE:
        raise ImproperlyConfigured(f"The key in {path} may be read by everybody or changed: chmod 600 {path}")
    try:
        key = b64decode(text.strip(), validate=True)
    except ValueError:
        raise ImproperlyConfigured(f"{path} is not base64.") from None
    if len(key) != KEY_SIZE:
        raise ImproperlyConfigured(f"{path} holds {len(key)} bytes; it must be {KEY_SIZE} bytes in base64.")
    return key


def master_key() -> MasterKey:
    """The master key of this installation. Raises ``ImproperlyConfigured``."""
    return _made(settings.KEY_BACKEND, settings.KEY_ENCRYPTION_KEY_FILE)


@cache
def _made(backend: str, file: str) -> MasterKey:
    """``file`` tells two files apart; the backend reads the setting itself."""
    try:
        made: MasterKey = import_string(BACKENDS.get(backend, backend))()
    except ImportError:
        raise ImproperlyConfigured(
            f"KEY_BACKEND is {backend!r}; it must be environment, file, or the dotted path of a class that can be "
            "imported."
        ) from None
    return made


def seal_secret(value: bytes, bound_to: str) -> bytes:
    """Seal under the master key."""
    return master_key().wrap(value, bound_to)


def unseal_secret(sealed: bytes, bound_to: str) -> bytes:
    """Open what ``seal_secret`` sealed; raises ``Unsealable``."""
    return master_key().unwrap(bytes(sealed), bound_to)
