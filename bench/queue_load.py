"""The load of `bench.queue`: labellers as processes, each with one kept-alive connection to the production web server."""

import http.client
import json
import multiprocessing
import os
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import psutil

from bench import measure

PORT_TRIES = 200


@dataclass(frozen=True)
class Site:
    """A project under load: its code, a label's code, and the labellers' sign-in headers."""

    code: str
    label: str
    headers: tuple[dict[str, str], ...]


@dataclass
class Samples:
    """What one client saw: seconds per request by kind, and the CPU seconds that it used itself."""

    next: list[float] = field(default_factory=list)
    submit: list[float] = field(default_factory=list)
    cpu: float = 0


@dataclass(frozen=True)
class Load:
    """What all clients saw in `seconds` of wall-clock time; `cpu` is what the servers and the clients used, by name."""

    samples: Sequence[Samples]
    seconds: float
    cpu: dict[str, float]

    @property
    def pairs(self) -> int:
        return sum(len(sample.submit) for sample in self.samples)

    def milliseconds(self, kind: str) -> list[float]:
        """The latencies of all requests of a kind."""
        return [1000 * value for sample in self.samples for value in getattr(sample, kind)]


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
    samples = Samples()
    page = labeller.lease()
    while time.perf_counter() < until and page["tasks"]:
        start = time.perf_counter()
        page = labeller.submit(page["tasks"][0], following=1)["next"]
        samples.submit.append(time.perf_counter() - start)
    return samples


def separate(labeller: Labeller, until: float) -> Samples:
    """Two requests for each pair."""
    samples = Samples()
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
    began, cpu = time.perf_counter(), time.process_time()
    try:
        samples = WAYS[way](labeller, began + seconds)
        samples.cpu = time.process_time() - cpu
        results.put((samples, time.perf_counter() - began))
    except (OSError, RuntimeError) as error:
        results.put((error, 0))


class Server:
    """The web process as `config.processes` runs it, with the servers behind it."""

    def __init__(self, port: int, meter: measure.CpuMeter) -> None:
        self.port = port
        self.meter = meter

    def load(self, site: Site, way: str, *, labellers: int, seconds: float) -> Load:
        """Runs the labellers at once, each in a process of its own."""
        context = multiprocessing.get_context("fork")
        results, start = context.Queue(), context.Barrier(labellers)
        clients = [
            context.Process(target=_client, args=(self.port, site, number, way, seconds, start, results))
            for number in range(labellers)
        ]
        before = self.meter.seconds()
        for client in clients:
            client.start()
        found = [results.get(timeout=seconds + 120) for _ in clients]
        after = self.meter.seconds()
        for client in clients:
            client.join()
        for samples, _ in found:
            if isinstance(samples, Exception):
                raise samples
        cpu = {name: after[name] - before[name] for name in before} | {"clients": sum(one.cpu for one, _ in found)}
        return Load([samples for samples, _ in found], max(took for _, took in found), cpu)


@contextmanager
def server() -> Iterator[Server]:
    """Starts gunicorn on a free port; ends it with its workers."""
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
        yield Server(port, measure.CpuMeter(web=process.pid, **measure.servers()))
    finally:
        children = psutil.Process(process.pid).children(recursive=True)
        process.terminate()
        process.wait(timeout=30)
        for child in children:
            with suppress(psutil.NoSuchProcess):
                child.kill()
