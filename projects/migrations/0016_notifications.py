import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

from projects.codes import new_code
from projects.tenancy import IsolateTenant

KINDS = [
    ("job_failed", "A job that I started has failed"),
    ("job_done", "A job that I started is done"),
    ("export_ready", "An export that I asked for is ready"),
    ("added", "I am added to an organisation, workspace or project"),
    ("answer_rejected", "An answer of mine is sent back"),
]


class Migration(migrations.Migration):
    dependencies = [("projects", "0015_quotas")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="muted_notifications",
            field=django.contrib.postgres.fields.ArrayField(
                models.CharField(max_length=20), blank=True, db_default=[], default=list, size=None
            ),
        ),
        migrations.CreateModel(
            name="Notification",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("code", models.UUIDField(default=new_code, editable=False, unique=True)),
                ("kind", models.CharField(choices=KINDS, max_length=20)),
                ("title", models.CharField(max_length=200)),
                ("detail", models.CharField(blank=True, max_length=300)),
                ("path", models.CharField(max_length=200)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("read_at", models.DateTimeField(blank=True, null=True)),
                (
                    "organisation",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="projects.organisation",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["user", "-id"], name="notification_latest"),
                    models.Index(fields=["user"], condition=Q(read_at__isnull=True), name="notification_unread"),
                    models.Index(fields=["created_at"], name="notification_by_age"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(path__startswith="/") & ~Q(path__startswith="//"),
                        name="notification_path_is_ours",
                    )
                ],
            },
        ),
        IsolateTenant("notification"),
    ]
