"""The routes of the stock page."""

from django.urls import path

from stock import views
from stock.uploads import UploadView

urlpatterns = [
    path("stock", views.ListView.as_view(), name="stock"),
    path("stock/new", views.NewView.as_view(), name="stock-new"),
    path("stock/totals", views.TotalsView.as_view(), name="stock-totals"),
    path("stock/undo", views.UndoView.as_view(), name="stock-undo"),
    path("stock/upload", UploadView.as_view(), name="stock-upload"),
    path("stock/<uuid:id>/edit", views.EditView.as_view(), name="stock-edit"),
    path("stock/<uuid:id>/count", views.CountView.as_view(), name="stock-count"),
    path("stock/<uuid:id>/adjust", views.AdjustView.as_view(), name="stock-adjust"),
    path("stock/<uuid:id>/delete", views.DeleteView.as_view(), name="stock-delete"),
]
