from django.urls import URLPattern, path

from projects.views import jobs

app_name = "projects"
urlpatterns: list[URLPattern] = [
    path("jobs/", jobs.jobs, name="jobs"),
    path("jobs/<uuid:code>/", jobs.job, name="job"),
    path("jobs/<uuid:code>/cancel/", jobs.cancel, name="job-cancel"),
    path("jobs/<uuid:code>/retry/", jobs.retry, name="job-retry"),
]
