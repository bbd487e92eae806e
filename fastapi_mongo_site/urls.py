"""The routes of the service."""

from django.urls import path

from fastapi_mongo_site.docs.pages import (
    LoginView,
    ProgramsView,
    RedocView,
    SchemaView,
    SwaggerView,
)
from fastapi_mongo_site.views import StartView, favicon, without_slash
from health import urls as health
from items import urls as items
from stock import urls as stock

handler400 = "fastapi_mongo_site.views.bad_request"
handler403 = "fastapi_mongo_site.views.forbidden"
handler404 = "fastapi_mongo_site.views.not_found"
handler500 = "fastapi_mongo_site.views.server_error"

# In the order in which they are tried: what is asked for most comes first. The apps' routes are not
# included but spread out: Django takes 3 % of a GET by id, and 8 % of a 401, to go into an include.
urlpatterns = [
    *items.urlpatterns,
    *health.urlpatterns,
    *stock.urlpatterns,
    path("", StartView.as_view(), name="start"),
    path("openapi.json", SchemaView.as_view(), name="schema"),
    path("docs", SwaggerView.as_view(url_name="schema"), name="docs"),
    path("docs/login", LoginView.as_view(), name="docs-login"),
    path("llms.txt", ProgramsView.as_view(), name="programs"),
    path("redoc", RedocView.as_view(url_name="schema"), name="redoc"),
    path("favicon.ico", favicon),
    path("<path:path>/", without_slash),
]
