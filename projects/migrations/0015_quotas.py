
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("projects", "0014_lookup_indexes"),
    ]

    operations = [
        migrations.AddField(
            model_name="organisation",
            name="byte_limit",
            field=models.PositiveBigIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="organisation",
            name="image_limit",
            field=models.PositiveBigIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="organisation",
            name="member_limit",
            field=models.PositiveIntegerField(blank=True, null=True),
        ),
    ]
