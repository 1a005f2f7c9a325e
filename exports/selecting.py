"""Which images an export holds: rows of one snapshot, split where asked."""

from collections.abc import Iterator
from typing import Any

import orjson
from django.db.models import Exists, OuterRef, Q
from psycopg import Connection
from psycopg.rows import namedtuple_row
from psycopg.types.json import set_json_loads

from annotations.models import TaskLabel
from exports.models import Export
from projects.models import Label, Project

ROWS = 2000
"""Tasks fetched from the snapshot at a time."""

_CHOSEN = """
    FROM annotations_task t
    WHERE t.project_id = %(project)s AND t.status = ANY(%(statuses)s) AND t.final IS NOT NULL
      AND (%(since)s::date IS NULL OR t.final_at >= %(since)s::date::timestamp AT TIME ZONE 'UTC')
      AND (%(until)s::date IS NULL OR t.final_at < (%(until)s::date + 1)::timestamp AT TIME ZONE 'UTC')
      AND (%(labels)s::uuid[] IS NULL OR EXISTS (
          SELECT 1 FROM annotations_tasklabel tl JOIN projects_label l ON l.id = tl.label_id
          WHERE tl.task_id = t.id AND l.code = ANY(%(labels)s::uuid[])))
"""
# Stratified by the rarest label of each image. All images stand in one line, stratum after stratum, within each in the order
# of a seeded hash, and every so many-th is held out: so both each stratum and the whole have their shares, to within one image.
_PLACES = f"""
    WITH chosen AS MATERIALIZED (SELECT t.id, t.image_id {_CHOSEN}),
    counts AS (
        SELECT tl.label_id, count(*) AS n FROM annotations_tasklabel tl JOIN chosen c ON c.id = tl.task_id GROUP BY 1
    ),
    strata AS (
        SELECT c.id, i.code, (
            SELECT l.code::text FROM annotations_tasklabel tl JOIN counts USING (label_id)
            JOIN projects_label l ON l.id = tl.label_id
            WHERE tl.task_id = c.id ORDER BY counts.n, l.code LIMIT 1) AS stratum
        FROM chosen c JOIN projects_image i ON i.id = c.image_id
    ),
    line AS (
        SELECT id, row_number() OVER (
            ORDER BY md5(%(seed)s || coalesce(stratum, '')), stratum, md5(%(seed)s || code::text), id) AS place
        FROM strata
    ),
    places AS (
        SELECT id, (place * %(held)s + %(start)s) / 100 AS number,
               (place * %(held)s + %(start)s) / 100 > ((place - 1) * %(held)s + %(start)s) / 100 AS held
        FROM line
    )
"""  # noqa: S608  # put together from constants
_ROWS = """
    SELECT t.id, t.status, t.final, t.final_at,
           jsonb_array_length(t.final->'labels') + jsonb_array_length(t.final->'regions') AS annotations, coalesce(v.width, i.width) AS width,
           coalesce(v.height, i.height) AS height, i.code AS image_code, i.key, i.frame,
           coalesce(i.metadata->>'path', i.key) || CASE WHEN i.frame > 0 THEN '#' || i.frame ELSE '' END AS path,
           d.id AS dataset_id, d.name AS dataset, s.name AS datastore, i.metadata->>'captured_at' AS captured_at,
           (SELECT string_agg(coalesce(nullif(u.name, ''), u.email), ', ' ORDER BY a.submitted_at)
              FROM annotations_annotation a JOIN projects_user u ON u.id = a.labeller_id
             WHERE a.task_id = t.id AND a.state = 'submitted') AS labelled_by, {split} AS split
    FROM {tasks} t
    JOIN projects_image i ON i.id = t.image_id
    JOIN projects_dataset d ON d.id = i.dataset_id
    JOIN projects_datastore s ON s.id = d.datastore_id
    LEFT JOIN LATERAL (  -- what the labels were drawn on, where the file was changed since
        SELECT v.width, v.height FROM projects_imageversion v
        WHERE i.version > 1 AND v.image_id = i.id AND v.replaced_at > t.final_at ORDER BY v.number LIMIT 1
    ) v ON true
    ORDER BY t.id
"""
_WHOLE = _ROWS.format(split="''", tasks=f"(SELECT t.* {_CHOSEN})")
_SPLIT = _PLACES + _ROWS.format(
    split="""CASE WHEN NOT t.held THEN 'train'
           WHEN t.number * %(test)s / %(held)s > (t.number - 1) * %(test)s / %(held)s THEN 'test' ELSE 'val' END""",
    tasks="(SELECT t.*, p.number, p.held FROM places p JOIN annotations_task t ON t.id = p.id)",
)


def labels(project: Project) -> list[Label]:
    """Labels in tree order: those in use now, and archived ones that answers still have."""
    used = TaskLabel.objects.filter(label=OuterRef("pk"))
    rows = Label.objects.filter(project=project).filter(Q(archived_at__isnull=True) | Exists(used))
    return list(rows.order_by("position", "pk"))


def count(reader: Connection[Any], export: Export) -> int:
    with reader.cursor() as cursor:
        cursor.execute("SELECT count(*)" + _CHOSEN, _chosen(export))
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def changed(reader: Connection[Any], export: Export) -> int:
    """How many of the images were changed at their source after they had been labelled."""
    with reader.cursor() as cursor:
        cursor.execute("SELECT count(*)" + _CHOSEN + " AND t.image_changed_at IS NOT NULL", _chosen(export))
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def _chosen(export: Export) -> dict[str, Any]:
    return {
        "project": export.project_id,
        "statuses": list(export.filters["statuses"]),
        "labels": list(export.filters["labels"]) or None,
        "since": export.filters.get("since"),
        "until": export.filters.get("until"),
    }


def rows(reader: Connection[Any], export: Export) -> Iterator[Any]:
    """The chosen images in the order of their tasks, as named tuples of `_ROWS`; `final` is JSON ready to be written."""
    val, test = export.options.get("val", 0), export.options.get("test", 0)
    seed = export.options.get("seed", 0)
    shares = {"seed": str(seed), "held": val + test, "test": test, "start": seed * 37 % 100}
    with reader.cursor(name="export", row_factory=namedtuple_row) as cursor:
        cursor.itersize = ROWS
        set_json_loads(orjson.Fragment, cursor)
        cursor.execute(_SPLIT if val or test else _WHOLE, _chosen(export) | shares)
        yield from cursor
