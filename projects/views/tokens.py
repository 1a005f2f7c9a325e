"""A person's own API tokens."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from projects import api_tokens
from projects.forms.tokens import TokenForm
from projects.http import UserRequest
from projects.models import ApiToken


@require_http_methods(["GET", "POST"])
def tokens(request: UserRequest) -> HttpResponse:
    """The list, and making a new one, whose text is shown in this one answer and never again."""
    form = TokenForm(request.user, request.POST or None)
    secret = None
    if form.is_valid():
        data = form.cleaned_data
        _, secret = api_tokens.issue(
            user=request.user,
            organisation=data["organisation"],
            name=data["name"],
            scopes=data["scopes"],
            expires_at=data["expires_at"],
        )
        form = TokenForm(request.user)
    rows = ApiToken.objects.for_user(request.user).filter(revoked_at__isnull=True).select_related("organisation")
    context = {"form": form, "secret": secret, "tokens": list(rows.order_by("-created_at", "-id")[:200])}
    response = render(request, "projects/tokens.html", context, status=422 if form.errors else 200)
    response["Cache-Control"] = "no-store"
    return response


@require_POST
def revoke_token(request: UserRequest, code: str) -> HttpResponse:
    """Ends a token at once."""
    token = get_object_or_404(ApiToken.objects.for_user(request.user), code=code)
    api_tokens.revoke(token)
    messages.success(request, f"The token “{token.name}” no longer works.")
    return redirect("projects:tokens")
