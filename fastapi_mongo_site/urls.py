"""The routes of the service."""

from django.urls import include, path

from fastapi_mongo_site.docs.pages import RedocView, SchemaView, SwaggerView
from fastapi_mongo_site.views import StartView

handler400 = "fastapi_mongo_site.views.bad_request"
handler403 = "fastapi_mongo_site.views.forbidden"
handler404 = "fastapi_mongo_site.views.not_found"
handler500 = "fastapi_mongo_site.views.server_error"

# In the order in which they are tried: what is asked for most comes first.
urlpatterns = [
    path("v1/", include("items.urls")),
    path("", StartView.as_view(), name="start"),
    path("", include("health.urls")),
    path("openapi.json", SchemaView.as_view(), name="schema"),
    path("docs", SwaggerView.as_view(url_name="schema"), name="docs"),
    path("redoc", RedocView.as_view(url_name="schema"), name="redoc"),
]
