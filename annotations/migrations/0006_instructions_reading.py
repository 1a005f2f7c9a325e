import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from projects.tenancy import IsolateTenant, TenantForeignKey


class Migration(migrations.Migration):
    dependencies = [
        ("annotations", "0005_comments"),
        ("projects", "0002_tenant_walls"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="InstructionsReading",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("digest", models.CharField(max_length=64)),
                ("read_at", models.DateTimeField(default=django.utils.timezone.now)),
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
                    "reader",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=["project", "reader"], name="instructions_reading_unique")
                ],
            },
        ),
        IsolateTenant("instructionsreading"),
    ]
