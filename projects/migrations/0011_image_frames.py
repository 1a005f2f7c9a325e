from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # the index is built beside running uploads

    dependencies = [("projects", "0010_image_by_arrival")]

    operations = [
        migrations.AddField("image", "frame", models.PositiveIntegerField(db_default=0, default=0)),
        migrations.AddField("dataset", "dicom_count", models.BigIntegerField(db_default=0, default=0)),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    [
                        "DROP INDEX CONCURRENTLY IF EXISTS image_frame_unique",
                        "CREATE UNIQUE INDEX CONCURRENTLY image_frame_unique ON projects_image (dataset_id, key, frame)",
                        "ALTER TABLE projects_image ADD CONSTRAINT image_frame_unique UNIQUE USING INDEX image_frame_unique",
                    ],
                    ["ALTER TABLE projects_image DROP CONSTRAINT image_frame_unique"],
                ),
            ],
            state_operations=[
                migrations.AddConstraint(
                    "image", models.UniqueConstraint(fields=("dataset", "key", "frame"), name="image_frame_unique")
                ),
            ],
        ),
        migrations.RemoveConstraint("image", "image_key_unique"),
    ]
