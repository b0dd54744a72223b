"""What is too long for a page: large label sheets, and imports."""

from io import BytesIO

from provenance.jobs.handlers import JobFailed, Outcome, Report, handler
from provenance.jobs.models import Job
from shipments.imports.tasks import IMPORT
from shipments.labels.arranging import CodeTooSmall
from shipments.labels.printing import Order, draw

__all__ = ["IMPORT", "LABELS", "draw_labels"]

LABELS = "labels"


@handler(LABELS)
def draw_labels(job: Job, report: Report) -> Outcome:
    """Draw a sheet; run again after a crash it draws the same sheet again, since the bags keep their codes."""
    order = Order(**job.payload)
    sheet = BytesIO()
    try:
        count = draw(order, sheet, told=lambda done: report(done))
    except CodeTooSmall as refused:
        raise JobFailed(str(refused)) from refused
    return Outcome(f"{count:,} labels", order.file_name, sheet.getvalue())
