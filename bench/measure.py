"""What every bench shares: its own database, repeats, and one JSON line per measurement.

A bench is a module with a `main()`. It calls `prepare()` before it imports a model, builds its own data, and reports each case:

    measure.prepare()
    from projects import models
    …
    measure.report("queue", "next, 1 labeller", values, unit="ms", at_most=25)

`{"bench", "case", "value", "unit", "budget", "ok", "machine"}` with the median of the repeats as value. A bench never asserts: a
missed budget is `"ok": false` and exit status 0. A comparison with another system is a ratio measured in one run.
"""

import functools
import json
import math
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import django
import psutil
from django.core.management import call_command

CHECKOUT = Path(__file__).resolve().parent.parent
GIGABYTE = 2**30


def prepare() -> None:
    """Set Django up on a migrated database that holds nothing but benches' data, whatever else this checkout runs."""
    os.environ["VAR_DIR"] = str(CHECKOUT / "var" / "bench")
    for name in ("DATABASE_URL", "REDIS_URL"):
        os.environ.pop(name, None)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    call_command("migrate", verbosity=0)


class CpuMeter:
    """CPU seconds of whole process trees, by name: unlike wall-clock times, other work on the machine hardly moves them."""

    def __init__(self, **roots: int) -> None:
        self.roots = {name: psutil.Process(pid) for name, pid in roots.items()}

    def seconds(self) -> dict[str, float]:
        """What each tree has used since it began, with the children that have ended."""
        return {
            name: sum(_cpu_seconds(process) for process in (root, *root.children(recursive=True)))
            for name, root in self.roots.items()
        }


def _cpu_seconds(process: psutil.Process) -> float:
    try:
        used = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0  # it ended just now, so its parent counts it from now on
    return float(used.user + used.system + used.children_user + used.children_system)


def servers() -> dict[str, int]:
    """The main processes of the bench's PostgreSQL and Redis, by name."""
    from django.core.cache import cache
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        backend = psutil.Process(cursor.fetchone()[0])
    redis = cache._cache.get_client(None)  # type: ignore[attr-defined]  # Django's own client
    return {"PostgreSQL": backend.ppid(), "Redis": int(redis.info("server")["process_id"])}


def seconds(work: Callable[[], object], repeats: int = 5) -> list[float]:
    """How long each of several runs takes, after one that warms up and does not count."""
    work()
    return [_seconds_once(work) for _ in range(repeats)]


def _seconds_once(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def percentile(values: Sequence[float], percent: float) -> float:
    """The value that `percent` of the values do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(percent / 100 * len(ordered)) - 1)]


def report(
    bench: str,
    case: str,
    values: Sequence[float],
    *,
    unit: str,
    at_most: float | None = None,
    at_least: float | None = None,
) -> float:
    """Print the median of the repeats against its budget, and return it."""
    value = statistics.median(values)
    budget = f"≤ {at_most:g}" if at_most is not None else f"≥ {at_least:g}" if at_least is not None else None
    ok = (at_most is None or value <= at_most) and (at_least is None or value >= at_least)
    line = {"bench": bench, "case": case, "value": _rounded(value), "unit": unit, "budget": budget, "ok": ok}
    sys.stdout.write(json.dumps(line | {"machine": machine()}, ensure_ascii=False) + "\n")
    sys.stdout.flush()
    return value


def _rounded(value: float) -> float:
    """Four significant digits: more would promise what a measurement cannot hold."""
    return float(f"{value:.4g}")


@functools.cache
def machine() -> str:
    """The machine in words: cores, processor, memory, Python."""
    memory = psutil.virtual_memory().total / GIGABYTE
    return f"{os.cpu_count()} cores, {_processor()}, {memory:.0f} GB, Python {platform.python_version()}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
