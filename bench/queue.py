"""The queue over HTTP: gunicorn as in production, eight labellers, next + submit of five boxes.

Clients, server and PostgreSQL share this machine's cores. A pair is a page of one task and its answer. It is measured as the
labelling page does it (one request: submit with `next: 1`) and as a plain API client may do it (two requests).

    make bench NAME=queue                                   1,000, 100,000 and 1,000,000 tasks
    make bench NAME=queue ARGS='1000 100000'                at these numbers of tasks
    make bench NAME=queue ARGS='--row-security 100000'      what row-level security costs: the same load without it, in turns

The CPU milliseconds per pair are what every process of the system used, and hardly change when the machine has other work.
"""

import argparse
import itertools
import statistics
import time
from collections.abc import Sequence

from bench import measure
from bench.queue_load import WAYS, Labeller, Load, Server, Site, server

LABELLERS = 8
SECONDS = 6
REPEATS = 3
TURNS = 5
SIZES = (1_000, 100_000, 1_000_000)
PAIRS_PER_SECOND = 300
CORES = 2
CPU_MS = 1000 * CORES / PAIRS_PER_SECOND
"""The CPU time that a pair may take where two cores shall do so many pairs per second."""
ROW_SECURITY_PERCENT = 10


class Sites:
    """Projects of one size. Small ones would run dry, so each run gets a fresh one; large ones are used again."""

    def __init__(self, tasks: int) -> None:
        self.tasks = tasks
        self.seconds = min(SECONDS, tasks / 700)
        self.built: dict[bool, Site] = {}

    def get(self, *, consensus: bool) -> Site:
        """A project of so many tasks in which every labeller has an API token."""
        if consensus not in self.built or self.tasks < SECONDS * 10_000:
            from bench import queue_data  # models exist only after measure.prepare()

            self.built[consensus] = Site(**queue_data.build(self.tasks, labellers=LABELLERS, consensus=consensus))
        return self.built[consensus]

    def load(self, web: Server, way: str, *, consensus: bool = False, labellers: int = LABELLERS) -> Load:
        """One run."""
        return web.load(self.get(consensus=consensus), way, labellers=labellers, seconds=self.seconds)


def measure_way(web: Server, sites: Sites, way: str, *, consensus: bool) -> float:
    """Throughput, CPU time and latency of one way; answers the throughput."""
    runs = [sites.load(web, way, consensus=consensus) for _ in range(REPEATS)]
    name = f"{way}, {LABELLERS} labellers, {sites.tasks:,} tasks{', consensus 2–3' if consensus else ''}"
    rates = [run.pairs / run.seconds for run in runs]
    rate = measure.report("queue", f"pairs, {name}", rates, unit="pairs/s", at_least=PAIRS_PER_SECOND)
    report_cpu(name, runs)
    for kind, title in (("next", "next"), ("submit", "submit with next" if way == "one request" else "submit")):
        if runs[0].milliseconds(kind):
            report_latency(f"{title} p{{}}, {name}", runs, kind)
    return rate


def report_cpu(name: str, runs: Sequence[Load]) -> None:
    """CPU milliseconds per pair, in all and by who used them."""
    for part in runs[0].cpu:
        values = [1000 * run.cpu[part] / run.pairs for run in runs]
        measure.report("queue", f"CPU per pair of {part}, {name}", values, unit="ms")
    measure.report("queue", f"CPU per pair, {name}", [cpu_ms(run) for run in runs], unit="ms", at_most=CPU_MS)


def cpu_ms(run: Load) -> float:
    """CPU milliseconds per pair of everybody together."""
    return 1000 * sum(run.cpu.values()) / run.pairs


def report_latency(case: str, runs: Sequence[Load], kind: str, *, p95_at_most: float | None = None) -> None:
    """Percentiles of one kind of request; `case` has a place for the percent."""
    for percent in (50, 95, 99):
        values = [measure.percentile(run.milliseconds(kind), percent) for run in runs]
        budget = p95_at_most if percent == 95 else None
        measure.report("queue", case.format(percent), values, unit="ms", at_most=budget)


def measure_alone(web: Server, sites: Sites) -> None:
    """What one labeller waits for."""
    runs = [sites.load(web, "two requests", labellers=1) for _ in range(REPEATS)]
    report_latency(f"next p{{}}, 1 labeller, {sites.tasks:,} tasks", runs, "next", p95_at_most=25)


def measure_bulk(web: Server) -> None:
    """10,000 boxes in one call."""
    site = Sites(100).get(consensus=False)
    labeller = Labeller(web.port, site, 0, boxes=10_000)
    values = []
    for _ in range(REPEATS + 1):
        task = labeller.lease()["tasks"][0]
        start = time.perf_counter()
        labeller.submit(task, following=0)
        values.append(time.perf_counter() - start)
    measure.report("queue", "submit of 10,000 boxes in one call", values[1:], unit="s", at_most=0.5)


def measure_row_security(web: Server, sites: Sites, way: str) -> None:
    """The same load with row-level security and without, in turns, so that what drifts drifts for both."""
    from bench import queue_data  # models exist only after measure.prepare()

    runs: dict[bool, list[Load]] = {True: [], False: []}
    for _, secured in itertools.product(range(TURNS), (True, False)):
        sites.get(consensus=False)
        with queue_data.row_security(secured=secured):
            runs[secured].append(sites.load(web, way))
    name = f"{way}, {LABELLERS} labellers, {sites.tasks:,} tasks"
    for secured, found in runs.items():
        kind = "with row-level security" if secured else "without row-level security"
        measure.report("queue", f"pairs {kind}, {name}", [run.pairs / run.seconds for run in found], unit="pairs/s")
        measure.report("queue", f"CPU per pair {kind}, {name}", [cpu_ms(run) for run in found], unit="ms")
    costs = [100 * (cpu_ms(on) / cpu_ms(off) - 1) for on, off in zip(runs[True], runs[False], strict=True)]
    measure.report("queue", f"row-level security, CPU added, {name}", costs, unit="%", at_most=ROW_SECURITY_PERCENT)
    rates = [statistics.median(run.pairs / run.seconds for run in runs[secured]) for secured in (True, False)]
    lost = 100 * (1 - rates[0] / rates[1])
    measure.report(
        "queue", f"row-level security, throughput lost, {name}", [lost], unit="%", at_most=ROW_SECURITY_PERCENT
    )


def measure_sizes(web: Server, sizes: Sequence[int]) -> None:
    """Everything, at each number of tasks, and what the number changes."""
    rates: dict[tuple[str, bool], dict[int, float]] = {}
    for size in sizes:
        sites = Sites(size)
        measure_alone(web, sites)
        for way, consensus in itertools.product(WAYS, (False, True)):
            rates.setdefault((way, consensus), {})[size] = measure_way(web, sites, way, consensus=consensus)
    measure_bulk(web)
    for (way, consensus), by_size in rates.items():
        if len(by_size) > 1:
            ratio = by_size[min(by_size)] / by_size[max(by_size)]
            case = f"{max(by_size):,} versus {min(by_size):,} tasks, {way}{', consensus 2–3' if consensus else ''}"
            measure.report("queue", case, [ratio], unit="×", at_most=1.2)


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench NAME=queue")
    parser.add_argument("--row-security", action="store_true", help="measure what row-level security costs")
    parser.add_argument("tasks", nargs="*", type=lambda word: int(word.replace(",", "")))
    chosen = parser.parse_args()
    measure.prepare()
    with server() as web:
        for way in WAYS:
            web.load(Sites(1_000).get(consensus=False), way, labellers=LABELLERS, seconds=1)
        if chosen.row_security:
            for size, way in itertools.product(chosen.tasks or (100_000,), WAYS):
                measure_row_security(web, Sites(size), way)
        else:
            measure_sizes(web, chosen.tasks or SIZES)


if __name__ == "__main__":
    main()
