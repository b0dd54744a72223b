"""The same files in an S3 bucket."""

from datetime import timedelta

import pytest
from django.utils import timezone

boto3 = pytest.importorskip("boto3", reason="needs requirements-s3.txt")
moto = pytest.importorskip("moto", reason="needs requirements-dev.txt")

from provenance.trail.errors import NoRoom  # noqa: E402
from provenance.trail.services.attaching.showing import public_picture  # noqa: E402
from provenance.trail.services.attaching.storing import Unreadable, fetch, path_of, store, sweep  # noqa: E402
from provenance.trail.services.publishing import publish  # noqa: E402
from provenance.trail.services.verifying import verify_trail  # noqa: E402
from provenance.trail.tests.pictures import flipped  # noqa: E402
from provenance.trail.tests.story import ALMAZ, PARTY  # noqa: E402
from provenance.trail.tests.test_attaching import BYTES, attach  # noqa: E402

pytestmark = pytest.mark.django_db

NAME = "coffee-pictures"


@pytest.fixture
def bucket(settings, monkeypatch):
    """An S3 of its own in this process."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    settings.STORAGES = {
        **settings.STORAGES,
        "attachments": {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": {"bucket_name": NAME}},
    }
    with moto.mock_aws():
        client = boto3.client("s3")
        client.create_bucket(Bucket=NAME)
        yield client


def names(bucket):
    return sorted(found["Key"] for found in bucket.list_objects_v2(Bucket=NAME).get("Contents", ()))


def test_a_file_lies_sealed_in_the_bucket_and_the_same_bytes_are_one(log, bucket):
    digest = store(PARTY + ALMAZ, BYTES)
    assert store(PARTY + ALMAZ, BYTES) == digest

    [name] = names(bucket)
    assert name == f"attachments/{path_of(PARTY + ALMAZ, digest)}"
    assert BYTES not in bucket.get_object(Bucket=NAME, Key=name)["Body"].read()
    assert fetch(PARTY + ALMAZ, digest) == BYTES


def test_what_is_missing_or_changed_there_is_never_shown_and_is_named(log, bucket):
    event = attach()
    publish(log)
    assert verify_trail(log) == []
    small, large = (row.sha256 for row in event.attachments.order_by("pk"))
    key = f"attachments/{path_of(PARTY + ALMAZ, small)}"
    data = bucket.get_object(Bucket=NAME, Key=key)["Body"].read()

    bucket.put_object(Bucket=NAME, Key=key, Body=flipped(data))
    bucket.delete_object(Bucket=NAME, Key=f"attachments/{path_of(PARTY + ALMAZ, large)}")

    assert public_picture(small) is None and public_picture(large) is None
    assert [fault.what.removeprefix("Its attachment ") for fault in verify_trail(log)] == [
        f"{small} was changed.",
        f"{large} is missing.",
    ]


def test_what_nobody_signs_is_swept_there_too(log, bucket, monkeypatch):
    attach()
    digest = store(PARTY + ALMAZ, BYTES)
    assert sweep() == 0

    later = timezone.now() + timedelta(days=2)
    monkeypatch.setattr(timezone, "now", lambda: later)

    assert sweep() == 1 and len(names(bucket)) == 2
    with pytest.raises(Unreadable, match="is missing"):
        fetch(PARTY + ALMAZ, digest)


def test_a_bucket_that_does_not_answer_is_told_and_nothing_is_signed(log, bucket, monkeypatch):
    bucket.delete_bucket(Bucket=NAME)
    with pytest.raises(NoRoom, match="Nothing was signed"):
        store(PARTY + ALMAZ, BYTES)
    with pytest.raises(Unreadable, match=r"is missing|cannot be read"):
        fetch(PARTY + ALMAZ, "a" * 64)
