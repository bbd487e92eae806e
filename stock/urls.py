"""The routes of the stock page."""

from django.urls import path

from stock.changes import AdjustView, CountView, EditView, NewView
from stock.deletions import DeleteView, UndoView
from stock.lists import ListView, TotalsView
from stock.uploads import UploadView

urlpatterns = [
    path("stock", ListView.as_view(), name="stock"),
    path("stock/new", NewView.as_view(), name="stock-new"),
    path("stock/totals", TotalsView.as_view(), name="stock-totals"),
    path("stock/undo", UndoView.as_view(), name="stock-undo"),
    path("stock/upload", UploadView.as_view(), name="stock-upload"),
    path("stock/<uuid:id>/edit", EditView.as_view(), name="stock-edit"),
    path("stock/<uuid:id>/count", CountView.as_view(), name="stock-count"),
    path("stock/<uuid:id>/adjust", AdjustView.as_view(), name="stock-adjust"),
    path("stock/<uuid:id>/delete", DeleteView.as_view(), name="stock-delete"),
]
