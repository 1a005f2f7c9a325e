"""The audit log of an organisation: who did what, for those who answer for it."""

import csv
from collections.abc import Iterator

from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from projects import audit, navigation, permissions
from projects.forms.audit import PAGE, AuditForm, everything
from projects.http import UserRequest
from projects.models import AuditEvent, Organisation
from projects.permissions import Action
from projects.spreadsheets import guarded

COLUMNS = ("time", "person", "email", "action", "about", "name", "code", "address", "detail")


@require_safe
def events(request: UserRequest, code: str) -> HttpResponse:
    """The events that the filters ask for, newest first."""
    organisation = _organisation(request, code)
    navigation.at(request, organisation)
    form = AuditForm(request.GET)
    page = list(form.narrow(AuditEvent.objects.for_user(request.user).filter(organisation=organisation))[: PAGE + 1])
    context = {
        "organisation": organisation,
        "can": permissions.allowed_actions(request.user, organisation),
        "form": form,
        "events": [(event, audit.words(event)) for event in page[:PAGE]],
        "older_url": form.url(page[PAGE - 1]) if len(page) > PAGE else None,
        "newest_url": form.url() if form.cleaned_data.get("before") else None,
        "is_narrowed": bool(form.query),
    }
    template = "projects/audit.html#events" if request.htmx else "projects/audit.html"
    response = render(request, template, context)
    response["Vary"] = "HX-Request"
    return response


@require_safe
def download(request: UserRequest, code: str) -> HttpResponseBase:
    """The same events as CSV, all pages."""
    organisation = _organisation(request, code)
    form = AuditForm(request.GET)
    rows = form.narrow(AuditEvent.objects.for_user(request.user).filter(organisation=organisation))
    audit.record(request.user, "audit.download", organisation, detail=form.query)
    name = f"audit-{timezone.now():%Y-%m-%d}.csv"
    return StreamingHttpResponse(
        _lines(everything(rows)),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _organisation(request: UserRequest, code: str) -> Organisation:
    organisation = get_object_or_404(Organisation.objects.for_user(request.user), code=code)
    permissions.require(request.user, Action.SEE_AUDIT, organisation)
    return organisation


class _Line:
    """A file for the CSV writer that hands every line on."""

    def write(self, line: str) -> str:
        return line


def _lines(found: Iterator[AuditEvent]) -> Iterator[str]:
    writer = csv.writer(_Line(), lineterminator="\r\n")
    yield writer.writerow(COLUMNS)
    for event in found:
        name, email = (event.actor.display_name, event.actor.email) if event.actor else ("", "")
        cells = (event.object_type, event.object_name, str(event.object_code or ""), event.address or "")
        row = (event.created_at.isoformat(), name, email, event.action, *cells, audit.detail_text(event))
        yield writer.writerow([guarded(cell) for cell in row])
