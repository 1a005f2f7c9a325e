from django.urls import path

from annotations.views import browse, dashboard, label

app_name = "annotations"

urlpatterns = [
    path("projects/<uuid:code>/", dashboard.dashboard, name="dashboard"),
    path("projects/<uuid:code>/data/", browse.browse, name="browse"),
    path("projects/<uuid:code>/label/", label.label, name="label"),
    path("tasks/<uuid:code>/", browse.task, name="task"),
]
