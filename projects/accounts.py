"""How people sign up and in: what allauth asks of us."""

from types import SimpleNamespace
from typing import Any, ClassVar
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django import forms
from django.conf import settings
from django.http import HttpRequest

from projects import organisations
from projects.models import User


def display_name(user: User) -> str:
    return user.display_name


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth is untyped
    """Strangers may sign up only where the operator opened it (OPEN_SIGNUP)."""

    error_messages: ClassVar[dict[str, Any]] = {
        **DefaultAccountAdapter.error_messages,
        "incorrect_code": "This code is not right. Take the one from the newest e-mail, or have a new one sent.",
        "incorrect_password": "This password is not right. Try again, or set a new one by “Forgot your password?”.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return bool(settings.OPEN_SIGNUP)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Links lead to PUBLIC_URL: a request may name any port of an allowed host, and would have its own link mailed."""
        named, ours = self.request.build_absolute_uri("/"), f"{settings.PUBLIC_URL}/"
        host = urlsplit(ours).netloc
        links = {
            key: ours + value.removeprefix(named)
            for key, value in context.items()
            if isinstance(value, str) and value.startswith(named)
        }
        site = SimpleNamespace(name=host, domain=host)
        super().send_mail(template_prefix, email, {**context, **links, "current_site": site, "public_url": ours})


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth is untyped
    """Two-factor sign-in, in our words."""

    error_messages: ClassVar[dict[str, Any]] = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": "This code is not right, or was used before. Take the newest one from the app, or another recovery code.",
    }


class SignupForm(forms.Form):
    """What signing up asks beyond e-mail and password: who you are, and the organisation to make."""

    name = forms.CharField(label="Your name", max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    organisation = forms.CharField(
        label="Organisation",
        max_length=120,
        help_text="Your company or team. You can invite people later.",
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    field_order = ["name", "organisation", "email", "password1"]

    def signup(self, request: HttpRequest, user: User) -> None:
        """Called by allauth with the new user: makes the organisation that they own, with a first workspace."""
        user.name = self.cleaned_data["name"]
        user.save(update_fields=["name"])
        organisations.found(owner=user, name=self.cleaned_data["organisation"])

    def clean(self) -> dict[str, Any]:
        return super().clean() or {}
