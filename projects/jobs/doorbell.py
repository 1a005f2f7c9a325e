"""The doorbell: tells the workers of a queue that there is work. Nothing depends on its being heard."""

import logging
from collections.abc import Iterable
from functools import partial

import dramatiq
import redis
from django.conf import settings
from django.db import transaction
from dramatiq.brokers.redis import RedisBroker
from redis.backoff import NoBackoff
from redis.retry import Retry

logger = logging.getLogger(__name__)


def connect(url: str) -> RedisBroker:
    """A broker at this Redis, which is spoken to only when it is needed.

    Maintenance on every command: a worker that was killed must be noticed, and the commands are few. No Retries, Results
    or AgeLimit: the job's row decides about all of that. The worker adds its middleware.
    """
    return RedisBroker(  # type: ignore[no-untyped-call]  # dramatiq annotates no constructors
        client=redis.Redis.from_url(url, socket_connect_timeout=2, socket_timeout=5, retry=Retry(NoBackoff(), 1)),
        namespace=settings.DRAMATIQ_NAMESPACE,
        maintenance_chance=1_000_000,
        heartbeat_timeout=60_000,
        middleware=[],
    )


broker = connect(settings.REDIS_URL)
dramatiq.set_broker(broker)


def ring(queue: str, job_ids: Iterable[int]) -> None:
    """Sends one hint for each job. With Redis away the jobs are late, not lost, so the caller goes on."""
    try:
        for job_id in job_ids:
            broker.enqueue(dramatiq.Message(queue_name=queue, actor_name=queue, args=(job_id,), kwargs={}, options={}))
    except (redis.RedisError, OSError) as error:
        logger.warning("No hint for queue %s could be sent; the sweeper will send it again: %s", queue, error)


def ring_on_commit(queue: str, *job_ids: int) -> None:
    """Rings when the current transaction has been committed, so that whoever comes finds the row."""
    transaction.on_commit(partial(ring, queue, job_ids), robust=True)
