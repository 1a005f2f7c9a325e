from django.db import migrations

from projects.tenancy import IsolateTenant

# Sets the user first and reads the memberships after, so that the policy on memberships lets the user's own rows through.
ENTER_USER = """
CREATE FUNCTION app_enter_user(entering bigint) RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE reachable bigint[];
BEGIN
    PERFORM set_config('app.user', entering::text, false), set_config('app.organisations', '', false),
            set_config('app.system', '', false);
    SELECT coalesce(array_agg(DISTINCT organisation_id), '{}') INTO reachable
        FROM projects_membership WHERE user_id = entering;
    PERFORM set_config('app.organisations', reachable::text, false);
    RETURN reachable;
END $$;
"""

KEEP_AUDIT = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are only ever added', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON projects_auditevent
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
"""

ORGANISATION = (
    "id = ANY ((SELECT nullif(current_setting('app.organisations', true), '')::bigint[])::bigint[])"
    " OR (SELECT current_setting('app.system', true)) = 'on'"
)
OWN = "user_id = (SELECT nullif(current_setting('app.user', true), '')::bigint)"


class Migration(migrations.Migration):
    dependencies = [("projects", "0001_initial")]

    operations = [
        migrations.RunSQL(ENTER_USER, "DROP FUNCTION app_enter_user(bigint)"),
        migrations.RunSQL(
            KEEP_AUDIT, "DROP TRIGGER append_only ON projects_auditevent; DROP FUNCTION refuse_change()"
        ),
        IsolateTenant("organisation", visible=ORGANISATION),
        IsolateTenant("workspace"),
        IsolateTenant("datastore"),
        IsolateTenant("dataset"),
        IsolateTenant("image"),
        IsolateTenant("project"),
        IsolateTenant("projectdataset"),
        IsolateTenant("label"),
        IsolateTenant("upload"),
        IsolateTenant("membership", extra=OWN),
        IsolateTenant("job"),
        IsolateTenant("apitoken"),
        IsolateTenant("idempotencykey"),
        IsolateTenant("auditevent"),
    ]
