"""Assembles the REST API: one list of routes per app under /api/v1/, the schema and its page beside it."""

from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

api_urls: list[URLPattern | URLResolver] = [
    path("v1/", include(("projects.api_urls", "api"), namespace="api-projects")),
    path("v1/", include(("annotations.api_urls", "api"), namespace="api-annotations")),
    path("v1/", include(("exports.api_urls", "api"), namespace="api-exports")),
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="api-docs"),
]
