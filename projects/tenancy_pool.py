"""What the database pool does with a connection that comes back; imports no Django, as settings need it."""

from typing import Any


def reset_connection(connection: Any) -> None:
    """Forgets whose rows a psycopg connection could see (projects.tenancy), so that the next user starts blind."""
    connection.execute(
        "SELECT set_config('app.user', '', false), set_config('app.organisations', '', false),"
        " set_config('app.system', '', false)"
    )
    connection.commit()
    connection.tenancy = None
