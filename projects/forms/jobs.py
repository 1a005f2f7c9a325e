from django import forms
from django.urls import reverse
from django.utils.http import urlencode

from projects.jobs.models import JobQuerySet
from projects.models import Job


class JobListForm(forms.Form):
    """Which jobs the list shows; what is not understood is left out."""

    STATES = {
        "unfinished": (Job.State.QUEUED, Job.State.RUNNING),
        "failed": (Job.State.FAILED,),
        "done": (Job.State.SUCCEEDED, Job.State.CANCELLED),
    }

    state = forms.CharField(required=False)
    before = forms.UUIDField(required=False)

    def clean_state(self) -> str:
        state = str(self.cleaned_data["state"])
        return state if state in self.STATES else ""

    def narrow(self, jobs: JobQuerySet) -> JobQuerySet:
        """The jobs asked for, older than the last one of the page before."""
        self.full_clean()
        self.cleaned_data = {"state": "", "before": None, **self.cleaned_data}
        visible = jobs
        if states := self.STATES.get(self.cleaned_data["state"]):
            jobs = jobs.filter(state__in=states)
        if before := self.cleaned_data["before"]:
            jobs = jobs.filter(pk__lt=visible.filter(code=before).values("pk"))
        return jobs

    def url(self, last: Job | None = None) -> str:
        """The list with the same states: after `last`, or from the newest."""
        query = {"state": self.cleaned_data["state"], "before": str(last.code) if last else ""}
        words = urlencode({name: value for name, value in query.items() if value})
        return reverse("projects:jobs") + (f"?{words}" if words else "")
