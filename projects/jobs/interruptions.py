"""How a running job ends other than by returning or failing.

Like asyncio's CancelledError they are no `Exception`: a handler that catches what its work may raise lets them pass.
"""


class Interruption(BaseException):
    """The handler must end now; the runner knows what becomes of the job."""


class Cancelled(Interruption):
    """Somebody asked for the job to be cancelled."""


class LostLease(Interruption):
    """The job belongs to another worker by now, or is over: nothing of this run may be written any more."""


class HandedBack(Interruption):
    """The worker shuts down: the job goes on elsewhere from its last checkpoint, without losing an attempt."""


class Waiting(Interruption):
    """The job goes on when its shards have ended."""


class TimeLimitExceeded(Interruption):
    """The handler ran longer than its kind allows: a failure, tried again while attempts are left."""


class Paused(Interruption):
    """Somebody holds the job: it goes on from its last checkpoint when they let it."""
