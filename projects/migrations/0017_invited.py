
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("projects", "0016_notifications"),
    ]

    operations = [
        migrations.AddField(
            model_name="membership",
            name="invited_name",
            field=models.CharField(blank=True, max_length=120),
        ),
        migrations.AddField(
            model_name="membership",
            name="joined_at",
            field=models.DateTimeField(blank=True, default=django.utils.timezone.now, null=True),
        ),
    ]
