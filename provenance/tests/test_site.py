import pytest
from django.urls import reverse

from provenance import health, site


def test_the_first_page_names_four_doors(client, db):
    page = client.get("/").content.decode()

    for door in ("/find/", "/farms/", "/admin/", "/api/"):
        assert f'href="{door}"' in page
    assert "What this cannot prove" in page


@pytest.mark.parametrize("path", ["/", "/login/", "/admin/login/", "/healthz", "/no/such/page"])
def test_every_answer_forbids_inline_script_and_framing(client, db, path):
    policy = client.get(path)["Content-Security-Policy"]

    assert "default-src 'self'" in policy
    assert "object-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy


def test_somebody_logs_in_and_out(client, otto):
    otto.set_password("a long coffee word")
    otto.save()

    answer = client.post("/login/", {"username": "otto", "password": "a long coffee word"}, follow=True)
    assert "otto" in answer.content.decode()
    assert client.get("/logout/").status_code == 405
    client.post("/logout/")

    assert "_auth_user_id" not in client.session


def test_a_wrong_password_is_told_in_words_and_logs_nobody_in(client, otto):
    answer = client.post("/login/", {"username": "otto", "password": "wrong"})

    assert answer.status_code == 200
    assert 'role="alert"' in answer.content.decode()
    assert "This name and this password do not belong together." in answer.content.decode()
    assert "_auth_user_id" not in client.session


def test_logging_in_never_leads_to_another_site(client, otto):
    otto.set_password("a long coffee word")
    otto.save()
    answer = client.post(
        "/login/", {"username": "otto", "password": "a long coffee word", "next": "https://evil.example/"}
    )

    assert answer["Location"] == "/"


def test_a_missing_page_says_so_in_words(client, db):
    answer = client.get("/no/such/page")

    assert answer.status_code == 404
    assert "There is no such page" in answer.content.decode()


def test_the_desk_asks_what_needs_me(client, kofi, monkeypatch):
    monkeypatch.setattr(site, "_questions", [])
    kofi.is_superuser = True
    kofi.save()
    client.force_login(kofi)
    assert "Nothing waits for you." in client.get(reverse("admin:index")).content.decode()

    @site.asks
    def deliveries(request):
        yield site.Need(f"2 deliveries wait for {request.user}", "/admin/deliveries/", count=2)

    @site.asks
    def recalls(request):
        yield site.Need("A recalled lot is on your shelf", "/admin/recalls/", urgent=True)

    page = client.get(reverse("admin:index")).content.decode()

    assert "2 deliveries wait for kofi" in page
    assert page.index("A recalled lot") < page.index("2 deliveries")


def test_the_desk_is_closed_to_those_without_one(client, almaz):
    client.force_login(almaz)

    assert client.get(reverse("admin:index")).status_code == 302


def test_it_is_alive_and_ready(client, db, monkeypatch):
    monkeypatch.setattr(health, "_checks", {})

    assert client.get("/healthz").content == b"alive\n"
    assert client.get("/readyz").json() == {"ready": True, "faults": {}}


def test_it_is_not_ready_while_something_is_wrong(client, db, monkeypatch):
    monkeypatch.setattr(health, "_checks", {"trail": lambda: "The triggers are gone."})

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer["Retry-After"] == "5"
    assert answer.json() == {"ready": False, "faults": {"trail": "The triggers are gone."}}


def test_it_is_not_ready_before_migration(db, monkeypatch):
    monkeypatch.setattr(health, "_checks", {})
    monkeypatch.setattr(health.MigrationExecutor, "migration_plan", lambda *_: ["one"])

    assert health.faults() == {"migrations": "The database waits for manage.py migrate."}
