"""The data browser's filters."""

import pytest

from annotations import progress
from annotations.forms import TaskFilterForm
from tests.conftest import Cast

pytestmark = pytest.mark.django_db


def test_labeller_filter_offers_who_labels_and_nobody_else(cast: Cast) -> None:
    def offered() -> set[str]:
        form = TaskFilterForm({}, project=cast.project, user=cast.manager)
        return {person.email for person in form.fields["labeller"].queryset}

    labellers = {cast.labeller.email, cast.second_labeller.email}
    assert offered() == labellers
    progress.append(
        organisation_id=cast.organisation.pk,
        project_id=cast.project.pk,
        changes=progress.of_answer(cast.manager.pk, before=None, after="submitted", seconds=3),
    )
    assert offered() == labellers | {cast.manager.email}
