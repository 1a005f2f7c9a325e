"""What people do on pages and in the admin that needs more than one module."""

from django.db import transaction

from projects import audit, jobs
from projects.models import Job, User


@transaction.atomic
def cancel_job(*, job: Job, actor: User, address: str | None = None) -> Job:
    """Cancels a job, and says in the audit log who did."""
    audit.record(actor, "job.cancel", job, detail={"kind": job.kind, "title": job.title}, address=address)
    return jobs.request_cancel(job)


@transaction.atomic
def retry_job(*, job: Job, actor: User, address: str | None = None) -> Job:
    """Tries a job again, and says in the audit log who did."""
    audit.record(actor, "job.retry", job, detail={"kind": job.kind, "title": job.title}, address=address)
    return jobs.retry(job)
