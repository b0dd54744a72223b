"""A kind of job for the tests. A worker process in the tests imports this module too."""

import contextlib
import os
import time
from pathlib import Path

from provenance.jobs.handlers import JobFailed, Outcome, Report, handler
from provenance.jobs.models import Job


@handler("tally")
def tally(job: Job, report: Report) -> Outcome:
    """
    Put one file per step into a folder, each named by its step, so that doing a step twice shows in its length.

    The payload's ``pause`` seconds between the steps leave time to kill the worker.
    """
    folder = Path(job.payload["folder"])
    if not folder.is_dir():
        raise JobFailed("The folder is gone. Make it again and try once more.")
    for step in range(1, job.total + 1):
        # Where the file exists, an earlier attempt came this far.
        with contextlib.suppress(FileExistsError):
            os.close(os.open(folder / str(step), os.O_CREAT | os.O_EXCL))
        report(step, message=f"step {step}")
        time.sleep(job.payload.get("pause", 0))
    return Outcome(f"{job.total} steps", "tally.txt", b"one, two, three")
