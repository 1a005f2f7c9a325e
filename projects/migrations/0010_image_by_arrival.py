from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # the index is built beside running uploads

    dependencies = [("projects", "0009_image_arrivals")]

    operations = [
        AddIndexConcurrently(
            model_name="image",
            index=models.Index(
                condition=models.Q(("state", "ok")), fields=["dataset", "arrival", "id"], name="image_by_arrival"
            ),
        ),
    ]
