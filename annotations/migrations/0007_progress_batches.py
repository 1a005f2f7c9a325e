from django.db import migrations, models

# What is not folded yet keeps its meaning: each row becomes a list of one change.
_PACK = """
SELECT set_config('app.system', 'on', true);
UPDATE annotations_progressdelta SET changes = jsonb_build_array(jsonb_build_object(
    'metric', metric, 'labeller', labeller_id, 'label', label_id, 'amount', amount));
SELECT set_config('app.system', '', true);
"""
_WITHOUT_ORGANISATION_KEY = ("annotation", "annotationrevision", "lease", "progressdelta", "tasklabel")


class Migration(migrations.Migration):
    """Fewer rows and fewer foreign keys to check for each answer.

    The composite keys hold (organisation_id, ...) of rows that exist, so a key to the organisation alone adds nothing.
    """

    dependencies = [("annotations", "0006_instructions_reading")]

    operations = [
        migrations.AddField("progressdelta", "changes", models.JSONField(null=True)),
        migrations.RunSQL(_PACK, migrations.RunSQL.noop),
        migrations.RemoveField("progressdelta", "metric"),
        migrations.RemoveField("progressdelta", "labeller"),
        migrations.RemoveField("progressdelta", "label"),
        migrations.RemoveField("progressdelta", "amount"),
        migrations.AlterField("progressdelta", "changes", models.JSONField()),
        *(
            migrations.AlterField(
                name,
                "organisation",
                models.ForeignKey(
                    db_constraint=False, db_index=False, on_delete=models.CASCADE, related_name="+",
                    to="projects.organisation",
                ),
            )
            for name in _WITHOUT_ORGANISATION_KEY
        ),
    ]  # fmt: skip
