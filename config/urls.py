from allauth.account.decorators import secure_admin_login
from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from django.views.generic import TemplateView

from config.api import api_urls
from config.health import livez, readyz
from config.metrics import metrics

admin.site.site_header = admin.site.site_title = "Labelwright administration"
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]  # one way to sign in, with MFA

urlpatterns = [
    path("livez", livez, name="livez"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
    path("admin/", admin.site.urls),
    path("accounts/", include("allauth.urls")),
    path("api/", include(api_urls)),
    path("", include("projects.urls")),
    path("", include("annotations.urls")),
    path("", include("exports.urls")),
]

if settings.DEBUG:
    urlpatterns.append(path("styleguide/", TemplateView.as_view(template_name="styleguide.html")))

handler404 = "config.failures.not_found"
handler500 = "config.failures.server_error"
