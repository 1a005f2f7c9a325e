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


@transaction.atomic
def pause_job(*, job: Job, actor: User) -> Job:
    """Holds a job, and says in the audit log who did."""
    audit.record(actor, "job.pause", job, detail={"kind": job.kind, "title": job.title})
    return jobs.pause(job)


@transaction.atomic
def resume_job(*, job: Job, actor: User) -> Job:
    """Lets a job go on, and says in the audit log who did."""
    audit.record(actor, "job.resume", job, detail={"kind": job.kind, "title": job.title})
    return jobs.resume(job)
