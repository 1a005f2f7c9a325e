"""Which job a worker runs next, and taking it.

Fair between organisations: among those that have due jobs in the queue and run fewer than `JOBS_PER_ORGANISATION` there,
the one that runs fewest goes first, and chance decides between equals, so nobody waits behind another's thousand jobs.
The count is exact: claims of one organisation and queue exclude each other by an advisory lock, which is only ever tried,
so nobody waits for it either.
"""

import random
import time
from datetime import timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from projects import tenancy
from projects.jobs.models import Job
from projects.jobs.registry import QUEUES, kinds

UNKNOWN_KIND_LEASE = timedelta(minutes=1)
CLAIM_TRIES = 5
_DUE = "state = 'queued' AND NOT waiting AND queue = %(queue)s AND next_attempt_at <= statement_timestamp()"

# A loose scan of the index job_due: one probe per organisation that has something queued, however many jobs that is.
_ORGANISATIONS_WITH_WORK = f"""
WITH RECURSIVE organisations AS (
    (SELECT tenant AS id FROM projects_job
     WHERE state = 'queued' AND NOT waiting AND queue = %(queue)s ORDER BY queue, tenant LIMIT 1)
    UNION ALL
    SELECT (SELECT tenant FROM projects_job
            WHERE state = 'queued' AND NOT waiting AND queue = %(queue)s
              AND tenant > organisations.id
            ORDER BY queue, tenant LIMIT 1)
    FROM organisations WHERE organisations.id IS NOT NULL
)
SELECT organisations.id, running.number
FROM organisations CROSS JOIN LATERAL (
    SELECT count(*) AS number FROM projects_job
    WHERE state = 'running' AND queue = %(queue)s AND tenant = organisations.id
) running
CROSS JOIN LATERAL (
    SELECT FROM projects_job WHERE {_DUE} AND tenant = organisations.id
    ORDER BY priority DESC, next_attempt_at, id LIMIT 1
) head
WHERE organisations.id IS NOT NULL AND running.number < %(limit)s
ORDER BY running.number, random()
"""  # noqa: S608  # fixed text and named parameters

_HEAD = f"""
SELECT id, kind FROM projects_job
WHERE {_DUE} AND tenant = %(organisation)s AND (
    SELECT count(*) FROM projects_job
    WHERE state = 'running' AND queue = %(queue)s AND tenant = %(organisation)s
) < %(limit)s
ORDER BY priority DESC, next_attempt_at, id LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED
"""  # noqa: S608  # put together from constants

_TAKE = """
UPDATE projects_job SET
    state = 'running', attempt = attempt + 1, lease_token = gen_random_uuid(),
    lease_until = statement_timestamp() + %(lease)s, started_at = coalesce(started_at, statement_timestamp()),
    error_code = '', error_detail = ''
WHERE id = %(id)s RETURNING *
"""


def organisations_with_work(queue: str) -> list[tuple[int, int]]:
    """(organisation, how many of its jobs run) where something is due and may run; 0 is the installation itself."""
    with connection.cursor() as cursor:
        cursor.execute(_ORGANISATIONS_WITH_WORK, {"queue": queue, "limit": settings.JOBS_PER_ORGANISATION})
        return list(cursor.fetchall())


def due(queue: str, organisation: int) -> QuerySet[Job]:
    """One organisation's due jobs, in the order in which they are taken; 0 is the installation itself."""
    return Job.objects.filter(
        state=Job.State.QUEUED, waiting=False, queue=queue, tenant=organisation, next_attempt_at__lte=Now()
    ).order_by("-priority", "next_attempt_at", "pk")


def claim(queue: str) -> Job | None:
    """Takes the fairest due job of a queue: running from now on, one attempt and a fresh lease token more."""
    with tenancy.system_access("claim a job"):
        for _ in range(CLAIM_TRIES):
            candidates = organisations_with_work(queue)
            for organisation, _running in candidates:
                if job := _claim_of(queue, organisation):
                    return job
            if not candidates:
                return None
            # Somebody else was at each of these organisations in this very millisecond.
            time.sleep(random.uniform(0.002, 0.02))  # noqa: S311  # no secret
        return None


def claim_any() -> Job | None:
    """Takes a due job of any queue."""
    return next((job for job in map(claim, QUEUES) if job), None)


@transaction.atomic
def _claim_of(queue: str, organisation: int) -> Job | None:
    values: dict[str, str | int] = {
        "queue": queue,
        "organisation": organisation,
        "limit": settings.JOBS_PER_ORGANISATION,
    }
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [f"labelwright jobs {queue} {organisation}"]
        )
        if not cursor.fetchone()[0]:
            return None
        # A statement of its own, so that it sees what the lock's last holder committed.
        cursor.execute(_HEAD, values)
        head = cursor.fetchone()
    if not head:
        return None
    lease = kinds[head[1]].lease if head[1] in kinds else UNKNOWN_KIND_LEASE
    return Job.objects.raw(_TAKE, {"id": head[0], "lease": lease})[0]
