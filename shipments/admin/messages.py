"""What shoppers sent: reports to whoever packed the bag, thanks that wait to be passed on to the growers."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.html import format_html_join

from provenance.bags.models import Addressee, Message
from provenance.bags.services.messages import addressed_to, decide
from provenance.coffee.identifiers import lot_code_of
from shipments.admin.access import OwnBusiness
from shipments.review import clock

Kind, State = Message.Kind, Addressee.State


class ByKind(admin.SimpleListFilter):
    title = "kind"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, window: Any) -> list[tuple[str, str]]:
        return list(Kind.choices)

    def queryset(self, request: HttpRequest, rows: QuerySet[Addressee]) -> QuerySet[Addressee]:
        return rows.filter(message__kind=self.value()) if self.value() in Kind.values else rows


@admin.register(Addressee)
class MessageAdmin(OwnBusiness):
    """One's own messages, with what to do about them below the list. Nothing in them is a link."""

    actions = ["pass_on", "keep_back", "handled", "not_handled"]
    list_display = ["came", "what", "about", "words", "state"]
    list_display_links = None
    list_filter = [ByKind, "state"]
    list_per_page = 50

    def own(self, parties: Sequence[str]) -> QuerySet[Addressee]:
        return addressed_to(parties)

    @admin.display(description="came")
    def came(self, row: Addressee) -> str:
        return clock(row.message.sent_at)

    @admin.display(description="what")
    def what(self, row: Addressee) -> str:
        return row.message.get_reason_display() or "Thanks"

    @admin.display(description="about")
    def about(self, row: Addressee) -> str:
        bag = row.message.bag
        named = f"bag {bag.position + 1} of lot {bag.lot_code}" if bag else f"lot {lot_code_of(row.message.lot_uri)}"
        opened = f", opened {bag.opens:,} times" if bag and bag.often_since else ""
        return (f"{bag.product.name}, " if bag and bag.product else "") + named + opened

    @admin.display(description="words")
    def words(self, row: Addressee) -> str:
        return format_html_join("", "{}<br>", ((line,) for line in row.message.words.splitlines())) or "–"

    @admin.action(description="Pass the thanks on to the growers", permissions=["view"])
    def pass_on(self, request: HttpRequest, rows: QuerySet[Addressee]) -> None:
        self._decide(request, rows, Kind.THANKS, State.APPROVED)

    @admin.action(description="Do not pass the thanks on", permissions=["view"])
    def keep_back(self, request: HttpRequest, rows: QuerySet[Addressee]) -> None:
        self._decide(request, rows, Kind.THANKS, State.DECLINED)

    @admin.action(description="The reports were handled", permissions=["view"])
    def handled(self, request: HttpRequest, rows: QuerySet[Addressee]) -> None:
        self._decide(request, rows, Kind.REPORT, State.HANDLED)

    @admin.action(description="The reports wait again", permissions=["view"])
    def not_handled(self, request: HttpRequest, rows: QuerySet[Addressee]) -> None:
        self._decide(request, rows, Kind.REPORT, State.WAITING)

    def _decide(self, request: HttpRequest, rows: QuerySet[Addressee], kind: Message.Kind, state: str) -> None:
        number = decide(rows, kind, State(state))
        noun = "report" if kind == Kind.REPORT else "message of thanks"
        plural = "reports" if kind == Kind.REPORT else "messages of thanks"
        done = f"1 {noun}: {State(state).label}." if number == 1 else f"{number} {plural}: {State(state).label}."
        messages.success(
            request, done if number else f"There is nothing to do with these: none is a {noun} that this changes."
        )

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {"title": "What shoppers sent", **(extra_context or {})})

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        raise Http404
