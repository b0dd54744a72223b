from django.contrib import admin
from django.http import HttpRequest

from provenance.jobs.models import Job


@admin.register(Job)
class JobAdmin(admin.ModelAdmin):
    """A window on the queue for operators: jobs are ordered at the doors and done by workers, never edited."""

    list_display = ["kind", "owner", "state", "done", "total", "attempts", "created_at", "finished_at"]
    list_filter = ["state", "kind"]
    date_hierarchy = "created_at"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Job | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Job | None = None) -> bool:
        return False
