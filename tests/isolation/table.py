"""Who may do what on which route: the whole truth, every role spelled out.

A row names the kind of object in the route's `code` and, per method, the roles that get through. Everybody else of the
same tenant is told 403, other tenants 404, strangers 401 or the sign-in page. `OPEN` rows answer everybody who is
signed in, about their own things alone.
"""

from dataclasses import dataclass, field
from typing import Any

OWNER, MANAGER, REVIEWER, VIEWER, LABELLER = "owner", "manager", "reviewer", "viewer", "labeller"
ROLES = (OWNER, MANAGER, REVIEWER, VIEWER, LABELLER)

RUN = (OWNER,)
MANAGE = (OWNER, MANAGER)
EXPORT = (OWNER, MANAGER, REVIEWER)
READ = (OWNER, MANAGER, REVIEWER, VIEWER)
LABEL = (OWNER, MANAGER, LABELLER)
ALL = ROLES


@dataclass(frozen=True)
class Row:
    """`thing`: the object's kind, a key of the world fixture; empty for a list of one's own."""

    thing: str = ""
    methods: dict[str, tuple[str, ...]] = field(default_factory=dict)
    hidden: tuple[str, ...] = ()
    """Roles of the same tenant that must not even learn that the object exists: 404 instead of 403."""
    public: bool = False
    signed: bool = False
    """The route takes a signature and asks for no sign-in; the object's code is none, so nobody finds anything."""
    operator: bool = False
    """For the installation's operator alone: no role of any tenant opens it."""
    body: dict[str, Any] = field(default_factory=dict)
    """What a write sends; `@workspace` stands for the code of that thing. Without it an empty body must do."""


def row(
    thing: str = "",
    *,
    hidden: tuple[str, ...] = (),
    public: bool = False,
    signed: bool = False,
    operator: bool = False,
    body: dict[str, Any] | None = None,
    **methods: tuple[str, ...],
) -> Row:
    return Row(
        thing, {name.upper(): roles for name, roles in methods.items()}, hidden, public, signed, operator, body or {}
    )


TABLE: dict[str, Row] = {
    "livez": row(public=True, get=ALL),
    "readyz": row(public=True, get=ALL),
    "metrics": row(operator=True, get=()),
    "schema": row(get=ALL),
    "api-docs": row(get=ALL),
    # API: organisations, workspaces, projects, labels
    "api-projects:organisation-list": row(get=ALL),
    "api-projects:organisation-detail": row("organisation", get=ALL),
    "api-projects:audit-event-list": row(get=ALL),
    "api-projects:workspace-list": row(
        get=ALL, post=RUN, body={"organisation": "@organisation", "name": "Another workspace"}
    ),
    "api-projects:workspace-detail": row("workspace", get=ALL, patch=RUN),
    "api-projects:project-list": row(
        get=ALL, post=MANAGE, body={"workspace": "@workspace", "name": "Another project", "task_type": "box"}
    ),
    "api-projects:project-detail": row("project", get=ALL, patch=MANAGE),
    "api-projects:project-labels": row("project", put=MANAGE),
    "api-projects:project-undo-start-over": row("project", post=MANAGE),
    "api-projects:project-start": row("project", post=MANAGE),
    "api-projects:project-pause": row("project", post=MANAGE),
    "api-projects:project-resume": row("project", post=MANAGE),
    "api-projects:project-complete": row("project", post=MANAGE),
    "api-projects:project-archive": row("project", post=MANAGE),
    "api-projects:label-list": row(get=ALL, post=MANAGE, body={"project": "@project", "name": "Another label"}),
    "api-projects:label-detail": row("label", get=ALL, patch=MANAGE, delete=MANAGE),
    "api-projects:label-restore": row("label", post=MANAGE),
    "api-projects:preferences": row(get=ALL, patch=ALL),
    # API: exports
    "api-exports:export-list": row(get=ALL, post=EXPORT, body={"project": "@project", "format": "coco"}),
    "api-exports:export-detail": row("export", get=EXPORT, delete=MANAGE),
    "api-exports:export-download": row("export", get=EXPORT),
    "api-exports:export-cancel": row("export", post=EXPORT),
    "api-exports:export-retry": row("export", post=EXPORT),
    "api-exports:export-register": row("export", post=MANAGE),
    "api-exports:export-compare": row("export", post=EXPORT, body={"earlier": "@export"}),
    "api-exports:comparison-detail": row("comparison", get=EXPORT),
    "api-exports:output-store-detail": row("workspace", get=MANAGE, put=MANAGE),
    # API: labelling
    "api-annotations:project-lease": row("project", post=LABEL),
    "api-annotations:project-submit": row("project", post=LABEL),
    "api-annotations:project-heartbeat": row("project", post=LABEL),
    "api-annotations:project-release": row("project", post=LABEL),
    "api-annotations:project-history": row("project", get=LABEL),
    "api-annotations:task-list": row(get=ALL),
    "api-annotations:task-detail": row("task", get=READ),
    "api-annotations:task-draft": row("task", put=LABEL, patch=LABEL),
    "api-annotations:task-comments": row("task", get=ALL, post=(OWNER, MANAGER, REVIEWER, LABELLER)),
    "api-annotations:comment-detail": row("comment", patch=(OWNER, MANAGER, REVIEWER, LABELLER)),
    "api-annotations:annotation-list": row(get=ALL),
    "api-annotations:annotation-detail": row("annotation", get=ALL),
    "api-annotations:annotation-reopen": row("annotation", post=(LABELLER,)),
    # Pages: a project's work
    "annotations:dashboard": row("project", get=READ),
    "annotations:browse": row("project", get=READ),
    "annotations:task": row("task", get=READ),
    "annotations:comment": row("task", post=(OWNER, MANAGER, REVIEWER)),
    "annotations:image-checked": row("task", post=(OWNER, MANAGER, REVIEWER)),
    "annotations:label": row("project", get=LABEL),
    "annotations:instructions": row("project", get=LABEL, post=LABEL),
    "annotations:history": row("project", get=LABEL),
    # One's own answers alone: the labeller's are nobody else's to take up.
    "annotations:reopen": row("annotation", post=(LABELLER,), hidden=(OWNER, MANAGER, REVIEWER, VIEWER)),
    # Pages: organisations, workspaces, people, projects
    "projects:home": row(get=ALL),
    "projects:organisation": row("organisation", get=ALL, post=RUN),
    "projects:members": row("organisation", get=RUN, post=RUN),
    "projects:workspace-create": row("organisation", get=RUN, post=RUN),
    "projects:workspace": row("workspace", get=ALL),
    "projects:people": row("workspace", get=MANAGE, post=MANAGE),
    "projects:workspace-settings": row("workspace", get=RUN, post=RUN),
    "projects:project-create": row("workspace", get=MANAGE, post=MANAGE),
    "projects:project-setup": row("project", get=MANAGE, post=MANAGE),
    "projects:project-settings": row("project", get=MANAGE, post=MANAGE),
    "projects:undo-start-over": row("project", post=MANAGE),
    "projects:label-restore": row("label", post=MANAGE),
    "projects:project-state": row("project", post=MANAGE),
    "projects:instructions-preview": row(post=ALL),
    "projects:notifications": row(get=ALL),
    "projects:notifications-read": row(post=ALL),
    "projects:notifications-choose": row(post=ALL),
    "projects:notification": row("notification", post=(LABELLER,), hidden=(OWNER, MANAGER, REVIEWER, VIEWER)),
    "projects:find": row(get=ALL),
    "projects:profile": row(get=ALL, post=ALL),
    "projects:tokens": row(get=ALL, post=ALL),
    "projects:audit": row("organisation", get=RUN),
    "projects:audit-download": row("organisation", get=RUN),
    "projects:token-revoke": row("token", post=(LABELLER,), hidden=(OWNER, MANAGER, REVIEWER, VIEWER)),
    # Pages: jobs
    "projects:jobs": row(get=ALL),
    "projects:job": row("job", get=READ),
    "projects:job-cancel": row("job", post=MANAGE),
    "projects:job-retry": row("job", post=MANAGE),
    "projects:job-pause": row("job", post=MANAGE),
    "projects:job-resume": row("job", post=MANAGE),
    # Pages: files, by signature
    # Data: pages
    "projects:data": row("workspace", get=READ),
    "projects:datastore-create": row("workspace", get=MANAGE, post=MANAGE),
    "projects:dataset-create": row("workspace", get=MANAGE, post=MANAGE),
    "projects:datastore": row("datastore", get=READ, post=MANAGE),
    "projects:datastore-check": row("datastore", post=MANAGE),
    "projects:datastore-default": row("datastore", post=MANAGE),
    "projects:datastore-delete": row("datastore", post=MANAGE),
    "projects:dataset": row("dataset", get=READ),
    "projects:dataset-change": row("dataset", get=MANAGE, post=MANAGE),
    "projects:dataset-refresh": row("dataset", post=MANAGE),
    "projects:dataset-delete": row("dataset", post=MANAGE),
    "projects:upload": row("dataset", get=MANAGE, post=MANAGE),
    "projects:archive": row("archive", get=MANAGE),
    # Data: API
    "api-projects:datastore-list": row(
        get=ALL,
        post=MANAGE,
        body={"workspace": "@workspace", "name": "Another", "kind": "local", "location": {"path": "/nowhere"}},
    ),
    "api-projects:datastore-detail": row("datastore", get=READ, patch=MANAGE, delete=MANAGE),
    "api-projects:datastore-check": row("datastore", post=MANAGE),
    "api-projects:datastore-set-default": row("datastore", post=MANAGE),
    "api-projects:dataset-list": row(
        get=ALL, post=MANAGE, body={"workspace": "@workspace", "name": "Another dataset", "source": "upload"}
    ),
    "api-projects:dataset-detail": row("dataset", get=READ, patch=MANAGE, delete=MANAGE),
    "api-projects:dataset-refresh": row("dataset", post=MANAGE),
    "api-projects:dataset-pause": row("dataset", post=MANAGE),
    "api-projects:dataset-resume": row("dataset", post=MANAGE),
    "api-projects:image-list": row(get=ALL),
    "api-projects:image-detail": row("image", get=READ),
    "api-projects:upload-list": row(
        get=ALL, post=MANAGE, body={"dataset": "@dataset", "files": [{"path": "a.jpg", "byte_size": 5}]}
    ),
    "api-projects:upload-detail": row("upload", get=MANAGE, patch=MANAGE),
    "api-projects:upload-complete": row("upload", post=MANAGE),
    "projects:file": row("project", signed=True, get=ALL),
    "projects:tiles": row("project", signed=True, get=ALL, post=ALL),
    "projects:tile": row("project", signed=True, get=ALL),
    # Pages: exports
    "exports:exports": row("project", get=EXPORT, post=EXPORT),
    "exports:export": row("export", get=EXPORT),
    "exports:download": row("export", get=EXPORT),
    "exports:manifest": row("export", get=EXPORT),
    "exports:cancel": row("export", post=EXPORT),
    "exports:retry": row("export", post=EXPORT),
    "exports:delete": row("export", post=MANAGE),
    "exports:register": row("export", post=MANAGE),
    "exports:compare": row("export", post=EXPORT),
    "exports:comparison": row("comparison", get=EXPORT),
    "exports:of-dataset": row("dataset", get=EXPORT),
    "exports:output-store": row("workspace", get=MANAGE, post=MANAGE),
    "exports:file": row("export", signed=True, get=ALL),
    # Imports of labels
    "exports:imports": row("project", get=MANAGE),
    "exports:import-new": row("project", get=MANAGE),
    "exports:import": row("import", get=MANAGE, post=MANAGE),
    "api-exports:import-list": row(
        get=ALL, post=MANAGE, body={"project": "@project", "name": "labels.json", "byte_size": 5}
    ),
    "api-exports:import-detail": row("import", get=MANAGE, delete=MANAGE),
    "api-exports:import-file": row("import", patch=MANAGE),
    "api-exports:import-check": row("import", post=MANAGE),
    "api-exports:import-write": row("import", post=MANAGE),
    "api-exports:import-cancel": row("import", post=MANAGE),
    "api-exports:import-go-on": row("import", post=MANAGE),
    "api-exports:import-undo": row("import", post=MANAGE),
    # Lists that datasets are made of
    "exports:list-new": row("workspace", get=MANAGE),
    "exports:list": row("list", get=MANAGE, post=MANAGE),
    "exports:listed-labels": row("project", get=MANAGE, post=MANAGE),
    "api-exports:list-list": row(
        get=ALL,
        post=MANAGE,
        body={"workspace": "@workspace", "datastore": "@datastore", "name": "list.csv", "byte_size": 5},
    ),
    "api-exports:list-detail": row("list", get=MANAGE, delete=MANAGE),
    "api-exports:list-file": row("list", patch=MANAGE),
    "api-exports:list-check": row("list", post=MANAGE),
    "api-exports:list-dataset": row("list", post=MANAGE),
    "api-exports:list-labels": row("list", post=MANAGE, body={"project": "@project"}),
}
