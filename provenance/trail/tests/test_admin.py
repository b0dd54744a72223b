import pytest
from django.contrib import admin
from django.urls import reverse

from provenance.trail.admin import ReadOnly
from provenance.trail.checks import policy_is_readable
from provenance.trail.models import Event, WitnessContact, WitnessDemand
from provenance.trail.services.alarms import raise_alarm
from provenance.trail.services.publishing import publish
from provenance.trail.tests.witnesses import Witness, write_policy

OWN = [model for model, window in admin.site._registry.items() if isinstance(window, ReadOnly)]


@pytest.mark.parametrize("model", OWN, ids=lambda model: model.__name__)
def test_the_operator_looks_at_everything(client, admin_user, log, model):
    publish(log)
    client.force_login(admin_user)
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"

    assert client.get(reverse(f"{name}_changelist")).status_code == 200
    if row := model._default_manager.first():
        assert client.get(reverse(f"{name}_change", args=[row.pk])).status_code == 200


@pytest.mark.parametrize("model", OWN, ids=lambda model: model.__name__)
def test_nobody_adds_changes_or_deletes_there(client, admin_user, log, model):
    client.force_login(admin_user)
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    row = model._default_manager.first()
    before = list(Event.objects.order_by("pk").values_list())

    assert client.post(reverse(f"{name}_add")).status_code == 403
    if row:
        assert client.post(reverse(f"{name}_change", args=[row.pk]), {"act": "sell"}).status_code == 403
        assert client.post(reverse(f"{name}_delete", args=[row.pk]), {"post": "yes"}).status_code == 403
    assert list(Event.objects.order_by("pk").values_list()) == before


def test_a_member_of_staff_who_is_no_operator_sees_none_of_it(client, kofi, log):
    client.force_login(kofi)

    assert client.get(reverse("admin:trail_event_changelist")).status_code == 403


def test_the_logs_page_shows_its_witnesses_and_asks_them_on_demand(client, admin_user, log, settings, tmp_path):
    port = Witness("Port_Cooperative", lambda: 0)
    write_policy(settings, tmp_path, [port])
    publish(log)
    WitnessContact.objects.create(log=log, witness=port.name, trouble="It does not know our log.")
    client.force_login(admin_user)
    page = reverse("admin:trail_log_change", args=[log.pk])

    shown = client.get(page).content.decode()
    assert "Not witnessed yet." in shown and port.url in shown and "It does not know our log." in shown
    ask = reverse("admin:trail_log_ask", args=[log.pk])
    assert f'formaction="{ask}"' in shown

    assert client.get(ask).status_code == 405 and not WitnessDemand.objects.exists()
    answer = client.post(ask, follow=True)
    assert "They are being asked now." in answer.content.decode() and WitnessDemand.objects.get().log == log


def test_only_the_operator_asks_the_witnesses(client, kofi, log, settings, tmp_path):
    write_policy(settings, tmp_path, [Witness("Port", lambda: 0)])
    client.force_login(kofi)

    assert client.post(reverse("admin:trail_log_ask", args=[log.pk])).status_code == 403
    assert not WitnessDemand.objects.exists()


def test_an_unusable_policy_is_told_on_the_logs_page_by_the_check_and_by_readyz(
    client, admin_user, log, settings, tmp_path
):
    settings.WITNESS_POLICY = tmp_path / "missing.policy"
    sentence = f"The policy file {settings.WITNESS_POLICY} (WITNESS_POLICY) cannot be read: No such file or directory."
    client.force_login(admin_user)

    assert sentence in client.get(reverse("admin:trail_log_change", args=[log.pk])).content.decode()
    assert [(error.id, error.msg) for error in policy_is_readable()] == [("trail.E004", sentence)]
    assert client.get("/readyz").json()["faults"] == {"witness policy": sentence}


@pytest.mark.parametrize("page", ["admin:index", "admin:trail_event_changelist", "admin:shipments_stock_changelist"])
def test_a_fork_alarm_stands_on_every_page_of_the_admin_and_fails_readyz(client, admin_user, kofi, log, page):
    client.force_login(admin_user if "trail" in page else kofi)
    assert "FORK ALARM" not in client.get(reverse(page)).content.decode()

    raise_alarm(log, source="witness Port", what="It has cosigned another history.", evidence="as it came")

    sentence = (
        f"FORK ALARM (1): the log {log.origin} takes nothing in and signs nothing. "
        "Witness Port: It has cosigned another history."
    )
    assert sentence in client.get(reverse(page)).content.decode()
    ready = client.get("/readyz")
    assert ready.status_code == 503 and ready.json()["faults"] == {"log": sentence}


def test_strangers_at_the_log_in_page_do_not_read_of_it(client, log):
    raise_alarm(log, source="witness Port", what="It has cosigned another history.")

    assert "FORK ALARM" not in client.get("/admin/login/").content.decode()
