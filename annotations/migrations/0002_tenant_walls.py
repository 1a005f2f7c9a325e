from django.db import migrations

from projects.tenancy import IsolateTenant


class Migration(migrations.Migration):
    dependencies = [("annotations", "0001_initial"), ("projects", "0002_tenant_walls")]

    operations = [
        IsolateTenant("task"),
        IsolateTenant("lease"),
        IsolateTenant("queueposition"),
        IsolateTenant("tasklabel"),
        IsolateTenant("annotation"),
        IsolateTenant("annotationrevision"),
        IsolateTenant("progressdelta"),
        IsolateTenant("progresstotal"),
    ]
