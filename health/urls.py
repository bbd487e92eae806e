"""The route of the health endpoint."""

from django.urls import path

from health.views import HealthView

urlpatterns = [path("health", HealthView.as_view(), name="health")]
