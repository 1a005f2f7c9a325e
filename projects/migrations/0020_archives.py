import django.db.models.deletion
import projects.tenancy
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("projects", "0019_image_by_change")]

    operations = [
        migrations.AlterField(
            "upload",
            "state",
            models.CharField(
                choices=[
                    ("receiving", "Receiving"),
                    ("done", "Done"),
                    ("duplicate", "Duplicate"),
                    ("failed", "Failed"),
                    ("unpacking", "Being unpacked"),
                ],
                default="receiving",
                max_length=10,
            ),
        ),
        migrations.AddField("upload", "overwrite", models.BooleanField(db_default=False, default=False)),
        migrations.AddField("upload", "stored_key", models.CharField(blank=True, db_default="", default="", max_length=200)),
        migrations.AddField("upload", "outcome", models.JSONField(blank=True, db_default={}, default=dict)),
        migrations.AddField(
            "upload",
            "archive",
            projects.tenancy.TenantForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="members",
                to="projects.upload",
            ),
        ),
        migrations.RunSQL(
            "ALTER TABLE projects_upload ADD CONSTRAINT projects_upload_archive_tenant FOREIGN KEY"
            " (organisation_id, archive_id) REFERENCES projects_upload (organisation_id, id)"
            " DEFERRABLE INITIALLY DEFERRED",
            "ALTER TABLE projects_upload DROP CONSTRAINT projects_upload_archive_tenant",
        ),
        migrations.AddIndex(
            "upload",
            models.Index(fields=["archive", "id"], condition=Q(archive__isnull=False), name="upload_by_archive"),
        ),
        migrations.AddIndex(
            "upload", models.Index(fields=["dataset", "id"], condition=~Q(outcome={}), name="upload_archives")
        ),
    ]
