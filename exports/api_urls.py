from exports.api import exports, imports, lists

urlpatterns = [*exports.routes.urls, *imports.routes.urls, *lists.routes.urls]
