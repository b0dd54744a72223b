"""What is not done while a page waits: texts go out by way of a gateway that may be slow."""

from farms.services.texts import sending
from provenance.jobs.handlers import JobFailed, Outcome, Postponed, Report, handler
from provenance.jobs.models import Job
from provenance.trail.models import Event

RECEIPT_TEXT = "text of a receipt"


@handler(RECEIPT_TEXT)
def send_text(job: Job, report: Report) -> Outcome:
    """Send it; run again after a crash, the text's own row says whether it may be sent."""
    event = Event.objects.get(uuid=job.payload["event"])
    try:
        return Outcome(sending.send(event))
    except sending.Later as later:
        raise Postponed(str(later)) from None
    except sending.NotSent as not_sent:
        raise JobFailed(str(not_sent)) from None
