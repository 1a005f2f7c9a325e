"""The queue over HTTP: gunicorn as in production, eight labellers, next + submit of five boxes.

Clients, server and PostgreSQL share this machine's cores. A pair is a page of one task and its answer. It is measured as the
labelling page does it (one request: submit with `next: 1`) and as a plain API client may do it (two requests).
`make bench NAME=queue ARGS='1000 100000'` measures at these numbers of tasks; the default is 1,000, 100,000 and 1,000,000.
"""

import http.client
import itertools
import json
import multiprocessing
import os
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import psutil

from bench import measure

LABELLERS = 8
SECONDS = 6
REPEATS = 3
SIZES = (1_000, 100_000, 1_000_000)
PORT_TRIES = 200


@dataclass(frozen=True)
class Site:
    """A project under load: its code, a label's code, and the labellers' sign-in headers."""

    code: str
    label: str
    headers: tuple[dict[str, str], ...]


@dataclass
class Samples:
    """Seconds per request of one client, by kind."""

    next: list[float]
    submit: list[float]


class Labeller:
    """One closed-loop client on one kept-alive connection."""

    def __init__(self, port: int, site: Site, number: int, *, boxes: int = 5) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.connection.connect()
        self.connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.site = site
        self.headers = {"Content-Type": "application/json"} | site.headers[number]
        self.document = json.dumps(
            {
                "labels": [],
                "regions": [
                    {
                        "id": str(uuid.uuid4()),
                        "shape": "box",
                        "label": site.label,
                        "x": 1.5 * n % 500,
                        "y": 2.0,
                        "width": 30.25,
                        "height": 40.5,
                    }
                    for n in range(boxes)
                ],
                "empty": False,
            }
        )

    def post(self, name: str, body: str) -> dict[str, Any]:
        """The decoded answer; anything but 200 ends the bench."""
        self.connection.request("POST", f"/api/v1/projects/{self.site.code}/{name}/", body, self.headers)
        response = self.connection.getresponse()
        content = response.read()
        if response.status != 200:
            raise RuntimeError(f"{name}: {response.status} {content[:500]!r}")
        answer: dict[str, Any] = json.loads(content)
        return answer

    def lease(self) -> dict[str, Any]:
        return self.post("lease", '{"count": 1}')

    def submit(self, task: dict[str, Any], *, following: int) -> dict[str, Any]:
        """The document goes in as text: the client's own cost must stay small."""
        return self.post(
            "submit",
            f'{{"key": "{uuid.uuid4()}", "next": {following}, "items": [{{"task": "{task["code"]}",'
            f' "lease": "{task["lease"]["token"]}", "active_seconds": 4.5, "document": {self.document}}}]}}',
        )


def paired(labeller: Labeller, until: float) -> Samples:
    """As the labelling page: a submit brings the next page along."""
    samples = Samples([], [])
    page = labeller.lease()
    while time.perf_counter() < until and page["tasks"]:
        start = time.perf_counter()
        page = labeller.submit(page["tasks"][0], following=1)["next"]
        samples.submit.append(time.perf_counter() - start)
    return samples


def separate(labeller: Labeller, until: float) -> Samples:
    """Two requests for each pair."""
    samples = Samples([], [])
    while time.perf_counter() < until:
        start = time.perf_counter()
        page = labeller.lease()
        middle = time.perf_counter()
        if not page["tasks"]:
            break
        labeller.submit(page["tasks"][0], following=0)
        samples.next.append(middle - start)
        samples.submit.append(time.perf_counter() - middle)
    return samples


WAYS: dict[str, Callable[[Labeller, float], Samples]] = {"one request": paired, "two requests": separate}


def _client(port: int, site: Site, number: int, way: str, seconds: float, start: Any, results: Any) -> None:
    labeller = Labeller(port, site, number)
    start.wait()
    began = time.perf_counter()
    try:
        results.put((WAYS[way](labeller, began + seconds), time.perf_counter() - began))
    except (OSError, RuntimeError) as error:
        results.put((error, 0))


def load(port: int, site: Site, way: str, *, labellers: int, seconds: float) -> tuple[list[Samples], float]:
    """Runs the labellers at once, each in a process of its own; their samples and the seconds it took."""
    context = multiprocessing.get_context("fork")
    results, start = context.Queue(), context.Barrier(labellers)
    clients = [
        context.Process(target=_client, args=(port, site, number, way, seconds, start, results))
        for number in range(labellers)
    ]
    for client in clients:
        client.start()
    found = [results.get(timeout=seconds + 120) for _ in clients]
    for client in clients:
        client.join()
    for samples, _ in found:
        if isinstance(samples, Exception):
            raise samples
    return [samples for samples, _ in found], max(took for _, took in found)


@contextmanager
def server() -> Iterator[int]:
    """The web process as `config.processes` runs it; answers its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    environment = os.environ | {"PORT": str(port), "API_REQUESTS_PER_MINUTE": "100000000", "LOG_LEVEL": "WARNING"}
    process = subprocess.Popen([sys.executable, "-m", "config.processes", "web"], cwd=measure.CHECKOUT, env=environment)
    try:
        for _ in range(PORT_TRIES):
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            time.sleep(0.1)
        yield port
    finally:
        children = psutil.Process(process.pid).children(recursive=True)
        process.terminate()
        process.wait(timeout=30)
        for child in children:
            with suppress(psutil.NoSuchProcess):
                child.kill()


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


def measure_way(port: int, sites: Sites, way: str, *, consensus: bool) -> float:
    """Throughput and latency of one way."""
    rates, nexts, submits = [], [], []
    for _ in range(REPEATS):
        samples, took = load(port, sites.get(consensus=consensus), way, labellers=LABELLERS, seconds=sites.seconds)
        rates.append(sum(len(sample.submit) for sample in samples) / took)
        nexts.append([1000 * value for sample in samples for value in sample.next])
        submits.append([1000 * value for sample in samples for value in sample.submit])
    name = f"{way}, {LABELLERS} labellers, {sites.tasks:,} tasks{', consensus 2–3' if consensus else ''}"
    rate = measure.report("queue", f"pairs, {name}", rates, unit="pairs/s", at_least=300)
    for kind, runs in (("next", nexts), ("submit with next" if way == "one request" else "submit", submits)):
        for percent in (50, 95, 99):
            if runs[0]:
                values = [measure.percentile(run, percent) for run in runs]
                measure.report("queue", f"{kind} p{percent}, {name}", values, unit="ms")
    return rate


def measure_alone(port: int, sites: Sites) -> None:
    """What one labeller waits for."""
    runs = [
        load(port, sites.get(consensus=False), "two requests", labellers=1, seconds=sites.seconds)[0][0]
        for _ in range(REPEATS)
    ]
    for percent in (50, 95, 99):
        values = [1000 * measure.percentile(run.next, percent) for run in runs]
        budget = 25 if percent == 95 else None
        measure.report(
            "queue", f"next p{percent}, 1 labeller, {sites.tasks:,} tasks", values, unit="ms", at_most=budget
        )


def measure_bulk(port: int) -> None:
    """10,000 boxes in one call."""
    site = Sites(100).get(consensus=False)
    labeller = Labeller(port, site, 0, boxes=10_000)
    values = []
    for _ in range(REPEATS + 1):
        task = labeller.lease()["tasks"][0]
        start = time.perf_counter()
        labeller.submit(task, following=0)
        values.append(time.perf_counter() - start)
    measure.report("queue", "submit of 10,000 boxes in one call", values[1:], unit="s", at_most=0.5)


def main() -> None:
    measure.prepare()
    sizes = tuple(int(word.replace(",", "")) for word in sys.argv[1:]) or SIZES
    rates: dict[tuple[str, bool], dict[int, float]] = {}
    with server() as port:
        for way in WAYS:
            load(port, Sites(1_000).get(consensus=False), way, labellers=LABELLERS, seconds=1)
        for size in sizes:
            sites = Sites(size)
            measure_alone(port, sites)
            for way, consensus in itertools.product(WAYS, (False, True)):
                rates.setdefault((way, consensus), {})[size] = measure_way(port, sites, way, consensus=consensus)
        measure_bulk(port)
    for (way, consensus), by_size in rates.items():
        if len(by_size) > 1:
            ratio = by_size[min(by_size)] / by_size[max(by_size)]
            case = f"{max(by_size):,} versus {min(by_size):,} tasks, {way}{', consensus 2–3' if consensus else ''}"
            measure.report("queue", case, [ratio], unit="×", at_most=1.2)


if __name__ == "__main__":
    main()
