from typing import Any, ClassVar, Self

from django.contrib.auth.base_user import BaseUserManager
from django.contrib.auth.models import AbstractBaseUser, PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from projects.codes import new_code
from projects.tenancy import Actor


class UserManager(BaseUserManager["User"]):
    """Makes users by e-mail address."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def at(self, email: str) -> "models.QuerySet[User]":
        """Who has this address, in whatever case it is written: one row or none, by the index that keeps addresses unique."""
        return self.alias(address=Lower("email")).filter(address=email.strip().lower())

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.at(username or "").get()


class User(AbstractBaseUser, PermissionsMixin):
    """A person; the e-mail address is the login. A user belongs to organisations by memberships alone."""

    code = models.UUIDField(default=new_code, unique=True, editable=False)
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120, blank=True)
    muted_notifications = ArrayField(models.CharField(max_length=20), default=list, db_default=[], blank=True)
    """Kinds of notifications that the person has switched off; see projects.notifications."""
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField("may enter the Django admin", default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_unique")]

    def __str__(self) -> str:
        return self.email

    @property
    def display_name(self) -> str:
        return self.name or self.email.split("@")[0]


class PreferencesQuerySet(models.QuerySet["Preferences"]):
    def for_user(self, user: Actor) -> Self:
        """A person's own alone."""
        return self.filter(user_id=user.pk) if user.is_authenticated else self.none()


class Preferences(models.Model):
    """How one person likes the labelling pages: keys, colours, picture adjustments. See projects.preferences."""

    user = models.OneToOneField(User, models.CASCADE, primary_key=True, related_name="+")
    editor = models.JSONField(default=dict)
    updated_at = models.DateTimeField(auto_now=True)

    objects = PreferencesQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "preferences"

    def __str__(self) -> str:
        return f"Preferences of {self.user_id}"
