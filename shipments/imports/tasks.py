"""Imports that are too long for a page."""

from provenance.coffee.errors import CoffeeError
from provenance.jobs.handlers import JobFailed, Outcome, Postponed, Report, handler
from provenance.jobs.models import Job
from provenance.trail.errors import NoRoom
from shipments.imports import files
from shipments.imports.models import ImportFile

IMPORT = "import"


@handler(IMPORT)
def import_file(job: Job, report: Report) -> Outcome:
    """Import a file; run again after a crash it goes on where the rows say it was."""
    file = ImportFile.objects.get(pk=job.payload["file"])
    try:
        files.import_all(file, lambda done: report(min(done, job.total)))
    except NoRoom as full:
        raise Postponed(str(full)) from None
    except CoffeeError as error:
        raise JobFailed(str(error)) from None
    return Outcome(files.told(files.counts_of(file)))
