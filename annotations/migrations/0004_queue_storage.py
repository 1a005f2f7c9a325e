from django.db import migrations

# Rows of these tables live for minutes and change at every click: they are vacuumed by the thousand, not by a fifth of the
# table, and pages of those that are updated in place keep room for it.
CHURN = "autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0"
TABLES = {
    "annotations_lease": CHURN,
    "annotations_progressdelta": CHURN,
    "annotations_queueposition": f"{CHURN}, fillfactor = 50",
}


class Migration(migrations.Migration):
    dependencies = [("annotations", "0003_late_answers")]

    operations = [
        migrations.RunSQL(
            f"ALTER TABLE {table} SET ({options})",
            f"ALTER TABLE {table} RESET ({', '.join(option.split(' = ')[0] for option in options.split(', '))})",
        )
        for table, options in TABLES.items()
    ]
