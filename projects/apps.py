from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class ProjectsConfig(AppConfig):
    name = "projects"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Imports every app's job handlers, so that whoever enqueues knows their queues, and its signal receivers."""
        autodiscover_modules("actors", "receivers")
