"""What a project's dashboard shows, put together from the counts of `annotations.progress`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from annotations import progress
from annotations.models import Lease, Metric
from annotations.progress import Counts, Work
from projects.models import Label, Membership, Project, User

CHART_DAYS = 30
PACE_DAYS = 7
MOST_LABELS = 50
WIDTH, HEIGHT, LEFT, BASE = 640, 180, 36, 160
"""The chart's view box in its own units, the left edge of its plot and its zero line."""


@dataclass(frozen=True)
class Part:
    """A stretch of the progress bar: `start` and `width` in percent of all tasks."""

    kind: str
    name: str
    count: int
    start: float
    width: float


@dataclass(frozen=True)
class LabelRow:
    """A label's bar; `percent` of the most frequent one."""

    name: str
    colour: str
    value: int
    note: str
    percent: float


@dataclass(frozen=True)
class LabellerRow:
    """One labeller's work so far."""

    person: User
    answers: int
    skips: int
    seconds: float
    seconds_each: float | None


@dataclass(frozen=True)
class DayBar:
    """One day of the chart, in the chart's units."""

    day: date
    answers: int
    x: float
    y: float
    width: float
    height: float
    named: bool


@dataclass(frozen=True)
class Chart:
    """Answers a day: bars, and the gridlines as (y, value)."""

    bars: list[DayBar]
    gridlines: list[tuple[float, int]]


@dataclass(frozen=True)
class Dashboard:
    """Everything on the page, as of one instant."""

    counts: Counts
    parts: list[Part]
    labels: list[LabelRow]
    more_labels: int
    labellers: list[LabellerRow]
    chart: Chart
    leases: int
    labelling_now: int
    per_day: float
    days_left: float | None
    seconds_each: float | None
    waiting: int = field(default=0)

    @property
    def percent(self) -> int:
        """Done of all, rounded down so that 100 means all."""
        return self.counts.done * 100 // self.counts.total if self.counts.total else 0


def read(project: Project, *, today: date) -> Dashboard:
    """The dashboard's numbers; the cost grows with labels, labellers and days, not with tasks. Five queries."""
    found = progress.reading(project.pk)
    leases, people = _leases(project)
    per_day = _pace(found.by_day, today)
    answers = sum(work.answers for work in found.by_labeller.values())
    seconds = sum(work.seconds for work in found.by_labeller.values())
    labels, more = _labels(project, found)
    open_answers = found.counts.open * project.labellers_minimum
    return Dashboard(
        counts=found.counts,
        parts=_parts(found.counts),
        labels=labels,
        more_labels=more,
        labellers=_labellers(found.by_labeller),
        chart=_chart(found.by_day, today),
        leases=leases,
        labelling_now=people,
        per_day=per_day,
        days_left=open_answers / per_day if per_day and open_answers else None,
        seconds_each=seconds / answers if answers else None,
        waiting=max(0, found.counts.open - leases),
    )


def _leases(project: Project) -> tuple[int, int]:
    """Live leases and the people who hold them."""
    holders = list(Lease.objects.filter(project=project, expires_at__gt=Now()).values_list("labeller", flat=True))
    return len(holders), len(set(holders))


def _parts(counts: Counts) -> list[Part]:
    parts, start = [], 0.0
    for kind, metric, count in (
        ("done", Metric.APPROVED, counts.approved),
        ("done", Metric.LABELLED, counts.labelled),
        ("review", Metric.NEEDS_REVIEW, counts.needs_review),
        ("skipped", Metric.SKIPPED, counts.skipped),
        ("open", Metric.OPEN, counts.open),
    ):
        width = 100 * count / counts.total if counts.total else 0.0
        parts.append(Part(kind, str(metric.label), count, round(start, 3), round(width, 3)))
        start += width
    return parts


def _labels(project: Project, found: progress.Reading) -> tuple[list[LabelRow], int]:
    used = sorted(found.by_label.items(), key=lambda item: -max(item[1].regions, item[1].tasks))
    shown = used[:MOST_LABELS]
    names = Label.objects.filter(project=project).in_bulk([pk for pk, _ in shown])
    most = max((max(use.regions, use.tasks) for _, use in shown), default=0)
    rows = []
    for pk, use in shown:
        value = use.regions or use.tasks
        if pk in names and value:
            note = f"in {use.tasks:,} image{'s' * (use.tasks != 1)}" if use.regions else ""
            rows.append(LabelRow(names[pk].path, names[pk].colour, value, note, round(100 * value / most, 2)))
    return rows, max(0, len(used) - MOST_LABELS)


def labellers(project: Project) -> QuerySet[User]:
    """Who labels in a project: those with that role in it or in its workspace, and whoever has answered there."""
    role = Q(role__in=(Membership.Role.LABELLER, Membership.Role.LEAD))
    place = Q(project=project) | Q(workspace=project.workspace_id)
    named = Membership.objects.filter(role & place, organisation=project.organisation_id)
    answered = list(progress.reading(project.pk).by_labeller)
    return User.objects.filter(Q(pk__in=named.values("user")) | Q(pk__in=answered))


def _labellers(by_labeller: Mapping[int, Work]) -> list[LabellerRow]:
    people = User.objects.in_bulk(list(by_labeller))
    rows = [
        LabellerRow(
            people[pk],
            work.answers,
            work.skips,
            work.seconds,
            work.seconds / work.answers if work.answers else None,
        )
        for pk, work in by_labeller.items()
        if pk in people
    ]
    return sorted(rows, key=lambda row: (-row.answers, row.person.display_name))


def _pace(by_day: Mapping[date, Work], today: date) -> float:
    """Answers a day over the last week, counted from its first day with work."""
    week = [by_day.get(today - timedelta(days=back), Work()).answers for back in range(PACE_DAYS)]
    worked = [index for index, answers in enumerate(week) if answers]
    return sum(week) / (worked[-1] + 1) if worked else 0.0


def _chart(by_day: Mapping[date, Work], today: date) -> Chart:
    days = [today - timedelta(days=back) for back in range(CHART_DAYS - 1, -1, -1)]
    values = [by_day.get(day, Work()).answers for day in days]
    top = _round_up(max(values))
    step, scale = (WIDTH - LEFT - 10) / CHART_DAYS, (BASE - 10) / top
    bars = [
        DayBar(
            day,
            value,
            round(LEFT + index * step + 2, 1),
            round(BASE - value * scale, 1),
            round(step - 4, 1),
            round(value * scale, 1),
            named=(CHART_DAYS - 1 - index) % 7 == 0,
        )
        for index, (day, value) in enumerate(zip(days, values, strict=True))
    ]
    return Chart(bars, _gridlines(top, scale))


def _gridlines(top: int, scale: float) -> list[tuple[float, int]]:
    values: Sequence[int] = sorted({0, top // 2, top}) if top > 1 else (0, 1)
    return [(round(BASE - value * scale, 1), value) for value in values]


def _round_up(value: int) -> int:
    """The next number of the kind 1, 2, 5 × 10ⁿ, at least 2: the top of the axis."""
    size = 1
    while True:
        for factor in (1, 2, 5):
            if size * factor >= max(2, value):
                return size * factor
        size *= 10
