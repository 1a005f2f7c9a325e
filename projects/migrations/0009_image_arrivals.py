from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("projects", "0008_image_indexes")]

    operations = [
        migrations.AddField(
            model_name="dataset",
            name="arrivals",
            field=models.BigIntegerField(db_default=0, default=0, editable=False),
        ),
        migrations.AddField(
            model_name="image",
            name="arrival",
            field=models.BigIntegerField(db_default=0, default=0, editable=False),
        ),
        migrations.AddField(
            model_name="projectdataset",
            name="taken_arrival",
            field=models.BigIntegerField(db_default=0, default=0, editable=False),
        ),
        migrations.AddField(
            model_name="projectdataset",
            name="taken_image_id",
            field=models.BigIntegerField(db_default=0, default=0, editable=False),
        ),
    ]
