"""Background jobs. PostgreSQL holds the truth, Redis is only the doorbell.

A job is a row. `enqueue` inserts it in the caller's transaction and rings the doorbell on commit; a worker that hears it
claims the fairest due row, runs the registered handler, and writes the outcome if its lease still stands. Whatever is
lost on the way (a hint, a worker, Redis) delays a job until the sweeper of `manage.py tick` notices, and never loses or
doubles it.
"""

from projects.jobs.enqueueing import enqueue
from projects.jobs.interruptions import (
    Cancelled,
    HandedBack,
    Interruption,
    LostLease,
    Paused,
    TimeLimitExceeded,
    Waiting,
)
from projects.jobs.models import Job
from projects.jobs.outcomes import shard_counts
from projects.jobs.registry import handler, periodic, when_ended
from projects.jobs.running import Running, Shards, run_due
from projects.jobs.steering import can_pause, can_retry, pause, request_cancel, resume, retry

__all__ = [
    "Cancelled",
    "HandedBack",
    "Interruption",
    "Job",
    "LostLease",
    "Paused",
    "Running",
    "Shards",
    "TimeLimitExceeded",
    "Waiting",
    "can_pause",
    "can_retry",
    "enqueue",
    "handler",
    "pause",
    "periodic",
    "request_cancel",
    "resume",
    "retry",
    "run_due",
    "shard_counts",
    "when_ended",
]
