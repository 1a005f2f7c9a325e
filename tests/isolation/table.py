"""Who may do what on which route: the whole truth, every role spelled out.

A row names the kind of object in the route's `code` and, per method, the roles that get through. Everybody else of the
same tenant is told 403, other tenants 404, strangers 401 or the sign-in page. `OPEN` rows answer everybody who is
signed in, about their own things alone.
"""

from dataclasses import dataclass, field

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


def row(thing: str = "", *, hidden: tuple[str, ...] = (), public: bool = False, **methods: tuple[str, ...]) -> Row:
    return Row(thing, {name.upper(): roles for name, roles in methods.items()}, hidden, public)


TABLE: dict[str, Row] = {
    "livez": row(public=True, get=ALL),
    "readyz": row(public=True, get=ALL),
    "schema": row(get=ALL),
    "api-docs": row(get=ALL),
}
