"""The items app."""

from django.apps import AppConfig


class ItemsConfig(AppConfig):
    """Holds the items in stock."""

    name = "items"
