import pytest
from django.core.files.storage import storages

boto3 = pytest.importorskip("boto3", reason="needs requirements-s3.txt")
moto = pytest.importorskip("moto", reason="needs requirements-dev.txt")

from provenance.tlog.checkpoint import Checkpoint as Signed  # noqa: E402
from provenance.tlog.damage import damaged_files  # noqa: E402
from provenance.tlog.note import parse_note  # noqa: E402
from provenance.trail.models import Pending  # noqa: E402
from provenance.trail.services import exporting  # noqa: E402
from provenance.trail.services.acting import Draft, record_acts  # noqa: E402
from provenance.trail.services.exporting import ExportContradicted, ExportFailed, writing  # noqa: E402
from provenance.trail.services.exporting.s3 import Bucket  # noqa: E402
from provenance.trail.services.publishing import publish  # noqa: E402
from provenance.trail.services.queries import latest_checkpoint  # noqa: E402
from provenance.trail.tests import story  # noqa: E402
from provenance.trail.tests.story import ALMAZ, PARTY  # noqa: E402

pytestmark = pytest.mark.django_db

NAME = "coffee-log"


def harvests(count, name="H"):
    return record_acts(PARTY + ALMAZ, [Draft(story.harvest(f"{name}-{n}")) for n in range(count)])


@pytest.fixture
def bucket(settings, monkeypatch):
    """An S3 of its own in this process, and the log exported to it."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    options = {"bucket_name": NAME, "location": "trail"}
    settings.STORAGES = {
        **settings.STORAGES,
        "s3": {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options},
    }
    settings.EXPORT_STORAGE = "s3"
    with moto.mock_aws():
        client = boto3.client("s3")
        client.create_bucket(Bucket=NAME, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        yield boto3.resource("s3").Bucket(NAME)


def held(bucket):
    return {found.key.removeprefix("trail/"): found.get()["Body"].read() for found in bucket.objects.all()}


def place():
    return Bucket(storages["s3"], "log/main/1")


def test_a_bucket_holds_byte_for_byte_what_the_server_serves(log, bucket, client):
    publish(log)
    harvests(300)
    publish(log)

    found = held(bucket)

    size = latest_checkpoint(log).size
    assert {path: client.get(f"/{path}").content for path in found} == found
    assert found.keys() == {
        f"log/main/1/{path}"
        for path in ("checkpoint", "trust", "policy", "tile/0/000", f"tile/0/001.p/{size - 256}", "tile/1/000.p/1")
    }
    headers = bucket.Object("trail/log/main/1/tile/0/000").get()
    assert headers["CacheControl"] == "public, max-age=31536000, immutable"
    assert headers["ContentType"] == "application/octet-stream"
    assert bucket.Object("trail/log/main/1/checkpoint").get()["CacheControl"] == "public, max-age=5"
    signed = Signed.parse(parse_note(found["log/main/1/checkpoint"]).text)
    assert list(damaged_files(signed, place().read, entries=False)) == []


def test_a_tile_with_other_bytes_is_never_overwritten(log, bucket):
    publish(log)
    size = latest_checkpoint(log).size
    shown = held(bucket)["log/main/1/checkpoint"]
    bucket.Object(f"trail/log/main/1/tile/0/000.p/{size + 1}").put(Body=b"other")
    harvests(1)

    with pytest.raises(ExportContradicted, match="with other bytes"):
        publish(log)
    harvests(1, "I")
    with pytest.raises(ExportContradicted):
        publish(log)

    assert held(bucket)[f"log/main/1/tile/0/000.p/{size + 1}"] == b"other"
    assert held(bucket)["log/main/1/checkpoint"] == shown and Pending.objects.count() == 1


def test_an_unconditional_put_is_caught(log, bucket, monkeypatch):
    put = Bucket._put
    monkeypatch.setattr(Bucket, "_put", lambda self, path, data, IfNoneMatch=None, **how: put(self, path, data, **how))

    with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
        test_a_tile_with_other_bytes_is_never_overwritten(log, bucket)


def slower_exporter(log, bucket, monkeypatch):
    """One exporter is about to write its checkpoint; meanwhile another has written a larger one."""
    publish(log)
    harvests(1)
    slower = latest_checkpoint(log)
    assert publish(log).size == slower.size + 1
    late = Bucket.replace

    def overtaken(self, path, data):
        monkeypatch.setattr(Bucket, "replace", late)
        harvests(1, "I")
        publish(log)
        return late(self, path, data)

    bucket.Object("trail/log/main/1/checkpoint").put(Body=slower.note.encode())
    monkeypatch.setattr(Bucket, "replace", lambda *args: overtaken(*args) if args[1] == "checkpoint" else late(*args))
    writing.write(place(), log, latest_checkpoint(log), entries=False)
    return Signed.parse(parse_note(held(bucket)["log/main/1/checkpoint"]).text).size


def test_a_checkpoint_is_never_replaced_by_a_smaller_one(log, bucket, monkeypatch):
    assert slower_exporter(log, bucket, monkeypatch) == latest_checkpoint(log).size


def test_a_checkpoint_put_without_its_condition_is_caught(log, bucket, monkeypatch):
    put = Bucket._put
    monkeypatch.setattr(Bucket, "_put", lambda self, path, data, IfMatch=None, **how: put(self, path, data, **how))

    assert slower_exporter(log, bucket, monkeypatch) < latest_checkpoint(log).size


def test_a_bucket_that_is_gone_stops_publishing_until_it_is_back(log, bucket):
    publish(log)
    bucket.objects.delete()
    bucket.delete()
    harvests(2)

    with pytest.raises(ExportFailed, match="The specified bucket does not exist"):
        publish(log)

    assert Pending.objects.count() == 2
    boto3.client("s3").create_bucket(Bucket=NAME, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    exporting.export_due()
    assert publish(log).size == latest_checkpoint(log).size
    signed = Signed.parse(parse_note(held(bucket)["log/main/1/checkpoint"]).text)
    assert signed.size == latest_checkpoint(log).size
    assert list(damaged_files(signed, place().read, entries=False)) == []
