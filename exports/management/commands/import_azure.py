from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from exports import migrating
from exports.formats.records import NotReadable
from exports.importing.azure import Survey
from projects import datastores, tenancy, workspaces
from projects.errors import DomainError
from projects.models import Datastore, Organisation, User, Workspace


class Command(BaseCommand):
    """Makes projects of the label exports of Azure Machine Learning: a folder of files, and the images in their store.

    Safe to run again: what is there already by its name is used, and answers that people have given since are kept.
    """

    help = __doc__ or ""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("source", type=Path, help="a COCO, JSONL or CSV export, or a folder of them")
        parser.add_argument(
            "--as", dest="email", required=True, help="e-mail address of the person whose answers they become"
        )
        parser.add_argument("--organisation", required=True, help="name of the organisation")
        parser.add_argument("--workspace", required=True, help="name of the workspace; made if there is none")
        parser.add_argument(
            "--datastore", required=True, help="name of the datastore with the images; made if there is none"
        )
        parser.add_argument(
            "--images", type=Path, help="for a new datastore: the folder of this machine with the images"
        )
        parser.add_argument(
            "--account", help="for a new datastore: the storage account, whose key is in AZURE_STORAGE_KEY"
        )
        parser.add_argument("--container", help="for a new datastore: the blob container")
        parser.add_argument(
            "--endpoint", default="", help="for a new datastore: the account's address, if it is unusual"
        )
        parser.add_argument("--project", default="", help="name of the project; usually each file's own name")
        parser.add_argument("--prelabels", action="store_true", help="bring labels in as suggestions, not as answers")
        parser.add_argument("--dry-run", action="store_true", help="only say what the files hold")

    def handle(self, *args: Any, source: Path, **options: Any) -> None:
        if not source.exists():
            raise CommandError(f"{source} does not exist.")
        try:
            surveys = migrating.surveyed(source, self.stdout.write)
            if not surveys:
                raise CommandError("There is no export of labels there.")
            if options["project"] and len(surveys) > 1:
                raise CommandError("--project names one project, but there are several exports. Give one file.")
            if not options["dry_run"]:
                with tenancy.system_access("import from Azure"):
                    self._migrate(surveys, options)
        except DomainError as error:
            raise CommandError(error.detail) from error
        except NotReadable as error:
            raise CommandError(str(error)) from error

    def _migrate(self, surveys: list[Survey], options: dict[str, Any]) -> None:
        migration = migrating.Migration(*self._place(options), self.stdout.write)
        datastore = migration.datastore(options["datastore"], self._connection(options))
        dataset = migration.dataset(datastore, options["datastore"])
        for survey in surveys:
            project = migration.project(survey, dataset, options["project"] or survey.name)
            migration.labels(survey, project, final=not options["prelabels"])

    def _place(self, options: dict[str, Any]) -> tuple[Workspace, User]:
        actor = User.objects.filter(email__iexact=options["email"]).first()
        organisation = Organisation.objects.filter(name=options["organisation"]).first()
        if actor is None or organisation is None:
            missing = "person with this address" if actor is None else "organisation of this name"
            raise CommandError(f"There is no {missing}. Sign up first; the rest is made here.")
        known = Workspace.objects.filter(organisation=organisation, name=options["workspace"]).first()
        made = known or workspaces.create(organisation=organisation, name=options["workspace"], actor=actor)
        return made, actor

    def _connection(self, options: dict[str, Any]) -> datastores.Connection:
        """Of a new datastore; one that is there already keeps its own."""
        if options["images"]:
            return datastores.Connection(Datastore.Kind.LOCAL, {"path": str(options["images"].resolve())})
        location = {name: options[name] or "" for name in ("account", "container", "endpoint")}
        secrets = {"account_key": settings.AZURE_STORAGE_KEY}
        return datastores.Connection(Datastore.Kind.AZURE, location, secrets)
