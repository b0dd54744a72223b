"""The pages of an import: upload, columns, preview, report. Each calls ``files``; the trail is written there only."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.core.paginator import Paginator
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from provenance.coffee.errors import CoffeeError
from provenance.jobs.services import submit
from provenance.site import Need, asks
from provenance.trail.errors import RecordingStopped
from provenance.unavailable import unavailable
from shipments.admin.access import OwnBusiness, businesses_of, desk_of
from shipments.imports import downloads, files, showing
from shipments.imports.forms import ColumnsForm, UploadForm
from shipments.imports.models import ImportFile
from shipments.imports.tasks import IMPORT

JOB_ABOVE = 500  # rows
ROWS_A_PAGE = 100
EXAMPLES = 3

page = method_decorator(require_http_methods(["GET", "HEAD", "POST"]))


@asks
def import_needs(request: HttpRequest) -> Iterable[Need]:
    """Files that somebody began to import and has not gone on with."""
    begun = ImportFile.objects.filter(party__in=businesses_of(request)).exclude(state=ImportFile.State.DONE)
    if count := begun.count():
        text = "1 import is not finished" if count == 1 else f"{count} imports are not finished"
        yield Need(text, reverse("admin:shipments_importfile_changelist"), count)


@admin.register(ImportFile)
class ImportFileAdmin(OwnBusiness):
    list_display = ["shown_name", "taken_in", "state_in_words", "rows_read", "rows_rejected"]
    ordering = ["-pk"]
    list_per_page = 50

    def own(self, parties: Sequence[str]) -> QuerySet[ImportFile]:
        own = ImportFile.objects.filter(party__in=parties).defer("sealed")
        return own.annotate(read=Count("rows"), rejected=Count("rows", filter=Q(rows__outcome="rejected")))

    @admin.display(description="File")
    def shown_name(self, file: ImportFile) -> Any:
        return format_html('<a href="{}">{}</a>', self.address("change", file), file.name)

    @admin.display(description="Taken in", ordering="created_at")
    def taken_in(self, file: ImportFile) -> datetime:
        return file.created_at

    @admin.display(description="State")
    def state_in_words(self, file: ImportFile) -> str:
        return str(file.get_state_display())

    @admin.display(description="Rows")
    def rows_read(self, file: Any) -> int:
        return int(file.read)

    @admin.display(description="Rejected")
    def rows_rejected(self, file: Any) -> int:
        return int(file.rejected)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(businesses_of(request))

    def get_urls(self) -> list[URLPattern]:
        def own_page(route: str, view: Any, name: str) -> URLPattern:
            return path(f"<int:pk>/{route}", self.admin_site.admin_view(view), name=f"shipments_importfile_{name}")

        return [
            own_page("columns/", self.columns_view, "columns"),
            own_page("preview/", self.preview_view, "preview"),
            own_page("import/", self.import_view, "import"),
            own_page("discard/", self.discard_view, "discard"),
            own_page("rows.csv", self.download_view, "download"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {"title": "Imports", **(extra_context or {})})

    # --- pages -------------------------------------------------------------------------------------------------------

    @page
    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        desk = desk_of(request)
        corrects = self.own_file(request, request.GET["corrects"]) if "corrects" in request.GET else None
        form = UploadForm(desk, request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            upload = form.cleaned_data["file"]
            try:
                file = files.take_in(
                    party=corrects.party if corrects else desk.party,
                    site=form.cleaned_data["site"],
                    name=upload.name,
                    content=upload.read(),
                    user=request.user,  # type: ignore[arg-type]
                    encoding=form.cleaned_data["encoding"],
                    corrects=corrects,
                )
            except CoffeeError as error:
                form.add_error("file", str(error))
            else:
                return redirect(self.after_upload(request, file))
        return self.render(
            request,
            "upload",
            f"Correct {corrects.name}" if corrects else "Import lots",
            form=form,
            corrects=corrects,
            desk=desk,
        )

    @page
    def columns_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        file = self.waiting_file(request, pk)
        try:
            records = files.data_of(file)[:EXAMPLES]
        except CoffeeError as error:
            messages.error(request, str(error))
            return redirect(reverse("admin:shipments_importfile_changelist"))
        examples = [[showing.readable(cell) for cell in record.cells] for record in records]
        form = ColumnsForm(file, examples, request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                files.say_columns(file, form.said(), form.cleaned_data["country"])
                return redirect(self.address("preview", file))
            except CoffeeError as error:
                form.add_error(None, str(error))
        return self.render(request, "columns", f"Columns of {file.name}", form=form, file=file)

    @method_decorator(require_safe)
    def preview_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        file = self.waiting_file(request, pk)
        try:
            judged, total = files.preview(file)
        except CoffeeError as error:
            messages.error(request, str(error))
            return redirect(self.address("columns", file))
        counts = {outcome.value: sum(each.outcome.value == outcome for each in judged) for outcome in files.Outcome}
        del counts[files.Outcome.ALREADY.value]
        chosen = request.GET.get("outcome", "")
        rows = [each for each in judged if chosen not in counts or each.outcome.value == chosen]
        listed = Paginator(rows, ROWS_A_PAGE).get_page(request.GET.get("page"))
        return self.render(
            request,
            "preview",
            f"Look at {file.name}",
            file=file,
            total=total,
            looked_at=len(judged),
            options=showing.options(counts, chosen),
            chosen=chosen,
            listed=listed,
            rows=list(showing.judged_rows(listed, file)),
            as_job=total > JOB_ABOVE,
        )

    @method_decorator(require_POST)
    def import_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        file = self.own_file(request, pk)
        if file.state == ImportFile.State.DONE:
            return redirect(self.address("change", file))
        try:
            if (total := len(files.data_of(file))) > JOB_ABOVE:
                job = submit(
                    kind=IMPORT,
                    key=f"import:{file.pk}:{request.user.pk}",
                    party=file.party,
                    owner=request.user,  # type: ignore[arg-type]
                    payload={"file": file.pk},
                    total=total,
                )
                return redirect("jobs:job", job.pk)
            files.import_all(file)
        except RecordingStopped as stopped:
            return unavailable(request, f"{stopped} The report of {file.name} says what is left of it.")
        except CoffeeError as error:
            messages.error(request, str(error))
        return redirect(self.address("change", file))

    @method_decorator(require_safe)
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        file = self.own_file(request, object_id)
        if file.state == ImportFile.State.WAITING:
            return redirect(self.address("columns", file))
        counts = files.counts_of(file)
        chosen = request.GET.get("outcome", "")
        rows = file.rows.filter(outcome=chosen) if chosen in counts else file.rows.all()
        listed = Paginator(rows.select_related("earlier__file"), ROWS_A_PAGE).get_page(request.GET.get("page"))
        findings = list(file.rows.values_list("findings", flat=True))
        return self.render(
            request,
            "report",
            f"Import of {file.name}",
            file=file,
            total=sum(counts.values()),
            left=file.rows.filter(recorded=False, outcome__in=["accepted", "warned"]).count(),
            options=showing.options(counts, chosen),
            chosen=chosen,
            reasons=files.codes_of(findings, "reasons"),
            warnings=files.codes_of(findings, "warnings"),
            listed=listed,
            rows=list(showing.imported_rows(listed, file)),
        )

    @method_decorator(require_POST)
    def discard_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        file = self.waiting_file(request, pk)
        file.delete()
        messages.success(request, f"{file.name} is put away. Nothing of it was recorded.")
        return redirect(reverse("admin:shipments_importfile_changelist"))

    @method_decorator(require_safe)
    def download_view(self, request: HttpRequest, pk: int) -> HttpResponse | StreamingHttpResponse:
        file = self.own_file(request, pk)
        asked = request.GET.get("outcome", "")
        outcome = asked if asked in files.Outcome.values else ""
        lines = downloads.report(file, outcome)
        response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="import-{file.pk}-{outcome or "all"}.csv"'
        return response

    # --- parts -------------------------------------------------------------------------------------------------------

    def own_file(self, request: HttpRequest, pk: int | str) -> ImportFile:
        if not str(pk).isdecimal():
            raise Http404
        return get_object_or_404(ImportFile, pk=pk, party__in=businesses_of(request))

    def waiting_file(self, request: HttpRequest, pk: int) -> ImportFile:
        """Somebody's own file that is not imported yet; for others there is no such page."""
        return get_object_or_404(ImportFile, pk=pk, party__in=businesses_of(request), state=ImportFile.State.WAITING)

    def after_upload(self, request: HttpRequest, file: ImportFile) -> str:
        if file.state == ImportFile.State.WAITING:
            return self.address("columns", file)
        messages.info(request, "This file is imported already. Nothing was added.")
        return self.address("change", file)

    def address(self, name: str, file: ImportFile) -> str:
        return reverse(f"admin:shipments_importfile_{name}", args=[file.pk])

    def render(self, request: HttpRequest, template: str, title: str, **context: Any) -> HttpResponse:
        shared = {**admin.site.each_context(request), "title": title, "opts": self.opts}
        return TemplateResponse(request, f"shipments/imports/{template}.html", {**shared, **context})
