from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    atomic = False  # the index is built beside running jobs and uploads

    dependencies = [("projects", "0018_image_versions")]

    operations = [
        AddIndexConcurrently(
            model_name="image",
            index=models.Index(
                fields=["dataset", "arrival", "id"], condition=Q(version__gt=1), name="image_by_change"
            ),
        ),
    ]
