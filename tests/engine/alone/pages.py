"""Add, change, find and delete through the admin's pages."""

import io
import tempfile
from pathlib import Path

from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from django.test.utils import setup_test_environment
from stock.models import Book, Publisher

setup_test_environment()
client = Client()
client.force_login(User.objects.create_superuser("ann"))


def get(path, status=200):
    answer = client.get(f"/admin/{path}")
    assert answer.status_code == status, (path, answer.status_code, answer.content)
    return answer.content.decode()


def post(path, **data):
    answer = client.post(f"/admin/{path}", data)
    errors = answer.context["errors"] if answer.status_code == 200 else answer.content
    assert answer.status_code == 302, (path, answer.status_code, errors)


def books(prefix, *rows, initial=0):
    """The fields of the inline of a publisher."""
    data = {f"{prefix}-TOTAL_FORMS": len(rows), f"{prefix}-INITIAL_FORMS": initial}
    for number, row in enumerate(rows):
        data |= {f"{prefix}-{number}-{name}": value for name, value in row.items()}
    return data


key = Book._meta.pk.name

# Add
get("stock/publisher/add/")
post("stock/publisher/add/", name="Reef", **books("book_set"))
reef = Publisher.objects.get()
post(
    "stock/publisher/add/",
    name="Tide",
    **books("book_set", {"title": "Ebb", "price": "3.50", "printed": "2025-03-01"}),
)
tide = Publisher.objects.get(name="Tide")
get("stock/book/add/")
post("stock/book/add/", title="Coral", publisher=reef.pk, price="9.90", printed="2026-01-31")
post("stock/book/add/", title="Alone", publisher="", price="1", printed="")
coral, ebb = Book.objects.get(title="Coral"), Book.objects.get(title="Ebb")
assert (coral.publisher, ebb.publisher) == (reef, tide)
again = client.post("/admin/stock/publisher/add/", {"name": "Reef", **books("book_set")})
assert "already exists" in again.content.decode()

# Find
assert "3 books" in get("stock/book/")
target = Publisher._meta.pk.name
for query in (
    "q=cor",
    "q=REEF",
    f"publisher__{target}__exact={reef.pk}",
    "printed__year=2026",
    "printed__gte=2026-01-01&printed__lt=2027-01-01",
    f"o=1.2&publisher__{target}__exact={reef.pk}",
):
    page = get(f"stock/book/?{query}")
    assert "1 book" in page and "Coral" in page and "Ebb" not in page, query
assert "1 book" in get("stock/book/?publisher__isnull=True")
assert "0 books" in get("stock/book/?q=nothing")
found = client.get(
    "/admin/autocomplete/",
    {"app_label": "stock", "model_name": "book", "field_name": "publisher", "term": "ree"},
)
assert found.json()["results"] == [{"id": str(reef.pk), "text": "Reef"}]

# Change
assert "Coral" in get(f"stock/book/{coral.pk}/change/")
post(f"stock/book/{coral.pk}/change/", title="Coral II", publisher=tide.pk, price="5", printed="")
coral.refresh_from_db()
assert (coral.title, coral.publisher, coral.printed) == ("Coral II", tide, None)
assert "Changed Title" in get(f"stock/book/{coral.pk}/history/")
row = {"title": "Ebb tide", "price": "4", "printed": "", key: ebb.pk, "publisher": tide.pk}
other = {"title": coral.title, "price": "5", "printed": "", key: coral.pk, "publisher": tide.pk}
in_order = sorted([(ebb.pk, row), (coral.pk, other)])
post(
    f"stock/publisher/{tide.pk}/change/",
    name="Tides",
    **books("book_set", *[row for _, row in in_order], initial=2),
)
ebb.refresh_from_db()
assert (ebb.title, ebb.publisher.name) == ("Ebb tide", "Tides")
listed = list(Book.objects.all())
data = {f"form-{n}-{key}": book.pk for n, book in enumerate(listed)}
data |= {f"form-{n}-price": "7" for n in range(len(listed))}
data |= {"form-TOTAL_FORMS": len(listed), "form-INITIAL_FORMS": len(listed), "_save": "Save"}
post("stock/book/", **data)
assert set(Book.objects.values_list("price", flat=True)) == {7}

# What is not there
for nothing in ("nonsense", "5f0a5f0a5f0a5f0a5f0a5f0a", "999"):
    get(f"stock/book/{nothing}/change/", status=302)

# Delete
assert "Are you sure" in get(f"stock/publisher/{tide.pk}/delete/")
post(f"stock/publisher/{tide.pk}/delete/", post="yes")
assert list(Book.objects.values_list("title", flat=True)) == ["Alone"]
post("stock/book/add/", title="Second", publisher=reef.pk, price="1", printed="")
chosen = {"action": "delete_selected", "_selected_action": [Book.objects.get(title="Alone").pk]}
assert "Are you sure" in client.post("/admin/stock/book/", chosen).content.decode()
post("stock/book/", **chosen, post="yes")
assert list(Book.objects.values_list("title", flat=True)) == ["Second"]


# Fixtures
def dump():
    text = io.StringIO()
    call_command("dumpdata", "stock", stdout=text)
    return text.getvalue()


before = dump()
assert f'"pk": "{reef.pk}"' in before or f'"pk": {reef.pk}' in before
with tempfile.TemporaryDirectory() as directory:
    fixture = Path(directory) / "fixture.json"
    fixture.write_text(before)
    call_command("flush", interactive=False, verbosity=0)
    assert not Book.objects.exists()
    call_command("loaddata", str(fixture), verbosity=0)
assert dump() == before
