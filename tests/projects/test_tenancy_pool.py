import psycopg
import pytest
from django.db import connection

from projects.tenancy_pool import reset_connection


@pytest.mark.isolation
def test_connection_that_comes_back_has_forgotten_whose_rows_it_saw(db: None) -> None:
    with psycopg.connect(**connection.get_connection_params() | {"cursor_factory": None}) as own:
        own.tenancy = "someone's"
        names = ("app.user", "app.organisations", "app.system")
        for name in names:
            own.execute("SELECT set_config(%s, 'on', false)", [name])
        own.commit()
        reset_connection(own)
        left = [own.execute("SELECT current_setting(%s)", [name]).fetchone()[0] for name in names]
        assert (left, own.tenancy) == (["", "", ""], None)
