from exports import api, import_api

urlpatterns = [*api.routes.urls, *import_api.routes.urls]
