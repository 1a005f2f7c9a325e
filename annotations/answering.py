"""The writing half of submitting: what a page of checked answers does to its tasks, in one statement."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from annotations import documents, progress, settling
from annotations.documents import Document
from annotations.models import Annotation
from annotations.progress import Change
from annotations.settling import Place, Settlement
from projects import prepared
from projects.codes import new_code
from projects.models import Project
from projects.prepared import Query, Rows


@dataclass(frozen=True)
class Item:
    """One answer of a page: a document, or the reason for skipping."""

    task: UUID
    lease: UUID
    document: Mapping[str, Any] | None
    skip_reason: str
    active_seconds: float


@dataclass(frozen=True)
class Answer:
    """An item with its document read."""

    item: Item
    document: Document | None


@dataclass(frozen=True)
class Result:
    """What became of an item."""

    task: UUID
    outcome: str
    annotation: UUID
    version: int


@dataclass(frozen=True)
class Labels:
    """Labels by code: row ids of all that were asked for, and the codes that may still be used."""

    ids: dict[str, int]
    usable: frozenset[str]


_OTHERS = """
SELECT task_id, document FROM annotations_annotation
WHERE task_id = ANY (%(tasks)s) AND labeller_id <> %(labeller)s AND state <> 'draft' ORDER BY submitted_at, id
"""

# `= ANY (ARRAY (…))` makes the planner go by the keys, however few rows it believes the tables to have.
_WRITE = prepared.one_line(f"""
WITH item AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset(%(items)s::jsonb) AS x(
        task_id bigint, lease_id bigint, code uuid, state text, document jsonb, skip_reason text, seconds float8,
        status text, open_slots smallint, answers smallint, own boolean, final jsonb, labels bigint[],
        image_changed_at timestamptz)
), before AS (
    INSERT INTO annotations_annotationrevision
        (organisation_id, project_id, annotation_id, version, state, document, skip_reason, submitted_at)
    SELECT a.organisation_id, a.project_id, a.id, a.version, a.state, a.document, a.skip_reason, a.submitted_at
    FROM annotations_annotation a
    WHERE a.task_id = ANY (ARRAY (SELECT task_id FROM item)) AND a.labeller_id = %(labeller)s AND a.state <> 'draft'
), answered AS (
    INSERT INTO annotations_annotation AS a
        (organisation_id, project_id, task_id, labeller_id, code, state, document, draft_version, version, skip_reason,
         active_seconds, submit_key, submitted_at, created_at, updated_at)
    SELECT %(organisation)s, %(project)s, task_id, %(labeller)s, code, state, document, 0, 1, skip_reason,
           seconds, %(key)s, now(), now(), now()
    FROM item ORDER BY task_id
    ON CONFLICT (task_id, labeller_id) DO UPDATE SET
        state = excluded.state, document = excluded.document, draft = NULL, version = a.version + 1,
        skip_reason = excluded.skip_reason, active_seconds = excluded.active_seconds, submit_key = excluded.submit_key,
        lapsed_token = NULL, submitted_at = excluded.submitted_at, updated_at = excluded.updated_at
    RETURNING task_id, code, version
), ended AS (
    DELETE FROM annotations_lease WHERE id = ANY (ARRAY (SELECT lease_id FROM item))
), settled AS (
    UPDATE annotations_task t SET
        status = item.status, open_slots = item.open_slots, answers = item.answers,
        final = CASE WHEN item.own THEN item.document ELSE item.final END,
        final_at = CASE WHEN item.status = 'open' THEN NULL ELSE now() END,
        image_changed_at = CASE WHEN item.answers > 1 THEN coalesce(item.image_changed_at, t.image_changed_at)
                                ELSE item.image_changed_at END,
        rejection_note = '', version = t.version + 1, updated_at = now()
    FROM item WHERE t.id = item.task_id AND t.id = ANY (ARRAY (SELECT task_id FROM item))
), dropped AS (
    DELETE FROM annotations_tasklabel u USING item
    WHERE u.task_id = item.task_id AND u.label_id <> ALL (item.labels)
      AND u.task_id = ANY (ARRAY (SELECT task_id FROM item))
), added AS (
    INSERT INTO annotations_tasklabel (organisation_id, project_id, task_id, label_id)
    SELECT %(organisation)s, %(project)s, task_id, unnest(labels) FROM item
    ON CONFLICT (task_id, label_id) DO NOTHING
), counted AS ({progress.APPEND})
SELECT task_id, code, version FROM answered
""")  # noqa: S608  # put together from constants


@dataclass(frozen=True)
class Writing:
    """Answers that are ready to be written, each into its locked place, by one query."""

    steps: Sequence["_Step"]
    query: Query

    def results(self, rows: Rows) -> dict[UUID, Result]:
        """What became of the answers, by task, once the query has answered `rows`."""
        written = {task_id: (code, version) for task_id, code, version in rows}
        return {step.place.code: step.result(*written[step.place.task_id]) for step in self.steps}


def writing(
    project: Project,
    labeller_id: int,
    key: UUID,
    fresh: Sequence[Answer],
    places: Mapping[UUID, Place],
    labels: Labels,
) -> Writing:
    """Decides what the answers make of their tasks."""
    others = _others(project, labeller_id, [places[answer.item.task] for answer in fresh])
    steps = [
        _Step(answer, place, settling.settle(project, place, answer.document, others.get(place.task_id, [])))
        for answer in fresh
        for place in [places[answer.item.task]]
    ]
    ids = _label_ids(project, steps, labels)
    rows = [step.row(ids) for step in steps]
    changes = [change for step in steps for change in step.changes(labeller_id, ids)]
    values = {
        "organisation": project.organisation_id,
        "project": project.pk,
        "labeller": labeller_id,
        "key": key,
        "items": orjson.dumps(rows).decode(),
        "changes": progress.packed(changes),
    }
    return Writing(steps, Query(_WRITE, values))


def _others(project: Project, labeller_id: int, places: Sequence[Place]) -> dict[int, list[Document | None]]:
    """The answers of others to tasks whose agreement must be computed; nothing is read where one answer decides."""
    asked = [place.task_id for place in places if place.answers + place.is_first >= project.labellers_minimum]
    if project.labellers_minimum == 1 or not asked:
        return {}
    found: dict[int, list[Document | None]] = {}
    for task_id, text in prepared.rows({"tasks": asked, "labeller": labeller_id}, _OTHERS):
        found.setdefault(task_id, []).append(None if text is None else documents.parse_json(text))
    return found


@dataclass(frozen=True)
class _Step:
    """One answer on its way into its task."""

    answer: Answer
    place: Place
    after: Settlement

    @property
    def state(self) -> str:
        return Annotation.State.SKIPPED if self.answer.document is None else Annotation.State.SUBMITTED

    def row(self, ids: Mapping[str, int]) -> dict[str, Any]:
        """The row of the writing statement's `item`."""
        document, final = self.answer.document, self.after.final
        return {
            "task_id": self.place.task_id,
            "lease_id": self.place.lease_id,
            "code": new_code(),
            "state": self.state,
            "document": None if document is None else orjson.Fragment(documents.dump_json(document)),
            "skip_reason": self.answer.item.skip_reason,
            "seconds": self.answer.item.active_seconds,
            "status": self.after.status,
            "open_slots": self.after.open_slots,
            "answers": self.after.answers,
            "own": self.after.own,
            "final": None if final is None or self.after.own else orjson.Fragment(documents.dump_json(final)),
            "labels": [ids[label] for label in settling.usage(final)],
            # The only answer, from the picture as it is, takes a flag away; one from the picture of before sets it.
            "image_changed_at": self.place.image_changed_at,
        }

    def changes(self, labeller_id: int, ids: Mapping[str, int]) -> list[Change]:
        """What this answer changes in the project's counts."""
        before = None if self.place.final is None else documents.parse_json(self.place.final)
        return [
            *progress.of_status(self.place.status, self.after.status),
            *progress.of_answer(
                labeller_id,
                before=None if self.place.is_first else self.place.state,
                after=self.state,
                seconds=self.answer.item.active_seconds
                - (0 if self.place.is_first else self.place.active_seconds or 0),
            ),
            *progress.of_labels(settling.usage(before), settling.usage(self.after.final), ids),
        ]

    def result(self, code: UUID, version: int) -> Result:
        return Result(self.place.code, self.state, code, version)


def _label_ids(project: Project, steps: Sequence[_Step], labels: Labels) -> dict[str, int]:
    """Row ids of every label that the documents before and after use; reads only what is not known yet."""
    wanted = {label for step in steps for label in settling.usage(step.after.final)}
    for step in steps:
        if step.place.final is not None:
            wanted |= set(settling.usage(documents.parse_json(step.place.final)))
    missing = wanted - labels.ids.keys()
    if not missing:
        return labels.ids
    rows = project.labels.filter(code__in=missing).values_list("code", "pk")
    return labels.ids | {str(code): pk for code, pk in rows}
