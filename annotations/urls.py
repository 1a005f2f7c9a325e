from django.urls import path

from annotations.views import browse, comments, dashboard, history, instructions, label

app_name = "annotations"

urlpatterns = [
    path("projects/<uuid:code>/", dashboard.dashboard, name="dashboard"),
    path("projects/<uuid:code>/data/", browse.browse, name="browse"),
    path("projects/<uuid:code>/label/", label.label, name="label"),
    path("projects/<uuid:code>/instructions/", instructions.instructions, name="instructions"),
    path("projects/<uuid:code>/history/", history.history, name="history"),
    path("annotations/<uuid:code>/reopen/", history.reopen, name="reopen"),
    path("tasks/<uuid:code>/", browse.task, name="task"),
    path("tasks/<uuid:code>/image-checked/", browse.image_checked, name="image-checked"),
    path("tasks/<uuid:code>/comment/", comments.comment, name="comment"),
]
