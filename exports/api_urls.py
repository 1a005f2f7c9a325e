from exports import api

urlpatterns = api.routes.urls
