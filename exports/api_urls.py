from exports import api, import_api, list_api

urlpatterns = [*api.routes.urls, *import_api.routes.urls, *list_api.routes.urls]
