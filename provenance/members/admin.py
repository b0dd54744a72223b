from django.contrib import admin
from django.contrib.auth.admin import UserAdmin

from provenance.members.models import Membership, User


class MembershipInline(admin.TabularInline):
    model = Membership
    extra = 0


@admin.register(User)
class PeopleAdmin(UserAdmin):
    inlines = [MembershipInline]


@admin.register(Membership)
class MembershipAdmin(admin.ModelAdmin):
    list_display = ["user", "party_uri", "role"]
    list_filter = ["role"]
    search_fields = ["user__username", "party_uri"]
    autocomplete_fields = ["user"]
