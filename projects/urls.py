from django.urls import URLPattern, path

from projects.views import data, datastores, files, jobs, organisations, people, projects, tokens, wizard

app_name = "projects"
urlpatterns: list[URLPattern] = [
    path("", organisations.home, name="home"),
    path("organisations/<uuid:code>/", organisations.organisation, name="organisation"),
    path("organisations/<uuid:code>/members/", people.members, name="members"),
    path("organisations/<uuid:code>/workspaces/new/", organisations.create_workspace, name="workspace-create"),
    path("workspaces/<uuid:code>/", projects.workspace, name="workspace"),
    path("workspaces/<uuid:code>/people/", people.workspace_people, name="people"),
    path("workspaces/<uuid:code>/settings/", organisations.workspace_settings, name="workspace-settings"),
    path("workspaces/<uuid:code>/projects/new/", wizard.create, name="project-create"),
    path("projects/<uuid:code>/setup/", wizard.step, name="project-setup"),
    path("projects/<uuid:code>/settings/", projects.settings, name="project-settings"),
    path("projects/<uuid:code>/state/", projects.state, name="project-state"),
    path("instructions/preview/", projects.preview_instructions, name="instructions-preview"),
    path("workspaces/<uuid:code>/data/", data.data, name="data"),
    path("workspaces/<uuid:code>/datastores/new/", datastores.create, name="datastore-create"),
    path("workspaces/<uuid:code>/datasets/new/", data.create_dataset, name="dataset-create"),
    path("datastores/<uuid:code>/", datastores.datastore, name="datastore"),
    path("datastores/<uuid:code>/check/", datastores.check, name="datastore-check"),
    path("datastores/<uuid:code>/default/", datastores.set_default, name="datastore-default"),
    path("datastores/<uuid:code>/delete/", datastores.delete, name="datastore-delete"),
    path("datasets/<uuid:code>/", data.dataset, name="dataset"),
    path("datasets/<uuid:code>/refresh/", data.refresh_dataset, name="dataset-refresh"),
    path("datasets/<uuid:code>/delete/", data.delete_dataset, name="dataset-delete"),
    path("datasets/<uuid:code>/upload/", data.upload, name="upload"),
    path("files/<str:signed>/", files.file, name="file"),
    path("tokens/", tokens.tokens, name="tokens"),
    path("tokens/<uuid:code>/revoke/", tokens.revoke_token, name="token-revoke"),
    path("jobs/", jobs.jobs, name="jobs"),
    path("jobs/<uuid:code>/", jobs.job, name="job"),
    path("jobs/<uuid:code>/cancel/", jobs.cancel, name="job-cancel"),
    path("jobs/<uuid:code>/retry/", jobs.retry, name="job-retry"),
]
