from datetime import date, timedelta

import pytest
from django.utils import timezone

from annotations import progress
from annotations.models import Metric, ProgressDelta, ProgressTotal
from annotations.progress import Change, Counts, LabelUse, Work
from annotations.templatetags.progress import length_of_time
from tests.annotations.conftest import Bench

pytestmark = pytest.mark.django_db


def append(bench: Bench, *changes: Change) -> None:
    progress.append(organisation_id=bench.project.organisation_id, project_id=bench.project.pk, changes=changes)


def test_reading_is_exact_before_while_and_after_folding(bench: Bench) -> None:
    append(bench, Change(Metric.OPEN, 10))
    append(bench, Change(Metric.OPEN, -1), Change(Metric.LABELLED, 1))
    expected = Counts(open=9, labelled=1)
    assert progress.counts(bench.project.pk) == expected
    assert progress.fold(limit=1) == 1
    assert progress.counts(bench.project.pk) == expected
    assert progress.fold() == 1
    assert progress.fold() == 0
    assert progress.counts(bench.project.pk) == expected
    assert ProgressDelta.objects.count() == 0


def test_folding_adds_to_the_total_of_the_same_day(bench: Bench) -> None:
    for _ in range(3):
        append(bench, Change(Metric.ANSWERS, 1, labeller_id=bench.labellers[0].pk), Change(Metric.OPEN, -1))
        progress.fold()
    assert sorted(ProgressTotal.objects.values_list("metric", "amount")) == [("answers", 3), ("open", -3)]


def test_changes_of_one_count_become_one_and_zero_none(bench: Bench) -> None:
    append(
        bench, Change(Metric.OPEN, -1), Change(Metric.OPEN, -1), Change(Metric.LABELLED, 1), Change(Metric.LABELLED, -1)
    )
    append(bench, Change(Metric.LABELLED, 1), Change(Metric.LABELLED, -1))
    changes = [{"metric": "open", "labeller": None, "label": None, "amount": -2}]
    assert list(ProgressDelta.objects.values_list("changes", flat=True)) == [changes]


def test_counts_of_a_label_that_was_deleted_are_dropped(bench: Bench) -> None:
    append(bench, Change(Metric.OPEN, 1), Change(Metric.LABEL_TASKS, 1, label_id=bench.labels[0].pk))
    bench.labels[0].delete()
    assert progress.fold() == 1
    assert list(ProgressTotal.objects.values_list("metric", "amount")) == [("open", 1)]


def test_reading_groups_by_labeller_day_and_label(bench: Bench) -> None:
    lars, lena = bench.labellers
    label = bench.labels[0].pk
    append(
        bench,
        Change(Metric.OPEN, 4),
        Change(Metric.ANSWERS, 2, labeller_id=lars.pk),
        Change(Metric.SECONDS, 7.5, labeller_id=lars.pk),
        Change(Metric.SKIPS, 1, labeller_id=lena.pk),
        Change(Metric.LABEL_TASKS, 2, label_id=label),
        Change(Metric.LABEL_REGIONS, 5, label_id=label),
    )
    progress.fold()
    yesterday = timezone.now().date() - timedelta(days=1)
    ProgressTotal.objects.filter(metric="skips").update(day=yesterday)
    today: date = ProgressTotal.objects.get(metric="open").day
    reading = progress.reading(bench.project.pk)
    assert reading.counts == Counts(open=4)
    assert reading.by_labeller == {lars.pk: Work(answers=2, seconds=7.5), lena.pk: Work(skips=1)}
    assert reading.by_day == {today: Work(answers=2, seconds=7.5), yesterday: Work(skips=1)}
    assert reading.by_label == {label: LabelUse(tasks=2, regions=5)}


def test_counts_of_work_add_up(bench: Bench) -> None:
    append(bench, Change(Metric.OPEN, len(bench.labels) + 7))
    lars = bench.labellers[0]
    bench.answer(lars)
    bench.answer(lars, skip="Dark.")
    progress.fold()
    bench.answer(lars)
    counts = progress.counts(bench.project.pk)
    assert counts == Counts(open=7, labelled=2, skipped=1)
    assert (counts.done, counts.total) == (3, 10)
    assert progress.reading(bench.project.pk).by_labeller == {lars.pk: Work(answers=2, skips=1, seconds=15)}


def test_length_of_time_is_said_in_the_unit_that_fits() -> None:
    assert [length_of_time(seconds) for seconds in (0, 13.4, 240, 12_600)] == ["0 s", "13 s", "4 min", "3.5 h"]
