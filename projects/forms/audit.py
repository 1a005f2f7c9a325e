"""Which events of the audit log are shown, and from where the list goes on."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils.http import urlencode

from projects import sealing
from projects.models import AuditEvent, User

BEFORE = "projects.audit"
PAGE = 50
TYPES = {
    "organisation": "Organisation",
    "workspace": "Workspaces and people",
    "user": "Signing in",
    "project": "Projects",
    "label": "Labels",
    "datastore": "Datastores",
    "dataset": "Datasets",
    "task": "Tasks",
    "export": "Exports",
    "labelimport": "Label imports",
    "job": "Jobs",
    "apitoken": "API tokens",
}
"""What events are about: model names, and what people call them."""


class AuditForm(forms.Form):
    """The filters, read from the address; what is not understood is said and left out. Days are those of UTC."""

    about = forms.ChoiceField(required=False, choices=[("", "Anything"), *TYPES.items()])
    person = forms.CharField(
        required=False,
        max_length=254,
        label="Person",
        widget=forms.SearchInput(attrs={"placeholder": "Email address", "autocomplete": "off"}),
    )
    since = forms.DateField(required=False, label="From", widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(required=False, label="To", widget=forms.DateInput(attrs={"type": "date"}))
    before = forms.CharField(required=False, max_length=200, widget=forms.HiddenInput)

    def clean_before(self) -> int | None:
        try:
            return int(sealing.opened(BEFORE, self.cleaned_data["before"])) if self.cleaned_data["before"] else None
        except sealing.BrokenSeal:
            return None

    def narrow(self, events: "QuerySet[AuditEvent]") -> "QuerySet[AuditEvent]":
        """The events asked for, newest first."""
        self.is_valid()
        wanted = self.cleaned_data
        if about := wanted.get("about"):
            events = events.filter(object_type=about)
        if person := wanted.get("person", "").strip():
            events = events.filter(actor__in=list(User.objects.at(person).values_list("pk", flat=True)))
        if since := wanted.get("since"):
            events = events.filter(created_at__gte=datetime.combine(since, time(), UTC))
        if until := wanted.get("until"):
            events = events.filter(created_at__lt=datetime.combine(until + timedelta(days=1), time(), UTC))
        if before := wanted.get("before"):
            events = events.filter(pk__lt=before)
        return events.select_related("actor").order_by("-pk")

    @property
    def query(self) -> dict[str, Any]:
        """The filters in use, without the place in the list."""
        names = ("about", "person", "since", "until")
        return {name: self.data[name] for name in names if self.data.get(name) and name not in self.errors}

    def url(self, last: AuditEvent | None = None) -> str:
        """The query of the page below `last`, or of the first."""
        query = self.query | ({"before": sealing.seal(BEFORE, str(last.pk))} if last else {})
        return f"?{urlencode(query)}"


def everything(events: "QuerySet[AuditEvent]", *, size: int = 1_000) -> Iterator[AuditEvent]:
    """All events of a narrowed list, read in pieces, so that neither memory nor a statement grows with them."""
    below = Q()
    while page := list(events.filter(below)[:size]):
        yield from page
        below = Q(pk__lt=page[-1].pk)
