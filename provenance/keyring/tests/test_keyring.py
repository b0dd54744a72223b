"""The master key: sealed bytes open in their own row, with their own key, wherever the key is kept."""

import os
from base64 import b64encode
from pathlib import Path

import pytest
from django.core import checks
from django.core.exceptions import ImproperlyConfigured

from provenance.keyring import Unsealable, master_key, seal, seal_secret, unseal, unseal_secret

KEY = bytes(range(32))


@pytest.fixture
def key_file(tmp_path, settings) -> Path:
    path = tmp_path / "master-key"
    path.write_bytes(b64encode(KEY) + b"\n")
    path.chmod(0o600)
    settings.KEY_BACKEND, settings.KEY_ENCRYPTION_KEY_FILE = "file", str(path)
    return path


class Recording:
    """A keeper of keys that somebody else wrote."""

    def wrap(self, secret: bytes, bound_to: str) -> bytes:
        return b"wrapped for " + bound_to.encode() + b":" + secret[::-1]

    def unwrap(self, wrapped: bytes, bound_to: str) -> bytes:
        start = b"wrapped for " + bound_to.encode() + b":"
        if not wrapped.startswith(start):
            raise Unsealable("Not for this.")
        return wrapped.removeprefix(start)[::-1]


class Forgetful(Recording):
    """Opens to something else."""

    def unwrap(self, wrapped: bytes, bound_to: str) -> bytes:
        return b"something else"


def faults() -> list[checks.CheckMessage]:
    return [message for message in checks.run_checks(tags=["provenance"]) if message.id == "provenance.E009"]


def test_a_secret_opens_for_what_it_is_bound_to_and_nothing_else():
    sealed = seal_secret(b"seed", "witness key a")

    assert unseal_secret(sealed, "witness key a") == b"seed"
    assert b"seed" not in sealed
    with pytest.raises(Unsealable, match="What is sealed for witness key b does not open"):
        unseal_secret(sealed, "witness key b")


@pytest.mark.parametrize("at", [0, 11, 12, -1])
def test_a_flipped_bit_opens_nothing(at):
    sealed = bytearray(seal(KEY, b"value", "row 1"))
    sealed[at] ^= 1

    with pytest.raises(Unsealable):
        unseal(KEY, bytes(sealed), "row 1")


def test_sealing_twice_gives_other_bytes():
    assert seal(KEY, b"value", "row 1") != seal(KEY, b"value", "row 1")


def test_the_environments_key_is_the_one_that_the_setting_holds(settings):
    settings.KEY_ENCRYPTION_KEY = KEY
    sealed = seal_secret(b"seed", "x")

    assert unseal(KEY, sealed, "x") == b"seed"
    settings.KEY_ENCRYPTION_KEY = bytes(32)
    with pytest.raises(Unsealable):
        unseal_secret(sealed, "x")


def test_a_key_moves_from_the_environment_to_a_file_and_everything_still_opens(settings, key_file):
    settings.KEY_BACKEND, settings.KEY_ENCRYPTION_KEY = "environment", KEY
    sealed = seal_secret(b"seed", "x")

    settings.KEY_BACKEND = "file"
    del settings.KEY_ENCRYPTION_KEY

    assert unseal_secret(sealed, "x") == b"seed"
    assert faults() == []


@pytest.mark.parametrize("mode", [0o604, 0o620, 0o602, 0o644, 0o666])
def test_a_file_that_others_can_read_or_change_is_refused(key_file, mode):
    key_file.chmod(mode)

    with pytest.raises(ImproperlyConfigured, match=f"may be read by everybody or changed: chmod 600 {key_file}"):
        seal_secret(b"seed", "x")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"not base64!", "is not base64"),
        (b64encode(bytes(16)), "holds 16 bytes; it must be 32 bytes in base64"),
        (b"", "holds 0 bytes"),
    ],
)
def test_a_file_that_holds_no_key_is_refused_in_a_sentence(key_file, content, sentence):
    key_file.write_bytes(content)

    with pytest.raises(ImproperlyConfigured, match=sentence):
        seal_secret(b"seed", "x")


def test_a_file_that_is_not_there_is_named(settings, tmp_path):
    settings.KEY_BACKEND, settings.KEY_ENCRYPTION_KEY_FILE = "file", str(tmp_path / "nothing")

    with pytest.raises(ImproperlyConfigured, match=r"nothing', which cannot be read: No such file"):
        seal_secret(b"seed", "x")


def test_any_class_of_this_interface_may_be_named(settings):
    settings.KEY_BACKEND = f"{__name__}.Recording"

    assert seal_secret(b"seed", "x") == b"wrapped for x:dees"
    assert unseal_secret(b"wrapped for x:dees", "x") == b"seed"
    assert master_key() is master_key()


@pytest.mark.parametrize("name", ["vault", "provenance.keyring.masters.NoSuch", "no.such.module.Key"])
def test_a_backend_that_cannot_be_imported_is_named(settings, name):
    settings.KEY_BACKEND = name

    with pytest.raises(ImproperlyConfigured, match="it must be environment, file, or the dotted path of a class"):
        master_key()


@pytest.mark.parametrize(
    ("backend", "words"),
    [
        ("vault", "KEY_BACKEND is 'vault'"),
        ("file", "KEY_ENCRYPTION_KEY_FILE is '/no/such/file', which cannot be read"),
        (f"{__name__}.Forgetful", "It opens to something else than was sealed."),
    ],
)
def test_a_site_whose_master_key_does_not_work_does_not_start(settings, backend, words):
    settings.KEY_BACKEND, settings.KEY_ENCRYPTION_KEY_FILE = backend, "/no/such/file"

    (message,) = faults()

    assert message.id == "provenance.E009"
    assert words in message.msg


def test_the_key_is_read_once_however_often_it_is_used(key_file, monkeypatch):
    sealed = seal_secret(b"seed", "x")
    os.remove(key_file)

    assert unseal_secret(sealed, "x") == b"seed"
