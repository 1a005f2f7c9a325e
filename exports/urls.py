from django.urls import path

from exports.views import exports, imports, lists, results

app_name = "exports"

urlpatterns = [
    path("projects/<uuid:code>/exports/", exports.exports, name="exports"),
    path("exports/<uuid:code>/", exports.export, name="export"),
    path("exports/files/<str:signed>/", exports.file, name="file"),
    path("exports/<uuid:code>/download/", exports.download, name="download"),
    path("exports/<uuid:code>/manifest/", results.manifest, name="manifest"),
    path("exports/<uuid:code>/cancel/", results.cancel, name="cancel"),
    path("exports/<uuid:code>/retry/", results.retry, name="retry"),
    path("exports/<uuid:code>/delete/", results.delete, name="delete"),
    path("exports/<uuid:code>/dataset/", results.register, name="register"),
    path("exports/<uuid:code>/compare/", results.compare, name="compare"),
    path("exports/comparisons/<uuid:code>/", results.comparison, name="comparison"),
    path("exports/of-dataset/<uuid:code>/", results.of_dataset, name="of-dataset"),
    path("workspaces/<uuid:code>/output-store/", results.output_store, name="output-store"),
    path("projects/<uuid:code>/imports/", imports.imports, name="imports"),
    path("projects/<uuid:code>/imports/new/", imports.new, name="import-new"),
    path("imports/<uuid:code>/", imports.label_import, name="import"),
    path("workspaces/<uuid:code>/lists/new/", lists.new, name="list-new"),
    path("lists/<uuid:code>/", lists.image_list, name="list"),
    path("projects/<uuid:code>/listed-labels/", lists.labels, name="listed-labels"),
]
