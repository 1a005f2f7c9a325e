from projects.api import data, labels, organisations, preferences, uploads
from projects.api import projects as labelling_projects

urlpatterns = [
    *organisations.routes.urls,
    *labelling_projects.routes.urls,
    *labels.routes.urls,
    *data.routes.urls,
    *uploads.routes.urls,
    *preferences.urlpatterns,
]
