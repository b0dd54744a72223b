import pytest
from django.conf import settings as project
from playwright.sync_api import expect

from provenance.jobs import services
from provenance.jobs.models import Job
from provenance.jobs.tests import crew  # noqa: F401  registers the kind "tally"

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def job(kofi, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.REDIS_URL = ""
    return services.submit(kind="tally", key="k", owner=kofi, payload={"folder": str(tmp_path)}, total=4)


def let_in(page, client, person, live_server) -> None:
    client.force_login(person)
    cookie = client.cookies[project.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": project.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])


def test_the_bar_moves_without_a_reload_and_ends_with_the_result(phone, client, kofi, job, live_server):
    let_in(phone, client, kofi, live_server)
    told = []
    phone.on("console", lambda message: told.append(message.text))
    phone.goto(f"/jobs/{job.pk}/")
    phone.evaluate("window.samePage = true")

    Job.objects.update(state="waiting", done=2)
    expect(phone.locator("#job-count")).to_have_text("2 of 4")
    expect(phone.locator("progress")).to_have_js_property("value", 2)
    assert phone.evaluate("window.samePage") is True

    services.run_due()
    with phone.expect_download() as download:
        phone.get_by_role("link", name="Download the result").click()

    assert download.value.suggested_filename == "tally.txt"
    assert download.value.path().read_bytes() == b"one, two, three"
    assert told == []


def test_without_javascript_the_page_reloads_itself(browser, client, kofi, job, live_server):
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    page = context.new_page()
    let_in(page, client, kofi, live_server)
    page.goto(f"/jobs/{job.pk}/")
    assert page.get_by_role("link", name="Download the result").count() == 0

    services.run_due()

    page.get_by_role("link", name="Download the result").wait_for(timeout=10_000)
    context.close()
