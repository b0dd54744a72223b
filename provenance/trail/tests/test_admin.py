import pytest
from django.contrib import admin
from django.urls import reverse

from provenance.trail.admin import ReadOnly
from provenance.trail.models import Event
from provenance.trail.services.publishing import publish

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
