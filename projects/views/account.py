"""A person's own account, as far as it is ours: allauth has the rest."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from projects import people
from projects.forms.accounts import NameForm
from projects.http import UserRequest


@require_http_methods(["GET", "POST"])
def profile(request: UserRequest) -> HttpResponse:
    """The name that others see."""
    form = NameForm(request.POST if request.method == "POST" else None, initial={"name": request.user.name})
    if form.is_valid():
        people.rename(user=request.user, name=form.cleaned_data["name"])
        messages.success(request, "Your name is saved.")
        return redirect("projects:profile")
    return render(request, "projects/profile.html", {"form": form}, status=422 if form.errors else 200)
