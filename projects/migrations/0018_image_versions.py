import django.db.models.deletion
import projects.tenancy
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("projects", "0017_invited"),
    ]

    operations = [
        migrations.AddField("image", "version", models.PositiveIntegerField(db_default=1, default=1, editable=False)),
        migrations.AddField("image", "changed_at", models.DateTimeField(blank=True, editable=False, null=True)),
        migrations.AddField(
            "dataset", "changed_arrival", models.BigIntegerField(db_default=0, default=0, editable=False)
        ),
        migrations.AddField("dataset", "refresh_minutes", models.PositiveIntegerField(blank=True, null=True)),
        migrations.AddField("dataset", "next_refresh_at", models.DateTimeField(blank=True, editable=False, null=True)),
        migrations.AddConstraint(
            "dataset",
            models.CheckConstraint(
                condition=models.Q(("refresh_minutes__isnull", True), ("refresh_minutes__gte", 15), _connector="OR"),
                name="dataset_refresh_not_too_often",
            ),
        ),
        migrations.AddIndex(
            "dataset",
            models.Index(
                condition=models.Q(("next_refresh_at__isnull", False)),
                fields=["next_refresh_at"],
                name="dataset_by_refresh",
            ),
        ),
        migrations.AddField(
            "projectdataset", "flagged_arrival", models.BigIntegerField(db_default=0, default=0, editable=False)
        ),
        migrations.CreateModel(
            name="ImageVersion",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("number", models.PositiveIntegerField()),
                ("format", models.CharField(max_length=10)),
                ("width", models.PositiveIntegerField()),
                ("height", models.PositiveIntegerField()),
                ("byte_size", models.BigIntegerField()),
                ("checksum", models.CharField(blank=True, db_collation="C", max_length=64)),
                ("etag", models.CharField(blank=True, max_length=100)),
                ("replaced_at", models.DateTimeField()),
                (
                    "image",
                    projects.tenancy.TenantForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="versions",
                        to="projects.image",
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
                    "workspace",
                    projects.tenancy.TenantForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="projects.workspace",
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("image", "number"), name="image_version_unique")],
            },
        ),
        projects.tenancy.IsolateTenant("imageversion"),
    ]
