"""The worker's side of the doorbell: one Dramatiq actor per queue. Only worker processes import this."""

import logging
import time
from collections.abc import Callable
from typing import Any

import dramatiq
from django.db import InterfaceError, OperationalError, close_old_connections, connection
from dramatiq.middleware import Middleware

from projects.jobs.claiming import claim
from projects.jobs.doorbell import broker
from projects.jobs.models import Job
from projects.jobs.pulse import pulse
from projects.jobs.registry import QUEUES
from projects.jobs.running import run

__all__ = ["broker"]
logger = logging.getLogger(__name__)

PAUSES = (0.1, 0.5, 2)
"""Seconds between tries to claim: after a restart of PostgreSQL the pool still holds dead connections."""


class Connections(Middleware):
    """Gives database connections back to the pool between messages, as Django does between requests."""

    def before_process_message(self, broker: dramatiq.Broker, message: Any) -> None:
        close_old_connections()

    def after_process_message(
        self, broker: dramatiq.Broker, message: Any, *, result: Any = None, exception: BaseException | None = None
    ) -> None:
        close_old_connections()


class HandBack(Middleware):
    """Has running jobs given back when the worker is told to stop.

    The pulse does this, and time limits, in place of Dramatiq's ShutdownNotifications and TimeLimit: it first asks the
    handler, which checkpoints, and raises in its thread only when that was not heard.
    """

    def before_worker_shutdown(self, broker: dramatiq.Broker, worker: Any) -> None:
        pulse.shut_down()


def _claim(queue: str) -> Job | None:
    for pause in PAUSES:
        try:
            return claim(queue)
        except (OperationalError, InterfaceError) as error:
            logger.warning("No job could be claimed; trying again in %s s: %s", pause, error)
            connection.close()
            time.sleep(pause)
    return None


def _work_on(queue: str) -> Callable[[int], None]:
    def work(job_id: int) -> None:
        """Runs the fairest due job; `job_id` is the one that rang, and only of interest to the log."""
        job = _claim(queue)
        if job is None:
            logger.debug("Nothing to do in queue %s for the hint of job %d", queue, job_id)
            return
        run(job, pulse)

    return work


broker.add_middleware(Connections())
broker.add_middleware(HandBack())
for name in QUEUES:
    dramatiq.actor(actor_name=name, queue_name=name, broker=broker)(_work_on(name))
