from django.contrib import admin
from stock.models import Book, Publisher


class BookInline(admin.TabularInline):
    model = Book
    extra = 1


@admin.register(Publisher)
class PublisherAdmin(admin.ModelAdmin):
    inlines = [BookInline]
    search_fields = ["name"]


@admin.register(Book)
class BookAdmin(admin.ModelAdmin):
    list_display = ["title", "publisher", "price", "printed"]
    list_editable = ["price"]
    list_filter = ["publisher", "printed"]
    search_fields = ["title", "publisher__name"]
    autocomplete_fields = ["publisher"]
    date_hierarchy = "printed"
