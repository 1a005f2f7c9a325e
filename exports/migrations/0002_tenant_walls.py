from django.db import migrations

from projects.tenancy import IsolateTenant


class Migration(migrations.Migration):
    dependencies = [("exports", "0001_initial"), ("projects", "0002_tenant_walls")]

    operations = [IsolateTenant("export")]
