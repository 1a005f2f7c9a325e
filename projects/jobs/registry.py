"""What the installation knows to do in the background: kinds of jobs with their handlers, and periodic functions."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

if TYPE_CHECKING:
    from projects.jobs.models import Job
    from projects.jobs.running import Running

Result: TypeAlias = Mapping[str, Any] | None
Function: TypeAlias = Callable[..., Result]
F = TypeVar("F", bound=Function)
P = TypeVar("P", bound=Callable[[], object])

QUEUES: Mapping[str, timedelta] = {
    "fast": timedelta(seconds=30),
    "io": timedelta(minutes=5),
    "bulk": timedelta(hours=2),
    "gpu": timedelta(minutes=30),
}
"""Each queue with how long one run of a job in it may take, unless its kind says otherwise."""


@dataclass(frozen=True)
class Kind:
    """A kind of job: where it runs, for how long a silent worker keeps it, how often it is tried."""

    name: str
    queue: str
    lease: timedelta
    attempts: int
    time_limit: timedelta
    function: Function
    divides: str = ""
    """The argument that lists what a shard works on, where a shard that kills its worker is to be halved."""
    pausable: bool = False

    def weight(self, arguments: Mapping[str, Any]) -> int:
        """For how much of its parent's progress a shard counts: its items, where it has such."""
        return len(arguments[self.divides]) if self.divides else 1

    def check(self, arguments: Mapping[str, Any]) -> None:
        """Raises TypeError if the handler does not take these arguments."""
        inspect.signature(self.function).bind(None, **arguments)

    def __call__(self, running: "Running", arguments: Mapping[str, Any]) -> Result:
        return self.function(running, **arguments)


@dataclass(frozen=True)
class Periodic:
    """A quick function that the tick process runs every so often; anything long it enqueues."""

    name: str
    every: timedelta
    function: Callable[[], object]


kinds: dict[str, Kind] = {}
endings: list[Callable[["Job", str, str], object]] = []
periodics: dict[str, Periodic] = {}


def handler(
    name: str,
    *,
    queue: str,
    lease: timedelta = timedelta(minutes=1),
    attempts: int = 3,
    time_limit: timedelta | None = None,
    divides: str = "",
    pausable: bool = False,
) -> Callable[[F], F]:
    """Registers the decorated function as the handler of one kind of job; it takes a Running and the job's arguments.

    `lease` is how long a worker that died keeps the job from others: a living one extends it, so it may be short.
    `divides` names the argument that lists a shard's items: see `projects.jobs.bisecting`. `pausable`: people may hold it,
    so it must go on from its checkpoint.
    """
    if queue not in QUEUES:
        raise ValueError(f"{name}: no queue is called {queue!r}; choose from {', '.join(QUEUES)}.")

    def register(function: F) -> F:
        known = kinds.get(name)
        if known and known.function.__qualname__ != function.__qualname__:
            raise ValueError(f"Two handlers are registered for jobs of kind {name!r}.")
        kinds[name] = Kind(name, queue, lease, attempts, time_limit or QUEUES[queue], function, divides, pausable)
        return function

    return register


def when_ended(function: Callable[["Job", str, str], object]) -> None:
    """Has the function called in the transaction that ends a job well or badly, with the new state and the words of its error."""
    if function not in endings:
        endings.append(function)


def periodic(name: str, *, every: timedelta) -> Callable[[P], P]:
    """Registers the decorated function to be run by `manage.py tick` every so often, once whatever number of ticks."""

    def register(function: P) -> P:
        periodics[name] = Periodic(name, every, function)
        return function

    return register
