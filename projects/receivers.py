"""What this app does when another one says that something happened."""

from collections.abc import Mapping
from typing import Any

from allauth.account.models import EmailAddress
from allauth.account.signals import password_reset
from allauth.socialaccount.models import SocialLogin
from allauth.socialaccount.signals import social_account_added
from django.contrib.auth.signals import user_logged_in, user_login_failed
from django.dispatch import receiver

from projects import audit, people, tenancy
from projects.models import Organisation, User


@receiver(user_logged_in)
def join(sender: type[User], user: User, **_: Any) -> None:
    """An invited person has come; their organisations learn who signs in."""
    people.join(user)
    _note(user, "user.sign_in")


@receiver(user_login_failed)
def note_failure(sender: str, credentials: Mapping[str, Any], **_: Any) -> None:
    """The organisations of a person learn that somebody tried to be them."""
    email = str(credentials.get("email") or credentials.get("username") or "")
    if user := User.objects.at(email).first():
        _note(user, "user.sign_in_refused")


def _note(user: User, action: str) -> None:
    with tenancy.system_access("note a sign-in in the organisations of the person"):
        for organisation in Organisation.objects.filter(
            memberships__user=user, memberships__workspace=None, memberships__project=None
        ):
            audit.record(user, action, user, organisation=organisation)


@receiver(password_reset)
def trust_address(sender: type[User], user: User, **_: Any) -> None:
    """Who set a password by a mailed link has shown that the address is theirs, if they have but one."""
    addresses = list(EmailAddress.objects.filter(user=user))
    if len(addresses) == 1:
        EmailAddress.objects.filter(pk=addresses[0].pk).update(verified=True)


@receiver(social_account_added)
def trust_verified_addresses(sender: type[SocialLogin], sociallogin: SocialLogin, **_: Any) -> None:
    """What the operator's own provider has verified needs no code from us. By now allauth has wiped the password of whoever
    claimed the address without showing that it was theirs."""
    verified = [address.email.lower() for address in sociallogin.email_addresses if address.verified]
    EmailAddress.objects.filter(user=sociallogin.user, email__in=verified).update(verified=True)
