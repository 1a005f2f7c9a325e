from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from exports import samples, seeding

PASSWORD = "labelwright demo"  # noqa: S105  # printed for everybody who tries the demo


class Command(BaseCommand):
    """Makes the sample organisation of `make demo`, or what is missing of it, and prints its logins."""

    help = __doc__ or ""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--images", type=Path, default=settings.DEMO_IMAGES, help="folder of images to label")
        parser.add_argument("--password", default="", help="needed outside the embedded mode, for all logins")

    def handle(self, *args: Any, images: Path | None, password: str, **options: Any) -> None:
        if not settings.EMBEDDED and not password:
            raise CommandError("Give a --password: this installation is no demo, and the usual one is known to all.")
        seeding.seed(password=password or PASSWORD, images=images, say=self.stderr.write)
        for line in _table(password or PASSWORD):
            self.stdout.write(line)


def _table(password: str) -> list[str]:
    width = max(len(login.email) for login in samples.LOGINS)
    rows = [f"  {login.email:<{width}}  {login.name:<13}  {login.role}" for login in samples.LOGINS]
    return ["", f"Sign in as one of these people of {samples.ORGANISATION}; the password is: {password}", "", *rows]
