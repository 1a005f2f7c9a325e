"""Forms of a person's own account: ours, and allauth's in our words."""

from typing import Any

from allauth.account.forms import (
    AddEmailForm,
    ChangePasswordForm,
    LoginForm,
    ResetPasswordKeyForm,
    SetPasswordForm,
)
from django import forms


class NameForm(forms.Form):
    """What a person is called wherever others see them."""

    name = forms.CharField(
        label="Display name",
        max_length=120,
        help_text="What colleagues see beside your work.",
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )


class SignInForm(LoginForm):  # type: ignore[misc]  # allauth is untyped
    """Signing in, in our words."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        _call(self, remember="Stay signed in")


class NewEmailForm(AddEmailForm):  # type: ignore[misc]  # allauth is untyped
    """Another address to sign in with, in our words."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        _call(self, email="New address")


class NewPasswordForm(ChangePasswordForm):  # type: ignore[misc]  # allauth is untyped
    """Another password for who knows the old one, in our words."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        _call(self, oldpassword="Current password", password1="New password", password2="New password again")


class FirstPasswordForm(SetPasswordForm):  # type: ignore[misc]  # allauth is untyped
    """A password for who had none, in our words."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        _call(self, password1="New password", password2="New password again")


class ForgottenPasswordForm(ResetPasswordKeyForm):  # type: ignore[misc]  # allauth is untyped
    """Another password for who followed the link of an e-mail, in our words."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        _call(self, password1="New password", password2="New password again")


def _call(form: forms.Form, **labels: str) -> None:
    """Gives fields their names in sentence case; a placeholder that repeats a name is taken away."""
    for name, label in labels.items():
        if name in form.fields:
            form.fields[name].label = label
            form.fields[name].widget.attrs.pop("placeholder", None)
