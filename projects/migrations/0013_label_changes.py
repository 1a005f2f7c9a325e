import django.db.models.deletion
import django.db.models.functions.datetime
import projects.codes
import projects.tenancy
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("projects", "0012_preferences"),
    ]

    operations = [
        migrations.CreateModel(
            name="LabelChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.UUIDField(default=projects.codes.new_code, editable=False, unique=True)),
                (
                    "handling",
                    models.CharField(
                        choices=[
                            ("continue", "Go on, keep all answers"),
                            ("keep", "Start over, old labels as suggestions"),
                            ("clear", "Start over, empty"),
                        ],
                        max_length=10,
                    ),
                ),
                ("added", models.JSONField(default=list)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("undone_at", models.DateTimeField(blank=True, null=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "job",
                    projects.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="projects.job",
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="projects.organisation"
                    ),
                ),
                (
                    "project",
                    projects.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="label_changes", to="projects.project"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["project", "-id"], name="label_change_latest")],
            },
        ),
        projects.tenancy.IsolateTenant("labelchange"),
    ]
