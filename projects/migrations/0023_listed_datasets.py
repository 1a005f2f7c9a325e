from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('projects', '0022_paused_jobs'),
    ]

    operations = [
        migrations.AddField(
            model_name='dataset',
            name='list_key',
            field=models.CharField(blank=True, db_default='', default='', editable=False, max_length=200),
        ),
        migrations.AlterField(
            model_name='dataset',
            name='source',
            field=models.CharField(choices=[('pattern', 'Files in a store'), ('upload', 'Uploaded files'), ('selection', 'Images chosen from others'), ('list', 'Files that a list names')], max_length=10),
        ),
    ]
