"""
The operator's windows on the trail: everything can be looked at, nothing can be changed.

What the members of a business see, and where they correct what they said, is the door's own (``shipments.admin``).
"""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html

from provenance.trail.models import Checkpoint, Event, Flag, Key, Log, Party


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
    list_display = ["origin", "state", "why_frozen", "created_at"]


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
        return format_html("<pre>{}</pre>", checkpoint.note)


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
