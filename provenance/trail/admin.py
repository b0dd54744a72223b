"""
The operator's windows on the trail: everything can be looked at, nothing can be changed.

What the members of a business see, and where they correct what they said, is the door's own (``shipments.admin``).
"""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils.html import format_html

from provenance.trail.models import Checkpoint, Event, Flag, ForkAlarm, Key, Log, Party
from provenance.trail.services import witnessing
from provenance.trail.services.queries import latest_checkpoint, witnessed_checkpoint


class ReadOnly(admin.ModelAdmin):
    """For the operator's own staff (superusers) to read."""

    show_full_result_count = False

    def has_module_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Log)
class LogAdmin(ReadOnly):
    """Where the log stands before its witnesses, and the one thing to be done here: to ask them now."""

    list_display = ["origin", "state", "why_frozen", "created_at"]
    change_form_template = "admin/trail/log.html"

    def get_urls(self) -> list[URLPattern]:
        ask = path("<int:pk>/ask/", self.admin_site.admin_view(self.ask_witnesses), name="trail_log_ask")
        return [ask, *super().get_urls()]

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        log = self.get_object(request, object_id)
        try:
            kwargs["extra_context"] = _before_witnesses(log) if log else {}
        except witnessing.PolicyUnusable as error:
            messages.error(request, str(error))
        return super().change_view(request, object_id, *args, **kwargs)

    def ask_witnesses(self, request: HttpRequest, pk: int) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not request.user.is_superuser:
            raise PermissionDenied
        log = get_object_or_404(Log, pk=pk)
        try:
            if witnessing.demand(log):
                messages.success(request, "They are being asked now. Look again in ten seconds.")
            else:
                messages.info(request, "There is nothing to ask: all is witnessed, or nobody can be asked.")
        except witnessing.PolicyUnusable as error:
            messages.error(request, str(error))
        return redirect("admin:trail_log_change", pk)


def _before_witnesses(log: Log) -> dict[str, Any]:
    policy = witnessing.policy_of(log)
    contacts = {contact.witness: contact for contact in log.witness_contacts.all()}
    newest, witnessed = latest_checkpoint(log), witnessed_checkpoint(log)
    return {
        "size": newest.size if newest else 0,
        "witnessed": witnessed,
        "vouched": witnessing.vouched(witnessed) if witnessed else None,
        "quorum": policy.quorum if witnessing.names_witnesses(policy) else "",
        "desks": [(desk, contacts.get(desk.name)) for desk in witnessing.desks_of(policy)],
        "fork_alarms": log.fork_alarms.order_by("-pk"),
    }


@admin.register(ForkAlarm)
class ForkAlarmAdmin(ReadOnly):
    list_display = ["what", "source", "log", "raised_at"]
    list_select_related = ["log"]
    ordering = ["-pk"]
    fields = ["log", "raised_at", "source", "what", "as_it_came"]
    readonly_fields = ["as_it_came"]

    @admin.display(description="evidence")
    def as_it_came(self, alarm: ForkAlarm) -> str:
        return format_html("<pre>{}</pre>", alarm.evidence)


@admin.register(Checkpoint)
class CheckpointAdmin(ReadOnly):
    list_display = ["log", "size", "signed_at"]
    list_filter = ["log"]
    list_select_related = ["log"]
    ordering = ["-pk"]
    fields = ["log", "size", "signed_at", "signed_note"]
    readonly_fields = ["signed_note"]

    @admin.display(description="note")
    def signed_note(self, checkpoint: Checkpoint) -> str:
        return format_html("<pre>{}</pre>", witnessing.cosigned(checkpoint))


@admin.register(Event)
class EventAdmin(ReadOnly):
    list_display = ["uuid", "act", "place", "recorded_at"]
    list_filter = ["log", "act"]
    list_select_related = ["leaf"]
    search_fields = ["uuid"]
    ordering = ["-pk"]
    fields = ["uuid", "act", "kid", "place", "recorded_at", "signed_bytes"]
    readonly_fields = ["place", "signed_bytes"]

    @admin.display(description="leaf")
    def place(self, event: Event) -> str:
        return "waits for its place" if event.index is None else str(event.index)

    @admin.display(description="signed bytes")
    def signed_bytes(self, event: Event) -> str:
        return format_html("<pre>{}</pre>", bytes(event.statement).decode())


@admin.register(Party)
class PartyAdmin(ReadOnly):
    list_display = ["uri", "kind", "roles", "country"]
    list_filter = ["kind"]
    search_fields = ["uri"]


@admin.register(Key)
class KeyAdmin(ReadOnly):
    list_display = ["kid", "party", "custody", "revoked_by"]
    list_select_related = ["revoked_by"]
    search_fields = ["kid", "party"]


@admin.register(Flag)
class FlagAdmin(ReadOnly):
    list_display = ["kind", "lot", "event", "mg"]
    list_filter = ["kind"]
    list_select_related = ["lot", "event"]
