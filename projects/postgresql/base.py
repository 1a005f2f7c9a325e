"""Django's PostgreSQL backend with our own pool; Django finds it by this module's name (settings.DATABASES)."""

from typing import Any, ClassVar, cast

import psycopg
from django.db.backends.base.base import NO_DB_ALIAS
from django.db.backends.postgresql import base

from projects.tenancy_pool import Connection, Pool


class DatabaseWrapper(base.DatabaseWrapper):
    """Hands threads their connections from `projects.tenancy_pool`."""

    _connection_pools: ClassVar[dict[str, Pool]] = {}

    @property
    def pool(self) -> Pool | None:
        """The pool of this process, made at its first use; None for Django's own look at the server without a database."""
        options = self.settings_dict["OPTIONS"].get("pool")
        if self.alias == NO_DB_ALIAS or not options:
            return None
        if self.alias not in self._connection_pools:
            parameters = self.get_connection_params() | {"autocommit": True}

            def connect() -> Connection:
                connection: Connection = psycopg.connect(**parameters)
                cast("Any", self)._configure_connection(connection)
                return connection

            self._connection_pools.setdefault(self.alias, Pool(connect, **options))
        return self._connection_pools[self.alias]
