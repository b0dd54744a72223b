from django.urls import path

from provenance.jobs import views

app_name = "jobs"
urlpatterns = [
    path("", views.job_list, name="list"),
    path("<uuid:job_id>/", views.job_page, name="job"),
    path("<uuid:job_id>/progress", views.job_progress, name="progress"),
    path("<uuid:job_id>/file", views.job_file, name="file"),
    path("<uuid:job_id>/retry", views.job_retry, name="retry"),
]
