"""An S3 bucket, through django-storages (requirements-s3.txt). Every write is conditional, so several may export."""

from collections.abc import Iterator
from contextlib import contextmanager
from posixpath import join
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from storages.backends.s3 import S3Storage

from provenance.trail.services.exporting.places import contradicted

__all__ = ["Bucket", "S3Storage"]

TILE_HEADERS = {"ContentType": "application/octet-stream", "CacheControl": "public, max-age=31536000, immutable"}
TEXT_HEADERS = {"ContentType": "text/plain; charset=utf-8", "CacheControl": "public, max-age=5"}

_LOST_RACE = {"PreconditionFailed", "ConditionalRequestConflict"}


class Bucket:
    """One log's objects in the bucket of a django-storages ``S3Storage``."""

    def __init__(self, storage: S3Storage, prefix: str) -> None:
        self.storage = storage
        self.prefix = join(storage.location, prefix)
        self._seen: dict[str, str] = {}

    @contextmanager
    def alone(self) -> Iterator[None]:
        with _as_os_errors():
            yield

    def read(self, path: str) -> bytes | None:
        self._seen.pop(path, None)
        try:
            with _as_os_errors():
                answer = self._object(path).get()
                self._seen[path] = answer["ETag"]
                return bytes(answer["Body"].read())
        except FileNotFoundError:
            return None

    def add(self, path: str, data: bytes) -> None:
        if not self._put(path, data, IfNoneMatch="*", **TILE_HEADERS) and self.read(path) != data:
            raise contradicted(path)

    def settle(self) -> None:
        """An answered put is durable and seen by every later read."""

    def replace(self, path: str, data: bytes) -> bool:
        condition = {"IfMatch": self._seen[path]} if path in self._seen else {"IfNoneMatch": "*"}
        return self._put(path, data, **condition, **TEXT_HEADERS)

    def remove_partials(self, path: str) -> None:
        with _as_os_errors():
            self.storage.bucket.objects.filter(Prefix=f"{self.prefix}/{path}.p/").delete()

    def _put(self, path: str, data: bytes, **how: Any) -> bool:
        try:
            self._object(path).put(Body=data, **how)
        except ClientError as error:
            if error.response["Error"]["Code"] in _LOST_RACE:
                return False
            raise
        return True

    def _object(self, path: str) -> Any:
        return self.storage.bucket.Object(f"{self.prefix}/{path}")


@contextmanager
def _as_os_errors() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] in {"NoSuchKey", "404"}:
            raise FileNotFoundError(str(error)) from error
        raise OSError(str(error)) from error
    except BotoCoreError as error:
        raise OSError(str(error)) from error
