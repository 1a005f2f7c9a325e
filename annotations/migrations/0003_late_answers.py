from django.db import migrations, models

# A UUID version 7 (RFC 9562, section 5.7), as projects.codes makes them, for rows that SQL inserts by itself.
NEW_CODE = """
CREATE FUNCTION new_code() RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
    SELECT encode(
        set_bit(set_bit(
            overlay(uuid_send(gen_random_uuid())
                    PLACING substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3)
                    FROM 1 FOR 6),
            52, 1), 53, 1),
        'hex')::uuid
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("annotations", "0002_tenant_walls")]

    operations = [
        migrations.RunSQL(NEW_CODE, "DROP FUNCTION new_code()"),
        migrations.AddField("lease", "takes_slot", models.BooleanField(default=True)),
        migrations.AddField("annotation", "lapsed_token", models.UUIDField(null=True, blank=True)),
        migrations.AddField("queueposition", "rests_until", models.DateTimeField(null=True, blank=True)),
    ]
