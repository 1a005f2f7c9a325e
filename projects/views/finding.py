"""Search and commands: the answers of the dialog that Ctrl K opens, and the same as a page."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from projects import finding
from projects.forms.finding import FindForm
from projects.http import UserRequest


@require_safe
def find(request: UserRequest) -> HttpResponse:
    """What matches, as far as the caller may go there."""
    form = FindForm(request.GET, user=request.user)
    form.is_valid()
    groups = finding.find(user=request.user, words=form.words, place=form.place)
    template = "projects/find.html#results" if request.htmx else "projects/find.html"
    return render(request, template, {"groups": groups, "words": form.words})
