"""Stock, deliveries, lots, shortfalls and the trail: to look at, with the acts one click away."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.contrib import admin
from django.db.models import Model, Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from provenance.coffee.errors import BadDisclosure
from provenance.coffee.photos import read_photo
from provenance.coffee.statement import Statement, parse
from provenance.trail.models import Balance, Event, Lot, Subject
from provenance.trail.services.disclosing import disclosures_of
from provenance.trail.services.standing import Standings, vouchers_of
from shipments import words
from shipments.admin.access import OwnBusiness, businesses_of
from shipments.admin.act_pages import act_page
from shipments.admin.label_pages import code_file, label_page
from shipments.forms import MENU
from shipments.models import Delivery, OpenShortfall, OwnLot, Stock, TrailEvent
from shipments.review import clock, review_of
from shipments.services import desk as desks
from shipments.services.correcting import can_be_corrected
from shipments.services.desk import Desk
from shipments.services.ending import called_back


def names_of(request: HttpRequest) -> Desk:
    """One memory of names for one request."""
    if not hasattr(request, "desk_names"):
        request.desk_names = Desk((businesses_of(request) or [""])[0])  # type: ignore[attr-defined]
    return request.desk_names  # type: ignore[attr-defined,no-any-return]


def column(title: str, say: Callable[[Any], Any], *, order: str | None = None) -> Callable[[Any], Any]:
    """A column of a list, made for one request."""

    def shown(row: Any) -> Any:
        return say(row)

    shown.__name__ = title
    shown.short_description = title  # type: ignore[attr-defined]
    if order:
        shown.admin_order_field = order  # type: ignore[attr-defined]
    return shown


def own_values(field: str, name: str, say: Callable[[str], str]) -> type[admin.SimpleListFilter]:
    """A filter by the values that one's own rows have; everybody's would tell of others' business."""

    class OwnValues(admin.SimpleListFilter):
        title = name
        parameter_name = field.rpartition("__")[2]

        def lookups(self, request: HttpRequest, window: Any) -> list[tuple[str, str]]:
            values = window.get_queryset(request).order_by().values_list(field, flat=True).distinct()
            return [(value, say(value)) for value in sorted(values)]

        def queryset(self, request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
            if self.value() is None:
                return rows
            offered = {value for value, _ in self.lookup_choices}
            return rows.filter(**{field: self.value()}) if self.value() in offered else rows.none()

    return OwnValues


class Recalled(admin.SimpleListFilter):
    title = "recall"
    parameter_name = "recalled"

    def lookups(self, request: HttpRequest, window: Any) -> list[tuple[str, str]]:
        return [("yes", "called back")]

    def queryset(self, request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.filter(uri__in=called_back()) if self.value() == "yes" else rows


def lot_link(lot: Lot) -> SafeString:
    return format_html('<a href="{}">{}</a>', reverse("admin:shipments_ownlot_change", args=[lot.pk]), lot.code)


def event_link(event: Event, text: str) -> SafeString:
    return format_html('<a href="{}">{}</a>', reverse("admin:shipments_trailevent_change", args=[event.pk]), text)


def act_link(slug: str, ref: UUID | str, text: str, party: str) -> SafeString:
    url = reverse("admin:shipments_stock_act_about", args=[slug, ref])
    return format_html('<a class="button act" href="{}?as={}">{}</a>', url, party, text)


def menu_of() -> list[tuple[str, list[tuple[str, str]]]]:
    """The acts by group: address and title."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for form in MENU:
        groups.setdefault(form.group, []).append((form.slug, form.title))
    return list(groups.items())


@admin.register(Stock)
class StockAdmin(OwnBusiness):
    list_filter = [own_values("lot__form", "what it is", words.form)]
    search_fields = ["lot__code"]
    search_help_text = "Lot code"
    list_per_page = 100
    list_select_related = ["lot"]
    ordering = ["-lot__made_by", "pk"]

    def own(self, parties: Sequence[str]) -> QuerySet[Balance]:
        lying = desks.own_balances(parties).exclude(mg=0).exclude(site__startswith="urn:uuid:")
        return Stock.objects.filter(pk__in=lying.values("pk"))

    def get_list_display(self, request: HttpRequest) -> Any:
        name = names_of(request).name
        return [
            column("Lot", lambda row: lot_link(row.lot), order="lot__code"),
            column("What", lambda row: words.form(row.lot.form), order="lot__form"),
            column("Weight", lambda row: words.kg(row.mg) if row.mg > 0 else f"{words.kg(-row.mg)} short", order="mg"),
            column("Where", lambda row: name(row.site), order="site"),
            column("Owner", lambda row: name(row.owner), order="owner"),
            column("Held by", lambda row: name(row.custodian), order="custodian"),
        ]

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(act_page)
        return [
            path("act/<slug:slug>/", page, name="shipments_stock_act"),
            path("act/<slug:slug>/<uuid:ref>/", page, name="shipments_stock_act_about"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        parties = businesses_of(request)
        context = {
            "title": "Stock",
            "menu": menu_of(),
            "businesses": [(party, names_of(request).name(party)) for party in parties],
        }
        return super().changelist_view(request, {**context, **(extra_context or {})})

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        raise Http404


@admin.register(Delivery)
class DeliveryAdmin(OwnBusiness):
    list_filter = [own_values("state", "state", lambda state: words.HANDOVERS.get(state, state))]
    list_select_related = ["dispatch"]
    ordering = ["-dispatch"]

    def own(self, parties: Sequence[str]) -> QuerySet[Delivery]:
        return Delivery.objects.filter(Q(to_party__in=parties) | Q(from_party__in=parties))

    def get_list_display(self, request: HttpRequest) -> Any:
        name, parties = names_of(request).name, businesses_of(request)

        def waits(row: Delivery) -> Any:
            if row.state not in desks.OPEN or row.to_party not in parties:
                return ""
            uuid = row.dispatch.uuid
            receive = act_link("receive", uuid, "Receive", row.to_party)
            return format_html("{} {}", receive, act_link("refuse", uuid, "Refuse", row.to_party))

        return [
            column("Sent", lambda row: event_link(row.dispatch, clock(act_of(row.dispatch).at)), order="dispatch"),
            column("What next", waits),
            column("From", lambda row: name(row.from_party)),
            column("To", lambda row: name(row.to_party)),
            column("Still on its way", lambda row: words.kg(sum(mg for mg in row.rest.values() if mg > 0))),
            column("State", lambda row: words.HANDOVERS.get(row.state, row.state), order="state"),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {"title": "Deliveries", **(extra_context or {})})

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        raise Http404


@admin.register(OpenShortfall)
class OpenShortfallAdmin(OwnBusiness):
    list_select_related = ["lot", "opened_by"]
    ordering = ["opened_by"]

    def own(self, parties: Sequence[str]) -> QuerySet[OpenShortfall]:
        return OpenShortfall.objects.filter(site__in=desks.sites_of(parties), closed_by=None)

    def get_list_display(self, request: HttpRequest) -> Any:
        name = names_of(request).name
        return [
            column("Lot", lambda row: lot_link(row.lot)),
            column("Where", lambda row: name(row.site)),
            column("Not accounted for", lambda row: words.kg(row.mg), order="mg"),
            column("Since", lambda row: event_link(row.opened_by, words.act_name(act_of(row.opened_by)))),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {"title": "Shortfalls", **(extra_context or {})})

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        raise Http404


@admin.register(OwnLot)
class OwnLotAdmin(OwnBusiness):
    list_filter = [own_values("form", "what it is", words.form), Recalled, "day_lot", "closed"]
    search_fields = ["code"]
    search_help_text = "Lot code"
    ordering = ["-made_by"]

    def own(self, parties: Sequence[str]) -> QuerySet[OwnLot]:
        lots = OwnLot.objects.filter(pk__in=desks.own_lots(parties).values("pk"))
        held = Q(balances__owner__in=parties) | Q(balances__custodian__in=parties)
        lying = held & ~Q(balances__site__startswith="urn:uuid:")
        return lots.annotate(held_mg=Coalesce(Sum("balances__mg", filter=lying), 0))

    def get_list_display(self, request: HttpRequest) -> Any:
        recalled = called_back()
        return [
            column("Lot", lot_link, order="code"),
            column("What", lambda lot: words.form(lot.form), order="form"),
            column("We have", lambda lot: words.kg(lot.held_mg), order="held_mg"),
            column("State", lambda lot: state_of_lot(lot, recalled)),
        ]

    def get_urls(self) -> list[URLPattern]:
        labels = self.admin_site.admin_view(label_page)
        code = self.admin_site.admin_view(code_file)
        return [
            path("<uuid:pk>/labels/", labels, name="shipments_ownlot_labels"),
            path("<uuid:pk>/labels/code.<slug:kind>", code, name="shipments_ownlot_code"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {"title": "Lots", **(extra_context or {})})

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        lot = found(self, request, object_id)
        parties = businesses_of(request)
        naming = Subject.objects.filter(kind="lot", uri=lot.uri).values("event")
        desk, standings = names_of(request), Standings()
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"Lot {lot.code}",
            "lot": lot,
            "what": words.form(lot.form),
            "said": words.attributes(lot.attributes),
            "lines": [
                (desk.name(row.site), desk.name(row.owner), desk.name(row.custodian), words.kg(row.mg))
                for row in desks.own_balances(parties).filter(lot=lot).exclude(mg=0)
                if not row.site.startswith("urn:uuid:")
            ],
            "events": [told(event, desk, standings) for event in desks.own_events(parties).filter(pk__in=naming)[:200]],
            "recalls": [(event.uuid, clock(act_of(event).at), lifts) for event, lifts in recalls_of(lot, parties)],
            # The page stands at the path of the lot's own address, GS1's or ours.
            "page": urlsplit(lot.uri).path,
            "is_called_back": lot.uri in called_back(),
            "has_labels": lot.count is not None and lot.opened_by in parties,
        }
        return TemplateResponse(request, "admin/shipments/lot.html", context)


@admin.register(TrailEvent)
class TrailEventAdmin(OwnBusiness):
    list_filter = [own_values("act", "act", lambda act: words.ACTS.get(act, act))]
    list_select_related = ["leaf"]
    ordering = ["-pk"]
    show_full_result_count = False

    def own(self, parties: Sequence[str]) -> QuerySet[TrailEvent]:
        return TrailEvent.objects.filter(pk__in=desks.own_events(parties).order_by().values("pk"))

    def get_list_display(self, request: HttpRequest) -> Any:
        desk, standings = names_of(request), Standings()
        return [
            column("Act", lambda event: event_link(event, words.ACTS.get(event.act, event.act)), order="act"),
            column("When", lambda event: when(event)),
            column("Signed by", lambda event: desk.name(parse(bytes(event.statement)).iss)),
            column("Recorded", lambda event: clock(event.recorded_at), order="pk"),
            column("State", lambda event: standings.of(event).state),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {"title": "The trail of our business", **(extra_context or {})})

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        event = found(self, request, object_id)
        statement = parse(bytes(event.statement))
        desk = names_of(request)
        corrected = getattr(event, "correction", None)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": words.ACTS.get(event.act, event.act),
            "event": event,
            "recorded": clock(event.recorded_at),
            "standing": Standings().of(event),
            "vouched": None if event.index is None else vouchers_of(event.leaf),
            "signed_by": desk.name(statement.iss),
            "review": review_of(statement.body, desk) if statement.event is not None else None,
            "withheld": withheld_of(event, statement, businesses_of(request)),
            "corrected_by": corrected and corrected.event,
            "lots": desk.codes(subjects_of(event, "lot")).values(),
            "own_lots": set(desks.own_lots(businesses_of(request)).values_list("pk", flat=True)),
            "may_correct": statement.iss in businesses_of(request) and can_be_corrected(event, statement.iss),
            "party": statement.iss,
            "files": list(event.attachments.order_by("pk")),
            "labels_of": packed_lot(event, businesses_of(request)),
        }
        return TemplateResponse(request, "admin/shipments/event.html", context)


def found(window: OwnBusiness, request: HttpRequest, object_id: str) -> Any:
    """The thing, if it is one's own; what is not, does not exist."""
    thing: Model | None = window.get_object(request, object_id)
    if thing is None:
        raise Http404
    return thing


def act_of(event: Event) -> Any:
    return parse(bytes(event.statement)).body


def when(event: Event) -> str:
    act = act_of(event)
    at = getattr(act, "at", None) or getattr(act, "declared_at", None)
    return clock(at) if at else ""


def withheld_of(event: Event, statement: Statement, parties: Sequence[str]) -> list[tuple[str, str]]:
    """What stands beside the signed words: the value where one may read it, else that there is one."""
    opened = {one.name: one.value for one in disclosures_of([event], ("public", "partners", *parties))[event.pk]}
    if "photo" in opened:
        with suppress(BadDisclosure):
            opened["photo"] = read_photo(opened["photo"]).caption or "without words"
    return [(words.WITHHELD.get(name, name), opened.get(name, "withheld")) for name in sorted(statement.withheld)]


def told(event: Event, desk: Desk, standings: Standings) -> dict[str, Any]:
    statement = parse(bytes(event.statement))
    return {
        "event": event,
        "state": standings.of(event).state,
        "title": words.ACTS.get(event.act, event.act),
        "when": when(event),
        "signed_by": desk.name(statement.iss),
    }


def subjects_of(event: Event, kind: str) -> list[str]:
    return list(Subject.objects.filter(event=event, kind=kind).values_list("uri", flat=True))


def packed_lot(event: Event, parties: Sequence[str]) -> Lot | None:
    """The lot of bags that the event made, where one packed it oneself and may print its labels."""
    return Lot.objects.filter(made_by=event, count__isnull=False, opened_by__in=parties).first()


def state_of_lot(lot: Lot, recalled: set[str]) -> str:
    if lot.uri in recalled:
        return "called back"
    if lot.day_lot:
        return "day-lot, closed" if lot.closed else "day-lot, open"
    return ""


def recalls_of(lot: Lot, parties: Sequence[str]) -> list[tuple[Event, bool]]:
    """The recalls of a lot that stand, and whether one may lift them oneself."""
    return [(recall.event, recall.issuer in parties) for recall in lot.recalls.select_related("event").order_by("pk")]
