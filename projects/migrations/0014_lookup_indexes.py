from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    atomic = False  # the indexes are built beside running jobs and uploads

    dependencies = [("projects", "0013_label_changes")]

    operations = [
        AddIndexConcurrently(
            model_name="job",
            index=models.Index(
                fields=["organisation", "kind", "dedupe_key", "-id"], condition=~Q(dedupe_key=""), name="job_by_key"
            ),
        ),
        AddIndexConcurrently(
            model_name="upload",
            index=models.Index(
                fields=["dataset", "created_at"], condition=Q(state="receiving"), name="upload_unfinished"
            ),
        ),
    ]
