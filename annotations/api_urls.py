from django.urls import path

from annotations.api import AnnotationViewSet, CommentViewSet, LabellingViewSet, TaskViewSet
from projects.rest.viewsets import router

routes = router()
routes.register("tasks", TaskViewSet, basename="task")
routes.register("annotations", AnnotationViewSet, basename="annotation")

urlpatterns = [
    *(
        path(f"projects/<uuid:code>/{name}/", LabellingViewSet.as_view({method: name}), name=f"project-{name}")
        for name, method in (
            ("lease", "post"), ("submit", "post"), ("heartbeat", "post"), ("release", "post"), ("history", "get"),
        )
    ),
    path("tasks/<uuid:code>/draft/", TaskViewSet.as_view({"put": "draft", "patch": "change_draft"}), name="task-draft"),
    path("tasks/<uuid:code>/comments/", CommentViewSet.as_view({"get": "list", "post": "create"}), name="task-comments"),
    path("comments/<uuid:code>/", CommentViewSet.as_view({"patch": "resolve"}), name="comment-detail"),
    path("annotations/<uuid:code>/reopen/", AnnotationViewSet.as_view({"post": "reopen"}), name="annotation-reopen"),
    *routes.urls,
]  # fmt: skip
