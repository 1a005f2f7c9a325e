from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("projects", "0021_selections")]

    operations = [
        migrations.AddField("job", "paused", models.BooleanField(db_default=False, default=False)),
        migrations.AddField("job", "weight", models.PositiveIntegerField(db_default=1, default=1)),
        migrations.AddField("job", "paced_at", models.DateTimeField(blank=True, null=True)),
        migrations.AddField("job", "paced_from", models.BigIntegerField(db_default=0, default=0)),
    ]
