from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    atomic = False  # the index is built beside people at work

    dependencies = [("annotations", "0008_set_aside"), ("projects", "0018_image_versions")]

    operations = [
        migrations.AddField("task", "image_changed_at", models.DateTimeField(blank=True, null=True)),
        AddIndexConcurrently(
            model_name="task",
            index=models.Index(
                fields=["project", "id"], condition=Q(image_changed_at__isnull=False), name="task_by_image_change"
            ),
        ),
    ]
