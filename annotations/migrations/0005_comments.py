import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

from projects.codes import new_code
from projects.tenancy import IsolateTenant, TenantForeignKey


class Migration(migrations.Migration):
    dependencies = [
        ("annotations", "0004_queue_storage"),
        ("projects", "0002_tenant_walls"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Comment",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("code", models.UUIDField(default=new_code, editable=False, unique=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[("comment", "Comment"), ("flag", "Flag for a reviewer")],
                        default="comment",
                        max_length=10,
                    ),
                ),
                ("text", models.CharField(max_length=2000)),
                ("x", models.FloatField(blank=True, null=True)),
                ("y", models.FloatField(blank=True, null=True)),
                ("region", models.CharField(blank=True, max_length=64)),
                ("resolved_at", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "author",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
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
                    "project",
                    TenantForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="projects.project",
                    ),
                ),
                (
                    "task",
                    TenantForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="comments",
                        to="annotations.task",
                    ),
                ),
                (
                    "thread",
                    TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="replies",
                        to="annotations.comment",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["task", "id"], name="comment_by_task"),
                    models.Index(
                        fields=["project", "task"],
                        condition=Q(kind="flag", resolved_at__isnull=True),
                        name="comment_open_flags",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(x__isnull=True, y__isnull=True) | Q(x__isnull=False, y__isnull=False),
                        name="comment_pin_is_a_point",
                    ),
                    models.CheckConstraint(
                        condition=Q(thread__isnull=True)
                        | Q(kind="comment", x__isnull=True, region="", resolved_at__isnull=True),
                        name="comment_reply_is_plain",
                    ),
                ],
            },
        ),
        IsolateTenant("comment"),
    ]
