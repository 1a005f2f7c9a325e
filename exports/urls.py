from django.urls import path

from exports import import_views, list_views, result_views, views

app_name = "exports"

urlpatterns = [
    path("projects/<uuid:code>/exports/", views.exports, name="exports"),
    path("exports/<uuid:code>/", views.export, name="export"),
    path("exports/files/<str:signed>/", views.file, name="file"),
    path("exports/<uuid:code>/download/", views.download, name="download"),
    path("exports/<uuid:code>/manifest/", result_views.manifest, name="manifest"),
    path("exports/<uuid:code>/cancel/", result_views.cancel, name="cancel"),
    path("exports/<uuid:code>/retry/", result_views.retry, name="retry"),
    path("exports/<uuid:code>/delete/", result_views.delete, name="delete"),
    path("exports/<uuid:code>/dataset/", result_views.register, name="register"),
    path("exports/<uuid:code>/compare/", result_views.compare, name="compare"),
    path("exports/comparisons/<uuid:code>/", result_views.comparison, name="comparison"),
    path("exports/of-dataset/<uuid:code>/", result_views.of_dataset, name="of-dataset"),
    path("workspaces/<uuid:code>/output-store/", result_views.output_store, name="output-store"),
    path("projects/<uuid:code>/imports/", import_views.imports, name="imports"),
    path("projects/<uuid:code>/imports/new/", import_views.new, name="import-new"),
    path("imports/<uuid:code>/", import_views.label_import, name="import"),
    path("workspaces/<uuid:code>/lists/new/", list_views.new, name="list-new"),
    path("lists/<uuid:code>/", list_views.image_list, name="list"),
    path("projects/<uuid:code>/listed-labels/", list_views.labels, name="listed-labels"),
]
