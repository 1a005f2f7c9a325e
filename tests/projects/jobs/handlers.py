"""Handlers for the tests of the jobs package; the test workers import them too."""

import os
import signal
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from projects import jobs
from projects.errors import BadInput
from projects.models import Workspace

SHORT = timedelta(seconds=4)
KILLER = b"the decoder does not survive this"


def leave_mark(job: jobs.Running, name: str) -> None:
    """A visible effect in the job's tenant, which cannot happen twice: a workspace."""
    Workspace.objects.create(organisation_id=job.job.organisation_id, name=name)


@jobs.handler("test.mark", queue="fast", lease=SHORT)
def mark(job: jobs.Running, name: str, seconds: float = 0) -> dict[str, Any]:
    """Works for a while, then has one effect."""
    for number in range(round(seconds * 20)):
        job.progress(number, round(seconds * 20), "working")
        time.sleep(0.05)
    with job.effects():
        leave_mark(job, name)
    return {"name": name}


@jobs.handler("test.count", queue="bulk", lease=SHORT)
def count(job: jobs.Running, name: str, steps: int, pause: float = 0) -> dict[str, Any]:
    """Has one effect per step and goes on at its checkpoint."""
    for step in range(job.cursor or 0, steps):
        with job.effects():
            leave_mark(job, f"{name} {step} in attempt {job.job.attempt}")
            job.checkpoint(step + 1)
        job.progress(step + 1, steps)
        time.sleep(pause)
    return {"steps": steps}


@jobs.handler("test.stubborn", queue="bulk", lease=SHORT)
def stubborn(job: jobs.Running, seconds: float) -> None:
    """Listens to nobody."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        time.sleep(0.02)


@jobs.handler("test.overdue", queue="fast", lease=SHORT, attempts=1, time_limit=timedelta(seconds=1))
def overdue(job: jobs.Running) -> None:
    """Takes longer than it may."""
    stubborn(job, 20)


@jobs.handler("test.fail", queue="fast", attempts=3)
def fail(job: jobs.Running, times: int) -> dict[str, Any]:
    """Fails in its first attempts."""
    if job.job.attempt <= times:
        raise RuntimeError(f"attempt {job.job.attempt}")
    return {"attempt": job.job.attempt}


@jobs.handler("test.refuse", queue="fast")
def refuse(job: jobs.Running) -> None:
    """Can never work."""
    raise BadInput("The file is no image.")


@jobs.handler("test.poison", queue="fast", lease=timedelta(seconds=1), attempts=2)
def poison(job: jobs.Running) -> None:
    """Kills its worker."""
    os.kill(os.getpid(), signal.SIGKILL)


@jobs.handler("test.parent", queue="bulk", lease=SHORT)
def parent(job: jobs.Running, items: list[str], bad: str = "") -> dict[str, Any]:
    """Splits its work."""
    job.spawn([{"item": item, "bad": item == bad} for item in items], kind="test.shard", title="Part")
    shards = job.wait_for_shards()
    return {"items": sorted(shard.result["item"] for shard in job.shards if shard.result), "failed": shards.failed}


@jobs.handler("test.shard", queue="bulk", lease=SHORT, attempts=2)
def shard(job: jobs.Running, item: str, bad: bool = False, seconds: float = 0) -> dict[str, Any]:
    """A part of the work."""
    if bad:
        raise BadInput("Poison.")
    time.sleep(seconds)
    return {"item": item}


@jobs.handler("test.await-file", queue="io", lease=SHORT)
def await_file(job: jobs.Running, path: str) -> None:
    """Runs until a file is there."""
    while not Path(path).exists():
        job.check()
        time.sleep(0.02)


@jobs.handler("test.whole", queue="bulk", lease=SHORT)
def whole(job: jobs.Running, items: list[str]) -> dict[str, Any]:
    """Has its items worked on by one shard."""
    job.spawn([{"items": items}], kind="test.some", title="Items")
    job.wait_for_shards()
    results = [shard.result for shard in job.shards]
    return {name: sorted(item for result in results for item in result[name]) for name in ("done", "bad")}


@jobs.handler("test.some", queue="bulk", lease=SHORT, attempts=2, divides="items")
def some(job: jobs.Running, items: list[str], *, is_bad: bool = False) -> dict[str, Any]:
    """Works on items that may be the end of its worker; says what it did."""
    if is_bad:
        return {"done": [], "bad": items}
    if "killer" in items:
        raise jobs.LostLease  # nothing is written, as when a worker dies
    return {"done": items, "bad": []}
