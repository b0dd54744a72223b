from celery import shared_task

from provenance.jobs import services


@shared_task(name=services.WAKE, acks_late=True, reject_on_worker_lost=True, ignore_result=True)
def wake(job_id: str) -> None:
    """Look at this job now. Waking twice, or for a job that is done, does nothing."""
    services.run_job(job_id)
