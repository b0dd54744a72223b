"""What is too long for a page: large label sheets, and imports."""

from io import BytesIO

from provenance.jobs.handlers import Outcome, Report, handler
from provenance.jobs.models import Job
from shipments.imports.tasks import IMPORT
from shipments.labels.content import labels_of
from shipments.labels.sheets import write_sheet

__all__ = ["IMPORT", "LABELS", "draw_labels"]

LABELS = "labels"


@handler(LABELS)
def draw_labels(job: Job, report: Report) -> Outcome:
    """Draw a sheet; run again after a crash it draws the same sheet again, since the bags keep their codes."""
    order = job.payload
    sheet = BytesIO()
    labels = labels_of(order["lot"], first=order["first"], last=order["last"])
    count = write_sheet(sheet, labels, told=lambda done: report(done))
    return Outcome(f"{count:,} labels", f"labels-{order['code'].replace('/', '-')}.pdf", sheet.getvalue())
