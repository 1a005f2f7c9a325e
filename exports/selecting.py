"""Which images an export holds: rows of one snapshot as neutral records, split where asked, and their files."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import orjson
from django.db.models import Exists, OuterRef, Q
from psycopg import Connection
from psycopg.rows import namedtuple_row
from psycopg.types.json import set_json_loads

from annotations.models import TaskLabel
from exports.formats import records
from exports.formats.records import ExportCategory, ExportImage
from exports.models import Export
from projects import datastores
from projects.errors import DomainError
from projects.models import Dataset, Label, Project

ROWS = 2000
"""Tasks fetched from the snapshot at a time."""

_CHOSEN = """
    FROM annotations_task t
    WHERE t.project_id = %(project)s AND t.status = ANY(%(statuses)s) AND t.final IS NOT NULL
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
    SELECT t.code, t.status, t.final, t.final_at, i.width, i.height, i.code AS image_code, i.key, i.frame,
           coalesce(i.metadata->>'path', i.key) || CASE WHEN i.frame > 0 THEN '#' || i.frame ELSE '' END AS path,
           d.id AS dataset_id, d.name AS dataset, s.name AS datastore, i.metadata->>'captured_at' AS captured_at,
           (SELECT string_agg(coalesce(nullif(u.name, ''), u.email), ', ' ORDER BY a.submitted_at)
              FROM annotations_annotation a JOIN projects_user u ON u.id = a.labeller_id
             WHERE a.task_id = t.id AND a.state = 'submitted') AS labelled_by, {split} AS split
    FROM {tasks} t
    JOIN projects_image i ON i.id = t.image_id
    JOIN projects_dataset d ON d.id = i.dataset_id
    JOIN projects_datastore s ON s.id = d.datastore_id
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


def _chosen(export: Export) -> dict[str, Any]:
    return {
        "project": export.project_id,
        "statuses": list(export.filters["statuses"]),
        "labels": list(export.filters["labels"]) or None,
    }


def images(
    reader: Connection[Any], export: Export, categories: Sequence[ExportCategory], prefix: str
) -> Iterator[ExportImage]:
    """The chosen images in the order of their tasks; `prefix` begins their URLs, `{datastore}` in it is the store's name."""
    ids = {category.code: category.id for category in categories}
    # Two datasets may each have a `1.jpg`: then the dataset's name tells them apart.
    several = export.project.project_datasets.count() > 1
    val, test = export.options.get("val", 0), export.options.get("test", 0)
    seed = export.options.get("seed", 0)
    shares = {"seed": str(seed), "held": val + test, "test": test, "start": seed * 37 % 100}
    with reader.cursor(name="export", row_factory=namedtuple_row) as cursor:
        cursor.itersize = ROWS
        set_json_loads(orjson.loads, cursor)
        cursor.execute(_SPLIT if val or test else _WHOLE, _chosen(export) | shares)
        row: Any  # its names are _ROWS's columns
        for number, row in enumerate(cursor, start=1):
            yield ExportImage(
                id=number,
                name=f"{row.dataset}/{row.path}" if several else row.path,
                width=row.width,
                height=row.height,
                annotations=records.from_document(row.final, ids),
                code=str(row.image_code),
                url=prefix.replace("{datastore}", row.datastore) + row.key if prefix else "",
                captured_at=row.captured_at or "",
                status=row.status,
                labelled_by=row.labelled_by or "",
                labelled_at=row.final_at.isoformat() if row.final_at else "",
                split=row.split,
                source=Source(row.dataset_id, row.key, row.frame),
            )


@dataclass(frozen=True, slots=True)
class Source:
    """Where an image's file is; `frame` as in Image."""

    dataset_id: int
    key: str
    frame: int


class Files:
    """The files of an export's images, in pieces; counts those that could not be had."""

    def __init__(self, export: Export) -> None:
        rows = Dataset.objects.filter(workspace_id=export.project.workspace_id).select_related("datastore__workspace")
        self._datasets: Mapping[int, Dataset] = {dataset.pk: dataset for dataset in rows}
        self._stores: dict[int, Any] = {}
        self.copied = self.missing = 0

    def __call__(self, image: ExportImage) -> Iterator[bytes] | None:
        """The bytes as they are in the store; None where the file is gone, or is one of many frames of a file."""
        source = image.source
        if not isinstance(source, Source) or source.frame:
            self.missing += 1
            return None
        chunks = iter(self._store(source.dataset_id).stream(source.key))
        try:
            first = next(chunks, b"")
        except DomainError as error:
            if error.code != "object_missing":
                raise
            self.missing += 1
            return None
        self.copied += 1
        return chain([first], chunks)

    def _store(self, dataset_id: int) -> Any:
        datastore = self._datasets[dataset_id].datastore
        if datastore.pk not in self._stores:
            self._stores[datastore.pk] = datastores.for_datastore(datastore)
        return self._stores[datastore.pk]
