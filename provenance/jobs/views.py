from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from provenance.jobs import services
from provenance.jobs.models import Job


def own_job(request: HttpRequest, job_id: UUID) -> Job:
    # Somebody else's job and no job look the same; so does that of a business one has left.
    return get_object_or_404(services.jobs_of(request.user), pk=job_id)


@require_safe
@login_required
@never_cache
def job_list(request: HttpRequest) -> HttpResponse:
    return render(request, "jobs/list.html", {"jobs": services.jobs_of(request.user)[:100]})


@require_safe
@login_required
@never_cache
def job_page(request: HttpRequest, job_id: UUID) -> HttpResponse:
    return render(request, "jobs/job.html", {"job": own_job(request, job_id)})


@require_safe
@login_required
@never_cache
def job_progress(request: HttpRequest, job_id: UUID) -> JsonResponse:
    job = own_job(request, job_id)
    return JsonResponse(
        {"state": job.state, "done": job.done, "total": job.total, "message": job.message, "over": job.is_over}
    )


@require_safe
@login_required
@never_cache
def job_file(request: HttpRequest, job_id: UUID) -> FileResponse:
    job = own_job(request, job_id)
    if not job.file:
        raise Http404
    return FileResponse(job.file.open("rb"), as_attachment=True, filename=job.file.name.rsplit("/", 1)[-1])


@require_POST
@login_required
def job_retry(request: HttpRequest, job_id: UUID) -> HttpResponse:
    job = own_job(request, job_id)
    services.retry(job)
    return redirect("jobs:job", job.pk)
