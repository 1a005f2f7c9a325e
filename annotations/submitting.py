"""Submitting: a page of answers becomes annotations, in one transaction or not at all.

Two round trips: lock the labeller and the tasks and read them as they are then; write everything, take the next page and
commit.
The client's key is kept in each annotation, so a request that is sent again, even twenty times at once, is recognised behind
the lock and answered as before. What cannot be counted (the lease is lost, the project is paused) is kept as a draft.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import cast
from uuid import UUID

import orjson
from django.db import transaction

from annotations import answering, documents, drafts, held, queue, settling
from annotations.answering import Answer, Item, Labels, Result, Writing
from annotations.documents import InvalidDocument, Problem, TaskType
from annotations.drafts import Kept, LeaseExpired
from annotations.held import Held
from annotations.queue import Page
from annotations.settling import Place
from projects import prepared
from projects.errors import Conflict, DomainError
from projects.models import Project


class ProjectPaused(Conflict):
    """The project takes no answers for now."""

    code = "project_paused"


class ProjectNotRunning(Conflict):
    """The project has not begun, or has ended."""

    code = "project_not_running"


class UnknownTask(DomainError):
    """A code that names no task of this project."""

    code = "not_found"
    status = 404


@dataclass(frozen=True)
class Submission:
    """The results in the order of the items, and the next page where one was asked for."""

    results: tuple[Result, ...]
    page: Page | None


# Statements see each what was committed before them: the reading one sees the tasks as locked.
_READ = """
SELECT t.id, t.code, t.status, t.open_slots, t.answers, i.width, i.height, t.final,
       (SELECT count(*) FROM annotations_lease o
        WHERE o.task_id = t.id AND o.labeller_id <> %(labeller)s AND o.takes_slot),
       l.id, l.token, l.takes_slot,
       a.code, a.state, a.version, a.submit_key, a.lapsed_token, a.active_seconds,
       CASE WHEN i.changed_at > coalesce(l.granted_at, now() - interval '1 day') THEN i.changed_at END,
       (SELECT jsonb_object_agg(code, jsonb_build_array(id, archived_at IS NULL)) FROM projects_label
        WHERE project_id = %(project)s AND code = ANY (%(labels)s::uuid[]))
FROM annotations_task t JOIN projects_image i ON i.id = t.image_id
LEFT JOIN annotations_lease l ON l.task_id = t.id AND l.labeller_id = %(labeller)s
LEFT JOIN annotations_annotation a ON a.task_id = t.id AND a.labeller_id = %(labeller)s
WHERE t.project_id = %(project)s AND t.code = ANY (%(tasks)s::uuid[])
"""


def submit(*, project: Project, labeller_id: int, key: UUID, items: Sequence[Item], following: int = 0) -> Submission:
    """Takes a page of answers, all or none, and hands out the next page of `following` tasks (0: none).

    Raises InvalidDocument (nothing is written), LeaseExpired, ProjectPaused or ProjectNotRunning (the documents are kept
    as drafts), UnknownTask. A repeated `key` changes nothing and answers as before.
    """
    answers = _read_documents(items)
    with transaction.atomic():
        places, labels = _lock_and_read(project, labeller_id, answers)
        results = {
            code: _replay(place) for code, place in places.items() if place.submit_key == key and not place.is_first
        }
        fresh = [answer for answer in answers if answer.item.task not in results]
        refusal = _refusal(project, fresh, places) if fresh else None
        if refusal is not None:
            _keep_drafts(project, labeller_id, fresh, places)
        else:
            _validate(project, answers, places, labels, replayed=results)
            writing = answering.writing(project, labeller_id, key, fresh, places, labels) if fresh else None
            written, found = _write(project, labeller_id, writing, following)
            results |= written
    if refusal is not None:
        raise refusal
    page = Page(found) if found else None
    if following and page is None:
        page = queue.lease(project=project, labeller_id=labeller_id, count=following)
    return Submission(tuple(results[item.task] for item in items), page)


def _write(
    project: Project, labeller_id: int, writing: Writing | None, following: int
) -> tuple[dict[UUID, Result], tuple[Held, ...]]:
    """Writes, takes the next page and commits in one round trip; the results of what was written, by task, and the page."""
    queries = [] if writing is None else [writing.query]
    if following and project.state == Project.State.RUNNING:
        queries.append(queue.claim(project=project, labeller_id=labeller_id, count=following))
    answered = prepared.run(*queries, last=True) if queries else []
    results = {} if writing is None else writing.results(answered.pop(0))
    return results, held.read(answered[0]) if answered else ()


def _read_documents(items: Sequence[Item]) -> list[Answer]:
    answers: list[Answer] = []
    problems: list[Problem] = []
    for index, item in enumerate(items):
        try:
            document = None if item.document is None else documents.parse(item.document)
        except InvalidDocument as error:
            problems += _of_item(index, error.problems)
        else:
            answers.append(Answer(item, document))
    if problems:
        raise InvalidDocument(problems)
    return answers


def _of_item(index: int, problems: Sequence[Problem]) -> list[Problem]:
    """The problems of one document with the item's place before each path."""
    return [
        Problem(f"items.{index}.{problem.path or 'document'}", problem.message, problem.where) for problem in problems
    ]


def _uuids(texts: set[str]) -> list[UUID]:
    """Those texts that are UUIDs as we write them; others name no label."""
    found = []
    for text in texts:
        try:
            code = UUID(text)
        except ValueError:
            continue
        if str(code) == text:
            found.append(code)
    return found


def _lock_and_read(project: Project, labeller_id: int, answers: Sequence[Answer]) -> tuple[dict[UUID, Place], Labels]:
    used = {label for answer in answers for label in settling.usage(answer.document)}
    tasks = [answer.item.task for answer in answers]
    values = {"project": project.pk, "labeller": labeller_id, "tasks": tasks, "labels": _uuids(used)}
    rows = prepared.rows(values, queue.LOCK_LABELLER_AND_TASKS, _READ)
    if len(rows) != len(tasks):
        known = {row[1] for row in rows}
        raise UnknownTask("There is no such task.", lost=[str(task) for task in tasks if task not in known])
    known_labels = orjson.loads(rows[0][-1] or "{}")
    labels = Labels(
        ids={code: row[0] for code, row in known_labels.items()},
        usable=frozenset(code for code, row in known_labels.items() if row[1]),
    )
    return {row[1]: Place(*row[:-1]) for row in rows}, labels


def _replay(place: Place) -> Result:
    return Result(place.code, "replayed", cast("UUID", place.annotation_code), place.version or 0)


def _refusal(project: Project, fresh: Sequence[Answer], places: Mapping[UUID, Place]) -> DomainError | None:
    """Why the answers cannot be counted now, if so."""
    if project.state == Project.State.PAUSED:
        return ProjectPaused("The project is paused. Your work is kept as a draft.")
    if project.state != Project.State.RUNNING:
        return ProjectNotRunning("The project takes no answers now. Your work is kept as a draft.")
    lost = [answer.item.task for answer in fresh if not places[answer.item.task].accepts(answer.item.lease)]
    if not lost:
        return None
    tasks = "One task" if len(lost) == 1 else f"{len(lost)} tasks"
    return LeaseExpired(
        f"{tasks} of this page went back to the queue because the time ran out. Your work is kept as a draft.",
        lost=[str(task) for task in lost],
    )


def _keep_drafts(project: Project, labeller_id: int, fresh: Sequence[Answer], places: Mapping[UUID, Place]) -> None:
    task_type = cast("TaskType", project.task_type)
    drafts.keep(
        project=project,
        labeller_id=labeller_id,
        kept=[
            Kept(places[answer.item.task].task_id, answer.document, answer.item.active_seconds)
            for answer in fresh
            if answer.document is not None and not documents.validate_draft(answer.document, task_type=task_type)
        ],
    )


def _validate(
    project: Project,
    answers: Sequence[Answer],
    places: Mapping[UUID, Place],
    labels: Labels,
    *,
    replayed: Collection[UUID],
) -> None:
    problems: list[Problem] = []
    for index, answer in enumerate(answers):
        if answer.document is None or answer.item.task in replayed:
            continue
        place = places[answer.item.task]
        found = documents.validate(
            answer.document,
            task_type=cast("TaskType", project.task_type),
            width=place.width,
            height=place.height,
            labels=labels.usable,
        )
        problems += _of_item(index, found)
    if problems:
        raise InvalidDocument(problems)
