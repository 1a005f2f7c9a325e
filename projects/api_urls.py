from projects.api import labels, organisations
from projects.api import projects as labelling_projects

urlpatterns = [*organisations.routes.urls, *labelling_projects.routes.urls, *labels.routes.urls]
