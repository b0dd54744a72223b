"""Guessing a password is stopped; its owner is not locked out by a stranger elsewhere."""

import time

import pytest

from provenance.members.attempts import FROM_EVERYWHERE, FROM_ONE_ADDRESS

PASSWORD = "a long coffee word"
TOO_OFTEN = "This was tried too often. Wait a quarter of an hour, then try again."


@pytest.fixture
def guarded(otto):
    otto.is_staff = True
    otto.set_password(PASSWORD)
    otto.save()
    return otto


def attempt(client, password, *, page="/login/", address="192.0.2.1", name="otto"):
    return client.post(page, {"username": name, "password": password}, REMOTE_ADDR=address)


@pytest.mark.parametrize("page", ["/login/", "/admin/login/"])
def test_after_ten_wrong_guesses_even_the_right_password_has_to_wait(client, guarded, page):
    for _ in range(FROM_ONE_ADDRESS):
        assert TOO_OFTEN not in attempt(client, "wrong", page=page).content.decode()

    answer = attempt(client, PASSWORD, page=page)

    assert TOO_OFTEN in answer.content.decode()
    assert "_auth_user_id" not in client.session


def test_writing_the_name_otherwise_begins_no_new_count(client, guarded):
    for name in ["otto", "Otto", "OTTO", "oTTo", "ottO"] * 2:
        attempt(client, "wrong", name=name)

    assert TOO_OFTEN in attempt(client, PASSWORD).content.decode()


def test_naming_another_address_in_a_header_begins_no_new_count(client, guarded):
    for number in range(FROM_ONE_ADDRESS):
        client.post(
            "/login/", {"username": "otto", "password": "no"}, headers={"x-forwarded-for": f"198.51.100.{number}"}
        )

    answer = client.post(
        "/login/", {"username": "otto", "password": PASSWORD}, headers={"x-forwarded-for": "203.0.113.9"}
    )
    assert TOO_OFTEN in answer.content.decode()


def test_the_owner_elsewhere_still_gets_in_and_so_does_everybody_else(client, guarded, kofi):
    kofi.set_password(PASSWORD)
    kofi.save()
    for _ in range(FROM_ONE_ADDRESS):
        attempt(client, "wrong")

    assert attempt(client, PASSWORD, address="192.0.2.2").status_code == 302
    client.logout()
    assert attempt(client, PASSWORD, name="kofi").status_code == 302


def test_guesses_from_everywhere_are_stopped_too(client, guarded, monkeypatch):
    monkeypatch.setattr("provenance.members.attempts.FROM_EVERYWHERE", 12)
    for number in range(12):
        attempt(client, "wrong", address=f"192.0.2.{number}")

    assert FROM_EVERYWHERE == 100
    assert TOO_OFTEN in attempt(client, PASSWORD, address="192.0.2.200").content.decode()


def test_waiting_ends_it(client, guarded, monkeypatch):
    monkeypatch.setattr("provenance.members.attempts.WINDOW", 0.2)
    for _ in range(FROM_ONE_ADDRESS):
        attempt(client, "wrong")
    time.sleep(0.3)

    assert attempt(client, PASSWORD).status_code == 302


def test_neither_name_nor_address_is_kept(client, guarded):
    from django.core.cache import cache

    attempt(client, "wrong", address="192.0.2.77")

    kept = " ".join(str(key) for key in cache._cache)
    assert len(cache._cache) == 2
    assert "otto" not in kept
    assert "192.0.2.77" not in kept
