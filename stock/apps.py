"""The stock page."""

from django.apps import AppConfig


class StockConfig(AppConfig):
    """`/stock`."""

    name = "stock"
