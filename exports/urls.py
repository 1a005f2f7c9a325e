from django.urls import path

from exports import import_views, views

app_name = "exports"

urlpatterns = [
    path("projects/<uuid:code>/exports/", views.exports, name="exports"),
    path("exports/<uuid:code>/", views.export, name="export"),
    path("exports/files/<str:signed>/", views.file, name="file"),
    path("exports/<uuid:code>/download/", views.download, name="download"),
    path("projects/<uuid:code>/imports/", import_views.imports, name="imports"),
    path("projects/<uuid:code>/imports/new/", import_views.new, name="import-new"),
    path("imports/<uuid:code>/", import_views.label_import, name="import"),
]
