from django.urls import path

from exports import views

app_name = "exports"

urlpatterns = [
    path("projects/<uuid:code>/exports/", views.exports, name="exports"),
    path("exports/<uuid:code>/", views.export, name="export"),
    path("exports/files/<str:signed>/", views.file, name="file"),
    path("exports/<uuid:code>/download/", views.download, name="download"),
]
