import pytest
from django.db import connection, transaction
from django.db.utils import DataError
from psycopg.pq import TransactionStatus

from projects import prepared, tenancy
from projects.models import Organisation
from projects.prepared import Query

INSERT = (
    "INSERT INTO projects_organisation (code, name, kind, created_at) VALUES (new_code(), %(name)s, 'customer', now())"
)


def _add(name: str, *, last: bool) -> None:
    prepared.run(Query(f"{INSERT} RETURNING id", {"name": name}), last=last)


def _names() -> set[str]:
    return set(Organisation.objects.filter(name__startswith="Prepared").values_list("name", flat=True))


@pytest.fixture(autouse=True)
def everywhere(transactional_db):
    with tenancy.system_access("look at what was committed"):
        yield


def test_last_queries_commit_with_what_went_before():
    heard = []
    with transaction.atomic():
        _add("Prepared first", last=False)
        transaction.on_commit(lambda: heard.append("committed"))
        _add("Prepared last", last=True)
        assert connection.connection.info.transaction_status == TransactionStatus.IDLE
        assert heard == []
    assert (heard, _names()) == (["committed"], {"Prepared first", "Prepared last"})


def test_an_outer_transaction_keeps_the_last_word():
    with transaction.atomic():
        with transaction.atomic():
            _add("Prepared inside", last=True)
        transaction.set_rollback(True)
    assert _names() == set()


@transaction.atomic
def _add_and_divide_by_zero() -> None:
    _add("Prepared before", last=False)
    prepared.run(Query(f"{INSERT} RETURNING id", {"name": "Prepared"}), Query("SELECT 1 / 0", {}), last=True)


def test_a_failing_query_commits_nothing():
    with pytest.raises(DataError):
        _add_and_divide_by_zero()
    assert _names() == set()
