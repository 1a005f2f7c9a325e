"""The queue: who gets which task next, and for how long.

A lease is a slot of a task held by one labeller. Everything that one labeller does to their leases in a project runs
behind one advisory lock, so that two tabs or a double click cannot take two pages. Between labellers `SKIP LOCKED` decides:
nobody waits for another's claim. Three rules keep the slots right:

- A slot is taken from the RETURNING of the inserted lease, and given back from that of the deleted one, in one statement.
- The row of a lease holds the slot. A lease past its time stays its owner's until it is swept, and then leaves its token in
  their annotation (`lapsed_token`), so that a late answer is known and can still count where the slot is free.
- Locks are taken in the order labeller, tasks by id, leases. Sweeping, which has no labeller, skips whatever is locked.
"""

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from annotations import held
from annotations.held import Held
from annotations.models import Annotation, Task
from annotations.settling import REVIEWED
from projects import prepared
from projects.errors import Conflict
from projects.models import Project
from projects.prepared import Query

PAGE_SIZES = (1, 4, 6, 9)
SEARCHES = 4
"""How often a search that found everything locked is made before the labeller is told that nothing is left."""
LONG_SEARCH_SECONDS = 0.05
REST_FACTOR = 10
"""A labeller whose long search found nothing may search again after this many times its duration."""
SWEEP_BATCH = 500

_REASONS = {
    Project.State.DRAFT: "not_started",
    Project.State.INITIALIZING: "initializing",
    Project.State.PAUSED: "paused",
    Project.State.COMPLETED: "finished",
    Project.State.ARCHIVED: "finished",
}


class NotReopenable(Conflict):
    """The answer was reviewed, or is not an answer yet."""

    code = "not_reopenable"


@dataclass(frozen=True)
class Page:
    """Tasks that a labeller holds now. Where there are none, `reason` says why."""

    tasks: tuple[Held, ...] = ()
    reason: str | None = None


LOCK_LABELLER = """
SELECT pg_advisory_xact_lock(hashtextextended('queue ' || %(project)s::bigint || ' ' || %(labeller)s::bigint, 0))
"""
LOCK_LABELLER_AND_TASKS = """
SELECT id FROM annotations_task
WHERE (SELECT pg_advisory_xact_lock(
           hashtextextended('queue ' || %(project)s::bigint || ' ' || %(labeller)s::bigint, 0))) IS NOT NULL
  AND project_id = %(project)s AND code = ANY (%(tasks)s::uuid[])
ORDER BY id FOR NO KEY UPDATE
"""

# What the labeller may get: not in their hands, and not answered by them (a rejected answer is a draft again). The scalar
# subqueries ask the unique index once per row that is looked at, and in this form the planner expects half of the rows to
# pass: it then walks the queue in its order until it has enough, and does not read and sort the whole of it.
_OPEN = """
    FROM annotations_task t JOIN projects_image i ON i.id = t.image_id
    WHERE t.project_id = %(project)s AND t.open_slots > 0 AND i.state = 'ok' AND t.code <> ALL (%(exclude)s::uuid[])
      AND coalesce((SELECT false FROM annotations_lease l
                    WHERE l.task_id = t.id AND l.labeller_id = %(labeller)s), true)
      AND coalesce((SELECT false FROM annotations_annotation a
                    WHERE a.task_id = t.id AND a.labeller_id = %(labeller)s AND a.state <> 'draft'), true)
"""

# The walk goes on where it stood (`ahead`), then once around (`behind`). Its place is a lower bound of an index range, so
# neither tasks answered before nor dead index entries of tasks that were taken are read again. Limits are literals: the
# planner must know that nine rows in index order are wanted, and not a tenth of the table.

# What is held comes in this order: an answer that was taken up again (it takes no slot), the latest first; then as granted.
_HELD_FIRST = "l.takes_slot, (l.granted_at - now()) * CASE WHEN l.takes_slot THEN 1 ELSE -1 END"


def _claim(count: int) -> str:
    return f"""
WITH place AS (
    SELECT coalesce(max(priority), '-32768') AS p, coalesce(max(shuffle_key), -1) AS s, coalesce(max(task_id), 0) AS t,
           coalesce(max(rests_until) < now(), true) AS awake
    FROM annotations_queueposition WHERE project_id = %(project)s AND labeller_id = %(labeller)s
), kept AS (
    UPDATE annotations_lease SET expires_at = now() + make_interval(mins => %(minutes)s)
    WHERE id = ANY (ARRAY (
        SELECT l.id FROM annotations_lease l
        JOIN annotations_task t ON t.id = l.task_id JOIN projects_image i ON i.id = t.image_id AND i.state = 'ok'
        WHERE l.labeller_id = %(labeller)s AND l.project_id = %(project)s AND t.code <> ALL (%(exclude)s::uuid[])
        ORDER BY {_HELD_FIRST}, l.id LIMIT {count}))
    RETURNING *
), ahead AS (
    SELECT t.id, t.priority AS p, t.shuffle_key AS s, 1 AS lap {_OPEN}
      AND (t.priority, t.shuffle_key, t.id) > ((SELECT p FROM place), (SELECT s FROM place), (SELECT t FROM place))
      AND (SELECT count(*) FROM kept) < {count} AND (SELECT awake FROM place)
    ORDER BY t.priority, t.shuffle_key, t.id LIMIT {count} FOR NO KEY UPDATE OF t SKIP LOCKED
), behind AS (
    SELECT t.id, t.priority AS p, t.shuffle_key AS s, 2 AS lap {_OPEN}
      AND (t.priority, t.shuffle_key, t.id) <= ((SELECT p FROM place), (SELECT s FROM place), (SELECT t FROM place))
      AND (SELECT count(*) FROM kept) + (SELECT count(*) FROM ahead) < {count} AND (SELECT awake FROM place)
    ORDER BY t.priority, t.shuffle_key, t.id LIMIT {count} FOR NO KEY UPDATE OF t SKIP LOCKED
), chosen AS (
    TABLE ahead UNION ALL TABLE behind
    ORDER BY lap, p, s, id LIMIT {count} - (SELECT count(*) FROM kept)
), taken AS (
    INSERT INTO annotations_lease
        (organisation_id, project_id, task_id, labeller_id, token, takes_slot, granted_at, expires_at)
    SELECT %(organisation)s, %(project)s, id, %(labeller)s, gen_random_uuid(), true, now(),
           now() + make_interval(mins => %(minutes)s) FROM chosen ORDER BY id
    ON CONFLICT DO NOTHING RETURNING *
), slots AS (
    UPDATE annotations_task t SET open_slots = open_slots - 1 FROM taken WHERE t.id = taken.task_id
), walked AS (
    INSERT INTO annotations_queueposition (organisation_id, project_id, labeller_id, priority, shuffle_key, task_id)
    SELECT %(organisation)s, %(project)s, %(labeller)s, p, s, id
    FROM chosen ORDER BY lap DESC, p DESC, s DESC, id DESC LIMIT 1
    ON CONFLICT (project_id, labeller_id) DO UPDATE SET
        priority = excluded.priority, shuffle_key = excluded.shuffle_key, task_id = excluded.task_id, rests_until = NULL
)
SELECT {held.COLUMNS}
FROM (SELECT 1 AS turn, * FROM kept UNION ALL SELECT 2, * FROM taken) l
LEFT JOIN chosen c ON c.id = l.task_id
{held.JOINS}
ORDER BY l.turn, {_HELD_FIRST}, c.lap, c.p, c.s, l.task_id
"""  # noqa: S608  # put together from constants and a number


_CLAIMS = {count: prepared.one_line(_claim(count)) for count in PAGE_SIZES}

# Leases end here, whatever ends them; `due` says which. A task that is settled meanwhile takes no slot back. The owner's
# walk is set back before the task, so that they find it, and what they had begun, first.
_GIVE_BACK = """
WITH due AS MATERIALIZED ({due}),
gone AS (
    DELETE FROM annotations_lease l USING due WHERE l.id = due.id AND {still}
    RETURNING l.organisation_id, l.project_id, l.task_id, l.labeller_id, l.token, l.takes_slot
), slots AS (
    UPDATE annotations_task t SET open_slots = t.open_slots + n
    FROM (SELECT task_id, count(*) AS n FROM gone WHERE takes_slot GROUP BY task_id) freed
    WHERE t.id = freed.task_id AND t.status = 'open'
), lapsed AS (
    INSERT INTO annotations_annotation
        (organisation_id, project_id, task_id, labeller_id, code, state, draft_version, version, skip_reason,
         active_seconds, lapsed_token, created_at, updated_at)
    SELECT organisation_id, project_id, task_id, labeller_id, new_code(), 'draft', 0, 0, '', 0, token, now(), now()
    FROM gone ORDER BY task_id, labeller_id
    ON CONFLICT (task_id, labeller_id) DO UPDATE SET lapsed_token = excluded.lapsed_token
), rewound AS (
    UPDATE annotations_queueposition p
    SET priority = first.priority, shuffle_key = first.shuffle_key, task_id = first.id - 1, rests_until = NULL
    FROM (
        SELECT DISTINCT ON (gone.project_id, gone.labeller_id)
               gone.project_id, gone.labeller_id, t.priority, t.shuffle_key, t.id
        FROM gone JOIN annotations_task t ON t.id = gone.task_id WHERE gone.takes_slot
        ORDER BY gone.project_id, gone.labeller_id, t.priority, t.shuffle_key, t.id
    ) first
    WHERE p.project_id = first.project_id AND p.labeller_id = first.labeller_id
      AND (p.priority, p.shuffle_key, p.task_id) >= (first.priority, first.shuffle_key, first.id)
)
SELECT count(*) FROM gone
"""

_RELEASE = _GIVE_BACK.format(
    due="""
    SELECT l.id FROM annotations_lease l JOIN annotations_task t ON t.id = l.task_id
    WHERE l.labeller_id = %(labeller)s AND l.project_id = %(project)s AND l.token = ANY (%(tokens)s::uuid[])
    ORDER BY t.id FOR NO KEY UPDATE OF t""",
    still="true",
)

_SWEEP = _GIVE_BACK.format(
    due="""
    SELECT l.id FROM annotations_lease l JOIN annotations_task t ON t.id = l.task_id
    WHERE l.expires_at < now() AND (%(project)s IS NULL OR l.project_id = %(project)s)
    ORDER BY l.expires_at LIMIT %(limit)s FOR NO KEY UPDATE OF t SKIP LOCKED FOR UPDATE OF l SKIP LOCKED""",
    still="l.expires_at < now()",
)

_ANYTHING = f"""
SELECT NOT EXISTS (
    SELECT FROM annotations_queueposition
    WHERE project_id = %(project)s AND labeller_id = %(labeller)s AND rests_until > now()
) AND EXISTS (SELECT {_OPEN})
"""  # noqa: S608  # put together from constants

_EXTEND = """
UPDATE annotations_lease SET expires_at = now() + make_interval(mins => %(minutes)s)
WHERE labeller_id = %(labeller)s AND project_id = %(project)s AND token = ANY (%(tokens)s::uuid[])
RETURNING token, expires_at
"""

_REST = """
INSERT INTO annotations_queueposition
    (organisation_id, project_id, labeller_id, priority, shuffle_key, task_id, rests_until)
VALUES (%(organisation)s, %(project)s, %(labeller)s, -32768, -1, 0, now() + make_interval(secs => %(seconds)s))
ON CONFLICT (project_id, labeller_id) DO UPDATE SET rests_until = excluded.rests_until
"""

_LOCK_TASK = "SELECT id FROM annotations_task WHERE id = %(task)s FOR NO KEY UPDATE"

_REOPEN = f"""
WITH l AS (
    INSERT INTO annotations_lease
        (organisation_id, project_id, task_id, labeller_id, token, takes_slot, granted_at, expires_at)
    SELECT t.organisation_id, t.project_id, t.id, %(labeller)s, gen_random_uuid(), false, now(),
           now() + make_interval(mins => %(minutes)s)
    FROM annotations_task t JOIN annotations_annotation a ON a.task_id = t.id AND a.labeller_id = %(labeller)s
    WHERE t.id = %(task)s AND a.state <> 'draft' AND t.status <> ALL (%(reviewed)s)
    ON CONFLICT (task_id, labeller_id) DO UPDATE SET expires_at = excluded.expires_at, granted_at = excluded.granted_at
    RETURNING task_id, token, takes_slot, expires_at
)
SELECT {held.COLUMNS} FROM l {held.JOINS}
"""  # noqa: S608  # put together from constants


def lease(*, project: Project, labeller_id: int, count: int, exclude: Sequence[UUID] = ()) -> Page:
    """Gives the labeller `count` tasks (fewer near the end): first what they hold already, then new ones.

    Tasks in `exclude`, by code, are left out: the page that is on the screen while the next one is fetched.
    """
    if project.state != Project.State.RUNNING:
        return Page(reason=_REASONS[Project.State(project.state)])
    found = _claimed(project=project, labeller_id=labeller_id, count=count, exclude=exclude)
    return Page(found) if found else search_on(project=project, labeller_id=labeller_id, count=count, exclude=exclude)


def claim(*, project: Project, labeller_id: int, count: int, exclude: Sequence[UUID] = ()) -> Query:
    """One search behind the labeller's lock, which the caller's transaction holds; `held.read` reads its rows.

    It finds nothing where all that is left is locked.
    """
    return Query(_CLAIMS[count], _parameters(project, labeller_id, exclude=list(exclude)))


def _claimed(*, project: Project, labeller_id: int, count: int, exclude: Sequence[UUID]) -> tuple[Held, ...]:
    """One search with its lock, as a transaction of its own in one round trip."""
    search = claim(project=project, labeller_id=labeller_id, count=count, exclude=exclude)
    return held.read(prepared.rows(search.values, LOCK_LABELLER, search.statement))


def search_on(*, project: Project, labeller_id: int, count: int, exclude: Sequence[UUID] = ()) -> Page:
    """After an empty claim: takes back expired leases, waits for claims of others, and only then says why it is empty."""
    for _ in range(SEARCHES - 1):
        swept = release_expired(project_id=project.pk)
        if not swept and not _anything_open(project, labeller_id, exclude):
            break
        time.sleep(0 if swept else random.uniform(0.005, 0.03))  # noqa: S311  # spreads competing searches
        started = time.monotonic()
        found = _claimed(project=project, labeller_id=labeller_id, count=count, exclude=exclude)
        if found:
            return Page(found)
        _rest_after(time.monotonic() - started, project, labeller_id)
    unfinished = Task.objects.filter(project=project, status=Task.Status.OPEN).exists()
    return Page(reason="nothing_for_you" if unfinished else "finished")


def _rest_after(seconds: float, project: Project, labeller_id: int) -> None:
    if seconds > LONG_SEARCH_SECONDS:
        with connection.cursor() as cursor:
            cursor.execute(_REST, _parameters(project, labeller_id, seconds=seconds * REST_FACTOR))


def _anything_open(project: Project, labeller_id: int, exclude: Sequence[UUID]) -> bool:
    """Whether the labeller could get a task, were it not locked; false while they rest from a long search."""
    with connection.cursor() as cursor:
        cursor.execute(_ANYTHING, _parameters(project, labeller_id, exclude=list(exclude)))
        return bool(cursor.fetchone()[0])


def heartbeat(*, project: Project, labeller_id: int, tokens: Sequence[UUID]) -> dict[UUID, datetime]:
    """Extends those leases that are still the labeller's; answers their new ends by token."""
    return dict(prepared.rows(_parameters(project, labeller_id, tokens=list(tokens)), LOCK_LABELLER, _EXTEND))


def release(*, project: Project, labeller_id: int, tokens: Sequence[UUID]) -> int:
    """Gives the labeller's leases back; drafts stay. Answers how many there were."""
    values = _parameters(project, labeller_id, tokens=list(tokens))
    return int(prepared.rows(values, LOCK_LABELLER, _RELEASE)[0][0])


def release_expired(*, project_id: int | None = None, limit: int = SWEEP_BATCH) -> int:
    """Gives back leases past their time, of one project or of all that the context sees; answers how many.

    One sweep runs at a time: the others answer 0 at once.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended('lease expiry', 0))")
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(_SWEEP, {"project": project_id, "limit": limit})
        return int(cursor.fetchone()[0])


def _parameters(project: Project, labeller_id: int, **more: Any) -> dict[str, Any]:
    return {
        "organisation": project.organisation_id,
        "project": project.pk,
        "labeller": labeller_id,
        "minutes": project.lease_minutes,
        "exclude": [],
    } | more


def reopen(*, project: Project, annotation: Annotation) -> Held:
    """Gives a labeller their own answer back to change, until it is reviewed; it counts as it stands meanwhile."""
    if project.state != Project.State.RUNNING:
        raise NotReopenable("The project takes no answers now.", reason=_REASONS[Project.State(project.state)])
    values = _parameters(project, annotation.labeller_id, task=annotation.task_id, reviewed=list(REVIEWED))
    found = held.read(prepared.rows(values, LOCK_LABELLER, _LOCK_TASK, _REOPEN))
    if not found:
        raise NotReopenable("This answer was reviewed already.")
    return found[0]
