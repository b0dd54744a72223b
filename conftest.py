"""The cast, and what every test may lean on."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

# Playwright's synchronous interface keeps an event loop running in the test's thread.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

ROOT = Path(__file__).resolve().parent
SHARED = ROOT.parent / "shared"

# What is found by chance is sought on a developer's machine and at night; the same commit gives CI the same answer.
hypothesis_settings.register_profile(
    "quick",
    deadline=None,
    max_examples=25,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize="CI" in os.environ,
)
hypothesis_settings.register_profile(
    "nightly", parent=hypothesis_settings.get_profile("quick"), max_examples=2_000, derandomize=False
)
hypothesis_settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))

# What a marked test needs, how to see whether it is there, and the variable with which CI demands it.
NEEDS = {
    "postgres": (lambda: os.environ.get("DATABASE_URL", "").startswith("postgres"), "PostgreSQL (set DATABASE_URL)"),
    "redis": (lambda: bool(os.environ.get("REDIS_URL")), "Redis (set REDIS_URL)"),
    "browser": (lambda: chromium() is not None, "chromium (install it, or set CHROMIUM to its path)"),
    "nightly": (lambda: os.environ.get("HYPOTHESIS_PROFILE") == "nightly", "`make nightly`"),
}


def chromium() -> str | None:
    """Path of a Chromium to drive, or None."""
    return os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")


def pytest_runtest_setup(item: pytest.Item) -> None:
    for need, (is_there, what) in NEEDS.items():
        if item.get_closest_marker(need) and not is_there():
            if os.environ.get(f"REQUIRE_{need.upper()}") == "1":
                pytest.fail(f"This run must not skip: the test needs {what}.")
            pytest.skip(f"needs {what}")


def pytest_unconfigure(config: pytest.Config) -> None:
    """SQLite leaves an empty journal behind when its database is removed."""
    if test_database := django_settings.DATABASES["default"].get("TEST", {}).get("NAME"):
        for leftover in Path(test_database).parent.glob(f"{Path(test_database).name}*-journal"):
            leftover.unlink(missing_ok=True)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real data and standards beside the checkout. Tests that read it are skipped where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("needs the folder `shared` beside the checkout")
    return SHARED


@pytest.fixture(autouse=True)
def own_cache(settings) -> None:
    """Throttles count in the cache: each test starts with an empty one, and none touches a Redis that others use."""
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    from django.core.cache import cache

    cache.clear()


@pytest.fixture(autouse=True)
def own_fence(settings, tmp_path) -> None:
    """Each test's log has a fence of its own; another test's would look like a fork."""
    settings.FENCE_DIR = tmp_path / "fence"


@pytest.fixture(autouse=True)
def own_media(settings, tmp_path) -> None:
    """Files that a test uploads lie in a folder of its own."""
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def disk_floor(settings, monkeypatch):
    """Call it with megabytes to say how much must be left on the disk; a floor above any disk makes this one full."""
    from provenance.trail.services import room

    # Measured at every record, and what was measured here is forgotten afterwards.
    monkeypatch.setattr(room, "MEASURED_EVERY", 0.0)
    monkeypatch.setattr(room, "_measured", room._measured)

    def set_floor(megabytes: int) -> None:
        settings.DISK_FLOOR_MB = megabytes

    return set_floor


@pytest.fixture(scope="session", autouse=True)
def flush_empties_the_trail() -> Iterator[None]:
    """
    Between transactional tests Django flushes all tables, which the trail's triggers refuse.

    They are lifted for exactly that, in databases made for tests only, and put back as they were.
    """
    from django.core.management.commands import flush
    from django.db import connections

    from provenance.trail import triggers

    handle = flush.Command.handle

    def lifted(command: flush.Command, **options: object) -> None:
        connection = connections[options["database"]]
        assert "test" in str(connection.settings_dict["NAME"]), "only a test database is ever flushed"
        triggers.lift(connection)
        try:
            handle(command, **options)
        finally:
            triggers.install(connection)

    flush.Command.handle = lifted
    yield
    flush.Command.handle = handle


@pytest.fixture(scope="session")
def browser() -> Iterator[object]:
    """One Chromium for the whole run. It speaks to this machine only."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=chromium(),
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
            ],
        )
        yield launched
        launched.close()


@pytest.fixture
def phone(browser, live_server):
    """A fresh page, 360 by 740, on the live server; relative addresses work."""
    context = browser.new_context(base_url=live_server.url, viewport={"width": 360, "height": 740})
    yield context.new_page()
    context.close()


def member(django_user_model, username: str, party: str | None, role: str | None, *, staff: bool = False):
    from provenance.members.services import enrol

    user = django_user_model(username=username, is_staff=staff)
    user.set_unusable_password()
    user.save()
    if party and role:
        enrol(user=user, party_uri=party, role=role)
        # Where the person acts, once the trail knows the party: fixture ``log``.
        user.party, user.site = party, party.replace(PARTIES, SITES)
    return user


PARTIES = "https://localhost:8000/epcis/party/"
SITES = "https://localhost:8000/epcis/loc/"


@pytest.fixture
def almaz(db, django_user_model):
    """Almaz grows coffee."""
    return member(django_user_model, "almaz", PARTIES + "almaz", "farmer")


@pytest.fixture
def wote(db, django_user_model):
    """Wote runs the washing station."""
    return member(django_user_model, "wote", PARTIES + "wote-station", "station", staff=True)


@pytest.fixture
def kofi(db, django_user_model):
    """Kofi roasts."""
    return member(django_user_model, "kofi", PARTIES + "kofi-roastery", "roaster", staff=True)


@pytest.fixture
def nadia(db, django_user_model):
    """Nadia audits."""
    return member(django_user_model, "nadia", PARTIES + "nadia-audits", "auditor")


@pytest.fixture
def otto(db, django_user_model):
    """Otto has no business here."""
    return member(django_user_model, "otto", None, None)


# Kind, roles and kind of site of everybody who is on the trail.
ON_THE_TRAIL = {
    "almaz": ("person", ["farmer"], "farm"),
    "wote-station": ("organisation", ["station"], "washing_station"),
    "kofi-roastery": ("organisation", ["roaster"], "roastery"),
    "nadia-audits": ("organisation", ["auditor"], "laboratory"),
}


@pytest.fixture
def log(db):
    """A log that knows the cast: each party with a server-held key and a site. Nothing is published after genesis."""
    from provenance.trail.services import registry

    log = registry.found_log("main", "Test operator", country="ET")
    for name, (kind, roles, site) in ON_THE_TRAIL.items():
        party, title = PARTIES + name, name.replace("-", " ").title()
        registry.register_party(kind=kind, roles=roles, name=title, country="ET", party=party)
        registry.register_site(party=party, kind=site, name=f"{title} site", country="ET", site=SITES + name)
    return log
