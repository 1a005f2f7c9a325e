import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from projects.tenancy import IsolateTenant

OWN = (
    "user_id = (SELECT nullif(current_setting('app.user', true), '')::bigint)"
    " OR (SELECT current_setting('app.system', true)) = 'on'"
)


class Migration(migrations.Migration):
    dependencies = [("projects", "0011_image_frames")]

    operations = [
        migrations.CreateModel(
            name="Preferences",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("editor", models.JSONField(default=dict)),
                ("updated_at", models.DateTimeField(auto_now=True)),
            ],
            options={"verbose_name_plural": "preferences"},
        ),
        IsolateTenant("preferences", visible=OWN),
    ]
