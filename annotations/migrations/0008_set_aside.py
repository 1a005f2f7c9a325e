import django.db.models.deletion
import projects.tenancy
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("annotations", "0007_progress_batches"),
        ("projects", "0013_label_changes"),
    ]

    operations = [
        migrations.CreateModel(
            name="SetAside",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("open", "To do"),
                            ("labelled", "Labelled"),
                            ("needs_review", "Needs review"),
                            ("approved", "Approved"),
                            ("skipped", "Skipped"),
                            ("removed", "Removed"),
                        ],
                        max_length=12,
                    ),
                ),
                ("open_slots", models.SmallIntegerField()),
                ("answers", models.SmallIntegerField()),
                ("final", models.JSONField(null=True)),
                ("final_at", models.DateTimeField(null=True)),
                ("prelabel", models.JSONField(null=True)),
                ("prelabel_confidence", models.FloatField(null=True)),
                ("prelabel_model", models.CharField(blank=True, max_length=60)),
                ("rejection_note", models.CharField(blank=True, max_length=2000)),
                ("answered", models.JSONField(default=list)),
                ("task_version", models.IntegerField()),
                (
                    "change",
                    projects.tenancy.TenantForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="projects.labelchange",
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
                    projects.tenancy.TenantForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="projects.project",
                    ),
                ),
                (
                    "task",
                    projects.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="annotations.task"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("change", "task"), name="set_aside_once")],
            },
        ),
        projects.tenancy.IsolateTenant("setaside"),
    ]
